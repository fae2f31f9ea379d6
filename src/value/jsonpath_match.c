// SPDX-License-Identifier: Apache-2.0
/* Evaluation hands each value that is found to a sink at once, so that the order, and what is
 * never looked at because the answer is known, are those of jsonpath2's generators. */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "value/codepoint.h"
#include "value/extended.h"
#include "value/jsonpath.h"
#include "value/jsonpath_tree.h"
#include "value/pytext.h"

/* How much one match may look at (values), and how deep it may go (steps of paths, levels of the
 * document). */
#define WORK_MAX  ((size_t)4 * 1000 * 1000)
#define DEPTH_MAX 1200

struct matcher {
    json_t *root;
    size_t work;
    int depth;
    struct chaos_error *err;
};

/* Takes the values that are found: 0 to go on, 1 to stop, or a negative error. */
struct sink {
    int (*take)(struct sink *sink, json_t *value);
};

/* Where a found value goes on: to step `at` of the path, then to the sink. */
struct position {
    struct matcher *matcher;
    const struct location *path;
    size_t at;
    struct sink *sink;
};

static int follow(const struct position *position, json_t *value);
static int evaluate(struct matcher *matcher, const struct expression *expression, json_t *current);

static int spend(struct matcher *matcher, size_t work)
{
    if (matcher->work < work)
        return chaos_error_set(matcher->err, CHAOS_E_LIMIT,
                               "the path looks at more than %zu values", WORK_MAX);
    matcher->work -= work;
    return 0;
}

static int match_path(struct matcher *matcher, const struct location *path, json_t *current,
                      struct sink *sink)
{
    struct position start = { matcher, path, 0, sink };

    return follow(&start, path->from_root ? matcher->root : current);
}

/* Python's Sequence that is no str: a list, or bytes. */
static bool is_sequence(const json_t *value)
{
    return json_is_array(value) || extended_kind(value) == EXTENDED_BYTES;
}

static bool is_text(const json_t *value)
{
    return json_is_string(value) && extended_kind(value) == EXTENDED_NONE;
}

static size_t sequence_length(const json_t *value)
{
    return json_is_array(value) ? json_array_size(value) : strlen(extended_text(value)) / 2;
}

static json_int_t hex_digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* A new reference; of bytes, the number. */
static json_t *sequence_item(const json_t *value, size_t index)
{
    const char *pair;

    if (json_is_array(value))
        return json_incref(json_array_get(value, index));
    pair = extended_text(value) + 2 * index;
    return json_integer(hex_digit(pair[0]) * 16 + hex_digit(pair[1]));
}

static int follow_item(const struct position *next, const json_t *sequence, size_t index)
{
    AUTO(json) json_t *item = sequence_item(sequence, index);

    return follow(next, item);
}

/* A negative index counts from the end. */
static int match_index(const struct position *next, json_t *value, int64_t index)
{
    int64_t length;

    if (!is_sequence(value))
        return 0;
    length = (int64_t)sequence_length(value);
    if (index < 0)
        index += length;
    if (index < 0 || index >= length)
        return 0;
    return follow_item(next, value, (size_t)index);
}

static int match_key(const struct position *next, json_t *value, const char *key)
{
    json_t *member = json_object_get(value, key);

    return member ? follow(next, member) : 0;
}

static int match_wildcard(const struct position *next, json_t *value)
{
    const char *key;
    json_t *member;
    int r = 0;

    if (is_sequence(value)) {
        for (size_t i = 0; !r && i < sequence_length(value); i++)
            r = follow_item(next, value, i);
        return r;
    }
    json_object_foreach (value, key, member) {
        r = follow(next, member);
        if (r)
            return r;
    }
    return r;
}

/* compat: jsonpath2 does not clamp as Python's slices do. A negative start beyond the front counts
 * from it, defaults do not turn around with a negative step, and indices below zero that the range
 * runs through count from the end. */
