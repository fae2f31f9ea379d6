/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte string. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/auto.h"

/* Start with `{ 0 }`; `data` is NULL while empty, else ends with a NUL that `length` leaves out. */
struct buffer {
    char *data;
    size_t length;
    size_t capacity;
};

/* Get memory for `more` bytes and the NUL: what buffer_reserve() does when there is no room. */
void buffer_grow(struct buffer *buffer, size_t more);

/* Room for `more` bytes after `length`; returns where they go. The caller raises `length`. */
static inline char *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->capacity - buffer->length <= more)
        buffer_grow(buffer, more);
    return buffer->data + buffer->length;
}

/* `length` bytes were put where buffer_reserve() said. */
static inline void buffer_added(struct buffer *buffer, size_t length)
{
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

static inline void buffer_add(struct buffer *buffer, const void *data, size_t length)
{
    char *end = buffer_reserve(buffer, length);

    if (length)
        memcpy(end, data, length);
    buffer_added(buffer, length);
}

static inline void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

static inline void buffer_add_char(struct buffer *buffer, char c)
{
    char *end = buffer_reserve(buffer, 1);

    end[0] = c;
    end[1] = '\0';
    buffer->length++;
}

void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF(2, 3);
void buffer_vprintf(struct buffer *buffer, const char *format, va_list args) PRINTF(2, 0);
/* Append the decimal digits of `number`. */
void buffer_add_integer(struct buffer *buffer, int64_t number);
/* Drop the first `count` bytes. */
void buffer_consume(struct buffer *buffer, size_t count);
void buffer_reset(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
/* The content as an owned string ("" when empty); the buffer is empty again. */
char *buffer_take(struct buffer *buffer);
/* The content as a borrowed string, "" when empty. */
const char *buffer_text(const struct buffer *buffer);

AUTO_CLEAR(buffer, struct buffer)

#define STR_INTEGER_SIZE 24
/* The decimal digits of `number`: they begin at what it returns, and end the array. */
const char *str_integer(char text[STR_INTEGER_SIZE], int64_t number);

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
bool str_is_ascii(const char *data, size_t length);
/* Whether `length` bytes are well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong). */
bool str_is_utf8(const char *data, size_t length);
