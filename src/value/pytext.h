/* SPDX-License-Identifier: Apache-2.0 */
/* A value as Python would show it, and as Python would judge it: the reference substitutes values
 * into text with str(), and its conditions follow Python's truth and equality. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

/* Append str(value): text as it is; True, None, 1.0, [1, 'a'], {'k': None}, b'..', 2026-11-22. What
 * is not there (NULL) is None. */
void pytext_str(struct buffer *out, const json_t *value);
/* Append repr(value): as str() but text quoted as Python quotes it. */
void pytext_repr(struct buffer *out, const json_t *value);
/* str(value) as an owned string. */
char *pytext_of(const json_t *value);
/* bool(value): false for NULL, null, false, 0, 0.0, "", [], {} and empty bytes. */
bool value_is_true(const json_t *value);
/* value == other in Python: 1 == 1.0 == True, deep, mappings without order, NaN unlike itself. */
bool value_equal(const json_t *value, const json_t *other);
/* Python's name of the value's type: "str", "int", "float", "bool", "NoneType", "list", "dict",
 * "bytes", "date", "datetime". */
const char *value_type_name(const json_t *value);
/* Order of two numbers (bool counts as 0 or 1), two texts or two lists as Python's <, ==, >:
 * *ret_order < 0, 0, > 0. -CHAOS_E_INVALID with Python's TypeError text when they do not compare:
 * "'<=' not supported between instances of 'int' and 'str'". NaN: *ret_order is 2. */
MUST_USE int value_compare(const json_t *value, const json_t *other, int *ret_order,
                           struct chaos_error *err);
