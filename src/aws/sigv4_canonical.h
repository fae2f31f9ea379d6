/* SPDX-License-Identifier: Apache-2.0 */
/* What is signed: the canonical form of a request. Shared by signing and checking. */
#pragma once

#include "aws/sigv4.h"

/* Append the canonical request. `signed_headers` are the names, lower case, sorted, joined with
 * ';'; `payload_hash` stands for the body. Of the query everything counts but X-Amz-Signature. */
void sigv4_canonical_request(const struct aws_request *request, unsigned flags,
                             const char *signed_headers, const char *payload_hash,
                             struct buffer *out);
/* The names of all headers that are signed, in that form; owned. */
char *sigv4_signed_headers(const struct uri_pairs *headers);
/* "20150830T123600Z". */
#define SIGV4_TIME_SIZE 17
void sigv4_time(int64_t time_us, char text[SIGV4_TIME_SIZE]);
/* What signs. */
struct sigv4_signing {
    const char *secret_key;
    const char *time; /* as sigv4_time() writes it */
    const struct sigv4_scope *scope;
};

/* The signature over the canonical request as hexadecimal digits. */
MUST_USE int sigv4_signature(const struct sigv4_signing *signing, const struct buffer *canonical,
                             char text[2 * DIGEST_SHA256_SIZE + 1], struct chaos_error *err);
/* "<access key>/<date>/<region>/<service>/aws4_request" without the access key; owned. */
char *sigv4_scope_text(const char *time, const struct sigv4_scope *scope);
/* The hexadecimal SHA-256 of the body. */
MUST_USE int sigv4_body_hash(const struct buffer *body, char text[2 * DIGEST_SHA256_SIZE + 1],
                             struct chaos_error *err);

#define SIGV4_ALGORITHM             "AWS4-HMAC-SHA256"
#define SIGV4_UNSIGNED_PAYLOAD_TEXT "UNSIGNED-PAYLOAD"
