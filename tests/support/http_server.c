// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"

#define CONNECTIONS_MAX 64

struct http_server {
    struct http_rule *rules;
    int fd;
    int stop_fd;
    int port;
    pthread_t acceptor;
    pthread_mutex_t lock; /* guards all below, and the rules */
    pthread_t threads[CONNECTIONS_MAX];
    size_t n_threads;
    int count;
    char *last;
};

struct connection {
    struct http_server *server;
    int fd;
};

/* Wait for input on `fd`; 0 when the server is being stopped. */
static int wait_input(const struct http_server *server, int fd)
{
    struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
                            { .fd = server->stop_fd, .events = POLLIN } };

    while (poll(fds, 2, -1) < 0)
        continue;
    return !fds[1].revents;
}

static size_t body_length(const char *head)
{
    const char *field = strcasestr(head, "\r\nContent-Length:");

    return field ? strtoul(field + 17, NULL, 10) : 0;
}

static struct http_rule *find_rule(const struct http_server *server, const char *request)
{
    const char *path = strchr(request, ' ');
    size_t length = path ? strcspn(path + 1, " ?") : 0;
    struct http_rule *rule = server->rules;

    while (path && rule->path &&
           (strlen(rule->path) != length || strncmp(rule->path, path + 1, length) != 0))
        rule++;
    return rule->path ? rule : NULL;
}

static bool is_answered_early(const struct http_server *server, const char *request)
{
    const struct http_rule *rule = find_rule(server, request);

    return rule && rule->end == RULE_EARLY;
}

/* One request with its body into `in`; 0 at the end of the connection. */
static int read_request(const struct http_server *server, int fd, struct buffer *in)
{
    const char *end = NULL;
    ssize_t n;

    while (true) {
        end = strstr(buffer_text(in), "\r\n\r\n");
        if (end && (in->length >= (size_t)(end + 4 - in->data) + body_length(in->data) ||
                    is_answered_early(server, in->data)))
            return 1;
        if (!wait_input(server, fd))
            return 0;
        n = read(fd, buffer_reserve(in, 65536), 65536);
        if (n <= 0)
            return 0;
        in->length += (size_t)n;
        in->data[in->length] = '\0';
    }
}

static void send_all(int fd, const char *data, size_t length)
{
    while (length) {
        ssize_t n = send(fd, data, length, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        data += n;
        length -= (size_t)n;
    }
}

/* As servers do: closing with something unread would reset the connection, and take the answer
 * along that the client has not read yet (RFC 9112, section 9.6). */
static void linger(const struct http_server *server, int fd)
{
    char ignored[65536];

    shutdown(fd, SHUT_WR);
    while (wait_input(server, fd) && read(fd, ignored, sizeof(ignored)) > 0)
        ;
}

/* Answer one request; 0 when the connection is over. */
static int answer(struct http_server *server, int fd, const struct buffer *in)
{
    static const char unknown[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    struct http_rule *rule;
    int dropped;

    pthread_mutex_lock(&server->lock);
    server->count++;
    free(server->last);
    server->last = mem_strndup(in->data, in->length);
    rule = find_rule(server, in->data);
    dropped = rule && rule->drop_first > 0 && rule->drop_first--;
    pthread_mutex_unlock(&server->lock);
    if (dropped)
        return 0;
    if (!rule) {
        send_all(fd, unknown, sizeof(unknown) - 1);
        return 1;
    }
    send_all(fd, rule->answer, rule->length ? rule->length : strlen(rule->answer));
    if (rule->end == RULE_HANG)
        wait_input(server, fd);
    if (rule->end == RULE_EARLY)
        linger(server, fd);
    return rule->end == RULE_KEEP;
}

static void *serve(void *arg)
{
    struct connection connection = *(struct connection *)arg;
    int more = 1;

    free(arg);
    while (more) {
        AUTO(buffer) struct buffer in = { 0 };

        more = read_request(connection.server, connection.fd, &in) &&
               answer(connection.server, connection.fd, &in);
    }
    close(connection.fd);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct http_server *server = arg;

    while (wait_input(server, server->fd)) {
        struct connection *connection = mem_zero(1, sizeof(*connection));

        *connection = (struct connection){ server, accept4(server->fd, NULL, NULL, SOCK_CLOEXEC) };
        pthread_mutex_lock(&server->lock);
        if (connection->fd < 0 || server->n_threads == CONNECTIONS_MAX)
            abort();
        pthread_create(&server->threads[server->n_threads++], NULL, serve, connection);
        pthread_mutex_unlock(&server->lock);
    }
    return NULL;
}

struct http_server *http_server_start(struct http_rule *rules)
{
    struct http_server *server = mem_zero(1, sizeof(*server));
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->rules = rules;
    server->stop_fd = eventfd(0, EFD_CLOEXEC);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_mutex_init(&server->lock, NULL);
    if (bind(server->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(server->fd, 64) < 0 ||
        getsockname(server->fd, (struct sockaddr *)&address, &length) < 0)
        abort();
    server->port = ntohs(address.sin_port);
    pthread_create(&server->acceptor, NULL, accept_all, server);
    return server;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

int http_server_count(struct http_server *server)
{
    int count;

    pthread_mutex_lock(&server->lock);
    count = server->count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

char *http_server_last(struct http_server *server)
{
    char *last;

    pthread_mutex_lock(&server->lock);
    last = mem_strdup(server->last ? server->last : "");
    pthread_mutex_unlock(&server->lock);
    return last;
}

void http_server_stop(struct http_server *server)
{
    eventfd_write(server->stop_fd, 1);
    pthread_join(server->acceptor, NULL);
    for (size_t i = 0; i < server->n_threads; i++)
        pthread_join(server->threads[i], NULL);
    close(server->fd);
    close(server->stop_fd);
    pthread_mutex_destroy(&server->lock);
    free(server->last);
    free(server);
}
