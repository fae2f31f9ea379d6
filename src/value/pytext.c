// SPDX-License-Identifier: Apache-2.0
/* Python's str() and repr() of values. */
#include "value/pytext.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "value/datetime.h"
#include "value/extended.h"
#include "value/json.h"
#include "value/printable.h"
#include "value/utf8.h"

/* Python quotes with ' unless that would need escapes that " does not. */
static char quote_for(const void *text, size_t length)
{
    return length && memchr(text, '\'', length) && !memchr(text, '"', length) ? '"' : '\'';
}

/* A character that needs no more than a backslash or a letter, in text and in bytes alike. */
static bool add_simple(struct buffer *out, uint32_t point, char quote)
{
    if (point == (unsigned char)quote || point == '\\')
        buffer_printf(out, "\\%c", (int)point);
    else if (point == '\t')
        buffer_add_text(out, "\\t");
    else if (point == '\n')
        buffer_add_text(out, "\\n");
    else if (point == '\r')
        buffer_add_text(out, "\\r");
    else if (point >= 0x20 && point < 0x7f)
        buffer_add_char(out, (char)point);
    else
        return false;
    return true;
}

/* How many characters stand for themselves in quotes. */
static size_t plain_length(const char *text, const char *end, char quote)
{
    const char *at = text;

    while (at < end && *at >= 0x20 && *at < 0x7f && *at != quote && *at != '\\')
        at++;
    return (size_t)(at - text);
}

static void add_quoted_text(struct buffer *out, const char *text, size_t length)
{
    char quote = quote_for(text, length);
    const char *end = text + length;

    buffer_add_char(out, quote);
    while (text < end) {
        uint32_t point = UTF8_REPLACEMENT;
        size_t plain = plain_length(text, end, quote);
        size_t taken;

        buffer_add(out, text, plain);
        text += plain;
        if (text == end)
            break;
        taken = utf8_decode(text, (size_t)(end - text), &point);
        if (!add_simple(out, point, quote)) {
            if (printable(point))
                utf8_add(out, point);
            else if (point <= 0xff)
                buffer_printf(out, "\\x%02x", (unsigned)point);
            else if (point <= 0xffff)
                buffer_printf(out, "\\u%04x", (unsigned)point);
            else
                buffer_printf(out, "\\U%08x", (unsigned)point);
        }
        text += taken ? taken : 1;
    }
    buffer_add_char(out, quote);
}

static void add_bytes(struct buffer *out, const json_t *value)
{
    size_t length;
    AUTO(mem) unsigned char *data = extended_data(value, &length);
    char quote = quote_for(data, length);

    buffer_add_char(out, 'b');
    buffer_add_char(out, quote);
    for (size_t i = 0; i < length; i++)
        if (!add_simple(out, data[i], quote))
            buffer_printf(out, "\\x%02x", data[i]);
    buffer_add_char(out, quote);
}

/* timedelta(seconds=3600); those below zero are days and the seconds after them. */
static void add_zone(struct buffer *out, int minutes)
{
    int seconds = minutes * 60;

    buffer_add_text(out, ", tzinfo=datetime.timezone");
    if (seconds == 0)
        buffer_add_text(out, ".utc");
    else if (seconds > 0)
        buffer_printf(out, "(datetime.timedelta(seconds=%d))", seconds);
    else
        buffer_printf(out, "(datetime.timedelta(days=-1, seconds=%d))", 86400 + seconds);
}

static void add_datetime_repr(struct buffer *out, const json_t *value)
{
    struct datetime moment;

    datetime_read(extended_text(value), &moment);
    if (extended_kind(value) == EXTENDED_DATE) {
        buffer_printf(out, "datetime.date(%d, %d, %d)", moment.year, moment.month, moment.day);
        return;
    }
    buffer_printf(out, "datetime.datetime(%d, %d, %d, %d, %d", moment.year, moment.month,
                  moment.day, moment.hour, moment.minute);
    if (moment.second || moment.microsecond)
        buffer_printf(out, ", %d", moment.second);
    if (moment.microsecond)
        buffer_printf(out, ", %d", moment.microsecond);
    if (moment.has_zone)
        add_zone(out, moment.zone_minutes);
    buffer_add_char(out, ')');
}

static void add_datetime_str(struct buffer *out, const json_t *value)
{
    size_t start = out->length;
    char *separator;

    buffer_add_text(out, extended_text(value));
    separator = strchr(out->data + start, 'T');
    if (separator)
        *separator = ' ';
}

/* What is not text is shown alike by str() and repr(), but for dates. */
static void add_string_repr(struct buffer *out, const json_t *value)
{
    switch (extended_kind(value)) {
    case EXTENDED_NONE:
        add_quoted_text(out, json_string_value(value), json_string_length(value));
        return;
    case EXTENDED_INTEGER:
        buffer_add_text(out, extended_text(value));
        return;
    case EXTENDED_NAN:
        buffer_add_text(out, "nan");
        return;
    case EXTENDED_INFINITY:
        buffer_add_text(out, extended_text(value)[0] == '-' ? "-inf" : "inf");
        return;
    case EXTENDED_BYTES:
        add_bytes(out, value);
        return;
    case EXTENDED_DATE:
    case EXTENDED_DATETIME:
        add_datetime_repr(out, value);
        return;
    }
}

static void add_array(struct buffer *out, const json_t *array)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i)
            buffer_add_text(out, ", ");
        pytext_repr(out, json_array_get(array, i));
    }
    buffer_add_char(out, ']');
}

static void add_object(struct buffer *out, const json_t *object)
{
    json_t *walkable = json_walkable(object);
    bool is_first = true;

    buffer_add_char(out, '{');
    for (void *at = json_object_iter(walkable); at; at = json_object_iter_next(walkable, at)) {
        if (!is_first)
            buffer_add_text(out, ", ");
        is_first = false;
        add_quoted_text(out, json_object_iter_key(at), json_object_iter_key_len(at));
        buffer_add_text(out, ": ");
        pytext_repr(out, json_object_iter_value(at));
    }
    buffer_add_char(out, '}');
}

void pytext_repr(struct buffer *out, const json_t *value)
{
    if (!value) {
        buffer_add_text(out, "None");
        return;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_object(out, value);
        return;
    case JSON_ARRAY:
        add_array(out, value);
        return;
    case JSON_STRING:
        add_string_repr(out, value);
        return;
    case JSON_INTEGER:
        buffer_add_integer(out, json_integer_value(value));
        return;
    case JSON_REAL:
        json_write_real(out, json_real_value(value));
        return;
    case JSON_TRUE:
        buffer_add_text(out, "True");
        return;
    case JSON_FALSE:
        buffer_add_text(out, "False");
        return;
    case JSON_NULL:
        buffer_add_text(out, "None");
        return;
    }
}

void pytext_str(struct buffer *out, const json_t *value)
{
    enum extended_kind kind = extended_kind(value);

    if (kind == EXTENDED_DATE || kind == EXTENDED_DATETIME)
        add_datetime_str(out, value);
    else if (kind == EXTENDED_NONE && json_is_string(value))
        buffer_add(out, json_string_value(value), json_string_length(value));
    else
        pytext_repr(out, value);
}

char *pytext_of(const json_t *value)
{
    AUTO(buffer) struct buffer out = { 0 };

    pytext_str(&out, value);
    return buffer_take(&out);
}
