/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/ruleset.h"

#include <string.h>

#include "aws/ruleset_function.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"

/* Rules nest a dozen deep; a damaged file may be a cycle. */
#define DEPTH_MAX 64
/* S3's ruleset, the largest, evaluates a few hundred. */
#define STEPS_MAX 100000

struct evaluation {
    struct aws_node partitions;
    json_t *endpoint; /* the result, once there is one */
    int steps;
    int depth;
};

static int damaged(struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_LIMIT, "the AWS model file's endpoint rules are damaged");
}

/* "{Region}" and "{PartitionResult#dnsSuffix}" in `text` replaced by what they stand for. */
static int expand_template(const char *text, const json_t *scope, json_t **ret_value,
                           struct chaos_error *err)
{
    AUTO(buffer) struct buffer out = { 0 };

    while (*text) {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;

        if (*text == '{' && text[1] == '{') {
            buffer_add_char(&out, '{');
            text += 2;
        } else if (*text == '}' && text[1] == '}') {
            buffer_add_char(&out, '}');
            text += 2;
        } else if (end) {
            AUTO(str) char *path = mem_strndup(text + 1, (size_t)(end - text - 1));
            const char *value = json_string_value(ruleset_attribute(scope, path));

            if (!value)
                return chaos_error_set(err, CHAOS_E_INVALID,
                                       "endpoint rules use '%s', which is not set", path);
            buffer_add_text(&out, value);
            text = end + 1;
        } else {
            buffer_add_char(&out, *text++);
        }
    }
    *ret_value = json_string(buffer_text(&out));
    return 0;
}

static int call_function(struct evaluation *evaluation, struct aws_node call, json_t *scope,
                         json_t **ret_value, struct chaos_error *err);

/* *ret_value is a new reference, NULL for "nothing". */
static int resolve(struct evaluation *evaluation, struct aws_node node, json_t *scope,
                   json_t **ret_value, struct chaos_error *err)
{
    const char *text = aws_node_text(node);
    const char *reference = aws_node_get_text(node, "ref");
    AUTO(json) json_t *found = NULL;

    if (aws_node_get_text(node, "fn"))
        return call_function(evaluation, node, scope, ret_value, err);
    if (reference) {
        found = json_incref(json_object_get(scope, reference));
        *ret_value = STEAL(found);
        return 0;
    }
    if (text && strchr(text, '{'))
        return expand_template(text, scope, ret_value, err);
    return aws_node_to_json(node, ret_value, err);
}

static int call_function(struct evaluation *evaluation, struct aws_node call, json_t *scope,
                         json_t **ret_value, struct chaos_error *err)
{
    struct aws_node arguments = aws_node_get(call, "argv");
    const char *assign = aws_node_get_text(call, "assign");
    struct ruleset_call prepared = { .partitions = evaluation->partitions };
    json_t *owned[RULESET_ARGUMENTS_MAX] = { NULL };
    int r = 0;

    if (aws_node_count(arguments) > RULESET_ARGUMENTS_MAX || evaluation->steps++ > STEPS_MAX ||
        evaluation->depth++ > DEPTH_MAX)
        return damaged(err);
    for (size_t i = 0; r == 0 && i < aws_node_count(arguments); i++) {
        r = resolve(evaluation, aws_node_at(arguments, i), scope, &owned[i], err);
        prepared.arguments[i] = owned[i];
        prepared.count = i + 1;
    }
    if (r == 0)
        r = ruleset_function_call(aws_node_get_text(call, "fn"), &prepared, ret_value, err);
    for (size_t i = 0; i < RULESET_ARGUMENTS_MAX; i++)
        json_decref(owned[i]);
    if (r == 0 && assign && *ret_value)
        json_object_set(scope, assign, *ret_value);
    evaluation->depth--;
    return r;
}

static int conditions_hold(struct evaluation *evaluation, struct aws_node rule, json_t *scope,
                           bool *ret_hold, struct chaos_error *err)
{
    struct aws_node conditions = aws_node_get(rule, "conditions");

    *ret_hold = true;
    for (size_t i = 0; *ret_hold && i < aws_node_count(conditions); i++) {
        AUTO(json) json_t *value = NULL;
        struct aws_node condition = aws_node_at(conditions, i);
        int r;

        if (!aws_node_get_text(condition, "fn"))
            return damaged(err);
        r = call_function(evaluation, condition, scope, &value, err);
        if (r < 0)
            return r;
        *ret_hold = value && !json_is_false(value) && !json_is_null(value);
    }
    return 0;
}

