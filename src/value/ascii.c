// SPDX-License-Identifier: Apache-2.0
#include "value/ascii.h"

#include <stdint.h>

/* The code point at *text, which moves past it (RFC 3629; the text is known to be well-formed). */
static uint32_t next_point(const unsigned char **text)
{
    unsigned char lead = *(*text)++;
    unsigned more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    uint32_t point = more ? lead & (0x3fu >> more) : lead;

    while (more-- && (**text & 0xc0) == 0x80)
        point = point << 6 | (*(*text)++ & 0x3fu);
    return point;
}

/* Beyond ASCII there is nothing but the content of strings in JSON text: no parsing is needed. */
void json_escape_ascii(struct buffer *out, const char *json)
{
    const unsigned char *at = (const unsigned char *)json;

    while (*at) {
        uint32_t point;

        if (*at < 0x7f) {
            buffer_add_char(out, (char)*at++);
            continue;
        }
        point = next_point(&at);
        if (point >= 0x10000) { /* a surrogate pair, RFC 8259 section 7 */
            buffer_printf(out, "\\u%04x", 0xd800u + ((point - 0x10000) >> 10));
            point = 0xdc00u + ((point - 0x10000) & 0x3ffu);
        }
        buffer_printf(out, "\\u%04x", point);
    }
}

char *json_text_ascii(const json_t *value, enum json_style style)
{
    AUTO(buffer) struct buffer plain = { 0 };
    AUTO(buffer) struct buffer ascii = { 0 };

    json_write(&plain, value, style);
    json_escape_ascii(&ascii, buffer_text(&plain));
    return buffer_take(&ascii);
}
