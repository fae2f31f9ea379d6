/* SPDX-License-Identifier: Apache-2.0 */
/* Requests over plain TCP, made without libcurl: for services of this machine or network, whose
 * answer takes less time than opening that library. One connection is kept. */
#pragma once

#include "net/http_client.h"

struct http_plain {
    int fd;          /* -1: none */
    char *authority; /* where it goes */
};

void http_plain_clear(struct http_plain *plain);

/* Whether it needs nothing but this: an http:// address without a user, HTTP_RAW,
 * HTTP_NO_REDIRECTS, HTTP_PATH_AS_IS, no retries, no sink, and no proxy for it in the environment.
 */
bool http_plain_serves(const struct http_request *request);

/* As http_request(), for what http_plain_serves(). A kept connection that turns out to be closed
 * before it gave a byte is replaced once. */
MUST_USE int http_plain_request(struct http_plain *plain, const struct http_request *request,
                                const struct cancel *cancel, struct http_response *response,
                                enum http_failure *ret_failure, struct chaos_error *err);
