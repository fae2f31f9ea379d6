// SPDX-License-Identifier: Apache-2.0
/* Writing JSON byte for byte as Python's json.dumps() would. */
#include "value/json.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "value/extended.h"
#include "value/member.h"
#include "value/utf8.h"

struct layout {
    bool one_line;
    size_t indent;
    const char *after_item;
    size_t after_item_length;
    const char *after_key;
    size_t after_key_length;
    bool ascii;
    enum member_order order;
};

#define AFTER_ITEM(text) .after_item = (text), .after_item_length = sizeof(text) - 1
#define AFTER_KEY(text)  .after_key = (text), .after_key_length = sizeof(text) - 1

static const struct layout layouts[] = {
    [JSON_STYLE_INDENT_2] = { .indent = 2, AFTER_ITEM(","), AFTER_KEY(": ") },
    [JSON_STYLE_INDENT_4] = { .indent = 4, AFTER_ITEM(","), AFTER_KEY(": ") },
    [JSON_STYLE_LINE] = { .one_line = true, AFTER_ITEM(", "), AFTER_KEY(": ") },
    [JSON_STYLE_COMPACT] = { .one_line = true, AFTER_ITEM(","), AFTER_KEY(":") },
    [JSON_STYLE_LINES] = { AFTER_ITEM(","), AFTER_KEY(": "), .ascii = true },
    [JSON_STYLE_CANONICAL] = { .one_line = true,
                               AFTER_ITEM(", "),
                               AFTER_KEY(": "),
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

/* What has to be looked at twice within a text: in every style, and where only ASCII may stay. */
enum byte_kind {
    PLAIN,
    BEYOND_ASCII,
    SPECIAL,
};

static const unsigned char kinds[256] = {
    [0 ... 0x1f] = SPECIAL,
    ['"'] = SPECIAL,
    ['\\'] = SPECIAL,
    [0x7f ... 0xff] = BEYOND_ASCII,
};

static bool is_plain(unsigned char c, bool ascii)
{
    return kinds[c] < (ascii ? BEYOND_ASCII : SPECIAL);
}

static void write_text(struct writer *w, const char *text, size_t length)
{
    const char *at = text;
    const char *end = text + length;

    buffer_reserve(w->out, length + 2);
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
    char *end;

    if (w->layout->one_line)
        return;
    end = buffer_reserve(w->out, count + 1);
    *end++ = '\n';
    memset(end, ' ', count);
    end[count] = '\0';
    w->out->length += count + 1;
}

/* Between the brackets: before each item but the first, and before the last bracket. */
static void next_item(struct writer *w, size_t index)
{
    if (index)
        buffer_add(w->out, w->layout->after_item, w->layout->after_item_length);
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

static void write_member(struct writer *w, const struct member *member, size_t index)
{
    next_item(w, index);
    write_text(w, member->key, member->key_length);
    buffer_add(w->out, w->layout->after_key, w->layout->after_key_length);
    write_value(w, member->value);
}

static void write_sorted(struct writer *w, const json_t *object)
{
    size_t count;
    AUTO(mem) struct member *members = member_list(object, MEMBER_ORDER_SORTED, &count);

    for (size_t i = 0; i < count; i++)
        write_member(w, &members[i], i);
}

static void write_members(struct writer *w, const json_t *object)
{
    json_t *walkable = json_walkable(object);
    void *at = json_object_iter(walkable);

    for (size_t i = 0; at; i++, at = json_object_iter_next(walkable, at)) {
        const struct member member = { json_object_iter_key(at), json_object_iter_key_len(at),
                                       json_object_iter_value(at) };

        write_member(w, &member, i);
    }
}

static void write_object(struct writer *w, const json_t *object)
{
    buffer_add_char(w->out, '{');
    w->depth++;
    if (w->layout->order == MEMBER_ORDER_SORTED)
        write_sorted(w, object);
    else
        write_members(w, object);
    w->depth--;
    if (json_object_size(object))
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
        buffer_add_integer(w->out, json_integer_value(value));
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

void json_write_text(struct buffer *out, const char *text, enum json_style style)
{
    struct writer w = { .out = out, .layout = &layouts[style] };

    write_text(&w, text, strlen(text));
}

char *json_text(const json_t *value, enum json_style style)
{
    AUTO(buffer) struct buffer out = { 0 };

    json_write(&out, value, style);
    return buffer_take(&out);
}
