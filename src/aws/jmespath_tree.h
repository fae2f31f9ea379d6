/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed expression: what jmespath_parse.c builds and jmespath.c walks. */
#pragma once

#include "aws/jmespath.h"

enum jmespath_kind {
    JMESPATH_CURRENT,
    JMESPATH_FIELD,
    JMESPATH_INDEX,
    JMESPATH_SLICE,
    JMESPATH_LITERAL,
    JMESPATH_SUB,     /* right of left; also a pipe: the projection ends there */
    JMESPATH_LIST,    /* project right over the items of left */
    JMESPATH_VALUES,  /* over the values of left */
    JMESPATH_FLATTEN, /* over the items of left, lists within it opened */
    JMESPATH_FILTER,  /* over the items of left for which `condition` holds */
    JMESPATH_OR,
    JMESPATH_AND,
    JMESPATH_NOT,
    JMESPATH_EQUAL,
    JMESPATH_UNEQUAL,
    JMESPATH_LESS,
    JMESPATH_LESS_EQUAL,
    JMESPATH_GREATER,
    JMESPATH_GREATER_EQUAL,
    JMESPATH_CALL,       /* text: the function; items: arguments */
    JMESPATH_MULTI_LIST, /* items */
    JMESPATH_MULTI_HASH, /* items, whose `text` are the keys */
};

struct jmespath_node {
    enum jmespath_kind kind;
    struct jmespath_node *left, *right, *condition;
    struct jmespath_node *items; /* first of a list linked by `next` */
    struct jmespath_node *next;
    char *text;
    char *key;
    json_t *literal;
    long numbers[3]; /* index; or start, stop, step of a slice */
    bool has[3];
};

struct jmespath {
    struct jmespath_node *root;
};
