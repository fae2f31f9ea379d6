// SPDX-License-Identifier: Apache-2.0
/* The floor: what epoll, recv and send cost when nothing is done with the bytes.
 * usage: echo_loop THREADS; prints its port. Ends with the process that reads its output. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX  256
#define INPUT_SIZE  65536
#define THREADS_MAX 64

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = port,
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, SOMAXCONN) < 0) {
        perror("echo_loop");
        exit(1);
    }
    return fd;
}

static void echo(int fd, char *input)
{
    ssize_t n = recv(fd, input, INPUT_SIZE, 0);

    if (n <= 0 || send(fd, input, (size_t)n, MSG_NOSIGNAL) != n)
        close(fd);
}

static void *loop(void *context)
{
    int listener = *(const int *)context;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };
    struct epoll_event events[EVENTS_MAX];
    char *input = malloc(INPUT_SIZE);

    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    while (input) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.fd != listener) {
                echo(events[i].data.fd, input);
                continue;
            }
            event.data.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (event.data.fd >= 0)
                epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    long threads = argc == 2 ? strtol(argv[1], NULL, 10) : 1;
    static int listeners[THREADS_MAX];
    struct sockaddr_in bound = { 0 };
    socklen_t size = sizeof(bound);
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (long i = 0; i < threads && i < THREADS_MAX; i++) {
        pthread_t thread;

        listeners[i] = listen_on(bound.sin_port);
        getsockname(listeners[i], (struct sockaddr *)&bound, &size);
        pthread_create(&thread, NULL, loop, &listeners[i]);
    }
    printf("Listing on port %u...\n", (unsigned)ntohs(bound.sin_port));
    fflush(stdout);
    pause();
    return 0;
}
