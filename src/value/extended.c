// SPDX-License-Identifier: Apache-2.0
#include "value/extended.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* No UTF-8 text has this byte. */
#define MARK        '\xff'
#define MARK_LENGTH 2

static const char letters[] = {
    [EXTENDED_INTEGER] = 'i', [EXTENDED_NAN] = 'n',  [EXTENDED_INFINITY] = 'f',
    [EXTENDED_BYTES] = 'b',   [EXTENDED_DATE] = 'd', [EXTENDED_DATETIME] = 't',
};

enum extended_kind extended_kind(const json_t *value)
{
    const char *text = json_string_value(value);

    if (!text || text[0] != MARK)
        return EXTENDED_NONE;
    for (size_t i = EXTENDED_NONE + 1; i < ARRAY_SIZE(letters); i++)
        if (letters[i] == text[1])
            return (enum extended_kind)i;
    return EXTENDED_NONE;
}

const char *extended_text(const json_t *value)
{
    return json_string_value(value) + MARK_LENGTH;
}

json_t *extended_new(enum extended_kind kind, const char *text)
{
    AUTO(buffer) struct buffer form = { 0 };

    buffer_add_char(&form, MARK);
    buffer_add_char(&form, letters[kind]);
    buffer_add_text(&form, text);
    return json_stringn_nocheck(form.data, form.length);
}

json_t *extended_bytes(const void *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    AUTO(buffer) struct buffer hex = { 0 };

    for (size_t i = 0; i < length; i++) {
        buffer_add_char(&hex, digits[bytes[i] >> 4]);
        buffer_add_char(&hex, digits[bytes[i] & 15]);
    }
    return extended_new(EXTENDED_BYTES, buffer_text(&hex));
}

static unsigned char nibble(char digit)
{
    return (unsigned char)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

unsigned char *extended_data(const json_t *value, size_t *ret_length)
{
    const char *hex = extended_text(value);
    size_t length = strlen(hex) / 2;
    unsigned char *data = mem_alloc(length + 1);

    for (size_t i = 0; i < length; i++)
        data[i] = (unsigned char)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    *ret_length = length;
    return data;
}

json_t *extended_real(double number)
{
    if (isnan(number))
        return extended_new(EXTENDED_NAN, "NaN");
    if (isinf(number))
        return extended_new(EXTENDED_INFINITY, number > 0 ? "Infinity" : "-Infinity");
    return json_real(number);
}
