/* SPDX-License-Identifier: Apache-2.0 */
/* Values that JSON lacks, yet YAML, Python and the reference's JSON reader have: integers beyond
 * 64 bits, NaN and the infinities, byte strings, dates and date-times.
 *
 * Each travels as a json_t string whose first byte is 0xff, which no UTF-8 text contains, so that
 * it can never be mistaken for text of a document: 0xff, one letter for the kind, then the value
 * as ASCII text (bytes: as hexadecimal digits). json_equal() and json_deep_copy() treat them
 * rightly; nothing but this header knows the form. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

enum extended_kind {
    EXTENDED_NONE,     /* an ordinary value */
    EXTENDED_INTEGER,  /* decimal digits, perhaps with '-': outside the range of 64 bits */
    EXTENDED_NAN,      /* "NaN" */
    EXTENDED_INFINITY, /* "Infinity" or "-Infinity" */
    EXTENDED_BYTES,    /* lower-case hexadecimal */
    EXTENDED_DATE,     /* 2026-11-22 */
    EXTENDED_DATETIME, /* as Python's isoformat(): 2026-11-22T12:00:00.5+00:00, zone optional */
};

enum extended_kind extended_kind(const json_t *value);
/* The text after the mark: "NaN", "12345678901234567890", "2026-11-22", hexadecimal. */
const char *extended_text(const json_t *value);
/* A new reference. `text` must have the form of its kind. */
json_t *extended_new(enum extended_kind kind, const char *text);
json_t *extended_bytes(const void *data, size_t length);
/* The bytes of an EXTENDED_BYTES value, to free(). */
unsigned char *extended_data(const json_t *value, size_t *ret_length);
/* A number from a double: json_real(), or NaN / infinity in extended form. */
json_t *extended_real(double number);
