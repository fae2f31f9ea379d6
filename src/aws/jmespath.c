/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/jmespath.h"

#include <string.h>

#include "aws/jmespath_tree.h"
#include "base/json_walk.h"
#include "base/str.h"
#include "value/json.h"
#include "value/pytext.h"

static int evaluate(const struct jmespath_node *node, const json_t *value, json_t **ret_value,
                    struct chaos_error *err);

bool jmespath_is_true(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
    case JSON_FALSE:
        return false;
    case JSON_STRING:
        return json_string_length(value) > 0;
    case JSON_ARRAY:
        return json_array_size(value) > 0;
    case JSON_OBJECT:
        return json_object_size(value) > 0;
    case JSON_TRUE:
    case JSON_INTEGER:
    case JSON_REAL:
        break;
    }
    return true;
}

/* A new reference to a borrowed value; null for NULL. */
static json_t *share(const json_t *value)
{
    return value ? json_incref(json_walkable(value)) : json_null();
}

static json_t *item_at(const json_t *value, long index)
{
    size_t size = json_array_size(value);

    if (index < 0)
        index += (long)size;
    return share(index >= 0 ? json_array_get(value, (size_t)index) : NULL);
}

static long clamp(long number, long size, long low, long high)
{
    if (number < 0)
        number += size;
    return number < low ? low : number > high ? high : number;
}

static json_t *slice_of(const struct jmespath_node *node, const json_t *value)
{
    long size = (long)json_array_size(value);
    long step = node->has[2] ? node->numbers[2] : 1;
    long low = step < 0 ? -1 : 0, high = step < 0 ? size - 1 : size;
    long start = node->has[0] ? clamp(node->numbers[0], size, low, high) : step < 0 ? high : low;
    long stop = node->has[1] ? clamp(node->numbers[1], size, low, high) : step < 0 ? low : high;
    json_t *list;

    if (!json_is_array(value))
        return json_null();
    list = json_array();
    if (step > size || step < -size)
        step = step < 0 ? -size - 1 : size + 1;
    for (long i = start; step > 0 ? i < stop : i > stop; i += step)
        json_array_append(list, json_array_get(value, (size_t)i));
    return list;
}

/* The items a projection runs over: a new array; NULL when the value is none to project. */
static json_t *projected_items(enum jmespath_kind kind, const json_t *value)
{
    AUTO(json) json_t *list = NULL;
    const char *key;
    size_t index;
    json_t *item;

    if (kind == JMESPATH_VALUES ? !json_is_object(value) : !json_is_array(value))
        return NULL;
    list = json_array();
    if (kind == JMESPATH_VALUES) {
        json_object_foreach (json_walkable(value), key, item)
            json_array_append(list, item);
        return STEAL(list);
    }
    json_array_foreach (value, index, item) {
        if (kind == JMESPATH_FLATTEN && json_is_array(item))
            json_array_extend(list, item);
        else
            json_array_append(list, item);
    }
    return STEAL(list);
}

static int project(const struct jmespath_node *node, const json_t *value, json_t **ret_value,
                   struct chaos_error *err)
{
    AUTO(json) json_t *left = NULL;
    AUTO(json) json_t *source = NULL;
    AUTO(json) json_t *results = json_array();
    size_t index;
    json_t *item;
    int r = evaluate(node->left, value, &left, err);

    if (r < 0)
        return r;
    source = projected_items(node->kind, left);
    if (!source) {
        *ret_value = json_null();
        return 0;
    }
    json_array_foreach (source, index, item) {
        AUTO(json) json_t *holds = NULL;
        json_t *result;

        if (node->kind == JMESPATH_FILTER) {
            r = evaluate(node->condition, item, &holds, err);
            if (r < 0)
                return r;
            if (!jmespath_is_true(holds))
                continue;
        }
        r = evaluate(node->right, item, &result, err);
        if (r < 0)
            return r;
        if (json_is_null(result))
            json_decref(result);
        else
            json_array_append_new(results, result);
    }
    *ret_value = STEAL(results);
    return 0;
}

static bool in_order(enum jmespath_kind kind, double left, double right)
{
    if (kind == JMESPATH_LESS)
        return left < right;
    if (kind == JMESPATH_LESS_EQUAL)
        return left <= right;
    return kind == JMESPATH_GREATER ? left > right : left >= right;
}

static bool are_equal(const json_t *left, const json_t *right)
{
    if (json_is_number(left) && json_is_number(right))
        return json_number_value(left) == json_number_value(right);
    return json_equal(json_walkable(left), json_walkable(right));
}

