/* SPDX-License-Identifier: Apache-2.0 */
/* Characters of UTF-8 text, one at a time (RFC 3629). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define UTF8_REPLACEMENT UINT32_C(0xfffd)

/* The character at the start of `left` > 0 bytes: how many bytes it takes, or 0 when they are not
 * well-formed (then *ret_point is not written). */
size_t utf8_decode(const char *at, size_t left, uint32_t *ret_point);
void utf8_add(struct buffer *out, uint32_t point);
/* Append bytes that may be anything: each that is not UTF-8 becomes U+FFFD. */
void utf8_add_lossy(struct buffer *out, const void *data, size_t length);

/* A place in a text as people count: lines and characters from 1. */
struct utf8_place {
    size_t line;
    size_t column;
};

/* Where the byte at `offset` is; columns count characters. */
struct utf8_place utf8_place(const char *text, size_t offset);
