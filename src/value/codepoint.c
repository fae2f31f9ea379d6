// SPDX-License-Identifier: Apache-2.0
#include "value/codepoint.h"

/* The zeros of Unicode's decimal digits (general category Nd); one to nine follow each. */
static const uint32_t zeros[] = {
    0x30,    0x660,   0x6f0,   0x7c0,   0x966,   0x9e6,   0xa66,   0xae6,   0xb66,   0xbe6,
    0xc66,   0xce6,   0xd66,   0xde6,   0xe50,   0xed0,   0xf20,   0x1040,  0x1090,  0x17e0,
    0x1810,  0x1946,  0x19d0,  0x1a80,  0x1a90,  0x1b50,  0x1bb0,  0x1c40,  0x1c50,  0xa620,
    0xa8d0,  0xa900,  0xa9d0,  0xa9f0,  0xaa50,  0xabf0,  0xff10,  0x104a0, 0x10d30, 0x11066,
    0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0,
    0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2,
    0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
};

uint32_t codepoint_next(const char **at)
{
    const unsigned char *byte = (const unsigned char *)*at;
    uint32_t code = *byte;
    int more = 0;

    if (!code)
        return 0;
    if (code >= 0xf0) {
        code &= 0x07;
        more = 3;
    } else if (code >= 0xe0) {
        code &= 0x0f;
        more = 2;
    } else if (code >= 0xc0) {
        code &= 0x1f;
        more = 1;
    }
    for (byte++; more && *byte; more--, byte++)
        code = code << 6 | (*byte & 0x3f);
    *at = (const char *)byte;
    return code;
}

static bool starts_codepoint(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

size_t codepoint_count(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += starts_codepoint(text[i]);
    return count;
}

size_t codepoint_offset(const char *text, size_t length, size_t index)
{
    for (size_t i = 0; i < length; i++) {
        if (!starts_codepoint(text[i]))
            continue;
        if (!index--)
            return i;
    }
    return length;
}

bool codepoint_is_space(uint32_t code)
{
    return (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20) || code == 0x85 ||
           code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
           code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

int codepoint_digit(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_SIZE(zeros); i++)
        if (code - zeros[i] < 10)
            return (int)(code - zeros[i]);
    return -1;
}
