// SPDX-License-Identifier: Apache-2.0
#include "net/http_plain.h"

#include <poll.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config.h"
#include "net/http_message.h"
#include "net/http_upload.h"
#include "net/socket.h"

#define SCHEME         "http://"
#define PIECE_SIZE     ((size_t)64 * 1024)
#define SHORT_BODY     ((size_t)16 * 1024)
#define PORT_HTTP      80
#define CONNECT_NS_MAX (2000 * CLOCK_NS_PER_S)
/* For a server that does not know of Expect. */
#define LEAVE_MS 1000

/* The parts of an address; they point into it. */
struct place {
    const char *authority;
    size_t authority_length;
    const char *target; /* "" or what begins at '/' or '?' */
    size_t target_length;
};

static bool find_place(const char *url, struct place *ret_place)
{
    struct place place = { 0 };

    if (strncasecmp(url, SCHEME, strlen(SCHEME)) != 0)
        return false;
    place.authority = url + strlen(SCHEME);
    place.authority_length = strcspn(place.authority, "/?#");
    place.target = place.authority + place.authority_length;
    place.target_length = strcspn(place.target, "#");
    *ret_place = place;
    return place.authority_length > 0 && !memchr(place.authority, '@', place.authority_length);
}

/* "host", "host:80", "[::1]:80" */
static bool find_host(const struct place *place, char **ret_host, uint16_t *ret_port)
{
    AUTO(str) char *text = mem_strndup(place->authority, place->authority_length);
    char *host = text, *rest = text + strcspn(text, ":");
    long port = PORT_HTTP;

    if (*text == '[') {
        rest = strchr(text, ']');
        if (!rest)
            return false;
        host++;
        *rest++ = '\0';
    }
    if (*rest == ':' && rest[1]) {
        port = strtol(rest + 1, NULL, 10);
        if (strspn(rest + 1, "0123456789") != strlen(rest + 1) || port < 1 || port > UINT16_MAX)
            return false;
        *rest = '\0';
    } else if (*rest) {
        return false;
    }
    for (const char *c = host; *c; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '%')
            return false;
    }
    *ret_host = mem_strdup(host);
    *ret_port = (uint16_t)port;
    return *host != '\0';
}

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);

    return value && *value;
}

/* Only a name that stands in the list as it is: the finer rules are libcurl's. */
static bool is_spared(const char *host)
{
    static const char *const variables[] = { "no_proxy", "NO_PROXY" };

    for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
        const char *item = getenv(variables[i]);

        for (; item && *item; item += strspn(item, ", ")) {
            size_t length = strcspn(item, ", ");

            if (length == strlen(host) && strncasecmp(item, host, length) == 0)
                return true;
            item += length;
        }
    }
    return false;
}

static bool has_proxy(const struct http_request *request, const char *host)
{
    bool is_named =
        is_set("http_proxy") || is_set("HTTP_PROXY") || is_set("all_proxy") || is_set("ALL_PROXY");

    return is_named && !(request->flags & HTTP_NO_PROXY) && !is_spared(host);
}

static bool is_number(const char *host)
{
    union address address;

    return address_parse(host, 0, &address);
}

/* "." or ".." between slashes, written so or "%2e". */
static bool has_steps(const struct place *place)
{
    AUTO(str) char *path = mem_strndup(place->target, place->target_length);

    path[strcspn(path, "?")] = '\0';
    return strstr(path, "/.") || strcasestr(path, "/%2e");
}

static bool has_body(const struct http_request *request)
{
    return request->body || request->source;
}

static bool is_fetch(const struct http_request *request)
{
    return !has_body(request) &&
           (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0);
}

bool http_plain_serves(const struct http_request *request)
{
    AUTO(str) char *host = NULL;
    struct place place;
    uint16_t port;

    return (request->sink_fd <= 0 || request->flags & HTTP_RAW) &&
           (request->flags & HTTP_NO_REDIRECTS || is_fetch(request)) &&
           find_place(request->url, &place) && find_host(&place, &host, &port) &&
           (request->flags & HTTP_PATH_AS_IS || !has_steps(&place)) &&
           (request->flags & HTTP_RAW || is_number(host)) && !has_proxy(request, host);
}

void http_plain_clear(struct http_plain *plain)
{
    if (plain->fd >= 0)
        close(plain->fd);
    free(plain->authority);
    *plain = (struct http_plain){ .fd = -1 };
}

/* One request on its way. */
struct exchange {
    struct http_plain *plain;
    const struct http_request *request;
    const struct cancel *cancel;
    struct http_message message;
    struct buffer out;
    int64_t started;
    bool is_reused; /* the connection was kept from an earlier request */
    bool has_begun; /* something of the answer has come */
    enum http_failure failure;
};

