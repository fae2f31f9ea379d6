// SPDX-License-Identifier: Apache-2.0
/* User data: no crash, no leak, and what is accepted can be run. */
#include <stdint.h>

#include "lab/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct boot_step *step)
{
    switch (step->kind) {
    case BOOT_RUN:
        if (!step->argv || !step->argv[0])
            abort();
        break;
    case BOOT_WRITE:
        if (!step->path || step->path[0] != '/' || step->mode > 07777)
            abort();
        break;
    case BOOT_SCRIPT:
        if (step->length < 2)
            abort();
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(boot) struct boot boot = { 0 };
    AUTO(str) char *note = NULL;

    if (boot_parse((const char *)data, size, &boot, &note, &err) < 0) {
        if (!err.message)
            abort();
        return 0;
    }
    for (size_t i = 0; i < boot.count; i++)
        check(&boot.steps[i]);
    return 0;
}
