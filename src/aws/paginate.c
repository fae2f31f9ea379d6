/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/paginate.h"

#include <string.h>

#include "aws/jmespath.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"

/* A service that never ends its listing must not keep us for ever. */
#define PAGES_MAX 1000000

static struct aws_node pages_of(const struct aws_operation *operation)
{
    return aws_node_get(operation->service.paginators, operation->name);
}

bool aws_has_pages(const struct aws_operation *operation)
{
    return aws_node_count(aws_node_get(pages_of(operation), "input_token")) > 0;
}

static int search(struct aws_node expression, const json_t *value, json_t **ret_found,
                  struct chaos_error *err)
{
    AUTO(jmespath) struct jmespath *path = NULL;
    const char *text = aws_node_text(expression);
    int r = jmespath_parse(text ? text : "", &path, err);

    return r < 0 ? r : jmespath_search(path, value, ret_found, err);
}

/* The tokens for the next page, null where there is none; an empty list when this was the last. */
static int next_tokens(struct aws_node pages, const json_t *value, json_t **ret_tokens,
                       struct chaos_error *err)
{
    struct aws_node outputs = aws_node_get(pages, "output_token");
    struct aws_node more = aws_node_get(pages, "more_results");
    AUTO(json) json_t *tokens = json_array();
    bool any = false;

    if (aws_node_text(more)) {
        AUTO(json) json_t *flag = NULL;
        int r = search(more, value, &flag, err);

        if (r < 0)
            return r;
        if (!jmespath_is_true(flag)) {
            *ret_tokens = STEAL(tokens);
            return 0;
        }
    }
    for (size_t i = 0; i < aws_node_count(outputs); i++) {
        json_t *token;
        int r = search(aws_node_at(outputs, i), value, &token, err);

        if (r < 0)
            return r;
        /* compat: an empty token is none. */
        if (!jmespath_is_true(token)) {
            json_decref(token);
            token = json_null();
        }
        any |= !json_is_null(token);
        json_array_append_new(tokens, token);
    }
    if (!any)
        json_array_clear(tokens);
    *ret_tokens = STEAL(tokens);
    return 0;
}

static void put_tokens(struct aws_node pages, const json_t *tokens, json_t *params)
{
    struct aws_node inputs = aws_node_get(pages, "input_token");

    for (size_t i = 0; i < aws_node_count(inputs); i++) {
        const char *name = aws_node_text(aws_node_at(inputs, i));
        json_t *token = json_array_get(tokens, i);

        if (!name)
            continue;
        if (token && !json_is_null(token))
            json_object_set(params, name, token);
        else
            json_object_del(params, name);
    }
}

int aws_paginate(struct aws_session *session, const struct aws_operation *operation,
                 const json_t *params, const struct aws_page_visitor *visitor, json_t **ret_value,
                 struct chaos_error *err)
{
    struct aws_node pages = pages_of(operation);
    AUTO(json) json_t *own = params ? json_copy(json_walkable(params)) : json_object();
    AUTO(json) json_t *previous = NULL;

    *ret_value = NULL;
    if (!aws_has_pages(operation))
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "%s.%s has no pages",
                               operation->service.name, operation->name);
    for (int i = 0; i < PAGES_MAX; i++) {
        AUTO(json) json_t *value = NULL;
        AUTO(json) json_t *tokens = NULL;
        int r = aws_session_call_into(session, operation, own, visitor->sink, &value, err);

        if (r < 0) {
            *ret_value = STEAL(value);
            return r;
        }
        if (!visitor->page(visitor->data, value))
            return 0;
        r = next_tokens(pages, value, &tokens, err);
        if (r < 0)
            return r;
        if (json_array_size(tokens) == 0)
            return 0;
        if (previous && json_equal(previous, tokens))
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "%s.%s: the same next token was received twice",
                                   operation->service.name, operation->name);
        put_tokens(pages, tokens, own);
        json_decref(previous);
        previous = STEAL(tokens);
    }
    return chaos_error_set(err, CHAOS_E_LIMIT, "%s.%s: more than %d pages", operation->service.name,
                           operation->name, PAGES_MAX);
}

/* What a dotted path leads to; borrowed, NULL for nothing. */
static json_t *at_path(json_t *value, const char *path)
{
    while (value && *path) {
        size_t length = strcspn(path, ".");
        AUTO(str) char *name = mem_strndup(path, length);

        value = json_object_get(value, name);
        path += length + (path[length] == '.');
    }
    return value;
}

/* Make `path` lead to `value`, which is taken. */
static void set_path(json_t *object, const char *path, json_t *value)
{
    for (;;) {
        size_t length = strcspn(path, ".");
        AUTO(str) char *name = mem_strndup(path, length);
        json_t *inner;

        if (!path[length]) {
            json_object_set_new(object, name, value);
            return;
        }
        inner = json_object_get(object, name);
        if (!json_is_object(inner)) {
            inner = json_object();
            json_object_set_new(object, name, inner);
        }
        object = inner;
        path += length + 1;
    }
}

