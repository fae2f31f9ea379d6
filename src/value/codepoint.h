/* SPDX-License-Identifier: Apache-2.0 */
/* Text by Unicode code points, and what Python's str takes for white space and for digits (Unicode
 * 14, as Python 3.11). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

#define CODEPOINT_MAX 0x10ffffu

/* The code point at *at, which moves behind it; 0 at the NUL, where *at stays. The text must be
 * well-formed UTF-8 (str_is_utf8()). */
uint32_t codepoint_next(const char **at);
/* How many code points `length` bytes of UTF-8 hold. */
size_t codepoint_count(const char *text, size_t length);
/* The byte offset of code point number `index`; `length` when there are fewer. */
size_t codepoint_offset(const char *text, size_t length, size_t index);
/* str.isspace() */
bool codepoint_is_space(uint32_t code);
/* The value of a decimal digit of any script, or -1. */
int codepoint_digit(uint32_t code);
