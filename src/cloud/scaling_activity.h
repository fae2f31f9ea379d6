/* SPDX-License-Identifier: Apache-2.0 */
/* What a group did and why, as DescribeScalingActivities tells it. */
#pragma once

#include "cloud/state.h"

/* Something begins; its record, borrowed. `instance_id` may be NULL. */
json_t *activity_begin(struct cloud *cloud, json_t *group, const char *instance_id,
                       const char *description, const char *cause);
/* It is about this instance now. */
void activity_set_instance(json_t *activity, const char *description, const char *instance_id);
/* The end of the activity (NULL: does nothing); `failure` is NULL when it was successful. */
void activity_end(json_t *activity, const char *failure);
/* The one that has not ended of this group and instance, or NULL. */
json_t *activity_open(const struct cloud *cloud, const json_t *group, const char *instance_id);
