/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer, without redirects and retries: those are http_client.c's. */
#pragma once

#include "net/curl_api.h"
#include "net/http_client.h"
#include "net/http_head.h"
#include "net/http_plain.h"

/* What the handle is set up for. Setting it up costs more than some requests: the next one that is
 * like it takes it over. */
struct http_setup {
    /* A GET over http with nothing of its own, neither a password nor a proxy: only such a set-up
     * is taken over. */
    bool is_plain;
    bool has_numeric_host;
    unsigned flags;
    int64_t connect_timeout_ms;
};

struct http_client {
    struct http_plain plain;
    const struct curl_api *curl; /* NULL, as the next two, until a request needs libcurl */
    CURLM *multi;
    CURL *easy;
    char *netrc_path; /* NULL: there is none, so that libcurl need not look each time */
    struct http_setup setup;
    struct curl_slist *headers; /* that the handle refers to */
};

/* What the answers so far took from the request. */
enum hop_omission {
    HOP_NO_BODY = 1,
    HOP_NO_AUTHORIZATION = 2,
    HOP_NO_COOKIE = 4, /* the client's own cookies go instead */
};

struct http_hop {
    struct http_client *client;
    const struct http_request *request;
    const struct cancel *cancel;
    struct http_response *response; /* replaced with the answer of this hop */
    const char *url;                /* quoted, http or https */
    const char *method;
    unsigned omit; /* enum hop_omission */
    /* Set by http_hop_run(): */
    struct http_head head; /* `complete` once there is an answer, whatever its body is like */
    enum http_failure failure;
    bool is_named;      /* the error says who was asked */
    char *redirect_url; /* where the answer sends the client, absolute; owned, else NULL */
};

/* Make it and wait for its end: over net/http_plain.h where that serves, else over libcurl. */
MUST_USE int http_hop_run(struct http_hop *hop, struct chaos_error *err);
/* The second of these; libcurl is open, and nothing of an earlier answer is left in `hop`. */
MUST_USE int http_hop_over_curl(struct http_hop *hop, struct chaos_error *err);
/* Whether its answer is a redirect that the request follows. */
bool http_hop_is_followed(const struct http_hop *hop);

/* Open libcurl for the client, unless an earlier request did. */
MUST_USE int http_client_open_curl(struct http_client *client, struct chaos_error *err);
