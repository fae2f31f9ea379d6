/* SPDX-License-Identifier: Apache-2.0 */
/* ${name} and $name in the values of an experiment (Python's string.Template, with a twist). */
#pragma once

#include "base/auto.h"

/* A new value in which every text of `data` (recursively; keys are left alone) has its patterns
 * replaced. A name is looked up in `configuration`, then in each group of `secrets` (a mapping of
 * mappings; either may be NULL or null). A text that is one pattern and nothing else takes the
 * value as it is, with its type; a pattern within text becomes str(value). Unknown names and
 * stray '$' stay as they are; "$$" is "$". Substituted values are not searched again.
 * Identifiers follow string.Template: [_a-z][_a-z0-9]*, ASCII letters of either case.
 * -CHAOS_E_INVALID when a group of `secrets` is not a mapping. */
MUST_USE int substitute(const json_t *data, const json_t *configuration, const json_t *secrets,
                        json_t **ret_value, struct chaos_error *err);
/* A copy of `data` that substitute() makes into `data`, whatever names it knows. */
json_t *substitute_escape(const json_t *data);
