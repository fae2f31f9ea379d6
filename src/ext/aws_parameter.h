/* SPDX-License-Identifier: Apache-2.0 */
/* A parameter of Systems Manager, without its value: what may be written down of it. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

struct aws_parameter {
    json_t *params; /* of PutParameter, but for Value, Overwrite and Tier; NULL: there is none */
    json_t *tier;   /* NULL: not said */
    json_int_t version;
};

void aws_parameter_clear(struct aws_parameter *parameter);
AUTO_CLEAR(aws_parameter, struct aws_parameter)

/* What it is now. */
MUST_USE int aws_parameter_describe(const struct chaos_call *call, const char *name,
                                    struct aws_parameter *ret_parameter, struct chaos_error *err);
