/* SPDX-License-Identifier: Apache-2.0 */
/* A Pratt parser over the characters: an operator takes its right side as far as its power holds.
 */
#include <ctype.h>
#include <string.h>

#include "aws/jmespath_tree.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/json.h"

#define DEPTH_MAX 64

enum power {
    POWER_NONE,
    POWER_PIPE,
    POWER_OR,
    POWER_AND,
    POWER_COMPARE = 5,
    POWER_FLATTEN = 9,
    POWER_PROJECTION = 10, /* whatever is below ends a projection */
    POWER_STAR = 20,
    POWER_DOT = 40,
    POWER_NOT = 45,
    POWER_BRACKET = 55,
};

struct parser {
    const char *text;
    const char *at;
    int depth;
};

static int expression(struct parser *parser, int power, struct jmespath_node **ret_node,
                      struct chaos_error *err);

static int fail(const struct parser *parser, const char *expected, struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_INVALID, "JMESPath '%s', offset %zu: expected %s",
                           parser->text, (size_t)(parser->at - parser->text), expected);
}

static struct jmespath_node *node_new(enum jmespath_kind kind, struct jmespath_node *left)
{
    struct jmespath_node *node = mem_zero(1, sizeof(*node));

    node->kind = kind;
    node->left = left;
    return node;
}

static void node_free(struct jmespath_node *node)
{
    while (node) {
        struct jmespath_node *next = node->next;

        node_free(node->left);
        node_free(node->right);
        node_free(node->condition);
        node_free(node->items);
        free(node->text);
        free(node->key);
        json_decref(node->literal);
        free(node);
        node = next;
    }
}

AUTO_FREE(node, struct jmespath_node)

static void skip_blanks(struct parser *parser)
{
    parser->at += strspn(parser->at, " \t\r\n");
}

static bool take(struct parser *parser, const char *token)
{
    skip_blanks(parser);
    if (!str_starts(parser->at, token))
        return false;
    parser->at += strlen(token);
    return true;
}

static size_t name_length(const char *text)
{
    size_t length = 0;

    if (isdigit((unsigned char)*text))
        return 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    return length;
}

/* Up to an unescaped `quote`, which is consumed; `\quote` stands for it. */
static int quoted(struct parser *parser, char quote, char **ret_text, struct chaos_error *err)
{
    AUTO(buffer) struct buffer out = { 0 };

    for (; *parser->at != quote; parser->at++) {
        if (!*parser->at)
            return fail(parser, "a closing quote", err);
        if (*parser->at == '\\' && parser->at[1] == quote)
            parser->at++;
        else if (*parser->at == '\\' && parser->at[1]) /* JSON's escapes stay for its reader */
            buffer_add_char(&out, *parser->at++);
        buffer_add_char(&out, *parser->at);
    }
    parser->at++;
    *ret_text = buffer_take(&out);
    return 0;
}

/* A bare name, or one in double quotes, which is a JSON text. */
static int name(struct parser *parser, char **ret_name, struct chaos_error *err)
{
    size_t length;

    skip_blanks(parser);
    if (*parser->at == '"') {
        const char *start = parser->at++;
        AUTO(str) char *raw = NULL;
        AUTO(json) json_t *value = NULL;
        int r = quoted(parser, '"', &raw, err);

        if (r == 0)
            r = json_parse(start, (size_t)(parser->at - start), &value, err);
        if (r < 0)
            return r;
        *ret_name = mem_strdup(json_string_value(value));
        return 0;
    }
    length = name_length(parser->at);
    if (!length)
        return fail(parser, "a name", err);
    *ret_name = mem_strndup(parser->at, length);
    parser->at += length;
    return 0;
}

/* Expressions separated by commas up to `close`; with `keyed`, each behind "key:". */
static int items(struct parser *parser, const char *close, bool keyed, struct jmespath_node *parent,
                 struct chaos_error *err)
{
    struct jmespath_node **end = &parent->items;

    while (!take(parser, close)) {
        AUTO(str) char *key = NULL;
        int r = 0;

        if (parent->items && !take(parser, ","))
            return fail(parser, "',' or the end of the list", err);
        if (keyed)
            r = name(parser, &key, err);
        if (r == 0 && keyed && !take(parser, ":"))
            r = fail(parser, "':' after a key", err);
        if (r == 0)
            r = expression(parser, POWER_NONE, end, err);
        if (r < 0)
            return r;
        (*end)->key = STEAL(key);
        end = &(*end)->next;
    }
    return 0;
}

