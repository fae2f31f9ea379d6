/* SPDX-License-Identifier: Apache-2.0 */
/* The experiment of the Fault Injection Service that approximates a power interruption in one
 * availability zone, and the role it needs. Both are AWS's own scenario:
 * https://docs.aws.amazon.com/fis/latest/userguide/az-availability-scenario.html */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* The mapping targets or actions of the experiment's template, as the arguments choose them. */
json_t *aws_fis_targets(const struct chaos_call *call);
json_t *aws_fis_actions(const struct chaos_call *call);

/* What the names of a role and its policies end with. */
char *aws_fis_suffix(void);
/* Create the role with what it needs for the targets; `tags` is a list of {"Key", "Value"}. */
MUST_USE int aws_fis_create_role(const struct chaos_call *call, const char *suffix,
                                 const json_t *tags, json_t **ret_arn, struct chaos_error *err);
/* Take it away again with its policies; what is not there is no error. */
MUST_USE int aws_fis_delete_role(const struct chaos_call *call, const char *suffix,
                                 struct chaos_error *err);
