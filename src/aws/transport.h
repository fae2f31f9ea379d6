/* SPDX-License-Identifier: Apache-2.0 */
/* One request to one service and its answer: endpoint, encoding, signature, HTTP, decoding. No
 * retries, no search for credentials. */
#pragma once

#include "aws/codec.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/upload.h"
#include "base/draft.h"

struct aws_call {
    const struct aws_operation *operation;
    const json_t *params;                      /* an object */
    const struct aws_credentials *credentials; /* NULL, or without a key: unsigned */
    struct aws_endpoint_options endpoint;
    struct http_client *http;
    struct aws_item_sink *sink;  /* NULL: none */
    struct aws_upload *upload;   /* NULL: the body is in the parameters */
    struct draft *download;      /* NULL: the answer's body is a member; else that of a success goes
                                  * there, from its begin, and the member is left out */
    const struct cancel *cancel; /* may be NULL */
    int64_t time_us;             /* to sign with, since the epoch */
    int64_t connect_timeout_ms;
    int64_t read_timeout_ms;
    int64_t deadline;    /* monotonic; CLOCK_NEVER: none */
    const char *ca_path; /* NULL: the system's certificates */
};

struct aws_answer {
    struct aws_response response;
    json_t *value;             /* NULL when there was no answer that could be read */
    enum http_failure failure; /* why there was none */
};

void aws_answer_clear(struct aws_answer *answer);
AUTO_CLEAR(aws_answer, struct aws_answer)

/* The signed request, and the address it goes to without its query. */
MUST_USE int aws_call_prepare(const struct aws_call *call, struct aws_request *request,
                              char **ret_url, struct chaos_error *err);
/* Send it and decode the answer. An error of the service is an answer (aws_response_is_error()). */
MUST_USE int aws_call_send(const struct aws_call *call, struct aws_answer *answer,
                           struct chaos_error *err);
/* An address with which anyone may make the call for `expires_s` seconds; owned. */
MUST_USE int aws_call_presign(const struct aws_call *call, int64_t expires_s, char **ret_url,
                              struct chaos_error *err);
