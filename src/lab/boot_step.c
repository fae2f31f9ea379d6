// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "lab/boot.h"

void boot_step_clear(struct boot_step *step)
{
    for (char **arg = step->argv; arg && *arg; arg++)
        free(*arg);
    free(step->argv);
    free(step->text);
    free(step->path);
    *step = (struct boot_step){ 0 };
}
