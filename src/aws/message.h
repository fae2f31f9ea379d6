/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP messages as the codecs see them: what a client sends and a server reads, and back. */
#pragma once

#include <jansson.h>

#include "aws/uri.h"

/* Names keep their case; lookups ignore it. */
struct aws_request {
    char *method;
    char *host_prefix; /* goes before the endpoint's host; NULL: none */
    char *path;        /* encoded, starts with '/' */
    char *query;       /* encoded, without '?'; "" for none */
    struct uri_pairs headers;
    struct buffer body;
};

void aws_request_clear(struct aws_request *request);
AUTO_CLEAR(aws_request, struct aws_request)

struct aws_response {
    int status;
    struct uri_pairs headers;
    struct buffer body;
};

/* Takes the items of a list at the top of a result one by one, so that they are never in memory
 * together. Only the XML of query and ec2 is read that way: what else has a list returns it. */
struct aws_item_sink {
    const char *member;                     /* the list's name */
    void (*item)(void *data, json_t *item); /* borrowed */
    void *data;
    size_t count; /* items given so far, also before an error */
};

void aws_response_clear(struct aws_response *response);
AUTO_CLEAR(aws_response, struct aws_response)

/* The first value of the header in any case; NULL for none. */
const char *aws_header_find(const struct uri_pairs *headers, const char *name);
/* Replace the header of that name in any case, or add it. */
void aws_header_set(struct uri_pairs *headers, const char *name, const char *value);
