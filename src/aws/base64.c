/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buffer *out, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    char *to = buffer_reserve(out, (length + 2) / 3 * 4);
    size_t written = 0;

    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t group = (uint32_t)bytes[i] << 16;

        if (left > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            group |= bytes[i + 2];
        to[written++] = alphabet[group >> 18];
        to[written++] = alphabet[group >> 12 & 63];
        to[written++] = left > 1 ? alphabet[group >> 6 & 63] : '=';
        to[written++] = left > 2 ? alphabet[group & 63] : '=';
    }
    out->length += written;
    buffer_add(out, "", 0); /* keeps the content terminated */
}

static int value_of(char c)
{
    const char *place = c ? strchr(alphabet, c) : NULL;

    return place ? (int)(place - alphabet) : -1;
}

bool base64_decode(struct buffer *out, const char *text)
{
    uint32_t group = 0;
    size_t digits = 0, padding = 0;

    for (const char *p = text; *p; p++) {
        int value = value_of(*p);

        if (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
            continue;
        if (*p == '=') {
            padding++;
            continue;
        }
        if (value < 0 || padding)
            return false;
        group = group << 6 | (uint32_t)value;
        if (++digits % 4 == 0) {
            char bytes[3] = { (char)(group >> 16), (char)(group >> 8), (char)group };

            buffer_add(out, bytes, sizeof(bytes));
            group = 0;
        }
    }
    switch (digits % 4) {
    case 0:
        return padding == 0;
    case 2:
        buffer_add_char(out, (char)(group >> 4));
        return padding == 2;
    case 3:
        buffer_add_char(out, (char)(group >> 10));
        buffer_add_char(out, (char)(group >> 2));
        return padding == 1;
    default:
        return false;
    }
}
