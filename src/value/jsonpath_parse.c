// SPDX-License-Identifier: Apache-2.0
/* The grammar of jsonpath2 by recursive descent. Names in the comments of functions are those of
 * its rules. As there, "or" binds closer than "and". */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "value/codepoint.h"
#include "value/json.h"
#include "value/jsonpath.h"
#include "value/jsonpath_lex.h"
#include "value/jsonpath_tree.h"

#define TEXT_MAX   ((size_t)1024 * 1024)
#define NESTED_MAX 100
#define STEPS_MAX  500
/* Python refuses to read longer integers (sys.get_int_max_str_digits()). */
#define DIGITS_MAX 4300

struct parser {
    const char *text;
    struct token token; /* the one to look at next */
    int nested;
    struct chaos_error *err;
};

static const char *const function_names[] = {
    [FUNCTION_CHAR_AT] = "charAt", [FUNCTION_ENTRIES] = "entries",     [FUNCTION_KEYS] = "keys",
    [FUNCTION_LENGTH] = "length",  [FUNCTION_SUBSTRING] = "substring", [FUNCTION_VALUES] = "values",
};
_Static_assert(ARRAY_SIZE(function_names) == FUNCTION_COUNT, "every function has a name");

static int parse_value(struct parser *parser, json_t **ret_value);
static int parse_location(struct parser *parser, struct location **ret_path);
static int parse_and(struct parser *parser, struct expression *ret);

static size_t offset_of(const struct parser *parser, const char *at)
{
    return codepoint_count(parser->text, (size_t)(at - parser->text));
}

static int advance(struct parser *parser)
{
    int r = jsonpath_lex(parser->token.text + parser->token.length, &parser->token, parser->err);

    if (r < 0)
        return chaos_error_prefix(parser->err, "offset %zu", offset_of(parser, parser->token.text));
    return 0;
}

static int unexpected(const struct parser *parser, const char *expected)
{
    const struct token *token = &parser->token;

    if (token->kind == TOKEN_END)
        return chaos_error_set(parser->err, CHAOS_E_INVALID,
                               "offset %zu: expected %s, found the end",
                               offset_of(parser, token->text), expected);
    return chaos_error_set(parser->err, CHAOS_E_INVALID, "offset %zu: expected %s, found '%.*s'",
                           offset_of(parser, token->text), expected, (int)token->length,
                           token->text);
}

static int expect(struct parser *parser, enum token_kind kind, const char *expected)
{
    if (parser->token.kind != kind)
        return unexpected(parser, expected);
    return advance(parser);
}

/* Every rule that may hold itself passes here, and ends with leave(). */
static int enter(struct parser *parser)
{
    if (parser->nested == NESTED_MAX)
        return chaos_error_set(parser->err, CHAOS_E_LIMIT, "offset %zu: nested deeper than %d",
                               offset_of(parser, parser->token.text), NESTED_MAX);
    parser->nested++;
    return 0;
}

static void leave(struct parser *parser)
{
    parser->nested--;
}

/* Room for one more zeroed item at the end of an array. */
static void *grow(void *items, size_t count, size_t size)
{
    char *grown = mem_resize(items, (count + 1) * size);

    memset(grown + count * size, 0, size);
    return grown;
}

static size_t digit_count(const struct token *token)
{
    size_t sign = *token->text == '-';

    return strspn(token->text + sign, "0123456789");
}

static bool is_integer(const struct token *token)
{
    return digit_count(token) + (*token->text == '-') == token->length;
}

static int check_digits(const struct parser *parser)
{
    if (digit_count(&parser->token) > DIGITS_MAX)
        return chaos_error_set(parser->err, CHAOS_E_INVALID,
                               "offset %zu: an integer of more than %d digits",
                               offset_of(parser, parser->token.text), DIGITS_MAX);
    return 0;
}

