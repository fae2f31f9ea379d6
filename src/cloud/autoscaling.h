/* SPDX-License-Identifier: Apache-2.0 */
/* What the calls of Auto Scaling share. Its refusals are ValidationErrors, also those that come
 * from what EC2's calls use. */
#pragma once

#include "cloud/filter.h"
#include "cloud/state.h"

/* The group that AutoScalingGroupName names and that is not being deleted; NULL with the fault
 * set. */
json_t *autoscaling_group(struct cloud_call *call);
/* Whether all parameters are among `known` (NULL-terminated); false with the fault set for one that
 * this lab would not obey. */
bool autoscaling_obeys(struct cloud_call *call, const char *const *known);
/* Filter, page (of `most` at most) and strip records: {key: [..], "NextToken"}. Takes `records`. */
json_t *autoscaling_describe_take(struct cloud_call *call, json_t *records,
                                  const struct cloud_filters *filters, const char *key,
                                  int64_t most);
/* Give up with ValidationError where a shared function refused with a code of EC2. */
void autoscaling_translate(struct cloud_call *call);
/* Records with the ids that a list parameter names, in that order, or all of them: a new reference.
 * Ids that there are not are left out, as AWS does. */
json_t *autoscaling_choose(struct cloud_call *call, enum cloud_kind kind, const char *ids);
/* "arn:aws:autoscaling:REGION:ACCOUNT:KIND:UUID:KINDName/NAME"; owned. */
char *autoscaling_arn(const struct cloud *cloud, const char *kind, const char *name);
/* 1 to 255 characters without colons and control characters; false with the fault set. */
bool autoscaling_name_is_sound(struct cloud_call *call, const char *member, const char *name);
/* Whether the number is at least `least`; false with the fault set. */
bool autoscaling_at_least(struct cloud_call *call, const char *member, int64_t least);
/* The tags of a group in their API shape, from the parameter "Tags"; a new reference, NULL with the
 * fault set. `group` is the name they must be for; NULL: any group that there is. */
json_t *autoscaling_tags(struct cloud_call *call, const char *group);
/* Set a tag of a group. */
void autoscaling_tag_set(json_t *group, const json_t *tag);
