/* SPDX-License-Identifier: Apache-2.0 */
/* JSON paths in the dialect of the jsonpath2 library 0.4, which the reference uses. */
#pragma once

#include "base/auto.h"

struct jsonpath;

/* Parse a path such as $.store..book[?(@.price < 10)].title. Errors name the offset and what was
 * expected there. */
MUST_USE int jsonpath_parse(const char *text, struct jsonpath **ret_path, struct chaos_error *err);
/* A new array with the values found in `root`, in document order as jsonpath2 yields them. */
MUST_USE int jsonpath_match(const struct jsonpath *path, const json_t *root, json_t **ret_values,
                            struct chaos_error *err);
void jsonpath_free(struct jsonpath *path);

AUTO_FREE(jsonpath, struct jsonpath)