/* An index or a bound of a slice, clamped to 64 bits. */
static int parse_index(struct parser *parser, int64_t *ret_index)
{
    const char *at = parser->token.text;
    bool negative = *at == '-';
    int64_t value = 0;
    int r;

    if (parser->token.kind != TOKEN_NUMBER || !is_integer(&parser->token))
        return unexpected(parser, "an integer");
    r = check_digits(parser);
    if (r < 0)
        return r;
    for (at += negative; at < parser->token.text + parser->token.length; at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *at - '0', &value)) {
            value = INT64_MAX;
            break;
        }
    *ret_index = negative ? -value : value;
    return advance(parser);
}

static int parse_number(struct parser *parser, json_t **ret_value)
{
    int r = check_digits(parser);

    if (r < 0)
        return r;
    r = json_parse(parser->token.text, parser->token.length, ret_value, parser->err);
    if (r < 0)
        return chaos_error_prefix(parser->err, "offset %zu", offset_of(parser, parser->token.text));
    return advance(parser);
}

/* The text between the quotes, as it is written: jsonpath2 does not resolve escapes. */
static char *string_content(const struct token *token)
{
    return mem_strndup(token->text + 1, token->length - 2);
}

/* pair */
static int parse_pair(struct parser *parser, json_t *object)
{
    AUTO(str) char *key = NULL;
    AUTO(json) json_t *value = NULL;
    int r;

    if (parser->token.kind != TOKEN_STRING)
        return unexpected(parser, "a string as key");
    key = string_content(&parser->token);
    r = advance(parser);
    if (!r)
        r = expect(parser, TOKEN_COLON, "':'");
    if (!r)
        r = parse_value(parser, &value);
    if (!r)
        json_object_set(object, key, value);
    return r;
}

static int parse_element(struct parser *parser, json_t *array)
{
    AUTO(json) json_t *value = NULL;
    int r = parse_value(parser, &value);

    if (!r)
        json_array_append(array, value);
    return r;
}

/* obj, array: the opening token is the current one. */
static int parse_container(struct parser *parser, json_t **ret_value)
{
    bool object = parser->token.kind == TOKEN_BRACE_OPEN;
    enum token_kind close = object ? TOKEN_BRACE_CLOSE : TOKEN_BRACKET_CLOSE;
    AUTO(json) json_t *value = object ? json_object() : json_array();
    bool more;
    int r = advance(parser);

    if (r < 0)
        return r;
    more = parser->token.kind != close;
    while (more) {
        r = object ? parse_pair(parser, value) : parse_element(parser, value);
        if (r < 0)
            return r;
        more = parser->token.kind == TOKEN_COMMA;
        if (more)
            r = advance(parser);
        if (r < 0)
            return r;
    }
    r = expect(parser, close, object ? "',' or '}'" : "',' or ']'");
    if (!r)
        *ret_value = STEAL(value);
    return r;
}

/* value */
static int parse_value(struct parser *parser, json_t **ret_value)
{
    AUTO(json) json_t *value = NULL;
    AUTO(str) char *text = NULL;
    int r;

    switch ((int)parser->token.kind) {
    case TOKEN_STRING:
        text = string_content(&parser->token);
        value = json_string(text);
        break;
    case TOKEN_TRUE:
        value = json_true();
        break;
    case TOKEN_FALSE:
        value = json_false();
        break;
    case TOKEN_NULL:
        value = json_null();
        break;
    case TOKEN_NUMBER:
        return parse_number(parser, ret_value);
    case TOKEN_BRACE_OPEN:
    case TOKEN_BRACKET_OPEN:
        r = enter(parser);
        if (r < 0)
            return r;
        r = parse_container(parser, ret_value);
        leave(parser);
        return r;
    default:
        return unexpected(parser, "'$', '@' or a JSON value");
    }
    r = advance(parser);
    if (!r)
        *ret_value = STEAL(value);
    return r;
}

/* jsonpath__ */
static int parse_operand(struct parser *parser, struct operand *ret)
{
    if (parser->token.kind == TOKEN_ROOT || parser->token.kind == TOKEN_CURRENT)
        return parse_location(parser, &ret->path);
    return parse_value(parser, &ret->value);
}

