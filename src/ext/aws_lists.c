// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_lists.h"

#include "base/json_walk.h"
#include "base/str.h"

const json_t *aws_list_find(const json_t *items, const char *key, const char *text)
{
    json_t *item;
    size_t i;

    json_array_foreach (items, i, item)
        if (str_equal(json_text_of(item, key), text))
            return item;
    return NULL;
}

bool aws_list_holds(const json_t *list, const json_t *value)
{
    json_t *one;
    size_t i;

    json_array_foreach (list, i, one)
        if (json_equal(one, value))
            return true;
    return false;
}

json_t *aws_list_of(const json_t *items, const char *key)
{
    json_t *values = json_array();
    json_t *item;
    size_t i;

    json_array_foreach (items, i, item)
        if (json_object_get(item, key))
            json_array_append(values, json_object_get(item, key));
    return values;
}

json_t *aws_list_slice(const json_t *list, size_t first, size_t count)
{
    json_t *part = json_array();

    for (size_t i = first; i < json_array_size(list) && i - first < count; i++)
        json_array_append(part, json_array_get(list, i));
    return part;
}

json_t *aws_list_without(const json_t *list, const json_t *other)
{
    json_t *rest = json_array();
    json_t *one;
    size_t i;

    json_array_foreach (list, i, one)
        if (!aws_list_holds(other, one))
            json_array_append(rest, one);
    return rest;
}
