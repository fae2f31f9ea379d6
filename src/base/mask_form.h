/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which a value travels. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Calls `take` with each form of `value` but the value itself, and those of URLs; some may be the
 * same. Texts are borrowed. */
void mask_each_form(const char *value, void (*take)(void *self, const char *form, size_t length),
                    void *self);

/* How many bytes at `text` are `value`, as it is or URL-encoded: what is encoded, and how, is up to
 * whoever did it. 0: they are something else. */
size_t mask_match_url(const char *value, size_t value_length, const char *text, size_t length);
/* Whether mask_match_url() may find `value` where a text goes on with these two bytes. */
bool mask_may_match_url(const char *value, unsigned char first, unsigned char second);
