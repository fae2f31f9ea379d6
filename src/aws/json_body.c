/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/json_body.h"

#include <string.h>

#include "aws/scalar.h"
#include "base/json_walk.h"
#include "value/extended.h"

static int encode_structure(const struct aws_member *member, const json_t *value, json_t **ret_wire,
                            struct chaos_error *err)
{
    AUTO(json) json_t *wire = json_object();
    size_t hint = 0;
    const char *key;
    json_t *item;

    if (member->flags & AWS_DOCUMENT) {
        *ret_wire = json_deep_copy(value);
        return 0;
    }
    if (!json_is_object(value))
        return scalar_mismatch(member, value, err);
    json_object_foreach (json_walkable(value), key, item) {
        size_t place = aws_shape_find(&member->shape, key, &hint);
        struct aws_member field = aws_shape_member(&member->shape, place);
        json_t *encoded = NULL;
        int r;

        if (json_is_null(item))
            continue;
        if (place == SIZE_MAX)
            return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not a known member", key);
        r = json_body_encode(&field, item, &encoded, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", key);
        json_object_set_new(wire, aws_member_wire_name(&field), encoded);
    }
    *ret_wire = STEAL(wire);
    return 0;
}

typedef int (*convert)(const struct aws_member *member, const json_t *value, json_t **ret_value,
                       struct chaos_error *err);

static int convert_list(const struct aws_member *member, const json_t *value, convert convert_item,
                        json_t **ret_value, struct chaos_error *err)
{
    AUTO(json) json_t *list = json_array();
    struct aws_member item = aws_shape_member(&member->shape, 0);
    size_t index;
    json_t *element;

    if (!json_is_array(value))
        return scalar_mismatch(member, value, err);
    json_array_foreach (value, index, element) {
        json_t *converted = json_null();
        int r = 0;

        if (!json_is_null(element))
            r = convert_item(&item, element, &converted, err);
        if (r < 0)
            return chaos_error_prefix(err, "[%zu]", index);
        json_array_append_new(list, converted);
    }
    *ret_value = STEAL(list);
    return 0;
}

static int convert_map(const struct aws_member *member, const json_t *value, convert convert_item,
                       json_t **ret_value, struct chaos_error *err)
{
    AUTO(json) json_t *map = json_object();
    struct aws_member item = aws_shape_member(&member->shape, 1);
    const char *key;
    json_t *element;

    if (!json_is_object(value))
        return scalar_mismatch(member, value, err);
    json_object_foreach (json_walkable(value), key, element) {
        json_t *converted = json_null();
        int r = 0;

        if (!json_is_null(element))
            r = convert_item(&item, element, &converted, err);
        if (r < 0)
            return chaos_error_prefix(err, "['%s']", key);
        json_object_set_new(map, key, converted);
    }
    *ret_value = STEAL(map);
    return 0;
}

static int encode_timestamp(const struct aws_member *member, const json_t *value, json_t **ret_wire,
                            struct chaos_error *err)
{
    enum aws_time_format format = aws_time_format_parse(
        aws_node_text(aws_member_trait(member, "timestampFormat")), AWS_TIME_UNIX);
    AUTO(buffer) struct buffer text = { 0 };
    int64_t us = 0;
    int r = scalar_time(value, &us, err);

