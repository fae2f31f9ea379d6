/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of a call, which are there and of their type: the row says so. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* Borrowed; NULL for null. */
json_t *argument(const struct chaos_call *call, const char *name);
const char *argument_text(const struct chaos_call *call, const char *name); /* NULL for null */
int64_t argument_integer(const struct chaos_call *call, const char *name);
double argument_number(const struct chaos_call *call, const char *name);
bool argument_flag(const struct chaos_call *call, const char *name);
/* Whether there is anything in it: not null, false, 0, "", [] or {}. */
bool argument_given(const struct chaos_call *call, const char *name);
