// SPDX-License-Identifier: Apache-2.0
#include "echo/log_line.h"

#include <stdint.h>
#include <string.h>

void log_line_event(struct buffer *log, const char *event, const char *address, const char *reason)
{
    buffer_add_char(log, '[');
    buffer_add_text(log, event);
    buffer_add_text(log, "] /");
    buffer_add_text(log, address);
    if (reason) {
        buffer_add_text(log, ": ");
        buffer_add_text(log, reason);
    }
    buffer_add_char(log, '\n');
}

void log_line_says(struct buffer *log, const char *address, const char *text, size_t length)
{
    size_t shown = length > LOG_LINE_TEXT_MAX ? LOG_LINE_TEXT_MAX : length;

    buffer_add_char(log, '/');
    buffer_add_text(log, address);
    buffer_add_text(log, " says ");
    log_line_escape(log, text, shown);
    if (shown < length)
        buffer_printf(log, "... [%zu bytes]", length);
    buffer_add_char(log, '\n');
}

static bool is_plain(unsigned char c)
{
    return c >= ' ' && c < 0x7f && c != '\\';
}

/* How many bytes of UTF-8 the lead byte announces; 1 for what leads nothing. */
static size_t sequence_length(unsigned char lead)
{
    if (lead >= 0xf0)
        return 4;
    if (lead >= 0xe0)
        return 3;
    return lead >= 0xc0 ? 2 : 1;
}

static uint32_t decode(const char *text, size_t length)
{
    uint32_t point = (unsigned char)text[0] & (0x7fU >> length);

    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3fU);
    return point;
}

/* C1 controls, line and paragraph separators, and the bidirectional controls. */
static bool is_dangerous(uint32_t point)
{
    return (point >= 0x80 && point <= 0x9f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0x200e || point == 0x200f ||
           point == 0x061c;
}

/* The length of the well-formed, harmless character at `text`, 0 when there is none. */
static size_t printable_length(const char *text, size_t left)
{
    size_t length = sequence_length((unsigned char)text[0]);

    if (length == 1 || length > left || !str_is_utf8(text, length))
        return 0;
    return is_dangerous(decode(text, length)) ? 0 : length;
}

static void escape_byte(struct buffer *log, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    char text[4] = { '\\', 'x', digits[c >> 4], digits[c & 15] };

    if (c == '\\')
        buffer_add(log, "\\\\", 2);
    else
        buffer_add(log, text, sizeof(text));
}

void log_line_escape(struct buffer *log, const char *text, size_t length)
{
    size_t plain = 0; /* where the text not yet added begins */
    size_t at = 0;

    while (at < length) {
        size_t size =
            is_plain((unsigned char)text[at]) ? 1 : printable_length(text + at, length - at);

        if (size) {
            at += size;
            continue;
        }
        buffer_add(log, text + plain, at - plain);
        escape_byte(log, (unsigned char)text[at]);
        plain = ++at;
    }
    buffer_add(log, text + plain, at - plain);
}
