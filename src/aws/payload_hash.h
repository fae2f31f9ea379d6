/* SPDX-License-Identifier: Apache-2.0 */
/* The hashes of a body that a request carries, all of one reading. */
#pragma once

#include "net/digest.h"
#include "net/http_client.h"

enum payload_hash_kind {
    PAYLOAD_SHA256 = 1,
    PAYLOAD_MD5 = 2,
    /* Glacier's: SHA-256 of each MiB, then of each two of those, and so on up to one.
     * https://docs.aws.amazon.com/amazonglacier/latest/dev/checksum-calculations.html */
    PAYLOAD_TREE = 4,
};

struct payload_hash {
    unsigned kinds;                          /* enum payload_hash_kind: which are here */
    char sha256[2 * DIGEST_SHA256_SIZE + 1]; /* hexadecimal digits */
    char tree[2 * DIGEST_SHA256_SIZE + 1];
    unsigned char md5[DIGEST_MD5_SIZE];
};

/* Read the body of `length` bytes once for those of `kinds` that *hash lacks, and add them. The
 * error is that of the source, or of digest_compute(). */
MUST_USE int payload_hash_add(struct payload_hash *hash, unsigned kinds,
                              const struct http_source *source, uint64_t length,
                              struct chaos_error *err);
