// SPDX-License-Identifier: Apache-2.0
#include "lab/nft_api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* Filled once under `opened`, constant from then on. */
static struct nft_api api;
static const char *missing; /* why `api` cannot be used */
static pthread_once_t opened = PTHREAD_ONCE_INIT;

#define SYMBOL(name)                                                                               \
    {                                                                                              \
        "nft_" #name, offsetof(struct nft_api, name)                                               \
    }

static const struct {
    const char *name;
    size_t offset; /* of its pointer in struct nft_api */
} symbols[] = {
    SYMBOL(ctx_new),
    SYMBOL(ctx_free),
    SYMBOL(ctx_buffer_output),
    SYMBOL(ctx_buffer_error),
    SYMBOL(ctx_get_error_buffer),
    SYMBOL(run_cmd_from_buffer),
};

_Static_assert(ARRAY_SIZE(symbols) * sizeof(void *) == sizeof(struct nft_api),
               "every function of struct nft_api has its symbol");

static void open_library(void)
{
    void *library = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (!library) {
        missing = "libnftables.so.1 is not installed: apt install libnftables1";
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
        void *found = dlsym(library, symbols[i].name);

        if (!found) {
            missing = "libnftables.so.1 is not as expected: apt install libnftables1";
            return;
        }
        memcpy((char *)&api + symbols[i].offset, &found, sizeof(found));
    }
}

int nft_api_open(const struct nft_api **ret_api, struct chaos_error *err)
{
    pthread_once(&opened, open_library);
    if (missing)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "%s", missing);
    *ret_api = &api;
    return 0;
}
