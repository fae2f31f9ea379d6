// SPDX-License-Identifier: Apache-2.0
/* Values in the block style of PyYAML's yaml.dump(). */
#include "value/yaml.h"

#include <string.h>

#include "base/mem.h"
#include "value/extended.h"
#include "value/json.h"
#include "value/member.h"
#include "value/yaml_emit.h"

/* Characters a line of base64 has (Python's base64.encodebytes). */
#define BASE64_LINE 76

struct writer {
    struct emitter e;
    enum member_order order;
};

enum node_place {
    PLACE_ROOT,
    PLACE_ITEM,   /* of a sequence */
    PLACE_MEMBER, /* the value of a mapping's member */
};

static void write_node(struct writer *w, const json_t *value, enum node_place place);

static void write_sequence(struct writer *w, const json_t *array, enum node_place place)
{
    int before = w->e.indent;

    if (before == EMITTER_NO_INDENT)
        w->e.indent = 0;
    else if (place != PLACE_MEMBER || w->e.indention) /* else its '-' stand below the key */
        w->e.indent += w->e.step;
    for (size_t i = 0; i < json_array_size(array); i++) {
        emit_indent(&w->e);
        emit_indicator(&w->e, "-", INDICATOR_APART | INDICATOR_INDENTION);
        write_node(w, json_array_get(array, i), PLACE_ITEM);
    }
    w->e.indent = before;
}

static void write_key(struct writer *w, const struct member *member)
{
    int before;

    if (emit_is_simple_key(member->key, member->key_length)) {
        before = emit_deeper(&w->e);
        emit_text(&w->e, member->key, member->key_length, SCALAR_KEY);
        w->e.indent = before;
        emit_indicator(&w->e, ":", 0);
        return;
    }
    emit_indicator(&w->e, "?", INDICATOR_APART | INDICATOR_INDENTION);
    before = emit_deeper(&w->e);
    emit_text(&w->e, member->key, member->key_length, SCALAR_VALUE);
    w->e.indent = before;
    emit_indent(&w->e);
    emit_indicator(&w->e, ":", INDICATOR_APART | INDICATOR_INDENTION);
}

static void write_mapping(struct writer *w, const json_t *object)
{
    size_t count;
    AUTO(mem) struct member *members = member_list(object, w->order, &count);
    int before = w->e.indent;

    w->e.indent = before == EMITTER_NO_INDENT ? 0 : before + w->e.step;
    for (size_t i = 0; i < count; i++) {
        emit_indent(&w->e);
        write_key(w, &members[i]);
        write_node(w, members[i].value, PLACE_MEMBER);
    }
    w->e.indent = before;
}

static void add_base64(struct buffer *out, const unsigned char *data, size_t length)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        unsigned bits = (unsigned)data[i] << 16 | (left > 1 ? (unsigned)data[i + 1] << 8 : 0) |
                        (left > 2 ? data[i + 2] : 0U);

        buffer_add_char(out, alphabet[bits >> 18]);
        buffer_add_char(out, alphabet[bits >> 12 & 63]);
        buffer_add_char(out, (char)(left > 1 ? alphabet[bits >> 6 & 63] : '='));
        buffer_add_char(out, (char)(left > 2 ? alphabet[bits & 63] : '='));
    }
}

/* A literal block of base64, or "" for no bytes at all. */
static void write_bytes(struct emitter *e, const json_t *value)
{
    AUTO(buffer) struct buffer text = { 0 };
    size_t length;
    AUTO(mem) unsigned char *data = extended_data(value, &length);

    emit_indicator(e, "!!binary", INDICATOR_APART);
    if (!length) {
        emit_plain(e, "\"\"", 2, SCALAR_VALUE);
        return;
    }
    add_base64(&text, data, length);
    emit_indicator(e, "|", INDICATOR_APART);
    for (size_t i = 0; i < text.length; i += BASE64_LINE) {
        emit_indent(e);
        buffer_add(e->out, text.data + i,
                   text.length - i < BASE64_LINE ? text.length - i : BASE64_LINE);
        e->blank = false;
        e->indention = false;
    }
    emit_line_break(e);
}

/* PyYAML writes 1e+16 as 1.0e+16, which its own reader takes for a number. */
static void add_real(struct buffer *out, double number)
{
    AUTO(buffer) struct buffer text = { 0 };
    const char *exponent;

    json_write_real(&text, number);
    exponent = strchr(text.data, 'e');
    if (!exponent || strchr(text.data, '.')) {
        buffer_add(out, text.data, text.length);
        return;
    }
    buffer_add(out, text.data, (size_t)(exponent - text.data));
    buffer_add_text(out, ".0");
    buffer_add_text(out, exponent);
}

/* Texts excepted: the plain form of a scalar. */
static void add_plain_form(struct buffer *out, const json_t *value)
{
    enum extended_kind kind = extended_kind(value);

    if (kind == EXTENDED_NAN) {
        buffer_add_text(out, ".nan");
    } else if (kind == EXTENDED_INFINITY) {
        buffer_add_text(out, *extended_text(value) == '-' ? "-.inf" : ".inf");
    } else if (kind == EXTENDED_DATETIME) { /* as str(): a blank for the 'T' */
        buffer_add_text(out, extended_text(value));
        *strchr(out->data, 'T') = ' ';
    } else if (kind != EXTENDED_NONE) {
        buffer_add_text(out, extended_text(value));
    } else if (json_is_real(value)) {
        add_real(out, json_real_value(value));
    } else {
        json_write(out, value, JSON_STYLE_COMPACT);
    }
}

static void write_scalar(struct emitter *e, const json_t *value, enum scalar_place place)
{
    AUTO(buffer) struct buffer form = { 0 };
    enum extended_kind kind = extended_kind(value);
    int before = emit_deeper(e);

    if (kind == EXTENDED_BYTES) {
        write_bytes(e, value);
    } else if (json_is_string(value) && kind == EXTENDED_NONE) {
        emit_text(e, json_string_value(value), json_string_length(value), place);
    } else {
        add_plain_form(&form, value);
        emit_plain(e, form.data, form.length, place);
    }
    e->indent = before;
}

static void write_node(struct writer *w, const json_t *value, enum node_place place)
{
    if (json_array_size(value)) {
        write_sequence(w, value, place);
    } else if (json_object_size(value)) {
        write_mapping(w, value);
    } else if (json_is_array(value) || json_is_object(value)) {
        emit_indicator(&w->e, json_is_array(value) ? "[" : "{", INDICATOR_APART | INDICATOR_BLANK);
        emit_indicator(&w->e, json_is_array(value) ? "]" : "}", 0);
    } else {
        write_scalar(&w->e, value, place == PLACE_ROOT ? SCALAR_ROOT : SCALAR_VALUE);
    }
}

void yaml_write(struct buffer *out, const json_t *value, const struct yaml_style *style)
{
    struct writer w = {
        .e = { .out = out,
               .step = style->indent,
               .indent = EMITTER_NO_INDENT,
               .blank = true,
               .indention = true },
        .order = style->sort_keys ? MEMBER_ORDER_SORTED : MEMBER_ORDER_OWN,
    };

    write_node(&w, value, PLACE_ROOT);
    emit_indent(&w.e);
    if (w.e.open_ended) { /* a plain root may go on in the next line: say that it does not */
        emit_indicator(&w.e, "...", INDICATOR_APART);
        emit_indent(&w.e);
    }
}
