/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath, the query language of paginators and waiters: https://jmespath.org/specification.html
 * All of its grammar but expression references (&name); of its functions those that models use:
 * contains, ends_with, keys, length, not_null, starts_with, to_string, type, values. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

struct jmespath;

/* Errors name the offset and what was expected there. */
MUST_USE int jmespath_parse(const char *text, struct jmespath **ret_path, struct chaos_error *err);
/* What the expression gives for `root`: a new reference, null for nothing. -CHAOS_E_INVALID for a
 * function called with a value of the wrong type. */
MUST_USE int jmespath_search(const struct jmespath *path, const json_t *root, json_t **ret_value,
                             struct chaos_error *err);
void jmespath_free(struct jmespath *path);
AUTO_FREE(jmespath, struct jmespath)
/* False by JMESPath: null, false, "", [] and {}. */
bool jmespath_is_true(const json_t *value);
