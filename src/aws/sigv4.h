/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Signature Version 4: signing requests and presigning addresses, and the server's check.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
#pragma once

#include "aws/message.h"
#include "net/digest.h"

/* Borrowed. The secret and the token appear in no error text. */
struct sigv4_key {
    const char *access_key;
    const char *secret_key;
    const char *session_token; /* NULL: none */
};

enum sigv4_flags {
    SIGV4_PATH_AS_IS = 1,       /* S3: the path is signed as it is sent */
    SIGV4_UNSIGNED_PAYLOAD = 2, /* the body is not part of the signature */
    SIGV4_CONTENT_HASH = 4,     /* S3: send the body's hash, too */
};

struct sigv4_scope {
    const char *region;
    const char *service;   /* the signing name */
    int64_t time_us;       /* since the epoch */
    unsigned flags;        /* enum sigv4_flags */
    const char *body_hash; /* SHA-256 in hexadecimal digits of a body that is not in the request;
                            * NULL: it is */
};

/* Add X-Amz-Date, X-Amz-Security-Token and Authorization. The request must have its Host header,
 * and all others that are to be signed: all are, but for those that proxies change. Signing again
 * replaces the former signature. */
MUST_USE int sigv4_sign(const struct sigv4_key *key, const struct sigv4_scope *scope,
                        struct aws_request *request, struct chaos_error *err);
/* Put the signature into the query instead: whoever has the address may make this request for
 * `expires_s` seconds (1 to 604800). */
MUST_USE int sigv4_presign(const struct sigv4_key *key, const struct sigv4_scope *scope,
                           int64_t expires_s, struct aws_request *request, struct chaos_error *err);

/* How far the clocks of client and server may be apart, in seconds. */
#define SIGV4_SKEW_S INT64_C(900)

/* The secret of an access key, NULL when the key is unknown. `token` may be NULL. */
typedef const char *(*sigv4_secret)(void *data, const char *access_key, const char *token);

/* Who signed a request. */
struct sigv4_signer {
    char *access_key;
    char *region;
    char *service;
    const char *refusal; /* the AWS error code when the signature does not hold; else NULL */
};

void sigv4_signer_clear(struct sigv4_signer *signer);
AUTO_CLEAR(sigv4_signer, struct sigv4_signer)

struct sigv4_verifier {
    unsigned flags; /* may have SIGV4_PATH_AS_IS */
    int64_t now_us;
    sigv4_secret secret;
    void *data; /* of `secret` */
};

/* Check a signed or presigned request. -CHAOS_E_INVALID with signer->refusal set
 * ("MissingAuthenticationToken", "SignatureDoesNotMatch", "InvalidClientTokenId",
 * "RequestExpired", "IncompleteSignature") when it does not hold. */
MUST_USE int sigv4_verify(const struct sigv4_verifier *verifier, const struct aws_request *request,
                          struct sigv4_signer *signer, struct chaos_error *err);
