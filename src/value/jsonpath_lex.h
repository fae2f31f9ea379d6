/* SPDX-License-Identifier: Apache-2.0 */
/* The tokens of a JSON path. */
#pragma once

#include <stddef.h>

#include "base/auto.h"

enum token_kind {
    TOKEN_END,
    TOKEN_CURRENT, /* @ */
    TOKEN_DESCENT, /* .. */
    TOKEN_ROOT,    /* $ */
    TOKEN_DOT,
    TOKEN_STAR,
    TOKEN_AND,
    TOKEN_EQUAL,
    TOKEN_AT_LEAST,
    TOKEN_MORE,
    TOKEN_AT_MOST,
    TOKEN_LESS,
    TOKEN_UNEQUAL,
    TOKEN_NOT,
    TOKEN_OR,
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_NULL,
    TOKEN_BRACE_OPEN,
    TOKEN_BRACE_CLOSE,
    TOKEN_BRACKET_OPEN,
    TOKEN_BRACKET_CLOSE,
    TOKEN_COLON,
    TOKEN_COMMA,
    TOKEN_PAREN_OPEN,
    TOKEN_PAREN_CLOSE,
    TOKEN_QUESTION,
    TOKEN_NAME,
    TOKEN_STRING, /* with its quotes; escapes are checked, yet stay as they are written */
    TOKEN_NUMBER,
};

struct token {
    enum token_kind kind;
    const char *text; /* into the path's text */
    size_t length;
};

/* The token at `at`, white space skipped. -CHAOS_E_INVALID with a message, without its place, when
 * nothing there is one. ret_token->text is set in either case. */
MUST_USE int jsonpath_lex(const char *at, struct token *ret_token, struct chaos_error *err);
