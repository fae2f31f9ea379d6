/* SPDX-License-Identifier: Apache-2.0 */
/* A loopback HTTP server for tests: it answers with the bytes it was told to, so that answers no
 * real server gives can be had as well. A thread a connection. */
#pragma once

#include <stddef.h>

enum rule_end {
    RULE_KEEP,  /* wait for the next request on the connection */
    RULE_CLOSE, /* close it */
    RULE_HANG,  /* keep it open and silent until the client leaves */
    RULE_EARLY, /* answer at the head of the request, end that, drop the body */
};

struct http_rule {
    const char *path;   /* up to '?' */
    const char *answer; /* sent as it is */
    size_t length;      /* of the answer; 0: strlen() */
    enum rule_end end;
    int drop_first; /* so many requests get no answer at all */
};

struct http_server;

/* Listens on 127.0.0.1; `rules` ends with a NULL path and stays the caller's. Aborts on failure. */
struct http_server *http_server_start(struct http_rule *rules);
int http_server_port(const struct http_server *server);
/* How many requests came in. */
int http_server_count(struct http_server *server);
/* The latest request, head and body; owned by the caller. */
char *http_server_last(struct http_server *server);
void http_server_stop(struct http_server *server);