static int match_slice(const struct position *next, json_t *value, const struct slice *slice)
{
    __int128 length;
    __int128 step = slice->has_step ? slice->step : 1;
    __int128 start = slice->has_start ? slice->start : 0;
    __int128 end;
    int r = 0;

    if (!is_sequence(value))
        return 0;
    if (!step)
        return chaos_error_set(next->matcher->err, CHAOS_E_INVALID,
                               "the step of a slice must not be zero");
    length = (__int128)sequence_length(value);
    end = slice->has_end ? slice->end : length;
    if (start < 0)
        start += -start < length ? length : -start;
    if (slice->has_end && end < 0)
        end += length;
    /* Only -length to length - 1 reach an item: jump over what lies outside. */
    if (step < 0 && start >= length)
        start += (start - length - step) / -step * step;
    if (end > length)
        end = length;
    if (end < -length - 1)
        end = -length - 1;
    for (; !r && (step > 0 ? start < end : start > end); start += step)
        r = match_index(next, value, (int64_t)start);
    return r;
}

static int match_filter(const struct position *next, json_t *value, const struct expression *filter)
{
    int r = evaluate(next->matcher, filter, value);

    return r > 0 ? follow(next, value) : r;
}

struct subscript_sink {
    struct sink sink;
    const struct position *next;
    json_t *value;
};

/* bool is an int in Python. Big ones are clamped. */
static bool as_index(const json_t *value, int64_t *ret_index)
{
    if (json_is_integer(value))
        *ret_index = json_integer_value(value);
    else if (json_is_boolean(value))
        *ret_index = json_is_true(value);
    else if (extended_kind(value) == EXTENDED_INTEGER)
        *ret_index = *extended_text(value) == '-' ? -INT64_MAX : INT64_MAX;
    else
        return false;
    return true;
}

static int take_subscript(struct sink *sink, json_t *found)
{
    const struct subscript_sink *self = (const struct subscript_sink *)sink;
    int64_t index;

    if (as_index(found, &index))
        return match_index(self->next, self->value, index);
    if (is_text(found))
        return match_key(self->next, self->value, json_string_value(found));
    return 0;
}

static int match_subscript_path(const struct position *next, json_t *value,
                                const struct location *path)
{
    struct subscript_sink sink = { { take_subscript }, next, value };

    return match_path(next->matcher, path, value, &sink.sink);
}

struct list_sink {
    struct sink sink;
    json_t *list;
};

static int take_into_list(struct sink *sink, json_t *value)
{
    json_array_append(((struct list_sink *)sink)->list, value);
    return 0;
}

static int collect(struct matcher *matcher, const struct location *path, json_t *current,
                   json_t *list)
{
    struct list_sink sink = { { take_into_list }, list };

    return match_path(matcher, path, current, &sink.sink);
}

/* text[start:end] by code points; a new reference. */
static json_t *substring(const json_t *text, int64_t start, int64_t end)
{
    const char *bytes = json_string_value(text);
    size_t length = json_string_length(text);
    int64_t count = (int64_t)codepoint_count(bytes, length);
    size_t from;
    size_t to;

    if (start < 0)
        start = start + count < 0 ? 0 : start + count;
    if (end < 0)
        end = end + count < 0 ? 0 : end + count;
    if (start >= end)
        return json_string("");
    from = codepoint_offset(bytes, length, (size_t)start);
    to = codepoint_offset(bytes, length, (size_t)end);
    return json_stringn(bytes + from, to - from);
}

/* charAt() and substring(): `second` is NULL without a second argument. */
static int call_text(const struct position *next, enum path_function function, const json_t *text,
                     const json_t *first, const json_t *second)
{
    AUTO(json) json_t *result = NULL;
    int64_t start;
    int64_t end = INT64_MAX;
    int64_t count;
    int r;

    if (!is_text(text) || !as_index(first, &start) || (second && !as_index(second, &end)))
        return 0;
    r = spend(next->matcher, json_string_length(text) / 64);
    if (r < 0)
        return r;
    if (function == FUNCTION_CHAR_AT) {
        count = (int64_t)codepoint_count(json_string_value(text), json_string_length(text));
        if (start < 0)
            start += count;
        if (start < 0 || start >= count)
            return 0;
        end = start + 1;
    }
    result = substring(text, start, end);
    return follow(next, result);
}

/* Every pair of what the arguments found; the last one varies fastest. */
static int call_with_arguments(const struct position *next, const struct subscript *call,
                               const json_t *value, json_t *lists)
{
    const json_t *first = json_array_get(lists, 0);
    const json_t *second = json_array_get(lists, 1);
    size_t count = second ? json_array_size(second) : 1;
    int r = 0;

    for (size_t i = 0; !r && i < json_array_size(first); i++)
        for (size_t j = 0; !r && j < count; j++) {
            r = spend(next->matcher, 1);
            if (!r)
                r = call_text(next, call->function, value, json_array_get(first, i),
                              json_array_get(second, j));
        }
    return r;
}

