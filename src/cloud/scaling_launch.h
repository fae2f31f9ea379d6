/* SPDX-License-Identifier: Apache-2.0 */
/* What an Auto Scaling group launches, and a launch of it. */
#pragma once

#include "cloud/state.h"

/* The specification {"LaunchTemplateId", "LaunchTemplateName", "Version"} completed from the
 * template there is, a new reference; NULL with the fault set. */
json_t *scaling_template(struct cloud_call *call, const json_t *specification);
/* Launch one instance into the first of the places that takes it; false, with a failed activity
 * and the reason in it, when none does. */
bool scaling_launch(struct cloud *cloud, json_t *group, const json_t *places, const char *cause);