static void exchange_clear(struct exchange *exchange)
{
    buffer_clear(&exchange->out);
    http_message_clear(&exchange->message);
}
AUTO_CLEAR(exchange, struct exchange)

/* An idle connection that has something to read has its end to tell. */
static bool is_usable(const struct http_plain *plain, const struct place *place,
                      const struct http_request *request)
{
    struct pollfd idle = { .fd = plain->fd, .events = POLLIN };

    return plain->fd >= 0 && !(request->flags & HTTP_FRESH_CONNECTION) &&
           strlen(plain->authority) == place->authority_length &&
           strncmp(plain->authority, place->authority, place->authority_length) == 0 &&
           poll(&idle, 1, 0) == 0;
}

static int connect_to(struct exchange *exchange, const struct place *place, struct chaos_error *err)
{
    struct http_plain *plain = exchange->plain;
    AUTO(str) char *host = NULL;
    struct host_target target = { 0 };
    struct socket_peer peer = { 0 };
    int r;

    exchange->is_reused = is_usable(plain, place, exchange->request);
    if (exchange->is_reused)
        return 0;
    http_plain_clear(plain);
    if (!find_host(place, &host, &target.port))
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is no address", exchange->request->url);
    target.host = host;
    target.deadline = http_request_until(exchange->request, exchange->request->connect_timeout_ms);
    if (target.deadline == CLOCK_NEVER)
        target.deadline = clock_now() + CONNECT_NS_MAX;
    r = socket_connect(&target, exchange->cancel, &plain->fd, &peer, err);
    if (r < 0) {
        plain->fd = -1;
        exchange->failure = r == -CHAOS_E_CANCELLED ? HTTP_FAILED_CANCELLED : HTTP_FAILED_CONNECT;
        return r;
    }
    plain->authority = mem_strndup(place->authority, place->authority_length);
    exchange->message.response->connect_ns = peer.resolve_ns + peer.connect_ns;
    return 0;
}

static const struct http_header *own_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_headers; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return &request->headers[i];
    return NULL;
}

/* Worth a copy, so that it travels with the head. */
static bool is_short(const struct http_request *request)
{
    return request->body && request->body_length <= SHORT_BODY;
}

/* RFC 9110, section 8.6: a method with a meaning for content announces that there is none; as
 * libcurl does, so does any but GET and HEAD. */
static bool has_length(const struct http_request *request)
{
    static const char *const methods[] = { "POST", "PUT", "PATCH", NULL };

    return !is_fetch(request) &&
           (has_body(request) || !(request->flags & HTTP_RAW) || str_in(request->method, methods));
}