static bool is_comparison(enum token_kind kind, enum comparison *ret)
{
    static const enum comparison comparisons[] = {
        [TOKEN_EQUAL] = COMPARE_EQUAL, [TOKEN_UNEQUAL] = COMPARE_UNEQUAL,
        [TOKEN_LESS] = COMPARE_LESS,   [TOKEN_AT_MOST] = COMPARE_AT_MOST,
        [TOKEN_MORE] = COMPARE_MORE,   [TOKEN_AT_LEAST] = COMPARE_AT_LEAST,
    };

    if (kind < TOKEN_EQUAL || kind > TOKEN_UNEQUAL)
        return false;
    *ret = comparisons[kind];
    return true;
}

static int parse_comparison(struct parser *parser, struct expression *ret)
{
    int r = parse_operand(parser, &ret->left);

    ret->kind = EXPRESSION_SOME;
    if (r < 0 || !is_comparison(parser->token.kind, &ret->comparison))
        return r;
    ret->kind = EXPRESSION_COMPARE;
    r = advance(parser);
    return r < 0 ? r : parse_operand(parser, &ret->right);
}

/* notExpression */
static int parse_not(struct parser *parser, struct expression *ret)
{
    bool negated = false;
    int r;

    while (parser->token.kind == TOKEN_NOT) {
        negated = !negated;
        r = advance(parser);
        if (r < 0)
            return r;
    }
    if (negated) {
        ret->kind = EXPRESSION_NOT;
        ret->items = grow(NULL, 0, sizeof(*ret->items));
        ret->count = 1;
        ret = ret->items;
    }
    if (parser->token.kind != TOKEN_PAREN_OPEN)
        return parse_comparison(parser, ret);
    r = advance(parser);
    if (!r)
        r = enter(parser);
    if (r < 0)
        return r;
    r = parse_and(parser, ret);
    leave(parser);
    return r < 0 ? r : expect(parser, TOKEN_PAREN_CLOSE, "'and', 'or' or ')'");
}

/* A chain of `operand`s joined by `joint`, which is one operand alone when there is no joint. */
static int parse_chain(struct parser *parser, struct expression *ret, enum token_kind joint,
                       int (*operand)(struct parser *, struct expression *))
{
    struct expression first = { 0 };
    int r = operand(parser, &first);

    *ret = first; /* the caller owns it in either case */
    if (r < 0 || parser->token.kind != joint)
        return r;
    *ret = (struct expression){ .kind = joint == TOKEN_AND ? EXPRESSION_AND : EXPRESSION_OR };
    ret->items = grow(NULL, 0, sizeof(*ret->items));
    ret->items[0] = first;
    ret->count = 1;
    while (parser->token.kind == joint) {
        r = advance(parser);
        if (r < 0)
            return r;
        ret->items = grow(ret->items, ret->count, sizeof(*ret->items));
        r = operand(parser, &ret->items[ret->count++]);
        if (r < 0)
            return r;
    }
    return 0;
}

/* orExpression */
static int parse_or(struct parser *parser, struct expression *ret)
{
    return parse_chain(parser, ret, TOKEN_OR, parse_not);
}

/* andExpression */
static int parse_and(struct parser *parser, struct expression *ret)
{
    return parse_chain(parser, ret, TOKEN_AND, parse_or);
}

/* ?(expression): the question mark is the current token. */
static int parse_filter(struct parser *parser, struct subscript *ret)
{
    int r = advance(parser);

    ret->kind = SUBSCRIPT_FILTER;
    ret->filter = mem_zero(1, sizeof(*ret->filter));
    if (!r)
        r = expect(parser, TOKEN_PAREN_OPEN, "'('");
    if (!r)
        r = parse_and(parser, ret->filter);
    return r < 0 ? r : expect(parser, TOKEN_PAREN_CLOSE, "'and', 'or' or ')'");
}

