// SPDX-License-Identifier: Apache-2.0
#include "net/http_hop.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "config.h"

/* libcurl's own limit without one given would be 300 s; requests waits as long as the kernel. */
#define CONNECT_TIMEOUT_MAX_MS INT64_C(2000000)
/* libcurl has timers of its own; this is only how long one poll lasts when nothing is due. */
#define POLL_MAX_MS 60000

/* What the callbacks of one transfer share. */
struct transfer {
    struct http_hop *hop;
    CURL *easy;
    size_t body_size;
    size_t body_limit;
    uint64_t sent;           /* of the request's body */
    struct chaos_error *err; /* set by a callback that ends the transfer */
    bool posts;              /* a body is sent, perhaps an empty one */
    char detail[CURL_ERROR_SIZE];
};

/* A coding that libcurl does not know is none of its business: the body is taken as it comes. */
static void allow_coding(const struct transfer *transfer)
{
    static const char *const known[] = {
        "gzip", "x-gzip", "deflate", "br", "zstd", "identity", NULL
    };
    const struct http_response *response = transfer->hop->response;
    const char *coding = http_header_find(response, "Content-Encoding");

    for (; coding && *coding; coding += strcspn(coding, ",") + (strchr(coding, ',') != NULL)) {
        size_t length;
        AUTO(str) char *name = NULL;

        coding += strspn(coding, " \t");
        length = strcspn(coding, ", \t");
        name = mem_strndup(coding, length);
        for (char *c = name; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        if (length && !str_in(name, known)) {
            transfer->hop->client->curl->easy_setopt(transfer->easy, CURLOPT_HTTP_CONTENT_DECODING,
                                                     0L);
            transfer->hop->client->setup.is_plain = false;
        }
    }
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    struct http_hop *hop = transfer->hop;

    if (http_head_add(&hop->head, hop->response, line, size * count, transfer->err) < 0) {
        hop->failure = HTTP_FAILED_LIMIT;
        return 0;
    }
    if (hop->head.complete)
        allow_coding(transfer);
    return size * count;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    struct http_hop *hop = transfer->hop;
    size_t length = size * count;
    bool is_sunk = http_goes_to_sink(hop->request->sink_fd, hop->response->status);

    if (!is_sunk && length > transfer->body_limit - transfer->body_size) {
        chaos_error_set(transfer->err, CHAOS_E_LIMIT, "the answer is larger than %zu bytes",
                        transfer->body_limit);
        hop->failure = HTTP_FAILED_LIMIT;
        return 0;
    }
    transfer->body_size += length;
    if (http_hop_is_followed(hop))
        return length; /* nobody reads it */
    if (!is_sunk) {
        buffer_add(&hop->response->body, data, length);
        return length;
    }
    if (fd_write_all(hop->request->sink_fd, data, length, transfer->err) < 0) {
        hop->failure = HTTP_FAILED_OTHER;
        return 0;
    }
    return length;
}

/* A piece of the request's body. */
static size_t on_read(char *piece, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    struct http_hop *hop = transfer->hop;
    const struct http_source *source = hop->request->source;
    size_t left = hop->request->body_length - transfer->sent;
    ssize_t got;

    if (!left)
        return 0;
    got = source->read(source->data, piece, size * count < left ? size * count : left,
                       transfer->sent, transfer->err);
    if (got < 0) {
        hop->failure = HTTP_FAILED_OTHER;
        return CURL_READFUNC_ABORT;
    }
    transfer->sent += (uint64_t)got;
    return (size_t)got;
}

/* A connection that turns out to be closed makes libcurl begin again. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct transfer *transfer = arg;

    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    transfer->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

struct default_header {
    const char *name;
    const char *line;
    bool with_body;   /* only with a body */
    bool with_coding; /* only where a content encoding is undone */
};

/* What libcurl would not do by itself, or with more work: of a header that is an option of its own
 * it writes each character twice. */
static const struct default_header default_headers[] = {
    { "Connection", "Connection: keep-alive", false, false },
    { "User-Agent", "User-Agent: fracas/" FRACAS_VERSION, false, false },
    { "Accept-Encoding", "Accept-Encoding: gzip, deflate", false, true },
    { "Content-Type", "Content-Type:", true, false }, /* not form data unless told so */
    { "Expect", "Expect:", true, false },             /* no pause for a "100 Continue" */
};