static int literal(struct parser *parser, struct jmespath_node **ret_node, struct chaos_error *err)
{
    AUTO(node) struct jmespath_node *node = node_new(JMESPATH_LITERAL, NULL);
    AUTO(str) char *text = NULL;
    AUTO(chaos_error) struct chaos_error why = { 0 };
    bool is_raw = *parser->at == '\'';
    int r;

    r = quoted(parser, *parser->at++ == '\'' ? '\'' : '`', &text, err);
    if (r < 0)
        return r;
    if (is_raw)
        node->literal = json_string(text);
    else if (json_parse(text, strlen(text), &node->literal, &why) < 0)
        node->literal = json_string(text); /* deprecated, but seen: `text` without quotes */
    if (!node->literal)
        return fail(parser, "UTF-8 text", err);
    *ret_node = STEAL(node);
    return 0;
}

/* What a projection applies to each item: what follows, as far as it binds. */
static int projection_tail(struct parser *parser, struct jmespath_node **ret_node,
                           struct chaos_error *err)
{
    skip_blanks(parser);
    if (*parser->at == '[' && parser->at[1] != ']')
        return expression(parser, POWER_PROJECTION, ret_node, err);
    if (*parser->at == '.') {
        parser->at++;
        return expression(parser, POWER_PROJECTION, ret_node, err);
    }
    *ret_node = node_new(JMESPATH_CURRENT, NULL);
    return 0;
}

static int projection(struct parser *parser, enum jmespath_kind kind, struct jmespath_node *left,
                      struct jmespath_node **ret_node, struct chaos_error *err)
{
    struct jmespath_node *node = *ret_node = node_new(kind, left);
    int r = 0;

    if (kind == JMESPATH_FILTER) {
        r = expression(parser, POWER_NONE, &node->condition, err);
        if (r == 0 && !take(parser, "]"))
            r = fail(parser, "']' after a filter", err);
    }
    return r < 0 ? r : projection_tail(parser, &node->right, err);
}

/* "]" or "1]" or "1:2:3]" behind '['. */
static int index_or_slice(struct parser *parser, struct jmespath_node *left,
                          struct jmespath_node **ret_node, struct chaos_error *err)
{
    AUTO(node) struct jmespath_node *node = node_new(JMESPATH_INDEX, NULL);
    bool is_slice;
    int count = 0;

    for (;;) {
        char *end;

        skip_blanks(parser);
        node->numbers[count] = strtol(parser->at, &end, 10);
        node->has[count] = end != parser->at;
        parser->at = end;
        if (take(parser, "]"))
            break;
        if (!take(parser, ":") || ++count > 2)
            return fail(parser, "']' or ':'", err);
        node->kind = JMESPATH_SLICE;
    }
    if (node->kind == JMESPATH_INDEX && !node->has[0])
        return fail(parser, "a number in brackets", err);
    if (node->kind == JMESPATH_SLICE && node->has[2] && node->numbers[2] == 0)
        return fail(parser, "a step other than 0", err);
    is_slice = node->kind == JMESPATH_SLICE;
    *ret_node = node_new(JMESPATH_SUB, left);
    (*ret_node)->right = STEAL(node);
    return is_slice ? projection(parser, JMESPATH_LIST, *ret_node, ret_node, err) : 0;
}

/* Behind '[' with something to its left, or nothing (JMESPATH_CURRENT). *ret_node owns `left` even
 * when it fails. */
static int bracket(struct parser *parser, struct jmespath_node *left,
                   struct jmespath_node **ret_node, struct chaos_error *err)
{
    *ret_node = left;
    if (take(parser, "?"))
        return projection(parser, JMESPATH_FILTER, left, ret_node, err);
    if (take(parser, "]"))
        return projection(parser, JMESPATH_FLATTEN, left, ret_node, err);
    if (take(parser, "*]"))
        return projection(parser, JMESPATH_LIST, left, ret_node, err);
    return index_or_slice(parser, left, ret_node, err);
}

static int prefix_name(struct parser *parser, struct jmespath_node **ret_node,
                       struct chaos_error *err)
{
    AUTO(node) struct jmespath_node *node = node_new(JMESPATH_FIELD, NULL);
    int r = name(parser, &node->text, err);

    if (r == 0 && *parser->at == '(') {
        parser->at++;
        node->kind = JMESPATH_CALL;
        r = items(parser, ")", false, node, err);
    }
    if (r == 0)
        *ret_node = STEAL(node);
    return r;
}

