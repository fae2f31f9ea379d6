/* SPDX-License-Identifier: Apache-2.0 */
/* The parsed form of a JSON path, between jsonpath_parse.c and jsonpath_match.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

struct subscript;
struct expression;

/* .name, ..name, [a, b] or ..[a, b] */
struct path_step {
    bool descend;
    struct subscript *subscripts;
    size_t count;
};

/* $ or @ and the steps behind it. */
struct location {
    bool from_root;
    struct path_step *steps;
    size_t count;
};

/* A path, or else a literal value. */
struct operand {
    struct location *path;
    json_t *value;
};

enum path_function {
    FUNCTION_CHAR_AT,
    FUNCTION_ENTRIES,
    FUNCTION_KEYS,
    FUNCTION_LENGTH,
    FUNCTION_SUBSTRING,
    FUNCTION_VALUES,
    FUNCTION_COUNT,
};

/* Numbers beyond 64 bits are clamped: no index reaches that far. */
struct slice {
    bool has_start;
    bool has_end;
    bool has_step;
    int64_t start;
    int64_t end;
    int64_t step;
};

enum subscript_kind {
    SUBSCRIPT_KEY,
    SUBSCRIPT_INDEX,
    SUBSCRIPT_SLICE,
    SUBSCRIPT_WILDCARD,
    SUBSCRIPT_FILTER,
    SUBSCRIPT_PATH, /* [@.name]: what it finds is the key or the index */
    SUBSCRIPT_CALL,
};

struct subscript {
    enum subscript_kind kind;
    char *key;
    int64_t index;
    struct slice slice;
    struct expression *filter;
    struct location *path;
    enum path_function function;
    struct operand *arguments;
    size_t argument_count;
};

enum expression_kind {
    EXPRESSION_SOME,
    EXPRESSION_COMPARE,
    EXPRESSION_NOT,
    EXPRESSION_AND,
    EXPRESSION_OR
};

enum comparison {
    COMPARE_EQUAL,
    COMPARE_UNEQUAL,
    COMPARE_LESS,
    COMPARE_AT_MOST,
    COMPARE_MORE,
    COMPARE_AT_LEAST,
};

struct expression {
    enum expression_kind kind;
    enum comparison comparison;
    struct operand left; /* of SOME: the only one */
    struct operand right;
    struct expression *items; /* of NOT: one; of AND and OR: two or more */
    size_t count;
};

void location_free(struct location *path);
void expression_free(struct expression *expression);
void subscript_clear(struct subscript *subscript);
void operand_clear(struct operand *operand);

AUTO_FREE(location, struct location)

struct jsonpath {
    struct location *root;
};
