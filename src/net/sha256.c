// SPDX-License-Identifier: Apache-2.0
#include "net/sha256.h"

#include <endian.h>
#include <string.h>

/* FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64
 * primes. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated(uint32_t word, unsigned by)
{
    return word >> by | word << (32 - by);
}

/* 6.2.2, step 1 */
static void schedule(const unsigned char *block, uint32_t w[64])
{
    for (size_t i = 0; i < 16; i++) {
        uint32_t word;

        memcpy(&word, block + 4 * i, sizeof(word));
        w[i] = be32toh(word);
    }
    for (size_t i = 16; i < 64; i++) {
        uint32_t s0 = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10;

        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

/* 6.2.2, steps 2 to 4; v[0] to v[7] are a to h. */
static void compress(uint32_t state[8], const unsigned char *block)
{
    uint32_t w[64];
    uint32_t v[8];

    schedule(block, w);
    memcpy(v, state, sizeof(v));
    for (size_t i = 0; i < 64; i++) {
        uint32_t s1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25);
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t t1 = v[7] + s1 + choice + constants[i] + w[i];
        uint32_t s0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += t1;
        v[0] = t1 + s0 + majority;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] += v[i];
}

void sha256_init(struct sha256 *sha)
{
    /* 5.3.3 */
    *sha = (struct sha256){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                       0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

void sha256_add(struct sha256 *sha, const void *data, size_t length)
{
    const unsigned char *from = data;
    size_t held = sha->length % SHA256_BLOCK;

    sha->length += length;
    if (held + length < SHA256_BLOCK) {
        if (length)
            memcpy(sha->block + held, from, length);
        return;
    }
    if (held) {
        memcpy(sha->block + held, from, SHA256_BLOCK - held);
        compress(sha->state, sha->block);
        from += SHA256_BLOCK - held;
        length -= SHA256_BLOCK - held;
    }
    for (; length >= SHA256_BLOCK; from += SHA256_BLOCK, length -= SHA256_BLOCK)
        compress(sha->state, from);
    memcpy(sha->block, from, length);
}

void sha256_end(struct sha256 *sha, unsigned char out[SHA256_SIZE])
{
    static const unsigned char padding[SHA256_BLOCK] = { 0x80 };
    uint64_t bits = htobe64(sha->length * 8);
    size_t held = sha->length % SHA256_BLOCK;

    /* 5.1.1: a one, zeros, and the length in the last eight bytes of a block */
    sha256_add(sha, padding, (held < 56 ? 56 : 120) - held);
    sha256_add(sha, &bits, sizeof(bits));
    for (size_t i = 0; i < 8; i++) {
        uint32_t word = htobe32(sha->state[i]);

        memcpy(out + 4 * i, &word, sizeof(word));
    }
}

void sha256_compute(const void *data, size_t length, unsigned char out[SHA256_SIZE])
{
    struct sha256 sha;

    sha256_init(&sha);
    sha256_add(&sha, data, length);
    sha256_end(&sha, out);
}

void sha256_hmac(const void *key, size_t key_length, const void *data, size_t length,
                 unsigned char out[SHA256_SIZE])
{
    unsigned char inner[SHA256_BLOCK] = { 0 };
    unsigned char outer[SHA256_BLOCK];
    struct sha256 sha;

    if (key_length > SHA256_BLOCK)
        sha256_compute(key, key_length, inner);
    else if (key_length)
        memcpy(inner, key, key_length);
    for (size_t i = 0; i < SHA256_BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    sha256_init(&sha);
    sha256_add(&sha, inner, sizeof(inner));
    sha256_add(&sha, data, length);
    sha256_end(&sha, out);
    sha256_init(&sha);
    sha256_add(&sha, outer, sizeof(outer));
    sha256_add(&sha, out, SHA256_SIZE);
    sha256_end(&sha, out);
}
