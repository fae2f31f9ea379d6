// SPDX-License-Identifier: Apache-2.0
#include "providers/decode.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

static void add_utf8(struct buffer *out, uint32_t c)
{
    if (c < 0x80) {
        buffer_add_char(out, (char)c);
    } else if (c < 0x800) {
        buffer_add_char(out, (char)(0xc0 | (c >> 6)));
        buffer_add_char(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buffer_add_char(out, (char)(0xe0 | (c >> 12)));
        buffer_add_char(out, (char)(0x80 | ((c >> 6) & 0x3f)));
        buffer_add_char(out, (char)(0x80 | (c & 0x3f)));
    } else {
        buffer_add_char(out, (char)(0xf0 | (c >> 18)));
        buffer_add_char(out, (char)(0x80 | ((c >> 12) & 0x3f)));
        buffer_add_char(out, (char)(0x80 | ((c >> 6) & 0x3f)));
        buffer_add_char(out, (char)(0x80 | (c & 0x3f)));
    }
}

static bool is_text_control(unsigned char c)
{
    return c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\b' || c == 0x1b ||
           c == '\a' || c == '\v';
}

/* Windows-1252 0x80 to 0x9f (WHATWG Encoding, index windows-1252); 0: no character. */
static const uint16_t windows_1252[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static json_t *decode_windows_1252(const unsigned char *data, size_t length)
{
    AUTO(buffer) struct buffer out = { 0 };

    for (size_t i = 0; i < length; i++) {
        unsigned char c = data[i];
        uint32_t mapped = c >= 0x80 && c < 0xa0 ? windows_1252[c - 0x80] : c;

        if (!mapped || (c < 0x20 && !is_text_control(c)) || c == 0x7f)
            return NULL;
        add_utf8(&out, mapped);
    }
    return json_stringn(buffer_text(&out), out.length);
}

/* UTF-16 after its byte order mark; NULL when it is not well formed (RFC 2781). */
static json_t *decode_utf16(const unsigned char *data, size_t length, bool big)
{
    AUTO(buffer) struct buffer out = { 0 };

    if (length % 2)
        return NULL;
    for (size_t i = 2; i < length; i += 2) {
        uint32_t unit =
            big ? (uint32_t)data[i] << 8 | data[i + 1] : (uint32_t)data[i + 1] << 8 | data[i];

        if (unit >= 0xd800 && unit < 0xdc00 && i + 3 < length) {
            uint32_t low = big ? (uint32_t)data[i + 2] << 8 | data[i + 3]
                               : (uint32_t)data[i + 3] << 8 | data[i + 2];

            if (low < 0xdc00 || low > 0xdfff)
                return NULL;
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            i += 2;
        } else if (unit >= 0xd800 && unit < 0xe000) {
            return NULL;
        }
        add_utf8(&out, unit);
    }
    return json_stringn(buffer_text(&out), out.length);
}

json_t *decode_output(const char *data, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)data;

    if (!length)
        return json_string("");
    if (str_is_utf8(data, length))
        return json_stringn(data, length);
    if (length >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe)
        return decode_utf16(bytes, length, false);
    if (length >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff)
        return decode_utf16(bytes, length, true);
    return decode_windows_1252(bytes, length);
}
