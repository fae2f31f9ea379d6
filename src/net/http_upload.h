/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a request on its way to a server that may answer before it has all of it. */
#pragma once

#include "net/http_client.h"

/* One body; zeros but for what is set first. End with http_upload_clear(). */
struct http_upload {
    int fd; /* the connection, non-blocking; borrowed */
    const struct http_request *request;
    const struct cancel *cancel;
    int64_t hold_ms;  /* > 0: wait so long for the server's word before the first byte */
    uint64_t taken;   /* bytes that have left their source */
    const char *next; /* of those, what is not sent yet */
    size_t left;
    char *piece; /* what a source filled; owned */
};

void http_upload_clear(struct http_upload *upload);
AUTO_CLEAR(http_upload, struct http_upload)

enum http_upload_news {
    HTTP_UPLOAD_SENT,  /* all of it */
    HTTP_UPLOAD_HEARD, /* there is something to read first: an answer, or the connection's end */
};

/* Send until there is news, an enum http_upload_news; called again it goes on. -CHAOS_E_TIMEOUT
 * when nothing moved for the request's read_timeout_ms or at its deadline, -CHAOS_E_CANCELLED, or
 * the code of the source. */
MUST_USE int http_upload_run(struct http_upload *upload, struct chaos_error *err);

/* When something that may take `span_ms` (0: any time) has to end, given the request's deadline. */
int64_t http_request_until(const struct http_request *request, int64_t span_ms);
