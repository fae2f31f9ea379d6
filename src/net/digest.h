/* SPDX-License-Identifier: Apache-2.0 */
/* Message digests, computed by OpenSSL's libcrypto, which is opened when the first one is needed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

#define DIGEST_SIZE_MAX    32
#define DIGEST_SHA256_SIZE 32
#define DIGEST_SHA1_SIZE   20
#define DIGEST_MD5_SIZE    16

enum digest_kind {
    DIGEST_MD5, /* for protocols that demand it, never for trust */
    DIGEST_SHA1,
    DIGEST_SHA256,
    DIGEST_KIND_COUNT,
};

/* What was found in libcrypto; stays valid for the life of the process. */
struct digest {
    int (*compute)(const void *data, size_t length, unsigned char *out, unsigned *out_length,
                   const void *type, void *engine);
    unsigned char *(*hmac)(const void *type, const void *key, int key_length,
                           const unsigned char *data, size_t length, unsigned char *out,
                           unsigned *out_length);
    const void *types[DIGEST_KIND_COUNT];
};

/* -CHAOS_E_UNSUPPORTED, with the package to install, when there is no libcrypto. Cheap once
 * something else in the process has it loaded. */
MUST_USE int digest_open(struct digest *ret_digest, struct chaos_error *err);
/* `out` has room for the kind's size. -CHAOS_E_INTERNAL when libcrypto refuses. */
MUST_USE int digest_compute(const struct digest *digest, enum digest_kind kind, const void *data,
                            size_t length, unsigned char *out, struct chaos_error *err);
/* HMAC with SHA-256 (RFC 2104); -CHAOS_E_INTERNAL, without a text, when libcrypto refuses. */
MUST_USE int digest_hmac_sha256(const struct digest *digest, const void *key, size_t key_length,
                                const void *data, size_t length,
                                unsigned char out[DIGEST_SHA256_SIZE]);
/* The digest as lower-case hexadecimal digits; `text` has room for 2 * size + 1. */
void digest_hex(const unsigned char *bytes, size_t size, char *text);