static bool is_omitted(const struct http_hop *hop, const char *name)
{
    if (hop->omit & HOP_NO_AUTHORIZATION && strcasecmp(name, "Authorization") == 0)
        return true;
    if (hop->omit & HOP_NO_COOKIE && strcasecmp(name, "Cookie") == 0)
        return true;
    return hop->omit & HOP_NO_BODY &&
           (strcasecmp(name, "Content-Type") == 0 || strcasecmp(name, "Content-Length") == 0 ||
            strcasecmp(name, "Transfer-Encoding") == 0);
}

static bool has_own(const struct http_hop *hop, const char *name)
{
    for (size_t i = 0; i < hop->request->n_headers; i++)
        if (strcasecmp(hop->request->headers[i].name, name) == 0 && !is_omitted(hop, name))
            return true;
    return false;
}

static bool has_default(const struct transfer *transfer, const struct default_header *header)
{
    return (transfer->posts || !header->with_body) &&
           (!(transfer->hop->request->flags & HTTP_RAW) || !header->with_coding) &&
           !has_own(transfer->hop, header->name);
}

static void add_headers(const struct transfer *transfer)
{
    const struct http_hop *hop = transfer->hop;
    const struct curl_api *curl = hop->client->curl;
    struct curl_slist *headers = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(default_headers); i++)
        if (has_default(transfer, &default_headers[i]))
            headers = curl->slist_append(headers, default_headers[i].line);
    for (size_t i = 0; i < hop->request->n_headers; i++) {
        const struct http_header *header = &hop->request->headers[i];
        AUTO(str) char *line = NULL;

        if (is_omitted(hop, header->name))
            continue;
        /* libcurl: "Name:" removes a header, "Name;" sends it empty. */
        if (!header->value)
            line = mem_printf("%s:", header->name);
        else if (!*header->value)
            line = mem_printf("%s;", header->name);
        else
            line = mem_printf("%s: %s", header->name, header->value);
        headers = curl->slist_append(headers, line);
    }
    curl->easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, headers);
    hop->client->headers = headers;
}

