// SPDX-License-Identifier: Apache-2.0
#include "providers/http_form.h"

#include <string.h>

#include "base/json_walk.h"
#include "net/http_client.h"
#include "value/extended.h"
#include "value/pytext.h"

static void add_pair(struct buffer *out, size_t start, const char *name, const json_t *value)
{
    AUTO(str) char *text = pytext_of(value);

    if (out->length > start)
        buffer_add_char(out, '&');
    http_quote_plus(out, name);
    buffer_add_char(out, '=');
    http_quote_plus(out, text);
}

static void add_text_pair(struct buffer *out, size_t start, const char *name, const char *value)
{
    AUTO(json) json_t *text = json_string(value);

    add_pair(out, start, name, text);
}

/* compat: a list or mapping within the list of a name is spread as well, null within it is
 * "None"; of a mapping only the keys are sent. */
static void add_inner(struct buffer *out, size_t start, const char *name, const json_t *value)
{
    const json_t *item;
    const char *key;
    size_t i;

    if (json_is_array(value)) {
        json_array_foreach (value, i, item) {
            add_pair(out, start, name, item);
        }
    } else if (json_is_object(value)) {
        json_object_foreach (json_walkable(value), key, item) {
            add_text_pair(out, start, name, key);
        }
    } else if (!json_is_null(value)) {
        add_pair(out, start, name, value);
    }
}

static void add_values(struct buffer *out, size_t start, const char *name, const json_t *values)
{
    const json_t *item;
    size_t i;

    if (json_is_array(values)) {
        json_array_foreach (values, i, item) {
            add_inner(out, start, name, item);
        }
    } else {
        add_inner(out, start, name, values);
    }
}

static int add_list(struct buffer *out, const json_t *pairs, struct chaos_error *err)
{
    size_t start = out->length;
    const json_t *pair;
    size_t i;

    json_array_foreach (pairs, i, pair) {
        AUTO(str) char *name = NULL;

        if (!json_is_array(pair) || json_array_size(pair) != 2)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "arguments[%zu] is not a pair of a name and a value", i);
        name = pytext_of(json_array_get(pair, 0));
        add_values(out, start, name, json_array_get(pair, 1));
    }
    return 0;
}

int http_form_encode(struct buffer *out, const json_t *arguments, struct chaos_error *err)
{
    size_t start = out->length;
    const json_t *value;
    const char *name;

    if (json_is_object(arguments)) {
        json_object_foreach (json_walkable(arguments), name, value) {
            add_values(out, start, name, value);
        }
        return 0;
    }
    if (json_is_array(arguments))
        return add_list(out, arguments, err);
    pytext_str(out, arguments);
    return 0;
}

int http_form_check_json(const json_t *value, struct chaos_error *err)
{
    enum extended_kind kind = extended_kind(value);
    const json_t *item;
    const char *key;
    size_t i;
    int r = 0;

    if (kind != EXTENDED_NONE && kind != EXTENDED_INTEGER)
        return chaos_error_set(err, CHAOS_E_INVALID, "JSON has no %s",
                               kind == EXTENDED_NAN || kind == EXTENDED_INFINITY
                                   ? extended_text(value)
                                   : value_type_name(value));
    if (json_is_object(value)) {
        json_object_foreach (json_walkable(value), key, item) {
            r = http_form_check_json(item, err);
            if (r < 0)
                return chaos_error_prefix(err, "'%s'", key);
        }
    } else if (json_is_array(value)) {
        json_array_foreach (value, i, item) {
            r = http_form_check_json(item, err);
            if (r < 0)
                return chaos_error_prefix(err, "[%zu]", i);
        }
    }
    return 0;
}
