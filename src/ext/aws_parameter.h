/* SPDX-License-Identifier: Apache-2.0 */
/* A parameter of Systems Manager, without its value: what may be written down of it. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"
#include "ext/aws_look.h"

struct aws_parameter {
    json_t *params; /* of PutParameter, but for Value, Overwrite and Tier; NULL: there is none */
    json_t *tier;   /* NULL: not said */
    json_int_t version;
};

void aws_parameter_clear(struct aws_parameter *parameter);
AUTO_CLEAR(aws_parameter, struct aws_parameter)

/* The parameters of DescribeParameters that finds it; new. */
json_t *aws_parameter_filter(const char *name);
/* What it is now. */
MUST_USE int aws_parameter_describe(const struct chaos_call *call, const char *name,
                                    struct aws_parameter *ret_parameter, struct chaos_error *err);

/* How aws_look.h looks at a parameter and completes its request: the parameters of PutParameter,
 * but for the value, of which there is the `Version` instead. The value is read when it is needed.
 */
MUST_USE int aws_parameter_look(const struct chaos_call *call, const json_t *request,
                                struct aws_sight *sight, struct chaos_error *err);
MUST_USE int aws_parameter_complete(const struct chaos_call *call, const json_t *request,
                                    json_t **ret_params, struct chaos_error *err);