static void set_body(const struct transfer *transfer, size_t length)
{
    const struct http_request *request = transfer->hop->request;
    const struct curl_api *curl = transfer->hop->client->curl;

    curl->easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    if (!length || !request->source) {
        /* POSTFIELDS also for none: the length, 0, is announced. */
        curl->easy_setopt(transfer->easy, CURLOPT_POSTFIELDS,
                          length ? request->body : (const void *)"");
        return;
    }
    curl->easy_setopt(transfer->easy, CURLOPT_POST, 1L);
    curl->easy_setopt(transfer->easy, CURLOPT_READFUNCTION, on_read);
    curl->easy_setopt(transfer->easy, CURLOPT_READDATA, transfer);
    curl->easy_setopt(transfer->easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl->easy_setopt(transfer->easy, CURLOPT_SEEKDATA, transfer);
}

static void set_method(struct transfer *transfer)
{
    const struct http_hop *hop = transfer->hop;
    const struct curl_api *curl = hop->client->curl;
    bool has_body = (hop->request->body || hop->request->source) && !(hop->omit & HOP_NO_BODY);
    size_t length = has_body ? hop->request->body_length : 0;

    if (strcmp(hop->method, "HEAD") == 0) {
        curl->easy_setopt(transfer->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (strcmp(hop->method, "GET") != 0 || has_body) {
        set_body(transfer, length);
        curl->easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST, hop->method);
        transfer->posts = true;
    }
}

static void set_proxy(const struct transfer *transfer)
{
    const struct curl_api *curl = transfer->hop->client->curl;
    const char *upper = getenv("HTTP_PROXY");

    if (transfer->hop->request->flags & HTTP_NO_PROXY) {
        curl->easy_setopt(transfer->easy, CURLOPT_PROXY, "");
        return;
    }
    /* libcurl reads all others, yet not this one, which a CGI program gets from its client. */
    if (upper && strncasecmp(transfer->hop->url, "http:", 5) == 0 && !getenv("http_proxy") &&
        !getenv("REQUEST_METHOD"))
        curl->easy_setopt(transfer->easy, CURLOPT_PROXY, upper);
}

static int set_certificates(const struct transfer *transfer)
{
    const struct curl_api *curl = transfer->hop->client->curl;
    const char *path = transfer->hop->request->ca_path;
    const char *origin = "";
    struct stat st;

    if (strncasecmp(transfer->hop->url, "https:", 6) != 0)
        return 0;
    if (transfer->hop->request->flags & HTTP_NO_VERIFY_TLS) {
        curl->easy_setopt(transfer->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl->easy_setopt(transfer->easy, CURLOPT_SSL_VERIFYHOST, 0L);
        return 0;
    }
    if (!path) {
        path = getenv("REQUESTS_CA_BUNDLE");
        origin = " (of $REQUESTS_CA_BUNDLE)";
    }
    if (!path || !*path) {
        path = getenv("CURL_CA_BUNDLE");
        origin = " (of $CURL_CA_BUNDLE)";
    }
    if (!path || !*path)
        return 0;
    if (stat(path, &st) < 0) {
        transfer->hop->failure = HTTP_FAILED_TLS;
        return chaos_error_set_errno(transfer->err, errno, "certificates '%s'%s", path, origin);
    }
    curl->easy_setopt(transfer->easy, S_ISDIR(st.st_mode) ? CURLOPT_CAPATH : CURLOPT_CAINFO, path);
    return 0;
}

static void set_connection(const struct transfer *transfer)
{
    const struct http_hop *hop = transfer->hop;
    const struct http_request *request = hop->request;
    const struct curl_api *curl = hop->client->curl;
    int64_t connect_ms = request->connect_timeout_ms;

    if (connect_ms <= 0 || connect_ms > CONNECT_TIMEOUT_MAX_MS)
        connect_ms = CONNECT_TIMEOUT_MAX_MS;
    curl->easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    curl->easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(transfer->easy, CURLOPT_QUICK_EXIT, 1L); /* leave a stuck resolver behind */
    curl->easy_setopt(transfer->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl->easy_setopt(transfer->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (hop->client->netrc_path) {
        curl->easy_setopt(transfer->easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
        curl->easy_setopt(transfer->easy, CURLOPT_NETRC_FILE, hop->client->netrc_path);
    }
    if (request->flags & HTTP_FRESH_CONNECTION) {
        curl->easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L);
        curl->easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
        if (!hop->client->setup.has_numeric_host)
            curl->easy_setopt(transfer->easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
        curl->easy_setopt(transfer->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    }
    if (request->flags & HTTP_PATH_AS_IS)
        curl->easy_setopt(transfer->easy, CURLOPT_PATH_AS_IS, 1L);
}

/* Digits and points, or an address in brackets: there is nothing to resolve. */
static bool has_numeric_host(const char *url)
{
    const char *host = strchr(url, ':') + 3;

    return *host == '[' || strchr("/:?#", host[strspn(host, "0123456789.")]);
}

static struct http_setup setup_for(const struct http_hop *hop)
{
    const struct http_request *request = hop->request;

    return (struct http_setup){
        .is_plain = strcmp(hop->method, "GET") == 0 && !request->body && !request->source &&
                    !request->n_headers && strncasecmp(hop->url, "http:", 5) == 0 &&
                    !strchr(hop->url, '@') && !hop->client->netrc_path && !getenv("HTTP_PROXY"),
        .has_numeric_host = has_numeric_host(hop->url),
        .flags = request->flags,
        .connect_timeout_ms = request->connect_timeout_ms,
    };
}

static bool setup_serves(const struct http_setup *setup, const struct http_setup *wanted)
{
    return setup->is_plain && wanted->is_plain && setup->flags == wanted->flags &&
           setup->has_numeric_host == wanted->has_numeric_host &&
           setup->connect_timeout_ms == wanted->connect_timeout_ms;
}

/* The handle keeps nothing of the last request but what belongs to the client. */
static void forget_setup(struct http_client *client)
{
    client->curl->easy_reset(client->easy);
    client->curl->slist_free_all(client->headers);
    client->headers = NULL;
    client->setup = (struct http_setup){ 0 };
}

static void set_up(struct transfer *transfer, const struct http_setup *wanted)
{
    const struct http_hop *hop = transfer->hop;
    const struct curl_api *curl = hop->client->curl;

    forget_setup(hop->client);
    hop->client->setup = *wanted;
    curl->easy_setopt(transfer->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl->easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, on_body);
    if (!(hop->request->flags & HTTP_RAW))
        curl->easy_setopt(transfer->easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    set_connection(transfer);
    set_proxy(transfer);
    set_method(transfer);
    add_headers(transfer);
}

static int configure(struct transfer *transfer)
{
    const struct http_hop *hop = transfer->hop;
    const struct curl_api *curl = hop->client->curl;
    struct http_setup wanted = setup_for(hop);

    if (!setup_serves(&hop->client->setup, &wanted))
        set_up(transfer, &wanted);
    curl->easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, transfer->detail);
    curl->easy_setopt(transfer->easy, CURLOPT_HEADERDATA, transfer);
    curl->easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
    if (curl->easy_setopt(transfer->easy, CURLOPT_URL, hop->url) != CURLE_OK) {
        transfer->hop->failure = HTTP_FAILED_URL;
        return chaos_error_set(transfer->err, CHAOS_E_INVALID, "the URL is too long");
    }
    return set_certificates(transfer);
}

static int64_t time_info(const struct transfer *transfer, CURLINFO info)
{
    curl_off_t micros = 0;

    transfer->hop->client->curl->easy_getinfo(transfer->easy, info, &micros);
    return (int64_t)micros * CLOCK_NS_PER_US;
}

/* End the transfer for a reason of ours. */
static int give_up(const struct transfer *transfer, enum http_failure failure, enum chaos_errc code,
                   const char *text)
{
    transfer->hop->failure = failure;
    return chaos_error_set(transfer->err, code, "%s", text);
}

/* When the waiting has to end. */
struct limits {
    int64_t deadline;      /* of the whole request */
    int64_t silence_ns;    /* 0: any */
    int64_t last_progress; /* 0 until connected: that has a limit of its own */
};

/* Note the time when something moved, and find out how long to wait at most, in milliseconds;
 * 0 when the time is up. */
static int next_wait_ms(const struct transfer *transfer, struct limits *limits, bool moved)
{
    int64_t until = limits->deadline;
    int timeout_ms;

    if (limits->silence_ns > 0 && (moved || !limits->last_progress) &&
        time_info(transfer, CURLINFO_PRETRANSFER_TIME_T) > 0)
        limits->last_progress = clock_now();
    if (limits->last_progress && limits->last_progress + limits->silence_ns < until)
        until = limits->last_progress + limits->silence_ns;
    timeout_ms = clock_poll_timeout(until);
    return timeout_ms < 0 || timeout_ms > POLL_MAX_MS ? POLL_MAX_MS : timeout_ms;
}

/* Wait for the end of the transfer, the deadline, too long a silence or being cancelled. */
static int wait_for_end(struct transfer *transfer)
{
    const struct http_hop *hop = transfer->hop;
    const struct http_request *request = hop->request;
    const struct curl_api *curl = hop->client->curl;
    struct limits limits = { .deadline = request->deadline > 0 ? request->deadline : CLOCK_NEVER,
                             .silence_ns = request->read_timeout_ms * CLOCK_NS_PER_MS };
    struct curl_waitfd waker = { .fd = hop->cancel ? hop->cancel->fd : -1,
                                 .events = CURL_WAIT_POLLIN };
    int running = 1;
    int ready = 0;

    while (true) {
        CURLMcode code;
        int timeout_ms;

        if (cancel_reason(hop->cancel))
            return give_up(transfer, HTTP_FAILED_CANCELLED, CHAOS_E_CANCELLED, "cancelled");
        code = curl->multi_perform(hop->client->multi, &running);
        if (code == CURLM_OK && !running)
            return 0;
        timeout_ms = next_wait_ms(transfer, &limits, ready > 0);
        if (timeout_ms == 0)
            return give_up(transfer, HTTP_FAILED_TIMEOUT, CHAOS_E_TIMEOUT,
                           "no whole answer in time");
        log_flush();
        if (code == CURLM_OK)
            code = curl->multi_poll(hop->client->multi, &waker, hop->cancel ? 1 : 0, timeout_ms,
                                    &ready);
        if (code != CURLM_OK)
            return give_up(transfer, HTTP_FAILED_OTHER, CHAOS_E_INTERNAL,
                           curl->multi_strerror(code));
    }
}

struct reason {
    CURLcode code;
    enum http_failure failure;
    enum chaos_errc errc;
    const char *text; /* NULL: libcurl's own */
};

static const struct reason reasons[] = {
    { CURLE_URL_MALFORMAT, HTTP_FAILED_URL, CHAOS_E_INVALID, NULL },
    { CURLE_UNSUPPORTED_PROTOCOL, HTTP_FAILED_OTHER, CHAOS_E_REMOTE, NULL },
    { CURLE_COULDNT_RESOLVE_HOST, HTTP_FAILED_CONNECT, CHAOS_E_IO, "the name cannot be resolved" },
    { CURLE_COULDNT_RESOLVE_PROXY, HTTP_FAILED_CONNECT, CHAOS_E_IO,
      "the name of the proxy cannot be resolved" },
    { CURLE_COULDNT_CONNECT, HTTP_FAILED_CONNECT, CHAOS_E_IO, NULL },
    { CURLE_PROXY, HTTP_FAILED_CONNECT, CHAOS_E_IO, NULL },
    { CURLE_OPERATION_TIMEDOUT, HTTP_FAILED_CONNECT, CHAOS_E_TIMEOUT, "no connection in time" },
    { CURLE_SSL_CONNECT_ERROR, HTTP_FAILED_TLS, CHAOS_E_IO, NULL },
    { CURLE_PEER_FAILED_VERIFICATION, HTTP_FAILED_TLS, CHAOS_E_IO, NULL },
    { CURLE_SSL_CACERT_BADFILE, HTTP_FAILED_TLS, CHAOS_E_IO, NULL },
    { CURLE_SSL_CERTPROBLEM, HTTP_FAILED_TLS, CHAOS_E_IO, NULL },
    { CURLE_SSL_CIPHER, HTTP_FAILED_TLS, CHAOS_E_IO, NULL },
    { CURLE_GOT_NOTHING, HTTP_FAILED_DROPPED, CHAOS_E_IO, "connection closed without an answer" },
    { CURLE_PARTIAL_FILE, HTTP_FAILED_DROPPED, CHAOS_E_IO,
      "connection closed before the answer was whole" },
    { CURLE_SEND_ERROR, HTTP_FAILED_DROPPED, CHAOS_E_IO, NULL },
    { CURLE_RECV_ERROR, HTTP_FAILED_DROPPED, CHAOS_E_IO, NULL },
    { CURLE_BAD_CONTENT_ENCODING, HTTP_FAILED_OTHER, CHAOS_E_REMOTE, NULL },
    { CURLE_WEIRD_SERVER_REPLY, HTTP_FAILED_OTHER, CHAOS_E_REMOTE, "the answer is not HTTP" },
};

static int explain(const struct transfer *transfer, CURLcode code)
{
    const struct curl_api *curl = transfer->hop->client->curl;
    struct reason reason = { .failure = HTTP_FAILED_OTHER, .errc = CHAOS_E_REMOTE };
    char errno_text[128];
    const char *text;
    long number = 0;

    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (reasons[i].code == code)
            reason = reasons[i];
    curl->easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
    text = reason.text;
    if (!text && number > 0 && reason.errc == CHAOS_E_IO && reason.failure != HTTP_FAILED_TLS)
        text = strerror_r((int)number, errno_text, sizeof(errno_text));
    if (!text && transfer->detail[0])
        text = transfer->detail;
    if (!text)
        text = curl->easy_strerror(code);
    return give_up(transfer, reason.failure, reason.errc, text);
}

static int take_result(const struct transfer *transfer)
{
    struct http_hop *hop = transfer->hop;
    const struct curl_api *curl = hop->client->curl;
    const char *redirect_url = NULL;
    long connects = 0;
    int left;
    const CURLMsg *message = curl->multi_info_read(hop->client->multi, &left);

    if (hop->failure) /* a callback set the error */
        return -(int)transfer->err->code;
    if (!message || message->msg != CURLMSG_DONE)
        return give_up(transfer, HTTP_FAILED_OTHER, CHAOS_E_INTERNAL, "the transfer has no result");
    if (message->data.result != CURLE_OK)
        return explain(transfer, message->data.result);
    curl->easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
    if (connects > 0) {
        hop->response->connect_ns = time_info(transfer, CURLINFO_CONNECT_TIME_T);
        hop->response->tls_ns = time_info(transfer, CURLINFO_APPCONNECT_TIME_T);
    }
    hop->response->first_byte_ns = time_info(transfer, CURLINFO_STARTTRANSFER_TIME_T);
    if (http_hop_is_followed(hop)) {
        curl->easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &redirect_url);
        hop->redirect_url = mem_strdup(redirect_url);
    }
    return 0;
}

int http_hop_over_curl(struct http_hop *hop, struct chaos_error *err)
{
    const struct curl_api *curl = hop->client->curl;
    struct transfer transfer = {
        .hop = hop,
        .easy = hop->client->easy,
        .body_limit = hop->request->body_limit ? hop->request->body_limit : HTTP_BODY_LIMIT,
        .err = err,
    };
    CURLMcode code;
    int r;

    r = configure(&transfer);
    if (r == 0) {
        code = curl->multi_add_handle(hop->client->multi, transfer.easy);
        if (code != CURLM_OK)
            r = give_up(&transfer, HTTP_FAILED_OTHER, CHAOS_E_INTERNAL, curl->multi_strerror(code));
    }
    if (r == 0) {
        r = wait_for_end(&transfer);
        if (r == 0)
            r = take_result(&transfer);
        curl->multi_remove_handle(hop->client->multi, transfer.easy);
    }
    if (r < 0)
        hop->client->setup.is_plain = false; /* who knows in what state it was left */
    curl->easy_setopt(transfer.easy, CURLOPT_ERRORBUFFER, NULL); /* it ends here */
    return r;
}
