/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte string. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/auto.h"

/* Start with `{ 0 }`; `data` is NULL while empty, else ends with a NUL that `length` leaves out. */
struct buffer {
    char *data;
    size_t length;
    size_t capacity;
};

void buffer_add(struct buffer *buffer, const void *data, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF(2, 3);
/* Room for `more` bytes after `length`; returns where they go. The caller raises `length`. */
char *buffer_reserve(struct buffer *buffer, size_t more);
/* Drop the first `count` bytes. */
void buffer_consume(struct buffer *buffer, size_t count);
void buffer_reset(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
/* The content as an owned string ("" when empty); the buffer is empty again. */
char *buffer_take(struct buffer *buffer);
/* The content as a borrowed string, "" when empty. */
const char *buffer_text(const struct buffer *buffer);

AUTO_CLEAR(buffer, struct buffer)

bool str_equal(const char *a, const char *b);
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
/* `text` is one of the NULL-terminated `list`. */
bool str_in(const char *text, const char *const *list);
/* The text without leading and trailing ASCII white space; owned. */
char *str_trim(const char *text);
/* The name in `candidates` (NULL-terminated) closest to `text`, or NULL when none is close enough
 * to suggest (optimal string alignment distance of at most a third of its length). */
const char *str_suggest(const char *text, const char *const *candidates);
/* Whether `length` bytes are well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong). */
bool str_is_utf8(const char *data, size_t length);
