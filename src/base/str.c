// SPDX-License-Identifier: Apache-2.0
#include "base/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

void buffer_grow(struct buffer *buffer, size_t more)
{
    size_t need = buffer->length + more + 1;
    size_t capacity = buffer->capacity ? buffer->capacity : 64;

    while (capacity < need)
        capacity *= 2;
    buffer->data = mem_resize(buffer->data, capacity);
    buffer->data[buffer->length] = '\0';
    buffer->capacity = capacity;
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
{
    va_list again;
    size_t room;
    int length;

    buffer_reserve(buffer, 63); /* enough for most: then it is done at once */
    room = buffer->capacity - buffer->length;
    va_copy(again, args);
    length = vsnprintf(buffer->data + buffer->length, room, format, args);
    if (length > 0 && (size_t)length >= room)
        vsnprintf(buffer_reserve(buffer, (size_t)length), (size_t)length + 1, format, again);
    va_end(again);
    if (length > 0)
        buffer->length += (size_t)length;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buffer_vprintf(buffer, format, args);
    va_end(args);
}

const char *str_integer(char text[STR_INTEGER_SIZE], int64_t number)
{
    char *at = text + STR_INTEGER_SIZE - 1;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

    *at = '\0';
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--at = '-';
    return at;
}

void buffer_add_integer(struct buffer *buffer, int64_t number)
{
    char text[STR_INTEGER_SIZE];

    buffer_add_text(buffer, str_integer(text, number));
}

void buffer_consume(struct buffer *buffer, size_t count)
{
    if (!count)
        return;
    memmove(buffer->data, buffer->data + count, buffer->length - count + 1);
    buffer->length -= count;
}

void buffer_reset(struct buffer *buffer)
{
    buffer->length = 0;
    if (buffer->data)
        buffer->data[0] = '\0';
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){ 0 };
}

char *buffer_take(struct buffer *buffer)
{
    char *data = buffer->data ? buffer->data : mem_strndup("", 0);

    *buffer = (struct buffer){ 0 };
    return data;
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data ? buffer->data : "";
}

bool str_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
    size_t length = strlen(text);
    size_t tail = strlen(suffix);

    return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

bool str_in(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(text, *list) == 0)
            return true;
    return false;
}

char *str_trim(const char *text)
{
    size_t length;

    while (isspace((unsigned char)*text))
        text++;
    length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    return mem_strndup(text, length);
}

#define SUGGEST_LENGTH_MAX 63

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][SUGGEST_LENGTH_MAX + 1];
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *spare = before;

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t cost = a[i - 1] != b[j - 1];

            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        before = above;
        above = row;
        row = spare;
    }
    return above[b_length];
}

const char *str_suggest(const char *text, const char *const *candidates)
{
    size_t length = strlen(text);
    size_t best = SIZE_MAX;
    const char *found = NULL;

    if (length > SUGGEST_LENGTH_MAX)
        return NULL;
    for (; *candidates; candidates++) {
        size_t other = strlen(*candidates);
        size_t apart;

        if (other > SUGGEST_LENGTH_MAX)
            continue;
        apart = distance(text, length, *candidates, other);
        if (apart < best && apart * 3 <= (other > length ? other : length)) {
            best = apart;
            found = *candidates;
        }
    }
    return found;
}

bool str_is_ascii(const char *data, size_t length)
{
    unsigned char seen = 0;

    for (size_t i = 0; i < length; i++)
        seen |= (unsigned char)data[i];
    return seen < 0x80;
}

/* How many continuation bytes follow the lead byte, or -1 when it cannot lead. `low` and `high`
 * bound the first of them (RFC 3629 section 4). */
static int continuation(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead < 0x80)
        return 0;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 1;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (lead == 0xe0)
            *low = 0xa0;
        if (lead == 0xed)
            *high = 0x9f;
        return 2;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (lead == 0xf0)
            *low = 0x90;
        if (lead == 0xf4)
            *high = 0x8f;
        return 3;
    }
    return -1;
}

/* Eight bytes at a time: most text is ASCII, and there may be much of it. */
static const unsigned char *past_ascii(const unsigned char *at, const unsigned char *end)
{
    uint64_t eight;

    for (; (size_t)(end - at) >= sizeof(eight); at += sizeof(eight)) {
        memcpy(&eight, at, sizeof(eight));
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    while (at < end && *at < 0x80)
        at++;
    return at;
}

bool str_is_utf8(const char *data, size_t length)
{
    const unsigned char *at = (const unsigned char *)data;
    const unsigned char *end = at + length;

    while (at < end) {
        unsigned char low;
        unsigned char high;
        int more;

        at = past_ascii(at, end);
        if (at == end)
            break;
        more = continuation(*at++, &low, &high);

        if (more < 0 || end - at < more)
            return false;
        for (int i = 0; i < more; i++, at++) {
            if (*at < low || *at > high)
                return false;
            low = 0x80;
            high = 0xbf;
        }
    }
    return true;
}
