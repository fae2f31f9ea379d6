/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/rest_header.h"

#include <string.h>
#include <strings.h>

#include "aws/base64.h"
#include "aws/scalar.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "value/json.h"

static bool is_json_value(const struct aws_member *member)
{
    return member->flags & AWS_JSON_VALUE && member->shape.type == AWS_TYPE_STRING;
}

static int add_scalar(const struct aws_member *member, const json_t *value, struct buffer *out,
                      struct chaos_error *err)
{
    AUTO(str) char *text = NULL;

    if (!is_json_value(member))
        return scalar_to_text(member, value, AWS_TIME_RFC822, out, err);
    text = json_text(value, JSON_STYLE_COMPACT);
    base64_encode(out, text, strlen(text));
    return 0;
}

/* Texts with a comma or quote inside a list are quoted, as in RFC 9110 section 5.6.4. */
static void add_list_text(const char *text, struct buffer *out)
{
    if (!strpbrk(text, "\",")) {
        buffer_add_text(out, text);
        return;
    }
    buffer_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            buffer_add_char(out, '\\');
        buffer_add_char(out, *text);
    }
    buffer_add_char(out, '"');
}

static int add_list(const struct aws_member *member, const json_t *value, struct buffer *out,
                    struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&member->shape, 0);
    size_t index;
    json_t *child;

    json_array_foreach (value, index, child) {
        AUTO(buffer) struct buffer text = { 0 };
        int r;

        if (json_is_null(child))
            continue;
        r = add_scalar(&item, child, &text, err);
        if (r < 0)
            return chaos_error_prefix(err, "[%zu]", index);
        if (out->length)
            buffer_add_char(out, ',');
        if (item.shape.type == AWS_TYPE_STRING)
            add_list_text(buffer_text(&text), out);
        else
            buffer_add_text(out, buffer_text(&text));
    }
    return 0;
}

static int encode_map(const struct aws_member *member, const json_t *value,
                      struct uri_pairs *headers, struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&member->shape, 1);
    const char *key;
    json_t *child;

    if (!json_is_object(value))
        return scalar_mismatch(member, value, err);
    json_object_foreach (json_walkable(value), key, child) {
        AUTO(str) char *name = mem_printf("%s%s", member->location_name, key);
        AUTO(buffer) struct buffer text = { 0 };
        int r;

        if (json_is_null(child))
            continue;
        r = add_scalar(&item, child, &text, err);
        if (r < 0)
            return chaos_error_prefix(err, "['%s']", key);
        aws_header_set(headers, name, buffer_text(&text));
    }
    return 0;
}

/* A line end in a header would begin another header. */
static int check_value(const char *text, struct chaos_error *err)
{
    if (strpbrk(text, "\r\n"))
        return chaos_error_set(err, CHAOS_E_INVALID, "a value for a header with a line end in it");
    return 0;
}

int rest_header_encode(const struct aws_member *member, const json_t *value,
                       struct uri_pairs *headers, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    int r;

    if (member->location == AWS_IN_HEADERS)
        return encode_map(member, value, headers, err);
    if (member->shape.type == AWS_TYPE_LIST) {
        if (!json_is_array(value))
            return scalar_mismatch(member, value, err);
        if (json_array_size(value) == 0)
            return 0;
        r = add_list(member, value, &text, err);
    } else {
        r = add_scalar(member, value, &text, err);
    }
    if (r == 0)
        r = check_value(buffer_text(&text), err);
    if (r < 0)
        return r;
    aws_header_set(headers, aws_member_wire_name(member), buffer_text(&text));
    return 0;
}

/* The next item of a list header: up to a comma outside quotes, without blanks around it. Two
 * commas make a time in RFC 822 form, which has one of its own. */
static char *next_item(const char **text, enum aws_type type)
{
    AUTO(buffer) struct buffer item = { 0 };
    const char *p = *text + strspn(*text, " \t");
    int commas = 0;

    if (*p == '"') {
        for (p++; *p && *p != '"'; p++) {
            if (*p == '\\' && p[1])
                p++;
            buffer_add_char(&item, *p);
        }
        p += strcspn(p, ",");
        *text = *p ? p + 1 : p;
        return buffer_take(&item);
    }
    for (; *p; p++) {
        if (*p == ',' && (type != AWS_TYPE_TIMESTAMP || commas++ == 1 || (p[1] && p[1] != ' ')))
            break;
        buffer_add_char(&item, *p);
    }
    *text = *p ? p + 1 : p;
    return str_trim(buffer_text(&item));
}

static int decode_list(const struct aws_member *member, const char *text, json_t **ret_value,
                       struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&member->shape, 0);
    AUTO(json) json_t *list = json_array();

    while (*text) {
        AUTO(str) char *part = next_item(&text, item.shape.type);
        json_t *value;
        int r = scalar_from_text(&item, part, &value, err);

        if (r < 0)
            return chaos_error_prefix(err, "[%zu]", json_array_size(list));
        json_array_append_new(list, value);
    }
    *ret_value = STEAL(list);
    return 0;
}

static int decode_map(const struct aws_member *member, const struct uri_pairs *headers,
                      json_t **ret_value, struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&member->shape, 1);
    AUTO(json) json_t *map = json_object();
    size_t length = strlen(member->location_name);

    for (size_t i = 0; i < headers->count; i++) {
        const struct uri_pair *header = &headers->items[i];
        json_t *value;
        int r;

        if (strncasecmp(header->name, member->location_name, length) != 0)
            continue;
        r = scalar_from_text(&item, header->value, &value, err);
        if (r < 0)
            return r;
        if (json_object_set_new(map, header->name + length, value) < 0)
            return chaos_error_set(err, CHAOS_E_INVALID, "a header name that is not UTF-8");
    }
    *ret_value = STEAL(map);
    return 0;
}

static int decode_json_value(const char *text, json_t **ret_value, struct chaos_error *err)
{
    AUTO(buffer) struct buffer bytes = { 0 };

    if (!base64_decode(&bytes, text))
        return chaos_error_set(err, CHAOS_E_INVALID, "expected JSON in base64");
    return json_parse(buffer_text(&bytes), bytes.length, ret_value, err);
}

int rest_header_decode(const struct aws_member *member, const struct uri_pairs *headers,
                       json_t **ret_value, struct chaos_error *err)
{
    const char *text;
    int r;

    *ret_value = NULL;
    if (member->location == AWS_IN_HEADERS)
        return decode_map(member, headers, ret_value, err);
    text = aws_header_find(headers, aws_member_wire_name(member));
    if (!text)
        return 0;
    if (member->shape.type == AWS_TYPE_LIST)
        r = decode_list(member, text, ret_value, err);
    else if (is_json_value(member))
        r = decode_json_value(text, ret_value, err);
    else
        r = scalar_from_text(member, text, ret_value, err);
    return r < 0 ? chaos_error_prefix(err, "header '%s'", aws_member_wire_name(member)) : 0;
}
