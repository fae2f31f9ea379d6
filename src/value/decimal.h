/* SPDX-License-Identifier: Apache-2.0 */
/* Exact comparison of numbers, and of text that reads as one, as Python's decimal.Decimal. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

/* Whether Decimal(lower) <= Decimal(value) <= Decimal(upper): exact, a real counts with its exact
 * binary value. `value` may be a number, an extended number, a bool, or text that Decimal() takes
 * ("1.5", " 2_000 ", "1e3", "Infinity", "nan"). *ret_number is false when `value` is text that is
 * not a number (no error, *ret_inside false). -CHAOS_E_INVALID, with a line in Python's words,
 * when it is of another type (null, a list, a mapping), or NaN is compared. */
MUST_USE int decimal_in_range(const json_t *value, const json_t *lower, const json_t *upper,
                              bool *ret_inside, bool *ret_number, struct chaos_error *err);
