// SPDX-License-Identifier: Apache-2.0
#include "net/keypair.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define RSA_BITS     2048
#define ED25519_SIZE 32

/* What was found in libcrypto; stays valid for the life of the process. */
static struct library {
    void *(*generate)(void *context, const char *properties, const char *type, ...);
    void (*release)(void *key);
    int (*private_der)(const void *key, unsigned char **out);
    int (*public_der)(const void *key, unsigned char **out);
    int (*private_raw)(const void *key, unsigned char *out, size_t *length);
    int (*public_raw)(const void *key, unsigned char *out, size_t *length);
    bool is_whole;
} library;

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void open_library(void)
{
    const struct {
        const char *name;
        void *slot; /* any pointer to a function */
    } functions[] = {
        { "EVP_PKEY_Q_keygen", &library.generate },
        { "EVP_PKEY_free", &library.release },
        { "i2d_PrivateKey", &library.private_der },
        { "i2d_PublicKey", &library.public_der },
        { "EVP_PKEY_get_raw_private_key", &library.private_raw },
        { "EVP_PKEY_get_raw_public_key", &library.public_raw },
    };
    void *handle = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; handle && i < ARRAY_SIZE(functions); i++) {
        void *found = dlsym(handle, functions[i].name);

        if (!found)
            return;
        memcpy(functions[i].slot, &found, sizeof(found));
    }
    library.is_whole = handle != NULL;
}

void keypair_clear(struct keypair *pair)
{
    buffer_clear(&pair->private_key);
    buffer_clear(&pair->public_key);
}

static bool take_der(int (*write)(const void *, unsigned char **), const void *key,
                     struct buffer *out)
{
    int length = write(key, NULL);
    unsigned char *end;

    if (length <= 0)
        return false;
    end = (unsigned char *)buffer_reserve(out, (size_t)length);
    length = write(key, &end);
    out->length = (size_t)length;
    return length > 0;
}

static bool take_raw(int (*read)(const void *, unsigned char *, size_t *), const void *key,
                     struct buffer *out)
{
    size_t length = ED25519_SIZE;

    if (read(key, (unsigned char *)buffer_reserve(out, length), &length) != 1)
        return false;
    out->length = length;
    return length == ED25519_SIZE;
}

int keypair_generate(enum keypair_kind kind, struct keypair *ret_pair, struct chaos_error *err)
{
    AUTO(keypair) struct keypair pair = { 0 };
    bool is_made = false;
    void *key;

    pthread_once(&library_once, open_library);
    if (!library.is_whole)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                               "new keys need OpenSSL 3 (Debian: apt install libssl3)");
    key = kind == KEYPAIR_RSA ? library.generate(NULL, NULL, "RSA", (size_t)RSA_BITS)
                              : library.generate(NULL, NULL, "ED25519");
    if (key && kind == KEYPAIR_RSA)
        is_made = take_der(library.private_der, key, &pair.private_key) &&
                  take_der(library.public_der, key, &pair.public_key);
    else if (key)
        is_made = take_raw(library.private_raw, key, &pair.private_key) &&
                  take_raw(library.public_raw, key, &pair.public_key);
    library.release(key);
    if (!is_made)
        return chaos_error_set(err, CHAOS_E_INTERNAL, "OpenSSL refuses to make a key");
    *ret_pair = pair;
    pair = (struct keypair){ 0 };
    return 0;
}
