// SPDX-License-Identifier: Apache-2.0
#include "value/substitute.h"

#include <stdint.h>
#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/extended.h"
#include "value/member.h"
#include "value/pytext.h"

/* Where names are looked up. */
struct scope {
    const json_t *configuration; /* NULL: none */
    struct member *groups;       /* of the secrets */
    size_t n_groups;
    struct chaos_error *err;
};

static void scope_clear(struct scope *scope)
{
    free(scope->groups);
}
AUTO_CLEAR(scope, struct scope)

enum pattern_kind {
    PATTERN_ESCAPED, /* $$ */
    PATTERN_NAMED,   /* $name */
    PATTERN_BRACED,  /* ${name} */
    PATTERN_INVALID, /* a '$' that starts none of them */
};

struct pattern {
    enum pattern_kind kind;
    size_t length; /* with its '$' */
    const char *name;
    size_t name_length;
};

static int substitute_value(const struct scope *scope, const json_t *data, json_t **ret_value);

/* ASCII whatever the locale: [_a-zA-Z], and [0-9] when it is not the first. */
static bool is_name_char(char c, bool first)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (!first && c >= '0' && c <= '9');
}

static size_t name_length(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && is_name_char(*at, at == start))
        at++;
    return (size_t)(at - start);
}

/* The pattern whose '$' is at `at`. */
static struct pattern read_pattern(const char *at, const char *end)
{
    struct pattern pattern = { .kind = PATTERN_INVALID, .length = 1 };
    bool braced = end - at > 1 && at[1] == '{';

    if (end - at > 1 && at[1] == '$') {
        pattern.kind = PATTERN_ESCAPED;
        pattern.length = 2;
        return pattern;
    }
    pattern.name = at + 1 + braced;
    pattern.name_length = name_length(pattern.name, end);
    if (!pattern.name_length)
        return pattern;
    if (!braced) {
        pattern.kind = PATTERN_NAMED;
        pattern.length = 1 + pattern.name_length;
    } else if (pattern.name + pattern.name_length < end &&
               pattern.name[pattern.name_length] == '}') {
        pattern.kind = PATTERN_BRACED;
        pattern.length = 3 + pattern.name_length;
    }
    return pattern;
}

/* *ret_value is borrowed, NULL for a name that nothing knows. */
static int look_up(const struct scope *scope, const struct pattern *pattern,
                   const json_t **ret_value)
{
    const json_t *found =
        json_object_getn(scope->configuration, pattern->name, pattern->name_length);

    for (size_t i = 0; !found && i < scope->n_groups; i++) {
        const struct member *group = &scope->groups[i];

        if (!json_is_object(group->value))
            return chaos_error_set(scope->err, CHAOS_E_INVALID,
                                   "secrets: '%s' must be a mapping of names to values, not %s",
                                   group->key, value_type_name(group->value));
        found = json_object_getn(group->value, pattern->name, pattern->name_length);
    }
    *ret_value = found;
    return 0;
}

static int add_replacement(const struct scope *scope, const char *at, const struct pattern *pattern,
                           struct buffer *out)
{
    const json_t *found = NULL;
    int code;

    if (pattern->kind == PATTERN_ESCAPED) {
        buffer_add_char(out, '$');
        return 0;
    }
    if (pattern->kind != PATTERN_INVALID) {
        code = look_up(scope, pattern, &found);
        if (code < 0)
            return code;
    }
    if (found)
        pytext_str(out, found);
    else
        buffer_add(out, at, pattern->length);
    return 0;
}

static int substitute_text(const struct scope *scope, const json_t *data, json_t **ret_value)
{
    const char *at = json_string_value(data);
    const char *end = at + json_string_length(data);
    const char *dollar = memchr(at, '$', (size_t)(end - at));
    AUTO(buffer) struct buffer out = { 0 };

    for (; dollar; dollar = memchr(at, '$', (size_t)(end - at))) {
        struct pattern pattern = read_pattern(dollar, end);
        int code;

        buffer_add(&out, at, (size_t)(dollar - at));
        code = add_replacement(scope, dollar, &pattern, &out);
        if (code < 0)
            return code;
        at = dollar + pattern.length;
    }
    buffer_add(&out, at, (size_t)(end - at));
    *ret_value = json_stringn_nocheck(out.data, out.length);
    return 0;
}

