// SPDX-License-Identifier: Apache-2.0
#include "net/digest.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "net/sha256.h"

/* From this size on libcrypto, which uses the processor's own instructions, is worth opening. */
#define LIBRARY_FROM ((size_t)1024 * 1024)

/* What was found in libcrypto; stays valid for the life of the process. */
struct library {
    int (*compute)(const void *data, size_t length, unsigned char *out, unsigned *out_length,
                   const void *type, void *engine);
    void *(*context_new)(void);
    void (*context_free)(void *context);
    int (*begin)(void *context, const void *type, void *engine);
    int (*add)(void *context, const void *data, size_t length);
    int (*end)(void *context, unsigned char *out, unsigned *out_length);
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
    const struct {
        const char *name;
        void *slot;
    } functions[] = {
        { "EVP_Digest", &library.compute },           { "EVP_MD_CTX_new", &library.context_new },
        { "EVP_MD_CTX_free", &library.context_free }, { "EVP_DigestInit_ex", &library.begin },
        { "EVP_DigestUpdate", &library.add },         { "EVP_DigestFinal_ex", &library.end },
    };
    void *handle = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    int r = 0;

    _Static_assert(ARRAY_SIZE(type_names) == DIGEST_KIND_COUNT, "every kind has its function");
    if (!handle) {
        chaos_error_set(&library.error, CHAOS_E_UNSUPPORTED,
                        "digests need OpenSSL 3 (Debian: apt install libssl3)");
        return;
    }
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(functions); i++)
        r = find(handle, functions[i].name, functions[i].slot);
    for (size_t i = 0; r == 0 && i < DIGEST_KIND_COUNT; i++) {
        const void *(*type)(void) = NULL;

        r = find(handle, type_names[i], &type);
        if (r == 0)
            library.types[i] = type();
    }
}

static int ensure_library(struct chaos_error *err)
{
    pthread_once(&library_once, open_library);
    return library.error.code
               ? chaos_error_set(err, library.error.code, "%s", chaos_error_text(&library.error))
               : 0;
}

static int refused(struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_INTERNAL, "OpenSSL refuses to compute a digest");
}

int digest_compute(enum digest_kind kind, const void *data, size_t length, unsigned char *out,
                   struct chaos_error *err)
{
    int r;

    if (kind == DIGEST_SHA256 && length < LIBRARY_FROM) {
        sha256_compute(data, length, out);
        return 0;
    }
    r = ensure_library(err);
    if (r == 0 &&
        library.compute(length ? data : "", length, out, NULL, library.types[kind], NULL) != 1)
        return refused(err);
    return r;
}

struct digest_stream {
    void *context; /* libcrypto's; NULL: `sha` computes */
    struct sha256 sha;
};

int digest_stream_new(enum digest_kind kind, uint64_t expected, struct digest_stream **ret_stream,
                      struct chaos_error *err)
{
    AUTO(digest_stream) struct digest_stream *stream = mem_zero(1, sizeof(*stream));
    bool is_own = kind == DIGEST_SHA256 && expected < LIBRARY_FROM;
    int r = is_own ? 0 : ensure_library(err);

    if (r < 0)
        return r;
    sha256_init(&stream->sha);
    if (!is_own) {
        stream->context = library.context_new();
        if (!stream->context || library.begin(stream->context, library.types[kind], NULL) != 1)
            return refused(err);
    }
    *ret_stream = STEAL(stream);
    return 0;
}

void digest_stream_free(struct digest_stream *stream)
{
    if (stream && stream->context)
        library.context_free(stream->context);
    free(stream);
}

int digest_stream_add(struct digest_stream *stream, const void *data, size_t length,
                      struct chaos_error *err)
{
    if (!stream->context)
        sha256_add(&stream->sha, data, length);
    else if (library.add(stream->context, data, length) != 1)
        return refused(err);
    return 0;
}

int digest_stream_end(struct digest_stream *stream, unsigned char *out, struct chaos_error *err)
{
    if (!stream->context)
        sha256_end(&stream->sha, out);
    else if (library.end(stream->context, out, NULL) != 1)
        return refused(err);
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
