/* SPDX-License-Identifier: Apache-2.0 */
/* What a server is asked over HTTP, and what it answers. */
#pragma once

#include <netinet/in.h>

#include "base/str.h"

struct http_header {
    const char *name;
    const char *value;
};

/* A whole request; borrowed while it is answered. */
struct http_request {
    const char *method;
    const char *path;  /* as it was sent, still encoded, without the query */
    const char *query; /* as it was sent, without '?'; "" for none */
    const struct http_header *headers;
    size_t n_headers;
    const char *body; /* `body_length` bytes */
    size_t body_length;
    struct in_addr peer;
};

/* To be filled in; what it holds is freed by the server. */
struct http_answer {
    int status;
    struct buffer body;
    struct http_header headers[8]; /* names are borrowed for ever, values owned */
    size_t n_headers;
};

/* `value` is copied. */
void http_answer_header(struct http_answer *answer, const char *name, const char *value);

/* The first value of a header, in any case; NULL for none. */
const char *http_request_header(const struct http_request *request, const char *name);
