/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the AWS models as a shell spells them: "describe-instances", "--instance-ids".
 * Whoever asks may write them with dashes, underscores or as the model does, in any case: that is
 * never ambiguous. What is not found is -CHAOS_E_NOT_FOUND with the closest name there is. */
#pragma once

#include "aws/model.h"

/* "DescribeInstances" as "describe-instances", by the rules of the AWS CLI; owned. */
char *aws_name_dashed(const char *name);
bool aws_name_matches(const char *text, const char *name);
MUST_USE int aws_name_operation(const struct aws_service *service, const char *text,
                                struct aws_operation *ret_operation, struct chaos_error *err);
/* The waiter's name in the model. */
MUST_USE int aws_name_waiter(const struct aws_service *service, const char *text,
                             const char **ret_name, struct chaos_error *err);
/* A parameter of the operation; `text` is without its dashes in front. */
MUST_USE int aws_name_parameter(const struct aws_operation *operation, const char *text,
                                struct aws_member *ret_member, struct chaos_error *err);
