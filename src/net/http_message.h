/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of an answer in HTTP/1.1 (RFC 9112), in pieces of any size. Knows no sockets. */
#pragma once

#include "net/http_head.h"

enum http_message_state {
    HTTP_MESSAGE_HEAD,
    HTTP_MESSAGE_SIZED,      /* a body of a known length */
    HTTP_MESSAGE_UNSIZED,    /* a body up to the end of the connection */
    HTTP_MESSAGE_CHUNK_SIZE, /* the line before a chunk */
    HTTP_MESSAGE_CHUNK,
    HTTP_MESSAGE_CHUNK_END, /* the line end behind a chunk */
    HTTP_MESSAGE_TRAILER,
    HTTP_MESSAGE_WHOLE,
};

struct http_message {
    struct http_response *response; /* gets status, headers and body */
    bool is_head;                   /* of a HEAD request: no body, whatever the headers say */
    size_t body_limit;
    int sink_fd; /* > 0: the body of a 2xx answer is written there, whatever its size */
    /* The rest starts as zeros. */
    enum http_message_state state;
    struct http_head head;
    struct buffer line; /* a line that is not whole yet */
    size_t left;        /* bytes of the body or chunk to come */
    bool is_last;       /* nothing can follow on the connection */
};

void http_message_clear(struct http_message *message);
AUTO_CLEAR(http_message, struct http_message)

/* Take what was received. -CHAOS_E_REMOTE for what is not HTTP/1.1, -CHAOS_E_LIMIT beyond
 * body_limit or the limits of a head, -CHAOS_E_IO when the sink takes no more. What comes behind
 * the end is not looked at, but makes it the last message. */
MUST_USE int http_message_add(struct http_message *message, const char *data, size_t length,
                              struct chaos_error *err);
/* The connection has ended: false when that is too early. */
bool http_message_end(struct http_message *message);
