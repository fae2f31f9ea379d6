/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes on a connection to the lab's HTTP server are answered or dropped, and the server goes
 * on. What it hands over is what HTTP promises: a path that begins with '/', and a body within its
 * limit. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/http_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BODY_MAX    1000
#define ANSWER_SIZE 4096

static void serve(void *data, const struct http_request *request, struct http_answer *answer)
{
    (void)data;
    if (request->body_length > BODY_MAX || strlen(request->path) > 64 * 1024 ||
        request->peer.s_addr != htonl(INADDR_LOOPBACK))
        abort();
    answer->status = 200;
    http_answer_header(answer, "Content-Type", "text/plain");
    buffer_add(&answer->body, request->body, request->body_length);
}

struct listener {
    struct http_server *server;
    struct sockaddr_in place;
};

static struct listener *the_listener(void)
{
    static struct listener listener;
    socklen_t length = sizeof(listener.place);
    struct http_server_options options = { .body_max = BODY_MAX, .serve = serve };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (listener.server)
        return &listener;
    options.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    listener.place =
        (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (bind(options.listen_fd, (const struct sockaddr *)(const void *)&listener.place, length) <
            0 ||
        listen(options.listen_fd, 8) < 0 ||
        getsockname(options.listen_fd, (struct sockaddr *)(void *)&listener.place, &length) < 0 ||
        http_server_new(&options, &listener.server, &err) < 0)
        abort();
    return &listener;
}

static int dial(const struct listener *listener)
{
    struct linger now = { .l_onoff = 1 }; /* no TIME_WAIT for each input */
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, (const struct sockaddr *)(const void *)&listener->place,
                sizeof(listener->place)) < 0)
        abort();
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    return fd;
}

/* Let the server work until something comes back, the connection ends, or `turns` are over. */
static ssize_t answer_of(const struct listener *listener, int fd, char answer[ANSWER_SIZE],
                         int turns)
{
    ssize_t n = -1;

    for (int i = 0; n < 0 && i < turns; i++) {
        struct pollfd wake = { .fd = http_server_fd(listener->server), .events = POLLIN };

        (void)http_server_run(listener->server);
        n = recv(fd, answer, ANSWER_SIZE - 1, MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN)
            return 0;
        if (n < 0)
            poll(&wake, 1, i < 4 ? 0 : 1);
    }
    return n;
}

/* Whatever came before, the next one is served. */
static void check_service(const struct listener *listener)
{
    static const char good[] = "GET /good HTTP/1.0\r\n\r\n";
    char answer[ANSWER_SIZE];
    int fd = dial(listener);
    ssize_t n;

    (void)!send(fd, good, strlen(good), MSG_NOSIGNAL);
    n = answer_of(listener, fd, answer, 5000);
    if (n < 12 || memcmp(answer + 9, "200", 3) != 0)
        abort();
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned inputs;
    struct listener *listener = the_listener();
    char answer[ANSWER_SIZE];
    int fd = dial(listener);

    (void)!send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(fd, SHUT_WR);
    (void)answer_of(listener, fd, answer, 8);
    close(fd);
    (void)http_server_run(listener->server);
    if (inputs++ % 64 == 0)
        check_service(listener);
    return 0;
}
