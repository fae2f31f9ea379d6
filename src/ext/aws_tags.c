// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_tags.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "value/pytext.h"

static int read_text(const char *text, json_t *tags, struct chaos_error *err)
{
    while (*text) {
        size_t length = strcspn(text, ",");
        const char *equals = memchr(text, '=', length);
        AUTO(str) char *key = NULL;

        if (!equals)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "tags must be \"key=value,…\", and '%.*s' has no '='",
                                   (int)length, text);
        key = strndup(text, (size_t)(equals - text));
        json_object_set_new(tags, key,
                            json_stringn(equals + 1, length - (size_t)(equals + 1 - text)));
        text += length;
        text += *text == ',';
    }
    return 0;
}

int aws_tags_read(const json_t *tags, json_t **ret_tags, struct chaos_error *err)
{
    AUTO(json) json_t *read = json_object();

    if (json_is_string(tags)) {
        if (read_text(json_string_value(tags), read, err) < 0)
            return -(int)err->code;
    } else if (json_is_object(tags)) {
        json_object_update(read, json_walkable(tags));
    } else if (value_is_true(tags)) {
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "tags must be \"key=value,…\" or a mapping of keys to values");
    }
    *ret_tags = STEAL(read);
    return 0;
}

json_t *aws_tags_as_pairs(const json_t *tags)
{
    json_t *pairs = json_array();
    const char *key;
    json_t *value;

    json_object_foreach (json_walkable(tags), key, value)
        json_array_append_new(pairs, json_pack("{s:s, s:O}", "Key", key, "Value", value));
    return pairs;
}

int aws_tags_read_pairs(const json_t *tags, json_t **ret_pairs, struct chaos_error *err)
{
    AUTO(json) json_t *read = NULL;

    if (json_is_array(tags)) {
        *ret_pairs = json_incref(json_walkable(tags));
        return 0;
    }
    if (aws_tags_read(tags, &read, err) < 0)
        return -(int)err->code;
    *ret_pairs = aws_tags_as_pairs(read);
    return 0;
}

static bool contains(const json_t *resource_tags, const json_t *pair)
{
    size_t i;
    json_t *tag;

    json_array_foreach (resource_tags, i, tag)
        if (str_equal(json_text_of(tag, "Key"), json_text_of(pair, "Key")) &&
            str_equal(json_text_of(tag, "Value"), json_text_of(pair, "Value")))
            return true;
    return false;
}

bool aws_tags_contain(const json_t *resource_tags, const json_t *pairs)
{
    size_t i;
    json_t *pair;

    json_array_foreach (pairs, i, pair)
        if (!contains(resource_tags, pair))
            return false;
    return true;
}

void aws_filter_add(json_t *filters, const char *name, const char *value)
{
    json_array_append_new(filters, json_pack("{s:s, s:[s]}", "Name", name, "Values", value));
}

void aws_filter_add_tag(json_t *filters, const char *key, const char *value)
{
    AUTO(buffer) struct buffer name = { 0 };

    buffer_printf(&name, "tag:%s", key);
    aws_filter_add(filters, buffer_text(&name), value);
}
