// SPDX-License-Identifier: Apache-2.0
#include "net/curl_api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* Filled once under `opened`, constant from then on. */
static struct curl_api api;
static const char *missing; /* why `api` cannot be used */
static pthread_once_t opened = PTHREAD_ONCE_INIT;

struct symbol {
    const char *name;
    size_t offset; /* of its pointer in struct curl_api */
};

#define SYMBOL(name)                                                                               \
    {                                                                                              \
        "curl_" #name, offsetof(struct curl_api, name)                                             \
    }

static const struct symbol symbols[] = {
    SYMBOL(easy_init),
    SYMBOL(easy_cleanup),
    SYMBOL(easy_reset),
    SYMBOL(easy_setopt),
    SYMBOL(easy_getinfo),
    SYMBOL(easy_strerror),
    SYMBOL(multi_init),
    SYMBOL(multi_cleanup),
    SYMBOL(multi_add_handle),
    SYMBOL(multi_perform),
    SYMBOL(multi_remove_handle),
    SYMBOL(multi_poll),
    SYMBOL(multi_info_read),
    SYMBOL(multi_strerror),
    SYMBOL(slist_append),
    SYMBOL(slist_free_all),
    SYMBOL(url),
    SYMBOL(url_cleanup),
    SYMBOL(url_set),
    SYMBOL(url_get),
    SYMBOL(free),
    SYMBOL(getdate),
};

_Static_assert(ARRAY_SIZE(symbols) * sizeof(void *) == sizeof(struct curl_api),
               "every function of struct curl_api has its symbol");

static void open_library(void)
{
    CURLcode (*global_init)(long flags) = NULL;
    void *library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    void *found;

    if (!library) {
        missing = "libcurl.so.4 is not installed: apt install libcurl4";
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
        found = dlsym(library, symbols[i].name);
        if (!found) {
            missing = "libcurl.so.4 is older than 7.66: apt install libcurl4";
            return;
        }
        memcpy((char *)&api + symbols[i].offset, &found, sizeof(found));
    }
    found = dlsym(library, "curl_global_init");
    memcpy(&global_init, &found, sizeof(found));
    if (!global_init || global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        missing = "libcurl.so.4 cannot be initialised";
}

int curl_api_open(const struct curl_api **ret_api, struct chaos_error *err)
{
    pthread_once(&opened, open_library);
    if (missing)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "%s", missing);
    *ret_api = &api;
    return 0;
}
