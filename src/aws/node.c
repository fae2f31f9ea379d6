/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values inside the model file, read where they lie. */
#include "aws/model.h"

#include <string.h>

#include "aws/model_file.h"

/* What botocore ships is far below both; a damaged file may be a cycle. */
#define NODE_DEPTH_MAX 100
#define NODE_ITEMS_MAX 1000000

static uint32_t payload(struct aws_node node)
{
    return node.word >> 3;
}

static enum aws_layout_node kind(struct aws_node node)
{
    return (enum aws_layout_node)(node.word & 7);
}

static uint64_t wide(struct aws_node node)
{
    uint64_t low = models_word(node.models, payload(node));

    return low | (uint64_t)models_word(node.models, (uint64_t)payload(node) + 1) << 32;
}

enum aws_node_type aws_node_type(struct aws_node node)
{
    switch (kind(node)) {
    case AWS_LAYOUT_CONSTANT:
        return payload(node) == 0 ? AWS_NODE_NULL : AWS_NODE_BOOLEAN;
    case AWS_LAYOUT_STRING:
        return AWS_NODE_STRING;
    case AWS_LAYOUT_INTEGER:
    case AWS_LAYOUT_WIDE:
        return AWS_NODE_INTEGER;
    case AWS_LAYOUT_REAL:
        return AWS_NODE_REAL;
    case AWS_LAYOUT_ARRAY:
        return AWS_NODE_ARRAY;
    case AWS_LAYOUT_OBJECT:
        return AWS_NODE_OBJECT;
    }
    return AWS_NODE_NULL;
}

bool aws_node_is_true(struct aws_node node)
{
    return kind(node) == AWS_LAYOUT_CONSTANT && payload(node) == 2;
}

const char *aws_node_text(struct aws_node node)
{
    return kind(node) == AWS_LAYOUT_STRING ? models_text(node.models, payload(node)) : NULL;
}

int64_t aws_node_integer(struct aws_node node)
{
    if (kind(node) == AWS_LAYOUT_INTEGER)
        return payload(node);
    if (kind(node) == AWS_LAYOUT_WIDE)
        return (int64_t)wide(node);
    return 0;
}

double aws_node_real(struct aws_node node)
{
    uint64_t bits;
    double number;

    if (kind(node) != AWS_LAYOUT_REAL)
        return (double)aws_node_integer(node);
    bits = wide(node);
    memcpy(&number, &bits, sizeof(number));
    return number;
}

size_t aws_node_count(struct aws_node node)
{
    uint64_t count, room, step;

    if (kind(node) != AWS_LAYOUT_ARRAY && kind(node) != AWS_LAYOUT_OBJECT)
        return 0;
    step = kind(node) == AWS_LAYOUT_OBJECT ? 2 : 1;
    count = models_word(node.models, payload(node));
    if (count == 0)
        return 0;
    room = node.models->counts[AWS_LAYOUT_WORDS] - (uint64_t)payload(node) - 1;
    return count * step <= room ? (size_t)count : 0;
}

struct aws_node aws_node_at(struct aws_node node, size_t index)
{
    uint64_t place = (uint64_t)payload(node) + 1;

    if (index >= aws_node_count(node))
        return (struct aws_node){ node.models, 0 };
    place += kind(node) == AWS_LAYOUT_OBJECT ? 2 * index + 1 : index;
    return (struct aws_node){ node.models, models_word(node.models, place) };
}

const char *aws_node_key_at(struct aws_node node, size_t index)
{
    if (kind(node) != AWS_LAYOUT_OBJECT || index >= aws_node_count(node))
        return "";
    return models_text(node.models,
                       models_word(node.models, (uint64_t)payload(node) + 1 + 2 * index));
}

struct aws_node aws_node_get(struct aws_node node, const char *key)
{
    size_t low = 0, high = kind(node) == AWS_LAYOUT_OBJECT ? aws_node_count(node) : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key, aws_node_key_at(node, middle));

        if (order == 0)
            return aws_node_at(node, middle);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return (struct aws_node){ node.models, 0 };
}

const char *aws_node_get_text(struct aws_node node, const char *key)
{
    return aws_node_text(aws_node_get(node, key));
}

static json_t *scalar_to_json(struct aws_node node)
{
    switch (aws_node_type(node)) {
    case AWS_NODE_BOOLEAN:
        return json_boolean(aws_node_is_true(node));
    case AWS_NODE_STRING:
        return json_string(aws_node_text(node));
    case AWS_NODE_INTEGER:
        return json_integer(aws_node_integer(node));
    case AWS_NODE_REAL:
        return json_real(aws_node_real(node));
    case AWS_NODE_NULL:
    case AWS_NODE_ARRAY:
    case AWS_NODE_OBJECT:
        break;
    }
    return json_null();
}

/* NULL for what cannot be converted: too deep, too large, or not UTF-8. */
static json_t *to_json(struct aws_node node, int depth, size_t *budget)
{
    AUTO(json) json_t *value = NULL;
    bool is_object = kind(node) == AWS_LAYOUT_OBJECT;

    if (!is_object && kind(node) != AWS_LAYOUT_ARRAY)
        return scalar_to_json(node);
    if (depth == 0)
        return NULL;
    value = is_object ? json_object() : json_array();
    for (size_t i = 0; i < aws_node_count(node); i++) {
        json_t *item;
        int r;

        if ((*budget)-- == 0) {
            *budget = 0;
            return NULL;
        }
        item = to_json(aws_node_at(node, i), depth - 1, budget);
        r = is_object ? json_object_set_new(value, aws_node_key_at(node, i), item)
                      : json_array_append_new(value, item);
        if (r < 0)
            return NULL;
    }
    return STEAL(value);
}

int aws_node_to_json(struct aws_node node, json_t **ret_value, struct chaos_error *err)
{
    size_t budget = NODE_ITEMS_MAX;
    json_t *value = to_json(node, NODE_DEPTH_MAX, &budget);

    if (!value)
        return chaos_error_set(err, CHAOS_E_LIMIT, "the AWS model file is damaged");
    *ret_value = value;
    return 0;
}
