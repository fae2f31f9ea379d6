/* SPDX-License-Identifier: Apache-2.0 */
/* Message digests. SHA-256 of what is small is computed here; for the rest OpenSSL's libcrypto is
 * opened when the first one is needed. */
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

/* `out` has room for the kind's size. -CHAOS_E_UNSUPPORTED, with the package to install, when there
 * is no libcrypto; -CHAOS_E_INTERNAL when it refuses. */
MUST_USE int digest_compute(enum digest_kind kind, const void *data, size_t length,
                            unsigned char *out, struct chaos_error *err);

/* A digest of what comes in pieces. */
struct digest_stream;

/* `expected` is about how many bytes will come: few are not worth libcrypto. Errors as those of
 * digest_compute(). */
MUST_USE int digest_stream_new(enum digest_kind kind, uint64_t expected,
                               struct digest_stream **ret_stream, struct chaos_error *err);
void digest_stream_free(struct digest_stream *stream);
AUTO_FREE(digest_stream, struct digest_stream)
MUST_USE int digest_stream_add(struct digest_stream *stream, const void *data, size_t length,
                               struct chaos_error *err);
/* `out` as for digest_compute(); the stream is used up. */
MUST_USE int digest_stream_end(struct digest_stream *stream, unsigned char *out,
                               struct chaos_error *err);

/* The digest as lower-case hexadecimal digits; `text` has room for 2 * size + 1. */
void digest_hex(const unsigned char *bytes, size_t size, char *text);
