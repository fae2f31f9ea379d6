// SPDX-License-Identifier: Apache-2.0
#include "value/utf8.h"

static size_t length_of(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

size_t utf8_decode(const char *at, size_t left, uint32_t *ret_point)
{
    /* The least character that needs so many bytes: less would be overlong. */
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *bytes = (const unsigned char *)at;
    size_t length = length_of(bytes[0]);
    uint32_t point;

    if (length <= 1) {
        *ret_point = bytes[0];
        return length;
    }
    if (length > left)
        return 0;
    point = bytes[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (bytes[i] & 0x3f);
    }
    if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret_point = point;
    return length;
}

void utf8_add(struct buffer *out, uint32_t point)
{
    if (point < 0x80) {
        buffer_add_char(out, (char)point);
    } else if (point < 0x800) {
        buffer_add_char(out, (char)(0xc0 | point >> 6));
        buffer_add_char(out, (char)(0x80 | (point & 0x3f)));
    } else if (point < 0x10000) {
        buffer_add_char(out, (char)(0xe0 | point >> 12));
        buffer_add_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
        buffer_add_char(out, (char)(0x80 | (point & 0x3f)));
    } else {
        buffer_add_char(out, (char)(0xf0 | point >> 18));
        buffer_add_char(out, (char)(0x80 | (point >> 12 & 0x3f)));
        buffer_add_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
        buffer_add_char(out, (char)(0x80 | (point & 0x3f)));
    }
}

void utf8_add_lossy(struct buffer *out, const void *data, size_t length)
{
    const char *at = data;
    const char *end = at + length;

    while (at < end) {
        uint32_t point;
        size_t taken = utf8_decode(at, (size_t)(end - at), &point);

        if (taken)
            buffer_add(out, at, taken);
        else
            utf8_add(out, UTF8_REPLACEMENT);
        at += taken ? taken : 1;
    }
}

struct utf8_place utf8_place(const char *text, size_t offset)
{
    struct utf8_place place = { .line = 1, .column = 1 };

    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if ((text[i] & 0xc0) != 0x80) {
            place.column++;
        }
    }
    return place;
}
