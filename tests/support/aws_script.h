/* SPDX-License-Identifier: Apache-2.0 */
/* A fake where requests to AWS leave: linked in place of ext/aws_call.c, it answers by a script. */
#pragma once

#include "base/auto.h"

/* One request that must come next, and its answer. Quotes are single; "!Code: text" refuses. */
struct exchange {
    const char *service;
    const char *operation;
    const char *params;
    const char *answer;
};

/* The requests that must come, ended by an empty one; set it before the call. Each request moves it
 * on, so that it stands at the end when all came. */
extern const struct exchange *script;

/* Fails the cmocka test unless both are equal; NULL is null, `wanted` is as of quoted_json(). */
void assert_json(const json_t *got, const char *wanted);
