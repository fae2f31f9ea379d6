/* SPDX-License-Identifier: Apache-2.0 */
/* Judging a value against a tolerance (contract 1.7), all kinds but the one that is a probe. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

/* Whether `value` is within `tolerance`; a string tolerance is already substituted, patterns in
 * regex, path and expect are not. -CHAOS_E_INVALID with one line when the two cannot be judged
 * together (a regex against a mapping, bounds of another type), -CHAOS_E_UNSUPPORTED for a
 * tolerance that is a probe. */
MUST_USE int tolerance_check(const json_t *tolerance, const json_t *value,
                             const json_t *configuration, const json_t *secrets, bool *ret_met,
                             struct chaos_error *err);
/* Whether a tolerance is well formed; not the activity of one that is a probe. */
MUST_USE int tolerance_validate(const json_t *tolerance, struct chaos_error *err);
