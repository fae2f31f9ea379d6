/* SPDX-License-Identifier: Apache-2.0 */
/* What some services want that their models do not say: the same changes that botocore makes to
 * parameters, requests and results. */
#pragma once

#include "aws/message.h"
#include "aws/model.h"

/* Change an own copy of validated parameters before they are encoded. */
MUST_USE int customize_params(const struct aws_operation *operation, json_t *params,
                              struct chaos_error *err);
/* Add what a request lacks before it is signed. */
void customize_request(const struct aws_operation *operation, struct aws_request *request);
/* Change a result; `asked` are the parameters as the caller gave them. */
void customize_result(const struct aws_operation *operation, const json_t *asked, json_t *value);
