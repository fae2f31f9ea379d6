// SPDX-License-Identifier: Apache-2.0
#include "cloud/scaling.h"

void scaling_notice(struct cloud *cloud, const char *instance_id)
{
    (void)cloud;
    (void)instance_id;
}
