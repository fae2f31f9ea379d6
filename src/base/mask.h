/* SPDX-License-Identifier: Apache-2.0 */
/* Values that must not be written down, and texts without them.
 *
 * A value is found as it is and in the forms in which it travels: escaped as in JSON or in Python's
 * repr(), URL-encoded, in base64 (also in the midst of a longer text) and in hexadecimal; each line
 * of a value of several lines too. Values are added at any time and never taken back; looking is
 * safe from any thread, takes no lock, and costs next to nothing while there are no values. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

/* Values shorter than this stay where people read: they are words, numbers and flags of their own
 * everywhere, and a journal with holes at each "true" tells nothing. */
#define MASK_SHOWN_MIN 6

enum mask_style {
    MASK_SHOWN,   /* "***(secret NAME)" for values of MASK_SHOWN_MIN bytes or more */
    MASK_HIDDEN,  /* the same for 4 bytes or more, and for shorter ones that are the whole text */
    MASK_PATTERN, /* as MASK_HIDDEN, but "${NAME}" for a value as it is: it becomes that again when
                   * it is substituted */
};

struct mask;

struct mask *mask_new(void);
void mask_free(struct mask *mask);
AUTO_FREE(mask, struct mask)

/* Hide `value` from now on; an empty one is passed over. */
void mask_add(struct mask *mask, const char *name, const char *value);
/* Whether there is anything to hide; `mask` may be NULL. */
bool mask_is_empty(const struct mask *mask);
/* Append `text` without the values to `out`. False, and nothing appended, when there is nothing in
 * it to hide. */
bool mask_text(const struct mask *mask, const char *text, size_t length, enum mask_style style,
               struct buffer *out);