static json_t *list_of_object(enum path_function function, json_t *object)
{
    json_t *list = json_array();
    const char *key;
    size_t length;
    json_t *member;

    json_object_keylen_foreach(object, key, length, member)
    {
        if (function == FUNCTION_VALUES)
            json_array_append(list, member);
        else if (function == FUNCTION_KEYS)
            json_array_append_new(list, json_stringn(key, length));
        else
            json_array_append_new(list, json_pack("[s%O]", key, length, member));
    }
    return list;
}

static json_t *list_of_sequence(enum path_function function, json_t *sequence)
{
    json_t *list;

    if (function == FUNCTION_VALUES)
        return json_incref(sequence);
    list = json_array();
    for (size_t i = 0; i < sequence_length(sequence); i++) {
        json_t *number = json_integer((json_int_t)i);

        json_array_append_new(list, function == FUNCTION_KEYS
                                        ? number
                                        : json_pack("[oo]", number, sequence_item(sequence, i)));
    }
    return list;
}

/* entries(), keys(), length(), values() */
static int call_container(const struct position *next, enum path_function function, json_t *value)
{
    AUTO(json) json_t *result = NULL;
    int r = 0;

    if (function == FUNCTION_LENGTH) {
        if (is_sequence(value))
            result = json_integer((json_int_t)sequence_length(value));
        else if (is_text(value))
            result = json_integer(
                (json_int_t)codepoint_count(json_string_value(value), json_string_length(value)));
    } else if (is_sequence(value)) {
        r = spend(next->matcher, sequence_length(value));
        if (!r)
            result = list_of_sequence(function, value);
    } else if (json_is_object(value)) {
        r = spend(next->matcher, json_object_size(value));
        if (!r)
            result = list_of_object(function, value);
    }
    return r < 0 || !result ? r : follow(next, result);
}

/* A function given arguments it does not know finds nothing. */
static int match_call(const struct position *next, json_t *value, const struct subscript *call)
{
    AUTO(json) json_t *lists = json_array();
    size_t count = call->argument_count;

    for (size_t i = 0; i < count; i++) {
        const struct operand *argument = &call->arguments[i];
        json_t *list = json_array();
        int r;

        json_array_append_new(lists, list);
        if (argument->value) {
            json_array_append(list, argument->value);
            continue;
        }
        r = collect(next->matcher, argument->path, value, list);
        if (r < 0)
            return r;
    }
    if (call->function == FUNCTION_CHAR_AT || call->function == FUNCTION_SUBSTRING) {
        if (count == 1 || (count == 2 && call->function == FUNCTION_SUBSTRING))
            return call_with_arguments(next, call, value, lists);
        return 0;
    }
    return count ? 0 : call_container(next, call->function, value);
}

static int match_subscript(const struct position *next, json_t *value,
                           const struct subscript *subscript)
{
    switch (subscript->kind) {
    case SUBSCRIPT_KEY:
        return match_key(next, value, subscript->key);
    case SUBSCRIPT_INDEX:
        return match_index(next, value, subscript->index);
    case SUBSCRIPT_SLICE:
        return match_slice(next, value, &subscript->slice);
    case SUBSCRIPT_WILDCARD:
        return match_wildcard(next, value);
    case SUBSCRIPT_FILTER:
        return match_filter(next, value, subscript->filter);
    case SUBSCRIPT_PATH:
        return match_subscript_path(next, value, subscript->path);
    case SUBSCRIPT_CALL:
        return match_call(next, value, subscript);
    }
    return 0;
}

static int follow(const struct position *position, json_t *value)
{
    struct matcher *matcher = position->matcher;
    struct position next = *position;
    const struct path_step *step;
    int r = spend(matcher, 1);

    if (r < 0)
        return r;
    if (position->at == position->path->count)
        return position->sink->take(position->sink, value);
    if (matcher->depth == DEPTH_MAX)
        return chaos_error_set(matcher->err, CHAOS_E_LIMIT, "the path goes deeper than %d levels",
                               DEPTH_MAX);
    matcher->depth++;
    step = &position->path->steps[next.at++];
    for (size_t i = 0; !r && i < step->count; i++)
        r = match_subscript(&next, value, &step->subscripts[i]);
    if (!r && step->descend)
        r = match_wildcard(position, value);
    matcher->depth--;
    return r;
}