static int compare(const struct jmespath_node *node, const json_t *value, json_t **ret_value,
                   struct chaos_error *err)
{
    AUTO(json) json_t *left = NULL;
    AUTO(json) json_t *right = NULL;
    int r = evaluate(node->left, value, &left, err);
    bool equal;

    if (r == 0)
        r = evaluate(node->right, value, &right, err);
    if (r < 0)
        return r;
    if (node->kind == JMESPATH_EQUAL || node->kind == JMESPATH_UNEQUAL) {
        equal = are_equal(left, right);
        *ret_value = json_boolean(equal == (node->kind == JMESPATH_EQUAL));
    } else if (json_is_number(left) && json_is_number(right)) {
        *ret_value =
            json_boolean(in_order(node->kind, json_number_value(left), json_number_value(right)));
    } else {
        *ret_value = json_null();
    }
    return 0;
}

static int connect(const struct jmespath_node *node, const json_t *value, json_t **ret_value,
                   struct chaos_error *err)
{
    AUTO(json) json_t *left = NULL;
    int r = evaluate(node->left, value, &left, err);

    if (r < 0)
        return r;
    if (jmespath_is_true(left) == (node->kind == JMESPATH_OR)) {
        *ret_value = STEAL(left);
        return 0;
    }
    return evaluate(node->right, value, ret_value, err);
}

static int wrong_type(const struct jmespath_node *node, const json_t *value,
                      struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_INVALID, "JMESPath function %s() takes no %s", node->text,
                           value ? value_type_name(value) : "empty list of arguments");
}

static json_t *length_of(const json_t *value)
{
    size_t length = 0;

    if (json_is_array(value))
        return json_integer((json_int_t)json_array_size(value));
    if (json_is_object(value))
        return json_integer((json_int_t)json_object_size(value));
    if (!json_is_string(value))
        return NULL;
    for (const char *p = json_string_value(value); *p; p++)
        length += ((unsigned char)*p & 0xc0) != 0x80;
    return json_integer((json_int_t)length);
}

static json_t *contains(const json_t *value, const json_t *wanted)
{
    size_t index;
    json_t *item;

    if (json_is_string(value))
        return json_boolean(json_is_string(wanted) &&
                            strstr(json_string_value(value), json_string_value(wanted)));
    if (!json_is_array(value))
        return NULL;
    json_array_foreach (value, index, item) {
        if (json_equal(item, json_walkable(wanted)))
            return json_true();
    }
    return json_false();
}

static json_t *keys_of(const json_t *value)
{
    json_t *list;
    const char *key;
    json_t *item;

    if (!json_is_object(value))
        return NULL;
    list = json_array();
    json_object_foreach (json_walkable(value), key, item)
        json_array_append_new(list, json_string(key));
    return list;
}

static json_t *type_of(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "object",  [JSON_ARRAY] = "array", [JSON_STRING] = "string",
        [JSON_INTEGER] = "number", [JSON_REAL] = "number", [JSON_TRUE] = "boolean",
        [JSON_FALSE] = "boolean",  [JSON_NULL] = "null",
    };

    return json_string(names[json_typeof(value)]);
}

static json_t *to_text(const json_t *value)
{
    AUTO(str) char *text = NULL;

    if (json_is_string(value))
        return share(value);
    text = json_text(value, JSON_STYLE_COMPACT);
    return json_string(text);
}

static json_t *starts_or_ends(const char *function, const json_t *value, const json_t *wanted)
{
    const char *text = json_string_value(value), *part = json_string_value(wanted);

    if (!text || !part)
        return NULL;
    return json_boolean(*function == 's' ? str_starts(text, part) : str_ends(text, part));
}

static json_t *first_of(const json_t *arguments)
{
    size_t index;
    json_t *item;

    json_array_foreach (arguments, index, item) {
        if (!json_is_null(item))
            return share(item);
    }
    return json_null();
}

/* NULL when an argument is of the wrong type. */
static json_t *apply(const char *function, const json_t *arguments, bool *ret_known)
{
    const json_t *first = json_array_get(arguments, 0), *second = json_array_get(arguments, 1);

    *ret_known = true;
    if (!first)
        return NULL;
    if (strcmp(function, "length") == 0)
        return length_of(first);
    if (strcmp(function, "contains") == 0)
        return second ? contains(first, second) : NULL;
    if (strcmp(function, "starts_with") == 0 || strcmp(function, "ends_with") == 0)
        return starts_or_ends(function, first, second);
    if (strcmp(function, "keys") == 0)
        return keys_of(first);
    if (strcmp(function, "values") == 0)
        return projected_items(JMESPATH_VALUES, first);
    if (strcmp(function, "not_null") == 0)
        return first_of(arguments);
    if (strcmp(function, "to_string") == 0)
        return to_text(first);
    if (strcmp(function, "type") == 0)
        return type_of(first);
    *ret_known = false;
    return NULL;
}

