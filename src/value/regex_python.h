/* SPDX-License-Identifier: Apache-2.0 */
/* From the syntax of Python 3.11's re (library reference, "Regular Expression Syntax") to that of
 * PCRE2. Everything that the two read differently is spelled out, so that the result does not
 * depend on PCRE2's options but for UTF and DOTALL, with LF as the only line end. */
#pragma once

#include "base/auto.h"

/* The error is Python's: "unterminated character set at position 4". */
MUST_USE int regex_translate(const char *pattern, char **ret_pcre, struct chaos_error *err);