static int stop_at_first(struct sink *sink, json_t *value)
{
    (void)sink;
    (void)value;
    return 1;
}

/* Whether a path finds anything, or a value is true. */
static int evaluate_some(struct matcher *matcher, const struct operand *operand, json_t *current)
{
    struct sink sink = { stop_at_first };

    if (operand->path)
        return match_path(matcher, operand->path, current, &sink);
    return value_is_true(operand->value);
}

static bool is_number(const json_t *value)
{
    enum extended_kind kind = extended_kind(value);

    return json_is_number(value) || json_is_boolean(value) || kind == EXTENDED_INTEGER ||
           kind == EXTENDED_NAN || kind == EXTENDED_INFINITY;
}

/* Only numbers have an order. */
static int compare(struct matcher *matcher, enum comparison comparison, const json_t *left,
                   const json_t *right)
{
    int order = 0;
    int r = spend(matcher, 1);

    if (r < 0)
        return r;
    if (comparison == COMPARE_EQUAL)
        return value_equal(left, right);
    if (comparison == COMPARE_UNEQUAL)
        return !value_equal(left, right);
    if (!is_number(left) || !is_number(right))
        return 0;
    r = value_compare(left, right, &order, matcher->err);
    if (r < 0 || order == 2)
        return r;
    switch (comparison) {
    case COMPARE_LESS:
        return order < 0;
    case COMPARE_AT_MOST:
        return order <= 0;
    case COMPARE_MORE:
        return order > 0;
    case COMPARE_AT_LEAST:
        return order >= 0;
    case COMPARE_EQUAL:
    case COMPARE_UNEQUAL:
        break;
    }
    return 0;
}

struct compare_sink {
    struct sink sink;
    struct matcher *matcher;
    const struct expression *expression;
    json_t *current;
    const json_t *left; /* of the right side's sink */
    bool used_up;       /* the right side's path was run */
};

static int take_right(struct sink *sink, json_t *right)
{
    struct compare_sink *self = (struct compare_sink *)sink;

    return compare(self->matcher, self->expression->comparison, self->left, right);
}

/* compat: jsonpath2 runs a path on the right side once, for the first value of the left side; for
 * all others it finds nothing there. */
static int take_left(struct sink *sink, json_t *left)
{
    struct compare_sink *self = (struct compare_sink *)sink;
    const struct operand *right = &self->expression->right;
    struct compare_sink inner = *self;

    if (right->value)
        return compare(self->matcher, self->expression->comparison, left, right->value);
    if (self->used_up)
        return 0;
    self->used_up = true;
    inner.sink.take = take_right;
    inner.left = left;
    return match_path(self->matcher, right->path, self->current, &inner.sink);
}

static int evaluate_comparison(struct matcher *matcher, const struct expression *expression,
                               json_t *current)
{
    struct compare_sink sink = {
        .sink = { take_left },
        .matcher = matcher,
        .expression = expression,
        .current = current,
    };

    if (expression->left.path)
        return match_path(matcher, expression->left.path, current, &sink.sink);
    return take_left(&sink.sink, expression->left.value);
}

/* 1, 0 or a negative error. */
static int evaluate(struct matcher *matcher, const struct expression *expression, json_t *current)
{
    int r = 0;

    switch (expression->kind) {
    case EXPRESSION_SOME:
        return evaluate_some(matcher, &expression->left, current);
    case EXPRESSION_COMPARE:
        return evaluate_comparison(matcher, expression, current);
    case EXPRESSION_NOT:
        r = evaluate(matcher, expression->items, current);
        return r < 0 ? r : !r;
    case EXPRESSION_AND:
    case EXPRESSION_OR:
        break;
    }
    for (size_t i = 0; i < expression->count; i++) {
        r = evaluate(matcher, &expression->items[i], current);
        if (r < 0 || (r > 0) == (expression->kind == EXPRESSION_OR))
            return r;
    }
    return r;
}

int jsonpath_match(const struct jsonpath *path, const json_t *root, json_t **ret_values,
                   struct chaos_error *err)
{
    AUTO(json) json_t *values = json_array();
    struct matcher matcher = {
        .root = (json_t *)(uintptr_t)root, /* found values are shared with the document */
        .work = WORK_MAX,
        .err = err,
    };
    int r = collect(&matcher, path->root, matcher.root, values);

    if (r < 0)
        return r;
    *ret_values = STEAL(values);
    return 0;
}
