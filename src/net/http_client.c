// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_hop.h"
#include "net/http_text.h"

#define REDIRECTS_MAX 30

/* $NETRC, else ~/.netrc; owned, NULL for a file that is not there. */
static char *find_netrc(void)
{
    const char *given = getenv("NETRC");
    const char *home = getenv("HOME");
    AUTO(str) char *path = NULL;

    if (given && *given)
        path = mem_strdup(given);
    else if (home)
        path = mem_printf("%s/.netrc", home);
    return path && access(path, R_OK) == 0 ? STEAL(path) : NULL;
}

struct http_client *http_client_new(void)
{
    struct http_client *client = mem_zero(1, sizeof(*client));

    client->plain.fd = -1;
    client->netrc_path = find_netrc();
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    if (client->easy)
        client->curl->easy_cleanup(client->easy);
    if (client->multi)
        client->curl->multi_cleanup(client->multi);
    if (client->headers)
        client->curl->slist_free_all(client->headers);
    http_plain_clear(&client->plain);
    free(client->netrc_path);
    free(client);
}

/* RFC 9110, section 5.6.2 */
static bool is_token(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", *text))
            return false;
    return true;
}

static int check(const struct http_request *request, struct chaos_error *err)
{
    if (!is_token(request->method))
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not an HTTP method", request->method);
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct http_header *header = &request->headers[i];

        if (!is_token(header->name))
            return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not the name of a header",
                                   header->name);
        if (header->value && strpbrk(header->value, "\r\n"))
            return chaos_error_set(err, CHAOS_E_INVALID, "the value of header '%s' has a line end",
                                   header->name);
    }
    return 0;
}

