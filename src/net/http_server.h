/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 server for a program's own event loop, on libmicrohttpd. It has no thread: its
 * descriptor wakes the loop, and http_server_run() does what is to be done. */
#pragma once

#include <stdint.h>

#include "net/http_exchange.h"

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
