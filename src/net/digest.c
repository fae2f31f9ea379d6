/* SPDX-License-Identifier: Apache-2.0 */
#include "net/digest.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>

/* The pointer to a function of libcrypto into `slot`, any pointer to a function. */
static int find(void *library, const char *name, void *slot, struct chaos_error *err)
{
    void *found = dlsym(library, name);

    if (!found)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "signing needs OpenSSL 3: no %s", name);
    memcpy(slot, &found, sizeof(found));
    return 0;
}

int digest_open(struct digest *ret_digest, struct chaos_error *err)
{
    static const char *const type_names[] = {
        [DIGEST_MD5] = "EVP_md5",
        [DIGEST_SHA1] = "EVP_sha1",
        [DIGEST_SHA256] = "EVP_sha256",
    };
    void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    struct digest digest = { 0 };
    int r;

    _Static_assert(ARRAY_SIZE(type_names) == DIGEST_KIND_COUNT, "every kind has its function");
    if (!library)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                               "signing needs OpenSSL 3 (Debian: apt install libssl3)");
    r = find(library, "EVP_Digest", &digest.compute, err);
    if (r == 0)
        r = find(library, "HMAC", &digest.hmac, err);
    for (size_t i = 0; r == 0 && i < DIGEST_KIND_COUNT; i++) {
        const void *(*type)(void) = NULL;

        r = find(library, type_names[i], &type, err);
        if (r == 0)
            digest.types[i] = type();
    }
    if (r == 0)
        *ret_digest = digest;
    return r;
}

int digest_compute(const struct digest *digest, enum digest_kind kind, const void *data,
                   size_t length, unsigned char *out, struct chaos_error *err)
{
    if (digest->compute(length ? data : "", length, out, NULL, digest->types[kind], NULL) != 1)
        return chaos_error_set(err, CHAOS_E_INTERNAL, "OpenSSL refuses to compute a digest");
    return 0;
}

int digest_hmac_sha256(const struct digest *digest, const void *key, size_t key_length,
                       const void *data, size_t length, unsigned char out[DIGEST_SHA256_SIZE])
{
    if (key_length > INT_MAX ||
        !digest->hmac(digest->types[DIGEST_SHA256], key, (int)key_length, data, length, out, NULL))
        return -CHAOS_E_INTERNAL;
    return 0;
}

void digest_hex(const unsigned char *bytes, size_t size, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = '\0';
}
