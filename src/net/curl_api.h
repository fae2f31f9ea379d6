/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, opened when the first request is made: a run without HTTP does not pay for it. */
#pragma once

#include <curl/curl.h>

#include "base/auto.h"

/* The functions of libcurl(3) that are used, under their names without "curl_". */
struct curl_api {
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *easy);
    void (*easy_reset)(CURL *easy);
    CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
    CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
    const char *(*easy_strerror)(CURLcode code);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_cleanup)(CURLM *multi);
    CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
    CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
    CURLMcode (*multi_perform)(CURLM *multi, int *ret_running);
    CURLMcode (*multi_poll)(CURLM *multi, struct curl_waitfd fds[], unsigned n_fds, int timeout_ms,
                            int *ret_ready);
    CURLMsg *(*multi_info_read)(CURLM *multi, int *ret_left);
    const char *(*multi_strerror)(CURLMcode code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
    CURLU *(*url)(void);
    void (*url_cleanup)(CURLU *url);
    CURLUcode (*url_set)(CURLU *url, CURLUPart part, const char *content, unsigned flags);
    CURLUcode (*url_get)(CURLU *url, CURLUPart part, char **ret_content, unsigned flags);
    void (*free)(void *memory);
    time_t (*getdate)(const char *text, const time_t *unused);
};

/* The library, opened and initialised once for the process, by whichever thread comes first, and
 * never closed. -CHAOS_E_UNSUPPORTED, with what to install, where it is missing or too old. */
MUST_USE int curl_api_open(const struct curl_api **ret_api, struct chaos_error *err);
