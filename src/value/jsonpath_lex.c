// SPDX-License-Identifier: Apache-2.0
#include "value/jsonpath_lex.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

struct fixed_token {
    const char *text;
    enum token_kind kind;
};

/* The longer one first where one starts another. */
static const struct fixed_token fixed_tokens[] = {
    { "..", TOKEN_DESCENT },    { ".", TOKEN_DOT },          { ">=", TOKEN_AT_LEAST },
    { ">", TOKEN_MORE },        { "<=", TOKEN_AT_MOST },     { "<", TOKEN_LESS },
    { "!=", TOKEN_UNEQUAL },    { "=", TOKEN_EQUAL },        { "@", TOKEN_CURRENT },
    { "$", TOKEN_ROOT },        { "*", TOKEN_STAR },         { "{", TOKEN_BRACE_OPEN },
    { "}", TOKEN_BRACE_CLOSE }, { "[", TOKEN_BRACKET_OPEN }, { "]", TOKEN_BRACKET_CLOSE },
    { ":", TOKEN_COLON },       { ",", TOKEN_COMMA },        { "(", TOKEN_PAREN_OPEN },
    { ")", TOKEN_PAREN_CLOSE }, { "?", TOKEN_QUESTION },
};

static const struct fixed_token keywords[] = {
    { "and", TOKEN_AND },   { "not", TOKEN_NOT },     { "or", TOKEN_OR },
    { "true", TOKEN_TRUE }, { "false", TOKEN_FALSE }, { "null", TOKEN_NULL },
};

static bool starts_name(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static void lex_name(struct token *token)
{
    token->kind = TOKEN_NAME;
    token->length = 1;
    while (starts_name(token->text[token->length]) ||
           isdigit((unsigned char)token->text[token->length]))
        token->length++;
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
        if (strlen(keywords[i].text) == token->length &&
            memcmp(keywords[i].text, token->text, token->length) == 0)
            token->kind = keywords[i].kind;
}

/* 0, or digits that do not start with 0; NULL when there is no digit. */
static const char *skip_integer(const char *at)
{
    if (*at == '0')
        return at + 1;
    if (!isdigit((unsigned char)*at))
        return NULL;
    return at + strspn(at, "0123456789");
}

/* As in JSON; a fraction or an exponent that is not complete is left for the next token. */
static bool lex_number(struct token *token)
{
    const char *end = skip_integer(token->text + (*token->text == '-'));
    const char *exponent;

    if (!end)
        return false;
    if (end[0] == '.' && isdigit((unsigned char)end[1]))
        end += 1 + strspn(end + 1, "0123456789");
    if (*end == 'e' || *end == 'E') {
        exponent = skip_integer(end + 1 + (end[1] == '+' || end[1] == '-'));
        if (exponent)
            end = exponent;
    }
    token->kind = TOKEN_NUMBER;
    token->length = (size_t)(end - token->text);
    return true;
}

/* How long the escape behind a backslash is, 0 when it is none of JSON's. */
static size_t escape_length(const char *at)
{
    if (*at && strchr("\"/\\bfnrt", *at))
        return 1;
    if (*at == 'u' && strspn(at + 1, "0123456789abcdefABCDEF") >= 4)
        return 5;
    return 0;
}

static int lex_string(struct token *token, struct chaos_error *err)
{
    const char *at = token->text + 1;

    while (*at != '"') {
        size_t escape;

        if (!*at)
            return chaos_error_set(err, CHAOS_E_INVALID, "a string without closing '\"'");
        if ((unsigned char)*at < 0x20)
            return chaos_error_set(err, CHAOS_E_INVALID, "a string with a control character");
        if (*at++ != '\\')
            continue;
        escape = escape_length(at);
        if (!escape)
            return chaos_error_set(err, CHAOS_E_INVALID, "a string with an escape unknown to JSON");
        at += escape;
    }
    token->kind = TOKEN_STRING;
    token->length = (size_t)(at + 1 - token->text);
    return 0;
}

int jsonpath_lex(const char *at, struct token *ret_token, struct chaos_error *err)
{
    struct token *token = ret_token;

    at += strspn(at, " \t\n\r");
    *token = (struct token){ .kind = TOKEN_END, .text = at };
    if (!*at)
        return 0;
    if (*at == '"')
        return lex_string(token, err);
    if (starts_name(*at)) {
        lex_name(token);
        return 0;
    }
    if (lex_number(token))
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(fixed_tokens); i++) {
        size_t length = strlen(fixed_tokens[i].text);

        if (strncmp(at, fixed_tokens[i].text, length) == 0) {
            token->kind = fixed_tokens[i].kind;
            token->length = length;
            return 0;
        }
    }
    if ((unsigned char)*at > 0x20 && (unsigned char)*at < 0x7f)
        return chaos_error_set(err, CHAOS_E_INVALID, "'%c' has no meaning outside of a string",
                               *at);
    return chaos_error_set(err, CHAOS_E_INVALID, "a character without meaning outside of a string");
}
