// SPDX-License-Identifier: Apache-2.0
#include "base/mask_form.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

/* How deep quotations in quotations are recognised. */
#define ESCAPES_MAX 3

/* Of hexadecimal digits. */
enum letters {
    LOWER,
    UPPER
};

struct taking {
    void (*take)(void *self, const char *form, size_t length);
    void *self;
};

static void give(const struct taking *to, const struct buffer *form)
{
    to->take(to->self, buffer_text(form), form->length);
}

static unsigned byte_at(const char *at)
{
    return (unsigned char)*at;
}

/* Who escapes. */
enum escaper {
    JSON_TEXT,    /* "\b" and "\u001b", and quotation marks */
    PYTHON_TEXT,  /* repr() where there are quotation marks and apostrophes: "\x1b" and apostrophes
                   */
    PYTHON_FREE,  /* repr() else, which then chooses the marks around it */
    PYTHON_BYTES, /* what is beyond ASCII too */
    PYTHON_FREE_BYTES,
    ESCAPER_COUNT,
};

static void escape_one(struct buffer *form, char c, enum escaper escaper)
{
    static const char controls[] = "\n\r\t\b\f";
    static const char letters[] = "nrtbf";
    const char *control = c ? strchr(controls, c) : NULL;
    bool is_bytes = escaper == PYTHON_BYTES || escaper == PYTHON_FREE_BYTES;

    if (control && (escaper == JSON_TEXT || control - controls < 3))
        buffer_printf(form, "\\%c", letters[control - controls]);
    else if (c == '\\' || (c == '"' && escaper == JSON_TEXT) ||
             (c == '\'' && (escaper == PYTHON_TEXT || escaper == PYTHON_BYTES)))
        buffer_printf(form, "\\%c", c);
    else if (escaper == JSON_TEXT && byte_at(&c) < ' ')
        buffer_printf(form, "\\u%04x", byte_at(&c));
    else if (escaper != JSON_TEXT &&
             (byte_at(&c) < ' ' || c == '\177' || (is_bytes && byte_at(&c) > '\177')))
        buffer_printf(form, "\\x%02x", byte_at(&c));
    else
        buffer_add_char(form, c);
}

/* As JSON in ASCII only: what is beyond it as UTF-16. The value is UTF-8. */
static void escape_ascii(struct buffer *form, const char *value, enum letters letters)
{
    AUTO(json) json_t *text = json_string(value);
    AUTO(str) char *ascii = text ? json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
    size_t length = ascii ? strlen(ascii) : 0;

    for (size_t i = 1; i + 1 < length; i++) {
        unsigned unit;

        if (ascii[i] == '\\' && ascii[i + 1] == 'u' && sscanf(ascii + i + 2, "%4x", &unit) == 1) {
            buffer_printf(form, letters == UPPER ? "\\u%04X" : "\\u%04x", unit);
            i += 5;
        } else if (ascii[i] == '\\') {
            buffer_add(form, ascii + i++, 2);
        } else {
            buffer_add_char(form, ascii[i]);
        }
    }
}

static void escape(const struct taking *to, const char *value, int levels);

static void give_escaped(const struct taking *to, const char *value, const struct buffer *form,
                         int levels)
{
    if (str_equal(value, buffer_text(form)))
        return;
    give(to, form);
    if (levels > 1)
        escape(to, buffer_text(form), levels - 1);
}

/* Texts quote texts that quote texts: JSON in the repr() of an output, in a log. */
static void escape(const struct taking *to, const char *value, int levels)
{
    for (int escaper = JSON_TEXT; escaper < ESCAPER_COUNT; escaper++) {
        AUTO(buffer) struct buffer form = { 0 };

        for (const char *at = value; *at; at++)
            escape_one(&form, *at, (enum escaper)escaper);
        give_escaped(to, value, &form, levels);
    }
    for (int letters = LOWER; letters <= UPPER; letters++) {
        AUTO(buffer) struct buffer form = { 0 };

        escape_ascii(&form, value, (enum letters)letters);
        give_escaped(to, value, &form, levels);
    }
}

/* What is sure of the digits when `offset` bytes of something else come before in their group of
 * three: the first and the last digit depend on the neighbours then. */
static void base64(const struct taking *to, const char *value, int offset, const char *last)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    AUTO(buffer) struct buffer form = { 0 };
    unsigned bits = 0;
    int count = 8 * offset;
    size_t skip = offset ? (size_t)offset + 1 : 0;

    for (; count >= 6; count -= 6)
        buffer_add_char(&form, '-');
    for (const char *at = value; *at; at++) {
        bits = bits << 8 | (unsigned char)*at;
        for (count += 8; count >= 6; count -= 6) {
            unsigned digit = bits >> (count - 6) & 63;

            buffer_add_char(&form, digit < 62 ? digits[digit] : last[digit - 62]);
        }
    }
    if (form.length > skip)
        to->take(to->self, buffer_text(&form) + skip, form.length - skip);
}

static void hexadecimal(const struct taking *to, const char *value, enum letters letters)
{
    AUTO(buffer) struct buffer form = { 0 };

    for (const char *at = value; *at; at++)
        buffer_printf(&form, letters == UPPER ? "%02X" : "%02x", byte_at(at));
    give(to, &form);
}

void mask_each_form(const char *value, void (*take)(void *self, const char *form, size_t length),
                    void *self)
{
    const struct taking to = { take, self };

    escape(&to, value, ESCAPES_MAX);
    for (int letters = LOWER; letters <= UPPER; letters++)
        hexadecimal(&to, value, (enum letters)letters);
    for (int offset = 0; offset < 3; offset++) {
        base64(&to, value, offset, "+/");
        base64(&to, value, offset, "-_");
    }
}

static unsigned digit_of(char c)
{
    return isdigit((unsigned char)c) ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
}

/* One byte of a value at `text`: the number of bytes that it takes there. */
static size_t match_byte(char c, const char *text, size_t length)
{
    if (length > 2 && *text == '%' && isxdigit((unsigned char)text[1]) &&
        isxdigit((unsigned char)text[2]) &&
        digit_of(text[1]) * 16 + digit_of(text[2]) == byte_at(&c))
        return 3;
    return length && (*text == c || (*text == '+' && c == ' '));
}

size_t mask_match_url(const char *value, size_t value_length, const char *text, size_t length)
{
    size_t at = 0;

    for (size_t i = 0; i < value_length; i++) {
        size_t taken = match_byte(value[i], text + at, length - at);

        if (!taken)
            return 0;
        at += taken;
    }
    return at;
}

bool mask_may_match_url(const char *value, unsigned char first, unsigned char second)
{
    const char pair[] = { (char)first, (char)second };

    if (first == '%' && isxdigit(second) && digit_of(pair[1]) == byte_at(value) >> 4)
        return true;
    return match_byte(value[0], pair, 1) &&
           (!value[1] || second == '%' || match_byte(value[1], pair + 1, 1));
}
