/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104), in a page of C: what signs one request is
 * hashed in less time than it takes to load a library. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE  32
#define SHA256_BLOCK 64

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[SHA256_BLOCK];
};

void sha256_init(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t length);
void sha256_end(struct sha256 *sha, unsigned char out[SHA256_SIZE]);

void sha256_compute(const void *data, size_t length, unsigned char out[SHA256_SIZE]);
/* `out` may be the key. */
void sha256_hmac(const void *key, size_t key_length, const void *data, size_t length,
                 unsigned char out[SHA256_SIZE]);
