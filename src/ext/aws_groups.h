/* SPDX-License-Identifier: Apache-2.0 */
/* Auto scaling groups, found by the arguments asg_names or tags. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"
#include "chaos/extension.h"

/* That exactly one of the two is given. */
MUST_USE int aws_groups_check(const struct chaos_call *call, struct chaos_error *err);
/* The answer of DescribeAutoScalingGroups for `names`, all pages. `absent` begins the error for
 * names that are not there: "No ASG(s) found with name(s): ". */
MUST_USE int aws_groups_by_name(const struct chaos_call *call, const json_t *names,
                                const char *absent, json_t **ret_answer, struct chaos_error *err);
/* The names of the groups that have all of `tags`, a list of {"Key", "Value"}, as DescribeTags
 * tells them; sorted. */
MUST_USE int aws_groups_tagged(const struct chaos_call *call, const json_t *tags,
                               json_t **ret_names, struct chaos_error *err);
/* For actions: check the arguments and find their groups, at least one. */
MUST_USE int aws_groups_find(const struct chaos_call *call, json_t **ret_answer,
                             struct chaos_error *err);
/* The names of the groups in an answer. */
json_t *aws_groups_names(const json_t *answer);
/* Whether a group of an answer has suspended the process of that name. */
bool aws_group_suspends(const json_t *group, const char *process);
