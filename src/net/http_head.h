/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an answer: status line and header fields (RFC 9112), one line at a time. */
#pragma once

#include "net/http_client.h"

/* All lines of one head together. */
#define HTTP_HEAD_MAX ((size_t)1024 * 1024)

/* Whether the body of an answer with this status goes to http_request.sink_fd. */
static inline bool http_goes_to_sink(int sink_fd, long status)
{
    return sink_fd > 0 && status / 100 == 2;
}

#define HTTP_FIELDS_MAX 1000
#define HTTP_FOLDED_MAX 100

struct http_head {
    size_t size;   /* bytes seen of this head */
    size_t folded; /* lines that continue a value */
    bool complete; /* its empty line was seen, and it is no interim (1xx) answer */
};

/* Take one line, with or without its line end, into `response`. A status line starts a new head
 * and forgets the one before; what follows a complete head (trailer fields) is left out, and so
 * is a line that is no field. -CHAOS_E_LIMIT beyond HTTP_HEAD_MAX
 * bytes, HTTP_FIELDS_MAX fields or HTTP_FOLDED_MAX continued lines: users of a head compare its
 * fields with each other. */
MUST_USE int http_head_add(struct http_head *head, struct http_response *response, const char *line,
                           size_t length, struct chaos_error *err);