static bool is_web_url(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

/* libcurl would take "http:///path" for a host named "path". */
static bool has_host(const char *url)
{
    return !strchr("/?#", *(strchr(url, ':') + 3));
}

/* The parts of a URL that say who is asked. */
struct origin {
    char *scheme;
    char *host;
    long port;
};

static void origin_clear(struct origin *origin)
{
    free(origin->scheme);
    free(origin->host);
    *origin = (struct origin){ 0 };
}
AUTO_CLEAR(origin, struct origin)

static char *url_part(const struct curl_api *curl, CURLU *parts, CURLUPart part)
{
    char *text = NULL;
    char *copy;

    if (curl->url_get(parts, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return mem_strndup("", 0);
    copy = mem_strndup(text, strlen(text));
    curl->free(text);
    return copy;
}

/* libcurl converts names of other scripts by the locale, which is none of ours. */
static bool is_ascii_host(const char *url)
{
    const char *host = strchr(url, ':') + 3;

    for (size_t i = 0; i < strcspn(host, "/?#"); i++)
        if ((unsigned char)host[i] >= 0x80)
            return false;
    return true;
}

static int refuse_url(const char *url, const char *why, struct chaos_error *err)
{
    AUTO(str) char *masked = http_url_masked(url);

    return chaos_error_set(err, CHAOS_E_INVALID, "'%s' %s", masked, why);
}

static int origin_parse(const char *url, struct origin *ret_origin, struct chaos_error *err)
{
    AUTO(str) char *port = NULL;
    const struct curl_api *curl;
    CURLU *parts;
    CURLUcode code;
    int r;

    if (!is_web_url(url))
        return refuse_url(url, "is not an http:// or https:// URL", err);
    r = curl_api_open(&curl, err);
    if (r < 0)
        return r;
    parts = curl->url();
    code = has_host(url) ? curl->url_set(parts, CURLUPART_URL, url, 0) : CURLUE_NO_HOST;
    if (code == CURLUE_OK) {
        ret_origin->scheme = url_part(curl, parts, CURLUPART_SCHEME);
        ret_origin->host = url_part(curl, parts, CURLUPART_HOST);
        port = url_part(curl, parts, CURLUPART_PORT);
        ret_origin->port = strtol(port, NULL, 10);
    }
    curl->url_cleanup(parts);
    if (code != CURLUE_OK || !*ret_origin->host)
        return refuse_url(url, "is not a URL of a host", err);
    return 0;
}

/* As requests: the same host, and the same scheme and port or both upgraded from http to https. */
static bool may_share_authorization(const struct origin *from, const struct origin *to)
{
    assert(from->host && to->host);
    if (strcasecmp(from->host, to->host) != 0)
        return false;
    if (strcasecmp(from->scheme, to->scheme) == 0)
        return from->port == to->port;
    return strcasecmp(from->scheme, "http") == 0 && from->port == 80 && to->port == 443;
}

/* Safe to be asked again although the server may have acted: RFC 9110, section 9.2.2. */
static bool is_repeatable(const char *method)
{
    static const char *const methods[] = {
        "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", NULL
    };

    return str_in(method, methods);
}

#define RETRY_AFTER_MAX_S INT64_C(21600)

/* A date (RFC 9110, section 5.6.7) as seconds since 1970, -1 when it is none. */
static time_t read_date(const char *text)
{
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    const struct curl_api *curl;

    return curl_api_open(&curl, &ignored) < 0 ? -1 : curl->getdate(text, NULL);
}

/* Seconds until an answer of "not now" may be asked for again, -1 for any other answer. */
static int64_t retry_after_s(const struct http_hop *hop)
{
    long status = hop->response->status;
    const char *text = http_header_find(hop->response, "Retry-After");
    int64_t seconds;
    char *end;

    if (!text || !is_repeatable(hop->method) || (status != 413 && status != 429 && status != 503))
        return -1;
    errno = 0;
    seconds = strtol(text, &end, 10);
    if (end == text || *end) {
        time_t date = read_date(text);

        if (date < 0)
            return -1;
        seconds = date - clock_wall() / CLOCK_NS_PER_S;
    }
    if (errno || seconds > RETRY_AFTER_MAX_S)
        return RETRY_AFTER_MAX_S;
    return seconds < 0 ? 0 : seconds;
}

static bool should_retry(const struct http_hop *hop)
{
    if (hop->head.complete)
        return false;
    if (hop->failure == HTTP_FAILED_CONNECT || hop->failure == HTTP_FAILED_TLS)
        return true;
    return is_repeatable(hop->method) &&
           (hop->failure == HTTP_FAILED_DROPPED || hop->failure == HTTP_FAILED_TIMEOUT);
}

static bool deadline_passed(const struct http_request *request)
{
    return request->deadline > 0 && clock_poll_timeout(request->deadline) == 0;
}

static int pause_s(struct http_hop *hop, int64_t seconds, struct chaos_error *err)
{
    int64_t until = clock_now() + seconds * CLOCK_NS_PER_S;
    bool cut = hop->request->deadline > 0 && hop->request->deadline < until;

    if (wait_until(cut ? hop->request->deadline : until, hop->cancel) == WAIT_CANCELLED) {
        hop->failure = HTTP_FAILED_CANCELLED;
        return chaos_error_set(err, CHAOS_E_CANCELLED, "cancelled");
    }
    if (!cut)
        return 0;
    hop->failure = HTTP_FAILED_TIMEOUT;
    return chaos_error_set(err, CHAOS_E_TIMEOUT, "no whole answer in time");
}

/* One hop, as often as `max_retries` allows. */
static int run_with_retries(struct http_hop *hop, struct chaos_error *err)
{
    for (unsigned left = hop->request->max_retries;; left--) {
        int r = http_hop_run(hop, err);
        int64_t wait_s;

        if (r < 0) {
            if (!left || !should_retry(hop) || deadline_passed(hop->request))
                return r;
            log_debug("%s; asking again, %u more times at most", chaos_error_text(err), left - 1);
            chaos_error_clear(err);
            continue;
        }
        wait_s = left ? retry_after_s(hop) : -1;
        if (wait_s < 0)
            return 0;
        free(STEAL(hop->redirect_url));
        r = pause_s(hop, wait_s, err);
        if (r < 0)
            return r;
    }
}

static const char *method_after(const struct http_hop *hop)
{
    long status = hop->response->status;

    if (hop->request->flags & HTTP_KEEP_METHOD || strcmp(hop->method, "HEAD") == 0)
        return hop->method;
    if (status == 302 || status == 303)
        return "GET";
    if (status == 301 && strcmp(hop->method, "POST") == 0)
        return "GET";
    return hop->method;
}

/* What must not go along to where the answer points. */
static unsigned omit_after(const struct http_hop *hop, const struct origin *from,
                           const struct origin *to)
{
    long status = hop->response->status;
    unsigned omit = hop->omit | HOP_NO_COOKIE;

    if (status != 307 && status != 308 && !(hop->request->flags & HTTP_KEEP_METHOD))
        omit |= HOP_NO_BODY;
    if (!may_share_authorization(from, to))
        omit |= HOP_NO_AUTHORIZATION;
    return omit;
}

/* Put who was asked before the error. */
static int name_host(const struct http_hop *hop, struct chaos_error *err)
{
    AUTO(str) char *masked = http_url_masked(hop->url);
    AUTO(origin) struct origin origin = { 0 };
    AUTO(chaos_error) struct chaos_error ignored = { 0 };

    if (origin_parse(hop->url, &origin, &ignored) < 0)
        return chaos_error_prefix(err, "'%s'", masked);
    return chaos_error_prefix(err, "%s:%ld", origin.host, origin.port);
}

/* Turn the hop, which was answered with a redirect, to where that leads. */
static int turn(struct http_hop *hop, char **url, struct chaos_error *err)
{
    AUTO(str) char *target = http_url_quote(hop->redirect_url);
    AUTO(origin) struct origin from = { 0 };
    AUTO(origin) struct origin to = { 0 };
    int r;

    hop->failure = HTTP_FAILED_URL;
    r = origin_parse(*url, &from, err);
    if (r == 0)
        r = origin_parse(target, &to, err);
    if (r < 0)
        return chaos_error_prefix(err, "redirect");
    hop->omit = omit_after(hop, &from, &to);
    hop->method = method_after(hop);
    free(*url);
    *url = STEAL(target);
    hop->url = *url;
    return 0;
}

/* Follow the hops from *url on; it becomes where the last one went. */
static int follow(struct http_hop *hop, char **url, struct chaos_error *err)
{
    int r;

    hop->url = *url;
    hop->failure = HTTP_FAILED_URL;
    if (!is_web_url(*url))
        return refuse_url(*url, "is not an http:// or https:// URL", err);
    if (!has_host(*url))
        return refuse_url(*url, "names no host", err);
    if (!is_ascii_host(*url))
        return refuse_url(*url, "names a host beyond ASCII: write its xn-- form", err);
    for (int redirects = 0;; redirects++) {
        AUTO(str) char *next = NULL;

        r = run_with_retries(hop, err);
        if (r < 0)
            return hop->is_named ? r : name_host(hop, err);
        next = hop->redirect_url;
        if (!next)
            return 0;
        if (redirects == REDIRECTS_MAX) {
            hop->failure = HTTP_FAILED_LIMIT;
            chaos_error_set(err, CHAOS_E_LIMIT, "more than %d redirects", REDIRECTS_MAX);
            return name_host(hop, err);
        }
        r = turn(hop, url, err);
        if (r < 0)
            return r;
    }
}

int http_request(struct http_client *client, const struct http_request *request,
                 const struct cancel *cancel, struct http_response *response,
                 enum http_failure *ret_failure, struct chaos_error *err)
{
    AUTO(str) char *url = http_url_quote(request->url);
    struct http_hop hop = { .client = client,
                            .request = request,
                            .cancel = cancel,
                            .response = response,
                            .method = request->method,
                            .failure = HTTP_FAILED_OTHER };
    int64_t started = clock_now();
    int r;

    r = check(request, err);
    if (client->easy)
        client->curl->easy_setopt(client->easy, CURLOPT_COOKIELIST, "ALL"); /* forget them */
    if (r == 0)
        r = follow(&hop, &url, err);
    if (ret_failure)
        *ret_failure = r < 0 ? hop.failure : HTTP_FAILED_NOT;
    if (r < 0) {
        http_response_clear(response);
        return r;
    }
    response->url = STEAL(url);
    response->total_ns = clock_now() - started;
    return 0;
}