/* subscriptableArguments, for the function of the name `name`. */
static int parse_call(struct parser *parser, const struct token *name, struct subscript *ret)
{
    size_t function = 0;
    bool more;
    int r;

    while (function < FUNCTION_COUNT &&
           (strlen(function_names[function]) != name->length ||
            memcmp(function_names[function], name->text, name->length) != 0))
        function++;
    if (function == FUNCTION_COUNT)
        return chaos_error_set(parser->err, CHAOS_E_INVALID,
                               "offset %zu: '%.*s' is none of the functions charAt, entries, keys, "
                               "length, substring and values",
                               offset_of(parser, name->text), (int)name->length, name->text);
    ret->kind = SUBSCRIPT_CALL;
    ret->function = (enum path_function)function;
    r = expect(parser, TOKEN_PAREN_OPEN, "'('");
    if (r < 0)
        return r;
    more = parser->token.kind != TOKEN_PAREN_CLOSE;
    while (more) {
        ret->arguments = grow(ret->arguments, ret->argument_count, sizeof(*ret->arguments));
        r = parse_operand(parser, &ret->arguments[ret->argument_count++]);
        if (r < 0)
            return r;
        more = parser->token.kind == TOKEN_COMMA;
        if (more)
            r = advance(parser);
        if (r < 0)
            return r;
    }
    return expect(parser, TOKEN_PAREN_CLOSE, "',' or ')'");
}

/* subscriptableBareword: what may follow a '.' or '..' */
static int parse_bareword(struct parser *parser, struct subscript *ret)
{
    struct token name = parser->token;
    int r;

    if (name.kind == TOKEN_STAR) {
        ret->kind = SUBSCRIPT_WILDCARD;
        return advance(parser);
    }
    if (name.kind != TOKEN_NAME)
        return unexpected(parser, "a name or '*'");
    r = advance(parser);
    if (r < 0)
        return r;
    if (parser->token.kind == TOKEN_PAREN_OPEN)
        return parse_call(parser, &name, ret);
    ret->kind = SUBSCRIPT_KEY;
    ret->key = mem_strndup(name.text, name.length);
    return 0;
}

/* sliceable: a colon is the current token. */
static int parse_slice(struct parser *parser, struct subscript *ret)
{
    int r = advance(parser);

    ret->kind = SUBSCRIPT_SLICE;
    if (!r && parser->token.kind == TOKEN_NUMBER) {
        ret->slice.has_end = true;
        r = parse_index(parser, &ret->slice.end);
    }
    if (r < 0 || parser->token.kind != TOKEN_COLON)
        return r;
    r = advance(parser);
    if (r < 0 || parser->token.kind != TOKEN_NUMBER)
        return r;
    ret->slice.has_step = true;
    return parse_index(parser, &ret->slice.step);
}

static int parse_index_or_slice(struct parser *parser, struct subscript *ret)
{
    int r = parse_index(parser, &ret->index);

    ret->kind = SUBSCRIPT_INDEX;
    if (r < 0 || parser->token.kind != TOKEN_COLON)
        return r;
    ret->slice.has_start = true;
    ret->slice.start = ret->index;
    return parse_slice(parser, ret);
}

/* subscriptable: what may stand in brackets */
static int parse_subscript(struct parser *parser, struct subscript *ret)
{
    struct token token = parser->token;
    int r;

    switch ((int)token.kind) {
    case TOKEN_STRING:
        ret->kind = SUBSCRIPT_KEY;
        ret->key = string_content(&token);
        return advance(parser);
    case TOKEN_NUMBER:
        return parse_index_or_slice(parser, ret);
    case TOKEN_COLON:
        return parse_slice(parser, ret);
    case TOKEN_STAR:
        ret->kind = SUBSCRIPT_WILDCARD;
        return advance(parser);
    case TOKEN_QUESTION:
        return parse_filter(parser, ret);
    case TOKEN_CURRENT:
    case TOKEN_ROOT:
        ret->kind = SUBSCRIPT_PATH;
        return parse_location(parser, &ret->path);
    case TOKEN_NAME:
        r = advance(parser);
        if (r < 0)
            return r;
        if (parser->token.kind != TOKEN_PAREN_OPEN)
            return chaos_error_set(parser->err, CHAOS_E_INVALID,
                                   "offset %zu: in brackets a name has quotes: \"%.*s\"",
                                   offset_of(parser, token.text), (int)token.length, token.text);
        return parse_call(parser, &token, ret);
    default:
        return unexpected(parser, "a string, an index, a slice, '*', a filter, a path or a call");
    }
}

