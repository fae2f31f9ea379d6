/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of characters of Python's re, written for PCRE2. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* How letters compare where the pattern stands. */
enum regex_case {
    REGEX_CASE_EXACT,
    REGEX_CASE_ASCII,   /* (?i) and (?a): only ASCII letters have a case */
    REGEX_CASE_UNICODE, /* (?i): the caller has turned PCRE2's (?i) on */
};

/* Append what matches one character. */
void regex_set_literal(struct buffer *out, uint32_t code, enum regex_case letters);
/* The same for use between '[' and ']'. */
void regex_set_range(struct buffer *out, uint32_t low, uint32_t high, enum regex_case letters);
/* \d \D \s \S \w \W, for use between '[' and ']'. */
void regex_set_class(struct buffer *out, char letter, bool ascii);
