/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that are one request made of their arguments, as data. */
#pragma once

#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"

/* Pairs of an API parameter and the argument it comes from. A null argument is left out; one
 * whose name starts with '?' also when there is nothing in it ("", 0, false, [], {}). */
#define AWS_PAIRS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* A new object; `pairs` may be NULL. */
json_t *aws_params(const struct chaos_call *call, const char *const *pairs);

struct aws_forward {
    const char *service;
    const char *operation;
    const char *const *params; /* AWS_PAIRS */
    const char *needs;         /* an argument in which there must be something; NULL: none */
    const char *missing;       /* what to say otherwise */
    const char *log;           /* template of the line before a change; NULL: none */
    const char *refused;       /* template of what to say when the service refuses */
    const char *failed;        /* template of what to say when anything fails */
};

MUST_USE int aws_forward(const struct chaos_call *call, const struct aws_forward *how,
                         json_t **ret_output, struct chaos_error *err);

/* Define the function of a row that forwards. */
#define AWS_FORWARD(function, ...)                                                                 \
    static int function(const struct chaos_call *call, json_t **ret_output,                        \
                        struct chaos_error *err)                                                   \
    {                                                                                              \
        return aws_forward(call, &(const struct aws_forward){ __VA_ARGS__ }, ret_output, err);     \
    }
