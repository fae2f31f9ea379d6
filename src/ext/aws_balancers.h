/* SPDX-License-Identifier: Apache-2.0 */
/* Target groups of load balancers. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* DescribeTargetGroups for `names`: a new mapping of names to ARNs. */
MUST_USE int aws_target_groups(const struct chaos_call *call, json_t *names, json_t **ret_arns,
                               struct chaos_error *err);
/* The TargetHealthDescriptions of one. */
MUST_USE int aws_target_health(const struct chaos_call *call, const json_t *arn,
                               json_t **ret_descriptions, struct chaos_error *err);
/* Whether attributes of a load balancer say that its access log is on. */
bool aws_logs_access(const json_t *answer);