/* subscriptables: the opening bracket is the current token. */
static int parse_brackets(struct parser *parser, struct path_step *ret)
{
    do {
        int r = advance(parser);

        if (r < 0)
            return r;
        ret->subscripts = grow(ret->subscripts, ret->count, sizeof(*ret->subscripts));
        r = parse_subscript(parser, &ret->subscripts[ret->count++]);
        if (r < 0)
            return r;
    } while (parser->token.kind == TOKEN_COMMA);
    return expect(parser, TOKEN_BRACKET_CLOSE, "',' or ']'");
}

/* subscript, without the ones that follow it */
static int parse_step(struct parser *parser, struct path_step *ret)
{
    enum token_kind kind = parser->token.kind;

    if (kind != TOKEN_BRACKET_OPEN) {
        int r = advance(parser);

        if (r < 0)
            return r;
        ret->descend = kind == TOKEN_DESCENT;
    }
    if (parser->token.kind == TOKEN_BRACKET_OPEN && kind != TOKEN_DOT)
        return parse_brackets(parser, ret);
    ret->subscripts = grow(NULL, 0, sizeof(*ret->subscripts));
    ret->count = 1;
    return parse_bareword(parser, ret->subscripts);
}

static bool starts_step(enum token_kind kind)
{
    return kind == TOKEN_DOT || kind == TOKEN_DESCENT || kind == TOKEN_BRACKET_OPEN;
}

/* jsonpath_: '$' or '@' is the current token. */
static int parse_location(struct parser *parser, struct location **ret_path)
{
    AUTO(location) struct location *path = mem_zero(1, sizeof(*path));
    int r = enter(parser);

    if (r < 0)
        return r;
    path->from_root = parser->token.kind == TOKEN_ROOT;
    r = advance(parser);
    while (!r && starts_step(parser->token.kind)) {
        if (path->count == STEPS_MAX)
            return chaos_error_set(parser->err, CHAOS_E_LIMIT, "offset %zu: more than %d steps",
                                   offset_of(parser, parser->token.text), STEPS_MAX);
        path->steps = grow(path->steps, path->count, sizeof(*path->steps));
        r = parse_step(parser, &path->steps[path->count++]);
    }
    leave(parser);
    if (!r)
        *ret_path = STEAL(path);
    return r;
}

int jsonpath_parse(const char *text, struct jsonpath **ret_path, struct chaos_error *err)
{
    AUTO(location) struct location *root = NULL;
    struct parser parser = { .text = text, .token = { .text = text }, .err = err };
    size_t length = strlen(text);
    int r;

    if (length > TEXT_MAX)
        return chaos_error_set(err, CHAOS_E_LIMIT, "a path of more than %zu bytes", TEXT_MAX);
    if (!str_is_utf8(text, length))
        return chaos_error_set(err, CHAOS_E_INVALID, "a path that is not UTF-8");
    r = advance(&parser);
    if (r < 0)
        return r;
    if (parser.token.kind != TOKEN_ROOT)
        return unexpected(&parser, "'$'");
    r = parse_location(&parser, &root);
    if (r < 0)
        return r;
    if (parser.token.kind != TOKEN_END)
        return unexpected(&parser, "'.', '..', '[' or the end");
    *ret_path = mem_zero(1, sizeof(**ret_path));
    (*ret_path)->root = STEAL(root);
    return 0;
}
