/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of values, as answers and requests are full of them. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

/* The first item whose member `key` is the text `text`; borrowed, NULL: none. */
const json_t *aws_list_find(const json_t *items, const char *key, const char *text);
bool aws_list_holds(const json_t *list, const json_t *value);
/* A new list with the member `key` of each item that has it. */
json_t *aws_list_of(const json_t *items, const char *key);
/* A new list with at most `count` values from `first` on. */
json_t *aws_list_slice(const json_t *list, size_t first, size_t count);
/* A new list with the values of `list` that `other` does not hold. */
json_t *aws_list_without(const json_t *list, const json_t *other);
