/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as the protocols write them; codec.c is the only user. */
#pragma once

#include "aws/codec.h"

MUST_USE int fault_decode(const struct aws_operation *operation,
                          const struct aws_response *response, json_t **ret_value,
                          struct chaos_error *err);
