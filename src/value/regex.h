/* SPDX-License-Identifier: Apache-2.0 */
/* Python's re.search over PCRE2. The only user of PCRE2. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/auto.h"

struct regex;

/* Compile a pattern of Python's re: (?P<n>..), (?P=n), \A, \Z, \d \w \s in Unicode, (?a) (?i) and
 * so on; what PCRE2 reads otherwise is translated, what Python refuses is refused. Matching is
 * limited in steps and depth, so that no pattern can hang a run. The error says what is wrong and
 * at which offset. */
MUST_USE int regex_compile(const char *pattern, struct regex **ret_regex, struct chaos_error *err);
/* Whether the pattern is found anywhere in the text. -CHAOS_E_LIMIT when it took too many steps. */
MUST_USE int regex_search(const struct regex *regex, const char *text, size_t length,
                          bool *ret_found, struct chaos_error *err);
void regex_free(struct regex *regex);

AUTO_FREE(regex, struct regex)
