/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that conditions of endpoint rules call. */
#pragma once

#include "aws/model.h"

#define RULESET_ARGUMENTS_MAX 8

struct ruleset_call {
    struct aws_node partitions;
    const json_t *arguments[RULESET_ARGUMENTS_MAX]; /* borrowed; NULL: not set */
    size_t count;
};

/* *ret_value is a new reference, NULL for "nothing". -CHAOS_E_UNSUPPORTED for a function that is
 * not known here. */
MUST_USE int ruleset_function_call(const char *name, const struct ruleset_call *call,
                                   json_t **ret_value, struct chaos_error *err);
/* The value that a path such as "authority", "resourceId[1]" or "a.b" leads to; borrowed, NULL for
 * none. */
const json_t *ruleset_attribute(const json_t *value, const char *path);