/* compat: only "${name}" alone gives the value with its type; "$name" alone gives text. */
static int substitute_string(const struct scope *scope, const json_t *data, json_t **ret_value)
{
    const char *text = json_string_value(data);
    size_t length = json_string_length(data);
    const json_t *found = NULL;
    struct pattern pattern;

    if (!memchr(text, '$', length)) {
        *ret_value = json_incref((json_t *)(uintptr_t)data);
        return 0;
    }
    pattern = read_pattern(text, text + length);
    if (*text == '$' && pattern.kind == PATTERN_BRACED && pattern.length == length) {
        int code = look_up(scope, &pattern, &found);

        if (code < 0)
            return code;
    }
    if (!found)
        return substitute_text(scope, data, ret_value);
    *ret_value = json_deep_copy(found);
    return 0;
}

static int substitute_array(const struct scope *scope, const json_t *data, json_t **ret_value)
{
    AUTO(json) json_t *array = json_array();

    for (size_t i = 0; i < json_array_size(data); i++) {
        json_t *item;
        int code = substitute_value(scope, json_array_get(data, i), &item);

        if (code < 0)
            return code;
        json_array_append_new(array, item);
    }
    *ret_value = STEAL(array);
    return 0;
}

static int substitute_object(const struct scope *scope, const json_t *data, json_t **ret_value)
{
    AUTO(json) json_t *object = json_object();
    json_t *walkable = json_walkable(data);

    for (void *at = json_object_iter(walkable); at; at = json_object_iter_next(walkable, at)) {
        json_t *value;
        int code = substitute_value(scope, json_object_iter_value(at), &value);

        if (code < 0)
            return code;
        json_object_setn_new_nocheck(object, json_object_iter_key(at), json_object_iter_key_len(at),
                                     value);
    }
    *ret_value = STEAL(object);
    return 0;
}

static int substitute_value(const struct scope *scope, const json_t *data, json_t **ret_value)
{
    if (json_is_object(data))
        return substitute_object(scope, data, ret_value);
    if (json_is_array(data))
        return substitute_array(scope, data, ret_value);
    if (json_is_string(data) && extended_kind(data) == EXTENDED_NONE)
        return substitute_string(scope, data, ret_value);
    *ret_value = json_deep_copy(data);
    return 0;
}

static int fail_not_mapping(struct chaos_error *err, const char *what, const json_t *value)
{
    return chaos_error_set(err, CHAOS_E_INVALID, "%s must be a mapping, not %s", what,
                           value_type_name(value));
}

int substitute(const json_t *data, const json_t *configuration, const json_t *secrets,
               json_t **ret_value, struct chaos_error *err)
{
    AUTO(scope) struct scope scope = { .err = err };

    if (!value_is_true(data)) { /* as it is, whatever the rest is */
        *ret_value = data ? json_deep_copy(data) : json_null();
        return 0;
    }
    if (value_is_true(configuration)) {
        if (!json_is_object(configuration))
            return fail_not_mapping(err, "configuration", configuration);
        scope.configuration = configuration;
    }
    if (value_is_true(secrets)) {
        if (!json_is_object(secrets))
            return fail_not_mapping(err, "secrets", secrets);
        scope.groups = member_list(secrets, MEMBER_ORDER_OWN, &scope.n_groups);
    }
    return substitute_value(&scope, data, ret_value);
}

static json_t *escape_text(const json_t *data)
{
    const char *text = json_string_value(data);
    AUTO(buffer) struct buffer out = { 0 };

    for (size_t i = 0; i < json_string_length(data); i++) {
        if (text[i] == '$')
            buffer_add_char(&out, '$');
        buffer_add_char(&out, text[i]);
    }
    return json_stringn_nocheck(buffer_text(&out), out.length);
}

json_t *substitute_escape(const json_t *data)
{
    json_t *copy;

    if (json_is_string(data) && extended_kind(data) == EXTENDED_NONE)
        return escape_text(data);
    copy = json_copy(json_walkable(data));
    for (size_t i = 0; i < json_array_size(copy); i++)
        json_array_set_new(copy, i, substitute_escape(json_array_get(copy, i)));
    for (void *at = json_object_iter(copy); at; at = json_object_iter_next(copy, at))
        json_object_iter_set_new(copy, at, substitute_escape(json_object_iter_value(at)));
    return copy;
}
