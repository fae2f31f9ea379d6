/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP requests over libcurl, which is opened when the first one is made; the http_*.c files here
 * are its only users. Every wait watches a struct cancel. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/str.h"

/* A client keeps connections, DNS answers and TLS sessions between requests of one thread at a
 * time; take one per thread, or one per request where that is what the user expects. */
struct http_client;

struct http_client *http_client_new(void);
void http_client_free(struct http_client *client);
AUTO_FREE(http_client, struct http_client)

struct http_header {
    const char *name;
    const char *value;
};

/* A body that is read while it is sent. */
struct http_source {
    /* Between 1 and `size` bytes of it from `offset` on into `piece`: how many, or a negative code
     * with the error set, which ends the request. */
    ssize_t (*read)(void *data, char *piece, size_t size, uint64_t offset, struct chaos_error *err);
    void *data;
};

enum http_flags {
    HTTP_NO_VERIFY_TLS = 1,    /* accept any certificate */
    HTTP_NO_REDIRECTS = 2,     /* return the 3xx itself */
    HTTP_FRESH_CONNECTION = 4, /* neither reuse a connection nor keep this one */
    HTTP_NO_PROXY = 8,         /* ignore the proxies of the environment */
    HTTP_KEEP_METHOD = 16,     /* a redirect never changes the method */
    HTTP_RAW = 32,             /* neither ask for nor undo a content encoding */
    HTTP_PATH_AS_IS = 64,      /* leave . and .. in the path alone */
};

#define HTTP_BODY_LIMIT ((size_t)256 * 1024 * 1024)

struct http_request {
    const char *method;
    const char *url;
    const struct http_header *headers; /* replace the default of the same name; a NULL value
                                        * removes the default */
    size_t n_headers;
    /* NULL, or where the body's bytes are read, anew for each try; then `body` is NULL. */
    const struct http_source *source;
    const void *body; /* NULL: none */
    size_t body_length;
    int64_t connect_timeout_ms; /* 0: none */
    int64_t read_timeout_ms;    /* longest silence between two reads; 0: none */
    int64_t deadline;           /* of all of it, monotonic; 0 or CLOCK_NEVER: none */
    unsigned flags;             /* enum http_flags */
    size_t body_limit;          /* of the answer; 0: HTTP_BODY_LIMIT. More is -CHAOS_E_LIMIT. */
    const char *ca_path;        /* file or directory of certificates; NULL: $REQUESTS_CA_BUNDLE,
                                 * $CURL_CA_BUNDLE, then the system's */
    int sink_fd;                /* > 0: the body of a 2xx answer is written there instead of kept,
                                 * whatever its size, and so is what came of one that broke off */
    unsigned max_retries;       /* of each hop that had no answer, at once and without a pause:
                                 * always when no connection came about, else only for the methods
                                 * that may be repeated (RFC 9110 section 9.2.2); 413, 429 and 503
                                 * with Retry-After are asked again after that time */
};

struct http_response {
    long status;
    char *reason;                /* the reason phrase, "" without one */
    struct http_header *headers; /* of the last answer, in order, names as sent; owned */
    size_t n_headers;
    struct buffer body;
    char *url; /* after redirects */
    /* Of the last answer, from the start of its own request: */
    int64_t connect_ns;    /* until connected, 0 when a connection was reused */
    int64_t tls_ns;        /* until the TLS handshake ended, 0 without one */
    int64_t first_byte_ns; /* until the first byte of the answer */
    int64_t total_ns;      /* of everything, with redirects and retries */
};

void http_response_clear(struct http_response *response);
AUTO_CLEAR(http_response, struct http_response)
/* The value of the first header of this name in any case, or NULL. */
const char *http_header_find(const struct http_response *response, const char *name);

/* Why a request had no answer. */
enum http_failure {
    HTTP_FAILED_NOT,     /* it had one */
    HTTP_FAILED_URL,     /* the URL cannot be used */
    HTTP_FAILED_CONNECT, /* no connection, or (CHAOS_E_TIMEOUT) none in time */
    HTTP_FAILED_TLS,
    HTTP_FAILED_TIMEOUT,
    HTTP_FAILED_DROPPED, /* the connection broke before the answer was whole */
    HTTP_FAILED_CANCELLED,
    HTTP_FAILED_LIMIT, /* larger than body_limit, or more than 30 redirects */
    HTTP_FAILED_OTHER,
};

/* Make one request and wait for its whole answer, following up to 30 redirects as browsers do:
 * POST becomes GET on 301, all but HEAD on 302 and 303; a body goes along on 307 and 308 only,
 * Authorization only to the same host, port and scheme. Cookies live as long as the request.
 * Proxies, .netrc and certificates are those of the environment. SIGPIPE is the caller's to
 * ignore. On failure *ret_failure (may be NULL) says
 * which, and the error one line with host and port. A status of 400 or 500 is an answer. */
MUST_USE int http_request(struct http_client *client, const struct http_request *request,
                          const struct cancel *cancel, struct http_response *response,
                          enum http_failure *ret_failure, struct chaos_error *err);

/* Append `text` percent-encoded as application/x-www-form-urlencoded does (Python's
 * urllib.parse.quote_plus: letters, digits and "_.-~" stay, blank is '+'). */
void http_quote_plus(struct buffer *out, const char *text);
