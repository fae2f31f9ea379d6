/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 server for a program's own event loop, on libmicrohttpd. It has no thread: its
 * descriptor wakes the loop, and http_server_run() does what is to be done. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

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

typedef void (*http_serve)(void *data, const struct http_request *request,
                           struct http_answer *answer);

struct http_server_options {
    int listen_fd;       /* borrowed; it listens and does not block */
    size_t body_max;     /* a longer body is answered with 413 */
    unsigned clients;    /* connections at once; more wait. 0: 1000 */
    unsigned per_client; /* of one address; 0: no limit */
    unsigned idle_s;     /* a connection on which nothing comes is closed; 0: 30 */
    http_serve serve;
    void *data;
};

struct http_server;

/* -CHAOS_E_INTERNAL when libmicrohttpd refuses. */
MUST_USE int http_server_new(const struct http_server_options *options,
                             struct http_server **ret_server, struct chaos_error *err);
void http_server_free(struct http_server *server);
AUTO_FREE(http_server, struct http_server)

/* Readable when http_server_run() has something to do. */
int http_server_fd(const struct http_server *server);
/* Serve what is there; the time (monotonic ns) at which to call it again even if nothing comes. */
int64_t http_server_run(struct http_server *server);

/* The first value of a header, in any case; NULL for none. */
const char *http_request_header(const struct http_request *request, const char *name);
