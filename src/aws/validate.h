/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters against the model, before anything is sent. */
#pragma once

#include "aws/model.h"

/* NULL when `params` (an object) fits the operation's input; else all that is wrong, an owned text
 * of lines in botocore's words: 'Missing required parameter in input: "Name"', 'Invalid length for
 * parameter Tags[0].Key, value: , valid min length: 1'. Stricter than botocore: a boolean is no
 * integer, and bytes must be base64 text. */
char *aws_validate(const struct aws_operation *operation, const json_t *params);