struct merge {
    struct aws_item_sink sink; /* hands its item to the visitor */
    struct aws_node pages;
    const struct aws_items_visitor *visitor; /* NULL: none */
    json_t *whole;
    bool is_first;
    int result;
    struct chaos_error *err;
};

static json_t *sum_of(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b))
        return json_integer(json_integer_value(a) + json_integer_value(b));
    return json_real(json_number_value(a) + json_number_value(b));
}

static void join(json_t *whole, const char *path, const json_t *more)
{
    json_t *there = at_path(whole, path);

    if (!there || json_is_null(there)) {
        set_path(whole, path,
                 json_is_array(more) ? json_copy(json_walkable(more))
                                     : json_incref(json_walkable(more)));
    } else if (json_is_array(there) && json_is_array(more)) {
        json_array_extend(there, json_walkable(more));
    } else if (json_is_number(there) && json_is_number(more)) {
        set_path(whole, path, sum_of(there, more));
    } else if (json_is_string(there) && json_is_string(more)) {
        set_path(whole, path,
                 json_sprintf("%s%s", json_string_value(there), json_string_value(more)));
    }
}

static void visit_item(void *data, json_t *item)
{
    const struct merge *merge = data;
    AUTO(json) json_t *items = json_pack("[O]", item);

    merge->visitor->items(merge->visitor->data, merge->sink.member, items);
}

/* The first listing, when there is a visitor for it and no token is taken from its items. */
static const char *sinkable_key(const struct merge *merge)
{
    const char *key = aws_node_text(aws_node_at(aws_node_get(merge->pages, "result_key"), 0));
    struct aws_node tokens = aws_node_get(merge->pages, "output_token");

    for (size_t i = 0; key && i < aws_node_count(tokens); i++) {
        const char *token = aws_node_text(aws_node_at(tokens, i));

        if (token && strstr(token, key))
            return NULL;
    }
    return merge->visitor ? key : NULL;
}

/* Hand the first listing of the page to the visitor; false when there is no visitor, or no such
 * listing at the top of the result. */
static bool visit_items(const struct merge *merge, struct aws_node keys, const json_t *value)
{
    const char *key = aws_node_text(aws_node_at(keys, 0));
    const json_t *items = key ? json_object_get(value, key) : NULL;

    if (!merge->visitor || !json_is_array(items))
        return false;
    merge->visitor->items(merge->visitor->data, key, items);
    return true;
}

/* Bring what the expressions of `keys`, from one on, find in the page into the whole. */
static int merge_keys(struct merge *merge, struct aws_node keys, size_t from, const json_t *value)
{
    for (size_t i = from; i < aws_node_count(keys); i++) {
        AUTO(json) json_t *found = NULL;
        int r = search(aws_node_at(keys, i), value, &found, merge->err);

        if (r < 0)
            return r;
        if (!json_is_null(found))
            join(merge->whole, aws_node_text(aws_node_at(keys, i)), found);
    }
    return 0;
}

static bool merge_page(void *data, const json_t *value)
{
    struct merge *merge = data;
    struct aws_node keys = aws_node_get(merge->pages, "result_key");
    size_t from = visit_items(merge, keys, value) ? 1 : 0;

    merge->result = merge_keys(merge, keys, from, value);
    if (merge->result == 0 && merge->is_first)
        merge->result =
            merge_keys(merge, aws_node_get(merge->pages, "non_aggregate_keys"), 0, value);
    if (merge->is_first)
        json_object_set(merge->whole, "ResponseMetadata",
                        json_object_get(value, "ResponseMetadata"));
    merge->is_first = false;
    return merge->result == 0;
}

int aws_call_all_pages(struct aws_session *session, const struct aws_operation *operation,
                       const json_t *params, json_t **ret_value, struct chaos_error *err)
{
    return aws_call_each_page(session, operation, params, NULL, ret_value, err);
}

int aws_call_each_page(struct aws_session *session, const struct aws_operation *operation,
                       const json_t *params, const struct aws_items_visitor *visitor,
                       json_t **ret_value, struct chaos_error *err)
{
    struct merge merge = {
        .sink = { .item = visit_item },
        .pages = pages_of(operation),
        .visitor = visitor,
        .is_first = true,
        .err = err,
    };
    struct aws_page_visitor pages = { .page = merge_page, .data = &merge };
    AUTO(json) json_t *whole = NULL;
    int r;

    if (!aws_has_pages(operation))
        return aws_session_call(session, operation, params, ret_value, err);
    whole = merge.whole = json_object();
    merge.sink.data = &merge;
    merge.sink.member = sinkable_key(&merge);
    if (merge.sink.member)
        pages.sink = &merge.sink;
    r = aws_paginate(session, operation, params, &pages, ret_value, err);
    if (r == 0)
        r = merge.result;
    if (r == 0)
        *ret_value = STEAL(whole);
    return r;
}
