// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include <limits.h>
#include <string.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/mem.h"

#define CLIENTS_DEFAULT 1000
#define IDLE_DEFAULT_S  30
/* Of the memory that one connection may take for its head. */
#define CONNECTION_MEMORY (64 * 1024)

struct http_server {
    struct MHD_Daemon *daemon;
    int fd;
    size_t body_max;
    http_serve serve;
    void *data;
};

/* A request that is coming in. */
struct incoming {
    char *uri; /* as it was sent */
    struct buffer body;
    bool has_begun;
    bool is_too_long;
};

/* The query as it came is part of a signature: the library's own parser would lose its form. */
static void *begin(void *data, const char *uri, struct MHD_Connection *connection)
{
    struct incoming *incoming = mem_zero(1, sizeof(*incoming));

    (void)data;
    (void)connection;
    incoming->uri = mem_strdup(uri);
    return incoming;
}

static void end(void *data, struct MHD_Connection *connection, void **slot,
                enum MHD_RequestTerminationCode code)
{
    struct incoming *incoming = *slot;

    (void)data;
    (void)connection;
    (void)code;
    *slot = NULL;
    if (!incoming)
        return;
    buffer_clear(&incoming->body);
    free(incoming->uri);
    free(incoming);
}

struct header_list {
    struct http_header *items;
    size_t count;
};

static enum MHD_Result take_header(void *data, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct header_list *list = data;

    (void)kind;
    list->items = mem_resize(list->items, (list->count + 1) * sizeof(*list->items));
    list->items[list->count++] = (struct http_header){ .name = name, .value = value ? value : "" };
    return MHD_YES;
}

static struct in_addr peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct in_addr none = { 0 };

    if (!info || info->client_addr->sa_family != AF_INET)
        return none;
    return ((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct http_answer *answer)
{
    size_t length = answer->body.length;
    char *body = buffer_take(&answer->body);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    for (size_t i = 0; i < answer->n_headers; i++) {
        MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
        free((char *)(uintptr_t)answer->headers[i].value);
    }
    result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer(struct http_server *server, struct MHD_Connection *connection,
                              const char *method, const struct incoming *incoming)
{
    size_t path_length = strcspn(incoming->uri, "?");
    AUTO(str) char *path = mem_strndup(incoming->uri, path_length);
    struct header_list headers = { 0 };
    struct http_answer made = { .status = 500 };
    struct http_request request = {
        .method = method,
        .path = path,
        .query = incoming->uri[path_length] ? incoming->uri + path_length + 1 : "",
        .body = buffer_text(&incoming->body),
        .body_length = incoming->body.length,
        .peer = peer_of(connection),
    };

    MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, &headers);
    request.headers = headers.items;
    request.n_headers = headers.count;
    if (incoming->is_too_long)
        made.status = MHD_HTTP_CONTENT_TOO_LARGE;
    else
        server->serve(server->data, &request, &made);
    free(headers.items);
    return send_answer(connection, &made);
}

static enum MHD_Result take(void *data, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload,
                            size_t *upload_length, void **slot)
{
    struct http_server *server = data;
    struct incoming *incoming = *slot;

    (void)url;
    (void)version;
    if (!incoming->has_begun) {
        incoming->has_begun = true;
        return MHD_YES;
    }
    if (*upload_length > 0) {
        if (incoming->body.length + *upload_length > server->body_max)
            incoming->is_too_long = true;
        else
            buffer_add(&incoming->body, upload, *upload_length);
        *upload_length = 0;
        return MHD_YES;
    }
    return answer(server, connection, method, incoming);
}

int http_server_new(const struct http_server_options *options, struct http_server **ret_server,
                    struct chaos_error *err)
{
    AUTO(http_server) struct http_server *server = mem_zero(1, sizeof(*server));
    const union MHD_DaemonInfo *info;
    unsigned idle_s = options->idle_s ? options->idle_s : IDLE_DEFAULT_S;
    unsigned clients = options->clients ? options->clients : CLIENTS_DEFAULT;

    server->body_max = options->body_max;
    server->serve = options->serve;
    server->data = options->data;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, take, server, MHD_OPTION_LISTEN_SOCKET, options->listen_fd,
        MHD_OPTION_URI_LOG_CALLBACK, begin, NULL, MHD_OPTION_NOTIFY_COMPLETED, end, NULL,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_s, MHD_OPTION_CONNECTION_LIMIT, clients,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->per_client, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    info = server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return chaos_error_set(err, CHAOS_E_INTERNAL, "cannot start the HTTP server");
    server->fd = info->epoll_fd;
    *ret_server = STEAL(server);
    return 0;
}

void http_server_free(struct http_server *server)
{
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    free(server);
}

int http_server_fd(const struct http_server *server)
{
    return server->fd;
}

int64_t http_server_run(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    (void)!MHD_run(server->daemon);
    if (MHD_get_timeout(server->daemon, &wait_ms) != MHD_YES)
        return CLOCK_NEVER;
    return clock_now() + (int64_t)(wait_ms > INT_MAX ? INT_MAX : wait_ms) * CLOCK_NS_PER_MS;
}
