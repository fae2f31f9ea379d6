/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text to values and back, as Python's json module reads and writes it: that is what the
 * reference's users, experiments and journals rely on. */
#pragma once

#include <stddef.h>

#include "base/str.h"

/* Nesting deeper than this is CHAOS_E_LIMIT. */
#define JSON_DEPTH_MAX 500

/* Parse one document. Beyond RFC 8259, as Python does: NaN, Infinity, -Infinity; numbers that
 * overflow a double become infinities; integers of any size (extended.h); the last of equal keys
 * wins, at the place of the first; a lone surrogate escape becomes U+FFFD; a UTF-8 byte order mark
 * is skipped. Errors read "line 3, column 7: expected ',' or '}' after a member, found 'x'"
 * (column in characters, from 1); the caller adds the file's name. */
MUST_USE int json_parse(const char *text, size_t length, json_t **ret_value,
                        struct chaos_error *err);

enum json_style {
    JSON_STYLE_INDENT_2,  /* json.dumps(indent=2, ensure_ascii=False) */
    JSON_STYLE_INDENT_4,  /* json.dumps(indent=4, ensure_ascii=False) */
    JSON_STYLE_LINE,      /* json.dumps(ensure_ascii=False): ", " and ": " on one line */
    JSON_STYLE_COMPACT,   /* the same without blanks */
    JSON_STYLE_LINES,     /* json.dumps(indent=0): ASCII only, each item on a line of its own */
    JSON_STYLE_CANONICAL, /* sorted keys, ASCII only, ", " and ": ": what the reference hashes */
};

/* Append the text of `value`: keys in their order, reals in the shortest form that reads back
 * (as Python's repr: 1.0, 1e-07, 1e+16), text unescaped but for '"', '\\' and controls. Extended
 * values: integers, NaN and infinities bare as Python writes them; bytes as text (U+FFFD for
 * what is not UTF-8); dates and date-times in ISO form. */
void json_write(struct buffer *out, const json_t *value, enum json_style style);
/* The same as an owned string. */
char *json_text(const json_t *value, enum json_style style);
/* Append a text as JSON: a key, say. */
void json_write_text(struct buffer *out, const char *text, enum json_style style);

/* Append the shortest decimal text that reads back as `number`, in the form of Python's repr(). */
void json_write_real(struct buffer *out, double number);