    if (r < 0)
        return r;
    if (format == AWS_TIME_UNIX) {
        *ret_wire = us % 1000000 ? json_real((double)us / 1e6) : json_integer(us / 1000000);
        return 0;
    }
    aws_timestamp_write(&text, us, format);
    *ret_wire = json_string(buffer_text(&text));
    return 0;
}

/* What JSON carries as it is: numbers, booleans, strings. Base64 is brought to its usual form. */
static int encode_scalar(const struct aws_member *member, const json_t *value, json_t **ret_wire,
                         struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    int r = scalar_to_text(member, value, AWS_TIME_ISO8601, &text, err);

    if (r < 0)
        return r;
    switch (extended_kind(value)) {
    case EXTENDED_NAN:
    case EXTENDED_INFINITY: /* JSON has no number for these: they travel as text */
        *ret_wire = json_string(buffer_text(&text));
        return 0;
    case EXTENDED_NONE:
    case EXTENDED_INTEGER:
    case EXTENDED_BYTES:
    case EXTENDED_DATE:
    case EXTENDED_DATETIME:
        break;
    }
    *ret_wire = member->shape.type == AWS_TYPE_BLOB ? json_string(buffer_text(&text))
                                                    : json_deep_copy(value);
    return 0;
}

int json_body_encode(const struct aws_member *member, const json_t *value, json_t **ret_wire,
                     struct chaos_error *err)
{
    switch (member->shape.type) {
    case AWS_TYPE_STRUCTURE:
        return encode_structure(member, value, ret_wire, err);
    case AWS_TYPE_LIST:
        return convert_list(member, value, json_body_encode, ret_wire, err);
    case AWS_TYPE_MAP:
        return convert_map(member, value, json_body_encode, ret_wire, err);
    case AWS_TYPE_TIMESTAMP:
        return encode_timestamp(member, value, ret_wire, err);
    case AWS_TYPE_NONE:
    case AWS_TYPE_STRING:
    case AWS_TYPE_INTEGER:
    case AWS_TYPE_LONG:
    case AWS_TYPE_FLOAT:
    case AWS_TYPE_DOUBLE:
    case AWS_TYPE_BOOLEAN:
    case AWS_TYPE_BLOB:
    case AWS_TYPE_COUNT:
        break;
    }
    return encode_scalar(member, value, ret_wire, err);
}

/* A union with a member that this model does not know yet: NULL when it is none. */
static json_t *unknown_choice(const struct aws_member *member, const json_t *wire)
{
    const char *key, *tag = NULL;
    size_t hint = 0;
    json_t *item;

    if (!(member->flags & AWS_UNION))
        return NULL;
    json_object_foreach (json_walkable(wire), key, item) {
        if (json_is_null(item) || strcmp(key, "__type") == 0)
            continue;
        if (aws_shape_find_wire(&member->shape, key, &hint) != SIZE_MAX)
            return NULL;
        tag = key;
    }
    return tag ? json_pack("{s:{s:s}}", "SDK_UNKNOWN_MEMBER", "name", tag) : NULL;
}

static int decode_structure(const struct aws_member *member, const json_t *wire, json_t **ret_value,
                            struct chaos_error *err)
{
    AUTO(json) json_t *value = NULL;

    if (member->flags & AWS_DOCUMENT) {
        *ret_value = json_deep_copy(wire);
        return 0;
    }
    if (!json_is_object(wire))
        return scalar_mismatch(member, wire, err);
    value = unknown_choice(member, wire);
    if (value) {
        *ret_value = STEAL(value);
        return 0;
    }
    value = json_object();
    for (size_t i = 0; i < aws_shape_member_count(&member->shape); i++) {
        struct aws_member field = aws_shape_member(&member->shape, i);
        const json_t *item = json_object_get(wire, aws_member_wire_name(&field));
        json_t *decoded = NULL;
        int r;

        if (!item || json_is_null(item))
            continue;
        r = json_body_decode(&field, item, &decoded, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", field.name);
        json_object_set_new(value, field.name, decoded);
    }
    *ret_value = STEAL(value);
    return 0;
}

static int decode_scalar(const struct aws_member *member, const json_t *wire, json_t **ret_value,
                         struct chaos_error *err)
{
    const char *text = json_string_value(wire);

    if (json_is_object(wire) || json_is_array(wire))
        return scalar_mismatch(member, wire, err);
    switch (member->shape.type) {
    case AWS_TYPE_INTEGER:
    case AWS_TYPE_LONG:
    case AWS_TYPE_FLOAT:
    case AWS_TYPE_DOUBLE:
    case AWS_TYPE_BOOLEAN:
        if (text && extended_kind(wire) == EXTENDED_NONE)
            return scalar_from_text(member, text, ret_value, err);
        break;
    case AWS_TYPE_NONE:
        return scalar_mismatch(member, wire, err);
    case AWS_TYPE_STRUCTURE:
    case AWS_TYPE_LIST:
    case AWS_TYPE_MAP:
    case AWS_TYPE_STRING:
    case AWS_TYPE_TIMESTAMP:
    case AWS_TYPE_BLOB:
    case AWS_TYPE_COUNT:
        break;
    }
    *ret_value = json_deep_copy(wire);
    return 0;
}

int json_body_decode(const struct aws_member *member, const json_t *wire, json_t **ret_value,
                     struct chaos_error *err)
{
    int64_t us = 0;
    int r;

    switch (member->shape.type) {
    case AWS_TYPE_STRUCTURE:
        return decode_structure(member, wire, ret_value, err);
    case AWS_TYPE_LIST:
        return convert_list(member, wire, json_body_decode, ret_value, err);
    case AWS_TYPE_MAP:
        return convert_map(member, wire, json_body_decode, ret_value, err);
    case AWS_TYPE_TIMESTAMP:
        r = scalar_time(wire, &us, err);
        if (r < 0)
            return r;
        *ret_value = scalar_time_json(us);
        return 0;
    case AWS_TYPE_NONE:
    case AWS_TYPE_STRING:
    case AWS_TYPE_INTEGER:
    case AWS_TYPE_LONG:
    case AWS_TYPE_FLOAT:
    case AWS_TYPE_DOUBLE:
    case AWS_TYPE_BOOLEAN:
    case AWS_TYPE_BLOB:
    case AWS_TYPE_COUNT:
        break;
    }
    return decode_scalar(member, wire, ret_value, err);
}
