// SPDX-License-Identifier: Apache-2.0
#include "net/digest.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "net/sha256.h"

/* From this size on libcrypto, which uses the processor's own instructions, is worth opening. */
#define LIBRARY_FROM ((size_t)1024 * 1024)

/* What was found in libcrypto; stays valid for the life of the process. */
struct library {
    int (*compute)(const void *data, size_t length, unsigned char *out, unsigned *out_length,
                   const void *type, void *engine);
    const void *types[DIGEST_KIND_COUNT];
    struct chaos_error error;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static struct library library;

/* The pointer to a function of libcrypto into `slot`, any pointer to a function. */
static int find(void *handle, const char *name, void *slot)
{
    void *found = dlsym(handle, name);

    if (!found)
        return chaos_error_set(&library.error, CHAOS_E_UNSUPPORTED, "digests need OpenSSL 3: no %s",
                               name);
    memcpy(slot, &found, sizeof(found));
    return 0;
}

static void open_library(void)
{
    static const char *const type_names[] = {
        [DIGEST_MD5] = "EVP_md5",
        [DIGEST_SHA1] = "EVP_sha1",
        [DIGEST_SHA256] = "EVP_sha256",
    };
    void *handle = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    int r;

    _Static_assert(ARRAY_SIZE(type_names) == DIGEST_KIND_COUNT, "every kind has its function");
    if (!handle) {
        chaos_error_set(&library.error, CHAOS_E_UNSUPPORTED,
                        "digests need OpenSSL 3 (Debian: apt install libssl3)");
        return;
    }
    r = find(handle, "EVP_Digest", &library.compute);
    for (size_t i = 0; r == 0 && i < DIGEST_KIND_COUNT; i++) {
        const void *(*type)(void) = NULL;

        r = find(handle, type_names[i], &type);
        if (r == 0)
            library.types[i] = type();
    }
}

int digest_compute(enum digest_kind kind, const void *data, size_t length, unsigned char *out,
                   struct chaos_error *err)
{
    if (kind == DIGEST_SHA256 && length < LIBRARY_FROM) {
        sha256_compute(data, length, out);
        return 0;
    }
    pthread_once(&library_once, open_library);
    if (library.error.code)
        return chaos_error_set(err, library.error.code, "%s", chaos_error_text(&library.error));
    if (library.compute(length ? data : "", length, out, NULL, library.types[kind], NULL) != 1)
        return chaos_error_set(err, CHAOS_E_INTERNAL, "OpenSSL refuses to compute a digest");
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
