/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of an HTTP activity as text: query or form, or JSON. */
#pragma once

#include "base/str.h"

/* Append `arguments` as application/x-www-form-urlencoded, as Python's requests does: text as it
 * is; a mapping or a list of pairs with one name=value for each value, lists repeating the name,
 * null left out. -CHAOS_E_INVALID for what has no such form. */
MUST_USE int http_form_encode(struct buffer *out, const json_t *arguments, struct chaos_error *err);

/* -CHAOS_E_INVALID, naming the culprit, when `value` holds what JSON cannot express. */
MUST_USE int http_form_check_json(const json_t *value, struct chaos_error *err);
