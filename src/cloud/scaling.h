/* SPDX-License-Identifier: Apache-2.0 */
/* Auto Scaling, as instances see it. */
#pragma once

#include "cloud/state.h"

/* The state of this instance changed; if it is in a group, the group looks at itself. */
void scaling_notice(struct cloud *cloud, const char *instance_id);
/* After a restore: all groups look at their instances and at themselves. */
void scaling_revive(struct cloud *cloud);
