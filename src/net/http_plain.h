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

/* Whether it needs nothing but this: an http:// address without a user, no proxy for it in the
 * environment; where redirects are followed, GET or HEAD without a body; where the path is not left
 * as it is, none with steps to tidy; a number for a host and no sink unless it is HTTP_RAW, since
 * libcurl tries the addresses of a name side by side, and a coding is undone only in memory. */
bool http_plain_serves(const struct http_request *request);

/* Make one request to http_plain_serves(), without redirects, retries, or undoing a coding, though
 * asking for one unless it is HTTP_RAW. *ret_answered: the head of an answer came. One that comes
 * before all of the request is sent ends the sending. With an Expect header the body waits a second
 * for leave. A kept connection that turns out to be closed before it gave a byte is replaced once.
 * The error says who was asked. */
MUST_USE int http_plain_request(struct http_plain *plain, const struct http_request *request,
                                const struct cancel *cancel, struct http_response *response,
                                bool *ret_answered, enum http_failure *ret_failure,
                                struct chaos_error *err);