static int evaluate_items(const struct jmespath_node *node, const json_t *value, json_t **ret_value,
                          struct chaos_error *err)
{
    bool keyed = node->kind == JMESPATH_MULTI_HASH;
    AUTO(json) json_t *result = keyed ? json_object() : json_array();

    for (const struct jmespath_node *item = node->items; item; item = item->next) {
        json_t *made;
        int r = evaluate(item, value, &made, err);

        if (r < 0)
            return r;
        if (keyed)
            json_object_set_new(result, item->key, made);
        else
            json_array_append_new(result, made);
    }
    *ret_value = STEAL(result);
    return 0;
}

static int call(const struct jmespath_node *node, const json_t *value, json_t **ret_value,
                struct chaos_error *err)
{
    AUTO(json) json_t *arguments = NULL;
    json_t *result;
    bool is_known;
    int r = evaluate_items(node, value, &arguments, err);

    if (r < 0)
        return r;
    result = apply(node->text, arguments, &is_known);
    if (!is_known)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                               "the JMESPath function %s() is not known here", node->text);
    if (!result)
        return wrong_type(node, json_array_get(arguments, 0), err);
    *ret_value = result;
    return 0;
}

static int step(const struct jmespath_node *node, const json_t *value, json_t **ret_value,
                struct chaos_error *err)
{
    AUTO(json) json_t *left = NULL;
    bool needs_object;
    int r = evaluate(node->left, value, &left, err);

    if (r < 0)
        return r;
    needs_object =
        node->right->kind == JMESPATH_MULTI_LIST || node->right->kind == JMESPATH_MULTI_HASH;
    if (needs_object && json_is_null(left)) {
        *ret_value = json_null();
        return 0;
    }
    return evaluate(node->right, left, ret_value, err);
}

static int negate(const struct jmespath_node *node, const json_t *value, json_t **ret_value,
                  struct chaos_error *err)
{
    AUTO(json) json_t *left = NULL;
    int r = evaluate(node->left, value, &left, err);

    if (r == 0)
        *ret_value = json_boolean(!jmespath_is_true(left));
    return r;
}

static int evaluate(const struct jmespath_node *node, const json_t *value, json_t **ret_value,
                    struct chaos_error *err)
{
    switch (node->kind) {
    case JMESPATH_CURRENT:
        *ret_value = share(value);
        return 0;
    case JMESPATH_FIELD:
        *ret_value = share(json_object_get(value, node->text));
        return 0;
    case JMESPATH_INDEX:
        *ret_value = item_at(value, node->numbers[0]);
        return 0;
    case JMESPATH_SLICE:
        *ret_value = slice_of(node, value);
        return 0;
    case JMESPATH_LITERAL:
        *ret_value = share(node->literal);
        return 0;
    case JMESPATH_SUB:
        return step(node, value, ret_value, err);
    case JMESPATH_LIST:
    case JMESPATH_VALUES:
    case JMESPATH_FLATTEN:
    case JMESPATH_FILTER:
        return project(node, value, ret_value, err);
    case JMESPATH_OR:
    case JMESPATH_AND:
        return connect(node, value, ret_value, err);
    case JMESPATH_NOT:
        return negate(node, value, ret_value, err);
    case JMESPATH_EQUAL:
    case JMESPATH_UNEQUAL:
    case JMESPATH_LESS:
    case JMESPATH_LESS_EQUAL:
    case JMESPATH_GREATER:
    case JMESPATH_GREATER_EQUAL:
        return compare(node, value, ret_value, err);
    case JMESPATH_CALL:
        return call(node, value, ret_value, err);
    case JMESPATH_MULTI_LIST:
    case JMESPATH_MULTI_HASH:
        return evaluate_items(node, value, ret_value, err);
    }
    return chaos_error_set(err, CHAOS_E_INTERNAL, "a JMESPath node of no kind");
}

int jmespath_search(const struct jmespath *path, const json_t *root, json_t **ret_value,
                    struct chaos_error *err)
{
    return evaluate(path->root, root, ret_value, err);
}
