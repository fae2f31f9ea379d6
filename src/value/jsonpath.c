// SPDX-License-Identifier: Apache-2.0
#include "value/jsonpath.h"

#include "value/jsonpath_tree.h"

static void expression_clear(struct expression *expression)
{
    operand_clear(&expression->left);
    operand_clear(&expression->right);
    for (size_t i = 0; i < expression->count; i++)
        expression_clear(&expression->items[i]);
    free(expression->items);
}

void operand_clear(struct operand *operand)
{
    location_free(operand->path);
    json_decref(operand->value);
}

void subscript_clear(struct subscript *subscript)
{
    free(subscript->key);
    expression_free(subscript->filter);
    location_free(subscript->path);
    for (size_t i = 0; i < subscript->argument_count; i++)
        operand_clear(&subscript->arguments[i]);
    free(subscript->arguments);
}

void expression_free(struct expression *expression)
{
    if (!expression)
        return;
    expression_clear(expression);
    free(expression);
}

void location_free(struct location *path)
{
    if (!path)
        return;
    for (size_t i = 0; i < path->count; i++) {
        for (size_t j = 0; j < path->steps[i].count; j++)
            subscript_clear(&path->steps[i].subscripts[j]);
        free(path->steps[i].subscripts);
    }
    free(path->steps);
    free(path);
}

void jsonpath_free(struct jsonpath *path)
{
    if (!path)
        return;
    location_free(path->root);
    free(path);
}
