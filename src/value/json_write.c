// SPDX-License-Identifier: Apache-2.0
/* Writing JSON byte for byte as Python's json.dumps() would. */
#include "value/json.h"

#include <string.h>

#include "base/mem.h"
#include "value/extended.h"
#include "value/member.h"
#include "value/utf8.h"

struct layout {
    size_t indent; /* 0: all on one line */
    const char *after_item;
    const char *after_key;
    bool ascii;
    enum member_order order;
};

static const struct layout layouts[] = {
    [JSON_STYLE_INDENT_2] = { .indent = 2, .after_item = ",", .after_key = ": " },
    [JSON_STYLE_INDENT_4] = { .indent = 4, .after_item = ",", .after_key = ": " },
    [JSON_STYLE_LINE] = { .after_item = ", ", .after_key = ": " },
    [JSON_STYLE_COMPACT] = { .after_item = ",", .after_key = ":" },
    [JSON_STYLE_CANONICAL] = { .after_item = ", ",
                               .after_key = ": ",
                               .ascii = true,
                               .order = MEMBER_ORDER_SORTED },
};

struct writer {
    struct buffer *out;
    const struct layout *layout;
    size_t depth;
};

static void write_value(struct writer *w, const json_t *value);

static void add_unit(struct buffer *out, uint32_t unit)
{
    buffer_printf(out, "\\u%04x", (unsigned)unit);
}

static void add_escaped(struct buffer *out, uint32_t point)
{
    static const char named[] = "\"\\\n\r\t\f\b";
    static const char names[] = "\"\\nrtfb";
    const char *at = point && point < 0x80 ? strchr(named, (int)point) : NULL;

    if (at) {
        buffer_add_char(out, '\\');
        buffer_add_char(out, names[at - named]);
    } else if (point < 0x10000) {
        add_unit(out, point);
    } else {
        add_unit(out, 0xd800 + ((point - 0x10000) >> 10));
        add_unit(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
    }
}

static bool is_plain(unsigned char c, bool ascii)
{
    return c >= 0x20 && c != '"' && c != '\\' && (!ascii || c < 0x7f);
}

static void write_text(struct writer *w, const char *text, size_t length)
{
    const char *at = text;
    const char *end = text + length;

    buffer_add_char(w->out, '"');
    while (at < end) {
        const char *run = at;
        uint32_t point;
        size_t taken;

        while (at < end && is_plain((unsigned char)*at, w->layout->ascii))
            at++;
        buffer_add(w->out, run, (size_t)(at - run));
        if (at == end)
            break;
        taken = utf8_decode(at, (size_t)(end - at), &point);
        add_escaped(w->out, taken ? point : UTF8_REPLACEMENT);
        at += taken ? taken : 1;
    }
    buffer_add_char(w->out, '"');
}

static void write_bytes(struct writer *w, const json_t *value)
{
    AUTO(buffer) struct buffer text = { 0 };
    size_t length;
    AUTO(mem) unsigned char *bytes = extended_data(value, &length);

    utf8_add_lossy(&text, bytes, length);
    write_text(w, buffer_text(&text), text.length);
}

static void write_string(struct writer *w, const json_t *value)
{
    switch (extended_kind(value)) {
    case EXTENDED_NONE:
        write_text(w, json_string_value(value), json_string_length(value));
        return;
    case EXTENDED_INTEGER:
    case EXTENDED_NAN:
    case EXTENDED_INFINITY:
        buffer_add_text(w->out, extended_text(value));
        return;
    case EXTENDED_BYTES:
        write_bytes(w, value);
        return;
    case EXTENDED_DATE:
    case EXTENDED_DATETIME:
        write_text(w, extended_text(value), strlen(extended_text(value)));
        return;
    }
}

static void new_line(struct writer *w)
{
    size_t count = w->depth * w->layout->indent;

    if (!w->layout->indent)
        return;
    buffer_add_char(w->out, '\n');
    memset(buffer_reserve(w->out, count), ' ', count);
    w->out->length += count;
    w->out->data[w->out->length] = '\0';
}

/* Between the brackets: before each item but the first, and before the last bracket. */
static void next_item(struct writer *w, size_t index)
{
    if (index)
        buffer_add_text(w->out, w->layout->after_item);
    new_line(w);
}

static void write_array(struct writer *w, const json_t *array)
{
    size_t count = json_array_size(array);

    buffer_add_char(w->out, '[');
    w->depth++;
    for (size_t i = 0; i < count; i++) {
        next_item(w, i);
        write_value(w, json_array_get(array, i));
    }
    w->depth--;
    if (count)
        new_line(w);
    buffer_add_char(w->out, ']');
}

static void write_object(struct writer *w, const json_t *object)
{
    size_t count;
    AUTO(mem) struct member *members = member_list(object, w->layout->order, &count);

    buffer_add_char(w->out, '{');
    w->depth++;
    for (size_t i = 0; i < count; i++) {
        next_item(w, i);
        write_text(w, members[i].key, members[i].key_length);
        buffer_add_text(w->out, w->layout->after_key);
        write_value(w, members[i].value);
    }
    w->depth--;
    if (count)
        new_line(w);
    buffer_add_char(w->out, '}');
}

static void write_value(struct writer *w, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(w, value);
        return;
    case JSON_ARRAY:
        write_array(w, value);
        return;
    case JSON_STRING:
        write_string(w, value);
        return;
    case JSON_INTEGER:
        buffer_printf(w->out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return;
    case JSON_REAL:
        json_write_real(w->out, json_real_value(value));
        return;
    case JSON_TRUE:
        buffer_add_text(w->out, "true");
        return;
    case JSON_FALSE:
        buffer_add_text(w->out, "false");
        return;
    case JSON_NULL:
        buffer_add_text(w->out, "null");
        return;
    }
}

void json_write(struct buffer *out, const json_t *value, enum json_style style)
{
    struct writer w = { .out = out, .layout = &layouts[style] };

    write_value(&w, value);
}

char *json_text(const json_t *value, enum json_style style)
{
    AUTO(buffer) struct buffer out = { 0 };

    json_write(&out, value, style);
    return buffer_take(&out);
}
