/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding, query strings and URI templates as AWS services use them. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum uri_escape {
    URI_ESCAPE_ALL,       /* all but letters, digits and "-._~" (RFC 3986 unreserved) */
    URI_ESCAPE_KEEP_PATH, /* and '/' stays */
    URI_ESCAPE_FORM,      /* as URI_ESCAPE_ALL, a blank is '+' */
};

void uri_escape(struct buffer *out, const char *text, size_t length, enum uri_escape mode);
/* Append the bytes of `length` of `text`; '+' is a blank when `mode` is URI_ESCAPE_FORM. A '%'
 * that no two hexadecimal digits follow stays. Decoded NULs become U+FFFD: texts end at NUL. */
void uri_unescape(struct buffer *out, const char *text, size_t length, enum uri_escape mode);

struct uri_pair {
    char *name;
    char *value; /* "" without '=' */
};

/* Name and value pairs in order. */
struct uri_pairs {
    struct uri_pair *items;
    size_t count;
    size_t capacity;
};

void uri_pairs_add(struct uri_pairs *pairs, const char *name, const char *value);
/* The first value of `name`; NULL for none. */
const char *uri_pairs_find(const struct uri_pairs *pairs, const char *name);
/* Append the pairs of "a=1&b=2", unescaped; -CHAOS_E_LIMIT beyond URI_PAIRS_MAX. */
MUST_USE int uri_pairs_parse(struct uri_pairs *pairs, const char *text, size_t length,
                             enum uri_escape mode, struct chaos_error *err);
/* Append "a=1&b=2", escaped. */
void uri_pairs_write(struct buffer *out, const struct uri_pairs *pairs, enum uri_escape mode);
void uri_pairs_clear(struct uri_pairs *pairs);
AUTO_CLEAR(uri_pairs, struct uri_pairs)

#define URI_PAIRS_MAX 100000

/* Fill the labels {Name} and {Name+} of a path template from `labels`; a greedy one keeps its
 * slashes. The template's own text is copied. -CHAOS_E_INVALID names the label that is missing or
 * empty. */
MUST_USE int uri_template_expand(const char *path_template, const struct uri_pairs *labels,
                                 struct buffer *out, struct chaos_error *err);
/* Whether an encoded `path` (without query) fits the template's path part; the values of its
 * labels, unescaped, are appended to `labels`. */
bool uri_template_match(const char *path_template, const char *path, struct uri_pairs *labels);