/* An expression that needs nothing to its left. */
static int prefix(struct parser *parser, struct jmespath_node **ret_node, struct chaos_error *err)
{
    int r;

    skip_blanks(parser);
    switch (*parser->at) {
    case '`':
    case '\'':
        return literal(parser, ret_node, err);
    case '@':
        parser->at++;
        *ret_node = node_new(JMESPATH_CURRENT, NULL);
        return 0;
    case '!':
        parser->at++;
        *ret_node = node_new(JMESPATH_NOT, NULL);
        return expression(parser, POWER_NOT, &(*ret_node)->left, err);
    case '(':
        parser->at++;
        r = expression(parser, POWER_NONE, ret_node, err);
        return r == 0 && !take(parser, ")") ? fail(parser, "')'", err) : r;
    case '*':
        parser->at++;
        return projection(parser, JMESPATH_VALUES, node_new(JMESPATH_CURRENT, NULL), ret_node, err);
    case '{':
        parser->at++;
        *ret_node = node_new(JMESPATH_MULTI_HASH, NULL);
        return items(parser, "}", true, *ret_node, err);
    case '[':
        parser->at++;
        skip_blanks(parser);
        if (strchr("?]:-0123456789", *parser->at) && *parser->at)
            return bracket(parser, node_new(JMESPATH_CURRENT, NULL), ret_node, err);
        if (str_starts(parser->at, "*]"))
            return bracket(parser, node_new(JMESPATH_CURRENT, NULL), ret_node, err);
        *ret_node = node_new(JMESPATH_MULTI_LIST, NULL);
        return items(parser, "]", false, *ret_node, err);
    default:
        return prefix_name(parser, ret_node, err);
    }
}

static const struct {
    const char *token;
    enum jmespath_kind kind;
    int power;
} operators[] = {
    { "||", JMESPATH_OR, POWER_OR },
    { "&&", JMESPATH_AND, POWER_AND },
    { "|", JMESPATH_SUB, POWER_PIPE },
    { "==", JMESPATH_EQUAL, POWER_COMPARE },
    { "!=", JMESPATH_UNEQUAL, POWER_COMPARE },
    { "<=", JMESPATH_LESS_EQUAL, POWER_COMPARE },
    { ">=", JMESPATH_GREATER_EQUAL, POWER_COMPARE },
    { "<", JMESPATH_LESS, POWER_COMPARE },
    { ">", JMESPATH_GREATER, POWER_COMPARE },
};

/* Behind '.'. */
static int dotted(struct parser *parser, struct jmespath_node *left,
                  struct jmespath_node **ret_node, struct chaos_error *err)
{
    *ret_node = left;
    skip_blanks(parser);
    if (*parser->at == '*') {
        parser->at++;
        return projection(parser, JMESPATH_VALUES, left, ret_node, err);
    }
    *ret_node = node_new(JMESPATH_SUB, left);
    if (*parser->at == '[') {
        parser->at++;
        (*ret_node)->right = node_new(JMESPATH_MULTI_LIST, NULL);
        return items(parser, "]", false, (*ret_node)->right, err);
    }
    return expression(parser, POWER_DOT, &(*ret_node)->right, err);
}

/* Extend *node by what follows if it binds tighter than `power`; *ret_done when nothing does. */
static int extend(struct parser *parser, int power, struct jmespath_node **node, bool *ret_done,
                  struct chaos_error *err)
{
    skip_blanks(parser);
    if (*parser->at == '.' && power < POWER_DOT) {
        parser->at++;
        return dotted(parser, *node, node, err);
    }
    if (str_starts(parser->at, "[]") ? power < POWER_FLATTEN
                                     : *parser->at == '[' && power < POWER_BRACKET) {
        parser->at++;
        return bracket(parser, *node, node, err);
    }
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
        if (!str_starts(parser->at, operators[i].token))
            continue;
        if (power >= operators[i].power)
            break;
        parser->at += strlen(operators[i].token);
        *node = node_new(operators[i].kind, *node);
        return expression(parser, operators[i].power, &(*node)->right, err);
    }
    *ret_done = true;
    return 0;
}

static int expression(struct parser *parser, int power, struct jmespath_node **ret_node,
                      struct chaos_error *err)
{
    bool is_done = false;
    int r;

    if (++parser->depth > DEPTH_MAX)
        return chaos_error_set(err, CHAOS_E_LIMIT, "a JMESPath nested too deeply");
    r = prefix(parser, ret_node, err);
    while (r == 0 && !is_done)
        r = extend(parser, power, ret_node, &is_done, err);
    parser->depth--;
    return r;
}

int jmespath_parse(const char *text, struct jmespath **ret_path, struct chaos_error *err)
{
    AUTO(jmespath) struct jmespath *path = mem_zero(1, sizeof(*path));
    struct parser parser = { .text = text, .at = text };
    int r = expression(&parser, POWER_NONE, &path->root, err);

    skip_blanks(&parser);
    if (r == 0 && *parser.at)
        r = fail(&parser, "the end or an operator", err);
    if (r == 0)
        *ret_path = STEAL(path);
    return r;
}

void jmespath_free(struct jmespath *path)
{
    if (!path)
        return;
    node_free(path->root);
    free(path);
}