/* A copy of `node` in which texts have their templates expanded. */
static int resolve_deep(struct evaluation *evaluation, struct aws_node node, json_t *scope,
                        json_t **ret_value, struct chaos_error *err)
{
    bool is_object = aws_node_type(node) == AWS_NODE_OBJECT;
    AUTO(json) json_t *value = NULL;

    if ((!is_object && aws_node_type(node) != AWS_NODE_ARRAY) || aws_node_get_text(node, "ref") ||
        aws_node_get_text(node, "fn"))
        return resolve(evaluation, node, scope, ret_value, err);
    if (evaluation->steps++ > STEPS_MAX || evaluation->depth++ > DEPTH_MAX)
        return damaged(err);
    value = is_object ? json_object() : json_array();
    for (size_t i = 0; i < aws_node_count(node); i++) {
        json_t *item = NULL;
        int r = resolve_deep(evaluation, aws_node_at(node, i), scope, &item, err);

        if (r < 0)
            return r;
        if (!item)
            item = json_null();
        if (is_object)
            json_object_set_new(value, aws_node_key_at(node, i), item);
        else
            json_array_append_new(value, item);
    }
    evaluation->depth--;
    *ret_value = STEAL(value);
    return 0;
}

static int make_endpoint(struct evaluation *evaluation, struct aws_node endpoint, json_t *scope,
                         struct chaos_error *err)
{
    static const char *const parts[] = { "url", "properties", "headers" };
    AUTO(json) json_t *made = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        json_t *part = NULL;
        int r = resolve_deep(evaluation, aws_node_get(endpoint, parts[i]), scope, &part, err);

        if (r < 0)
            return r;
        if (part)
            json_object_set_new(made, parts[i], part);
    }
    if (!json_is_string(json_object_get(made, "url")))
        return damaged(err);
    evaluation->endpoint = STEAL(made);
    return 0;
}

static int fail(struct evaluation *evaluation, struct aws_node error, json_t *scope,
                struct chaos_error *err)
{
    AUTO(json) json_t *text = NULL;
    int r = resolve(evaluation, error, scope, &text, err);

    if (r < 0)
        return r;
    return chaos_error_set(err, CHAOS_E_INVALID, "%s",
                           json_is_string(text) ? json_string_value(text)
                                                : "no endpoint for these parameters");
}

/* Rules in order; each sees the assignments of those around it, not of those before it. */
static int try_rules(struct evaluation *evaluation, struct aws_node rules, const json_t *outer,
                     struct chaos_error *err)
{
    if (evaluation->depth++ > DEPTH_MAX)
        return damaged(err);
    for (size_t i = 0; !evaluation->endpoint && i < aws_node_count(rules); i++) {
        struct aws_node rule = aws_node_at(rules, i);
        AUTO(json) json_t *scope = json_object();
        bool hold = false;
        int r;

        json_object_update(scope, json_walkable(outer));
        r = conditions_hold(evaluation, rule, scope, &hold, err);
        if (r == 0 && hold) {
            const char *type = aws_node_get_text(rule, "type");

            if (str_equal(type, "endpoint"))
                r = make_endpoint(evaluation, aws_node_get(rule, "endpoint"), scope, err);
            else if (str_equal(type, "error"))
                r = fail(evaluation, aws_node_get(rule, "error"), scope, err);
            else
                r = try_rules(evaluation, aws_node_get(rule, "rules"), scope, err);
        }
        if (r < 0)
            return r;
    }
    evaluation->depth--;
    return 0;
}

/* The parameters with their defaults. */
static int fill_defaults(struct aws_node ruleset, const json_t *params, json_t **ret_scope,
                         struct chaos_error *err)
{
    struct aws_node specs = aws_node_get(ruleset, "parameters");
    AUTO(json) json_t *scope = json_object();

    for (size_t i = 0; i < aws_node_count(specs); i++) {
        const char *name = aws_node_key_at(specs, i);
        struct aws_node spec = aws_node_at(specs, i);
        struct aws_node otherwise = aws_node_get(spec, "default");
        json_t *value = json_object_get(params, name);
        json_t *made = NULL;
        int r;

        if (value && !json_is_null(value)) {
            json_object_set(scope, name, value);
            continue;
        }
        if (aws_node_type(otherwise) != AWS_NODE_NULL) {
            r = aws_node_to_json(otherwise, &made, err);
            if (r < 0)
                return r;
            json_object_set_new(scope, name, made);
        } else if (aws_node_is_true(aws_node_get(spec, "required"))) {
            return chaos_error_set(err, CHAOS_E_INVALID, "the endpoint needs '%s'", name);
        }
    }
    *ret_scope = STEAL(scope);
    return 0;
}

int ruleset_evaluate(struct aws_node ruleset, struct aws_node partitions, const json_t *params,
                     json_t **ret_endpoint, struct chaos_error *err)
{
    struct evaluation evaluation = { .partitions = partitions };
    AUTO(json) json_t *scope = NULL;
    int r = fill_defaults(ruleset, params, &scope, err);

    if (r == 0)
        r = try_rules(&evaluation, aws_node_get(ruleset, "rules"), scope, err);
    if (r < 0) {
        json_decref(evaluation.endpoint);
        return r;
    }
    if (!evaluation.endpoint)
        return chaos_error_set(err, CHAOS_E_INVALID, "no endpoint for these parameters");
    *ret_endpoint = evaluation.endpoint;
    return 0;
}
