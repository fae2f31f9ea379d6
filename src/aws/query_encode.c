/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/query.h"

#include "aws/query_name.h"
#include "aws/scalar.h"
#include "base/json_walk.h"

/* The prefix grows and shrinks as the value is walked. */
struct encoder {
    enum aws_protocol protocol;
    struct uri_pairs *form;
    struct buffer prefix;
};

static int encode_value(struct encoder *encoder, const struct aws_member *member,
                        const json_t *value, struct chaos_error *err);

static void push_text(struct encoder *encoder, const char *text)
{
    if (encoder->prefix.length)
        buffer_add_char(&encoder->prefix, '.');
    buffer_add_text(&encoder->prefix, text);
}

static void push_number(struct encoder *encoder, size_t number)
{
    buffer_printf(&encoder->prefix, ".%zu", number);
}

static void pop_to(struct encoder *encoder, size_t length)
{
    encoder->prefix.length = length;
    if (encoder->prefix.data)
        encoder->prefix.data[length] = '\0';
}

static int encode_structure(struct encoder *encoder, const struct aws_member *member,
                            const json_t *value, struct chaos_error *err)
{
    size_t length = encoder->prefix.length;
    size_t hint = 0;
    const char *key;
    json_t *item;

    if (!json_is_object(value))
        return scalar_mismatch(member, value, err);
    json_object_foreach (json_walkable(value), key, item) {
        size_t place = aws_shape_find(&member->shape, key, &hint);
        struct aws_member field = aws_shape_member(&member->shape, place);
        AUTO(str) char *name = NULL;
        int r;

        if (json_is_null(item))
            continue;
        if (place == SIZE_MAX)
            return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not a known member", key);
        name = query_member_name(encoder->protocol, &field);
        push_text(encoder, name);
        r = encode_value(encoder, &field, item, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", key);
        pop_to(encoder, length);
    }
    return 0;
}

static int encode_list(struct encoder *encoder, const struct aws_member *member,
                       const json_t *value, struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&member->shape, 0);
    const char *name = query_item_name(encoder->protocol, member);
    size_t length, index, number = 0;
    json_t *child;

    if (!json_is_array(value))
        return scalar_mismatch(member, value, err);
    if (json_array_size(value) == 0 && encoder->protocol == AWS_PROTOCOL_QUERY) {
        uri_pairs_add(encoder->form, buffer_text(&encoder->prefix), "");
        return 0;
    }
    if (name)
        push_text(encoder, name);
    length = encoder->prefix.length;
    json_array_foreach (value, index, child) {
        int r;

        if (json_is_null(child))
            continue;
        push_number(encoder, ++number);
        r = encode_value(encoder, &item, child, err);
        if (r < 0)
            return chaos_error_prefix(err, "[%zu]", index);
        pop_to(encoder, length);
    }
    return 0;
}

static int encode_map(struct encoder *encoder, const struct aws_member *member, const json_t *value,
                      struct chaos_error *err)
{
    struct aws_member value_member = aws_shape_member(&member->shape, 1);
    size_t length, number = 0;
    const char *key;
    json_t *item;

    if (!json_is_object(value))
        return scalar_mismatch(member, value, err);
    if (!query_map_is_flat(member))
        push_text(encoder, "entry");
    length = encoder->prefix.length;
    json_object_foreach (json_walkable(value), key, item) {
        size_t entry;
        int r;

        if (json_is_null(item))
            continue;
        push_number(encoder, ++number);
        entry = encoder->prefix.length;
        push_text(encoder, query_key_name(member));
        uri_pairs_add(encoder->form, buffer_text(&encoder->prefix), key);
        pop_to(encoder, entry);
        push_text(encoder, query_value_name(member));
        r = encode_value(encoder, &value_member, item, err);
        if (r < 0)
            return chaos_error_prefix(err, "['%s']", key);
        pop_to(encoder, length);
    }
    return 0;
}

static int encode_value(struct encoder *encoder, const struct aws_member *member,
                        const json_t *value, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    int r;

    if (member->shape.type == AWS_TYPE_STRUCTURE)
        return encode_structure(encoder, member, value, err);
    if (member->shape.type == AWS_TYPE_LIST)
        return encode_list(encoder, member, value, err);
    if (member->shape.type == AWS_TYPE_MAP)
        return encode_map(encoder, member, value, err);
    r = scalar_to_text(member, value, AWS_TIME_ISO8601, &text, err);
    if (r < 0)
        return r;
    uri_pairs_add(encoder->form, buffer_text(&encoder->prefix), buffer_text(&text));
    return 0;
}

int query_encode(const struct aws_operation *operation, const json_t *params,
                 struct uri_pairs *form, struct chaos_error *err)
{
    struct encoder encoder = { .protocol = operation->service.protocol, .form = form };
    int r = encode_structure(&encoder, &operation->input, params, err);

    buffer_clear(&encoder.prefix);
    return r;
}
