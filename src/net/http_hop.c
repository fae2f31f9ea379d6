// SPDX-License-Identifier: Apache-2.0
#include "net/http_hop.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/http_coding.h"

bool http_hop_is_followed(const struct http_hop *hop)
{
    static const long statuses[] = { 301, 302, 303, 307, 308 };
    const char *location = http_header_find(hop->response, "Location");

    if (hop->request->flags & HTTP_NO_REDIRECTS || !location || !*location)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
        if (hop->response->status == statuses[i])
            return true;
    return false;
}

int http_client_open_curl(struct http_client *client, struct chaos_error *err)
{
    int r;

    if (client->multi && client->easy)
        return 0;
    r = curl_api_open(&client->curl, err);
    if (r < 0)
        return r;
    client->multi = client->curl->multi_init();
    client->easy = client->curl->easy_init();
    if (!client->multi || !client->easy)
        return chaos_error_set(err, CHAOS_E_INTERNAL,
                               "libcurl cannot be used: no memory or sockets");
    /* Taking a cookie starts the engine for good; CURLOPT_COOKIEFILE would leak in each reset. */
    client->curl->easy_setopt(client->easy, CURLOPT_COOKIELIST, "Set-Cookie: a=b; domain=invalid");
    client->curl->easy_setopt(client->easy, CURLOPT_COOKIELIST, "ALL"); /* forget it */
    return 0;
}

/* Only what an earlier answer did not change, and no file of passwords has a say in. */
static bool is_plain(const struct http_hop *hop, const struct http_request *request)
{
    return !hop->omit && (!hop->client->netrc_path || request->flags & HTTP_RAW) &&
           http_plain_serves(request);
}

/* Where the answer sends the client, made absolute by the rules of libcurl, which goes there. */
static int find_redirect(struct http_hop *hop, struct chaos_error *err)
{
    const char *location = http_header_find(hop->response, "Location");
    const struct curl_api *curl;
    char *found = NULL;
    CURLU *url;
    CURLUcode code;
    int r;

    assert(location);
    r = http_client_open_curl(hop->client, err);
    if (r < 0)
        return r;
    curl = hop->client->curl;
    url = curl->url();
    code = curl->url_set(url, CURLUPART_URL, hop->url, 0);
    if (code == CURLUE_OK)
        code = curl->url_set(url, CURLUPART_URL, location,
                             CURLU_URLENCODE | CURLU_ALLOW_SPACE | CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_OK)
        code = curl->url_get(url, CURLUPART_URL, &found, 0);
    if (code == CURLUE_OK)
        hop->redirect_url = mem_strdup(found);
    curl->free(found);
    curl->url_cleanup(url);
    if (code == CURLUE_OK)
        return 0;
    hop->failure = HTTP_FAILED_URL;
    return chaos_error_set(err, CHAOS_E_INVALID, "it redirects to '%s', which is no URL", location);
}

/* Cookies are kept and sent by libcurl. Plain requests that are sent on are safe to repeat. */
static bool must_keep_cookies(const struct http_hop *hop)
{
    return http_hop_is_followed(hop) && http_header_find(hop->response, "Set-Cookie");
}

static int run_plain(struct http_hop *hop, const struct http_request *request,
                     struct chaos_error *err)
{
    size_t limit = request->body_limit ? request->body_limit : HTTP_BODY_LIMIT;
    int r = http_plain_request(&hop->client->plain, request, hop->cancel, hop->response,
                               &hop->head.complete, &hop->failure, err);

    hop->is_named = r < 0;
    if (r < 0 || must_keep_cookies(hop))
        return r;
    if (http_hop_is_followed(hop))
        return find_redirect(hop, err);
    if (request->flags & HTTP_RAW)
        return 0;
    r = http_coding_undo(hop->response, limit, err);
    if (r < 0)
        hop->failure = r == -CHAOS_E_LIMIT ? HTTP_FAILED_LIMIT : HTTP_FAILED_OTHER;
    return r;
}

static void forget_answer(struct http_hop *hop)
{
    http_response_clear(hop->response);
    hop->head = (struct http_head){ 0 };
    hop->failure = HTTP_FAILED_NOT;
    hop->is_named = false;
}

int http_hop_run(struct http_hop *hop, struct chaos_error *err)
{
    struct http_request request = *hop->request;
    int r;

    request.url = hop->url;
    hop->redirect_url = NULL;
    forget_answer(hop);
    if (is_plain(hop, &request)) {
        r = run_plain(hop, &request, err);
        if (r < 0 || !must_keep_cookies(hop))
            return r;
        forget_answer(hop);
    }
    hop->failure = HTTP_FAILED_OTHER;
    r = http_client_open_curl(hop->client, err);
    if (r < 0)
        return r;
    hop->failure = HTTP_FAILED_NOT;
    return http_hop_over_curl(hop, err);
}
