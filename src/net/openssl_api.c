// SPDX-License-Identifier: Apache-2.0
#include "net/openssl_api.h"

#include <dlfcn.h>
#include <string.h>

struct symbol {
    const char *name;
    size_t offset; /* of its pointer in struct openssl_api */
};

#define SYMBOL(name) { #name, offsetof(struct openssl_api, name) },
static const struct symbol ssl_symbols[] = { OPENSSL_SSL_FUNCTIONS(SYMBOL) };
static const struct symbol crypto_symbols[] = { OPENSSL_CRYPTO_FUNCTIONS(SYMBOL) };
#undef SYMBOL

static int fill(const char *library, const struct symbol *symbols, size_t count,
                struct openssl_api *api, struct chaos_error *err)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                               "TLS needs OpenSSL 3 (Debian: apt install libssl3): %s", dlerror());
    for (size_t i = 0; i < count; i++) {
        void *found = dlsym(handle, symbols[i].name);

        if (!found)
            return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "TLS needs OpenSSL 3: %s", dlerror());
        memcpy((char *)api + symbols[i].offset, &found, sizeof(found));
    }
    return 0;
}

int openssl_open(struct openssl_api *ret_api, struct chaos_error *err)
{
    struct openssl_api api = { 0 };
    int r;

    r = fill("libssl.so.3", ssl_symbols, ARRAY_SIZE(ssl_symbols), &api, err);
    if (r == 0)
        r = fill("libcrypto.so.3", crypto_symbols, ARRAY_SIZE(crypto_symbols), &api, err);
    if (r == 0)
        *ret_api = api;
    return r;
}