static void write_defaults(struct buffer *out, const struct http_request *request)
{
    static const struct default_field {
        const char *name;
        const char *value;
        bool is_raw; /* sent with HTTP_RAW, too */
    } fields[] = {
        { "User-Agent", "fracas/" FRACAS_VERSION, true },
        { "Accept-Encoding", "gzip, deflate", false },
        { "Accept", "*/*", false },
        { "Connection", "keep-alive", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if ((fields[i].is_raw || !(request->flags & HTTP_RAW)) &&
            !own_header(request, fields[i].name))
            buffer_printf(out, "%s: %s\r\n", fields[i].name, fields[i].value);
}

/* Without the port that goes without saying; a raw request may be signed with it. */
static size_t host_length(const struct http_request *request, const struct place *place)
{
    const size_t length = place->authority_length;
    const char *end = place->authority + length;

    return !(request->flags & HTTP_RAW) && length > 3 && memcmp(end - 3, ":80", 3) == 0 ? length - 3
                                                                                        : length;
}

static void write_request(struct exchange *exchange, const struct place *place)
{
    const struct http_request *request = exchange->request;
    struct buffer *out = &exchange->out;

    buffer_printf(out, "%s %s%.*s HTTP/1.1\r\n", request->method, *place->target == '/' ? "" : "/",
                  (int)place->target_length, place->target);
    if (!own_header(request, "Host"))
        buffer_printf(out, "Host: %.*s\r\n", (int)host_length(request, place), place->authority);
    write_defaults(out, request);
    for (size_t i = 0; i < request->n_headers; i++)
        if (request->headers[i].value)
            buffer_printf(out, "%s:%s%s\r\n", request->headers[i].name,
                          *request->headers[i].value ? " " : "", request->headers[i].value);
    if (has_length(request) && !own_header(request, "Content-Length"))
        buffer_printf(out, "Content-Length: %zu\r\n", has_body(request) ? request->body_length : 0);
    buffer_add_text(out, "\r\n");
    if (is_short(request))
        buffer_add(out, request->body, request->body_length);
}

/* What went wrong with the connection; the error is set. */
static int broken(struct exchange *exchange, int r)
{
    if (r == -CHAOS_E_TIMEOUT)
        exchange->failure = HTTP_FAILED_TIMEOUT;
    else if (r == -CHAOS_E_CANCELLED)
        exchange->failure = HTTP_FAILED_CANCELLED;
    else
        exchange->failure = HTTP_FAILED_DROPPED;
    return r;
}

/* One piece of the answer. */
static int receive(struct exchange *exchange, char *piece, struct chaos_error *err)
{
    const struct http_request *request = exchange->request;
    struct http_message *message = &exchange->message;
    ssize_t length = socket_receive(exchange->plain->fd, piece, PIECE_SIZE,
                                    http_request_until(request, request->read_timeout_ms),
                                    exchange->cancel, err);
    int r;

    if (length < 0)
        return broken(exchange, (int)length);
    if (length == 0) {
        if (http_message_end(message))
            return 0;
        chaos_error_set(err, CHAOS_E_IO,
                        message->head.complete ? "connection closed before the answer was whole"
                                               : "connection closed without an answer");
        return broken(exchange, -CHAOS_E_IO);
    }
    if (!exchange->has_begun)
        message->response->first_byte_ns = clock_now() - exchange->started;
    exchange->has_begun = true;
    r = http_message_add(message, piece, (size_t)length, err);
    if (r < 0)
        exchange->failure = r == -CHAOS_E_LIMIT ? HTTP_FAILED_LIMIT : HTTP_FAILED_OTHER;
    return r;
}

/* All of the body, or up to an answer that does not wait for it. */
static int send_body(struct exchange *exchange, char *piece, struct chaos_error *err)
{
    const struct http_request *request = exchange->request;
    AUTO(http_upload)
    struct http_upload upload = { .fd = exchange->plain->fd,
                                  .request = request,
                                  .cancel = exchange->cancel,
                                  .hold_ms = own_header(request, "Expect") ? LEAVE_MS : 0 };
    int r;

    while ((r = http_upload_run(&upload, err)) == HTTP_UPLOAD_HEARD) {
        r = receive(exchange, piece, err);
        if (r < 0)
            return r;
        if (exchange->message.head.complete) {
            exchange->message.is_last = true; /* the server cannot tell the rest from a request */
            return 0;
        }
    }
    if (r == -CHAOS_E_TIMEOUT || r == -CHAOS_E_CANCELLED)
        return broken(exchange, r);
    if (r < 0)
        exchange->failure = HTTP_FAILED_OTHER;
    return r;
}

static int send_request(struct exchange *exchange, char *piece, struct chaos_error *err)
{
    const struct http_request *request = exchange->request;
    int r =
        socket_send(exchange->plain->fd, exchange->out.data, exchange->out.length,
                    http_request_until(request, request->read_timeout_ms), exchange->cancel, err);

    if (r < 0)
        return broken(exchange, r);
    return has_body(request) && !is_short(request) ? send_body(exchange, piece, err) : 0;
}

static int send_and_receive(struct exchange *exchange, struct chaos_error *err)
{
    AUTO(mem) char *piece = mem_alloc(PIECE_SIZE);
    int r = send_request(exchange, piece, err);

    while (r == 0 && exchange->message.state != HTTP_MESSAGE_WHOLE)
        r = receive(exchange, piece, err);
    return r;
}

int http_plain_request(struct http_plain *plain, const struct http_request *request,
                       const struct cancel *cancel, struct http_response *response,
                       bool *ret_answered, enum http_failure *ret_failure, struct chaos_error *err)
{
    AUTO(exchange)
    struct exchange exchange = {
        .plain = plain,
        .request = request,
        .cancel = cancel,
        .message = { .response = response,
                     .is_head = strcmp(request->method, "HEAD") == 0,
                     .body_limit = request->body_limit ? request->body_limit : HTTP_BODY_LIMIT,
                     .sink_fd = request->sink_fd },
        .started = clock_now(),
        .failure = HTTP_FAILED_URL,
    };
    struct place place = { 0 };
    int r;

    (void)find_place(request->url, &place);
    write_request(&exchange, &place);
    r = connect_to(&exchange, &place, err);
    if (r == 0) {
        r = send_and_receive(&exchange, err);
        if (r < 0 && exchange.is_reused && !exchange.has_begun &&
            exchange.failure == HTTP_FAILED_DROPPED) {
            http_plain_clear(plain);
            chaos_error_clear(err);
            r = connect_to(&exchange, &place, err);
            if (r == 0)
                r = send_and_receive(&exchange, err);
        }
        if (r < 0 && plain->fd >= 0)
            chaos_error_prefix(err, "%s", plain->authority);
    }
    if (r < 0 || exchange.message.is_last || request->flags & HTTP_FRESH_CONNECTION)
        http_plain_clear(plain);
    *ret_answered = exchange.message.head.complete;
    *ret_failure = r < 0 ? exchange.failure : HTTP_FAILED_NOT;
    return r;
}
