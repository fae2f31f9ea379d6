// SPDX-License-Identifier: Apache-2.0
/* A closed-loop load for echo servers on loopback: each connection sends a line, waits for it to
 * come back, and sends the next. One thread, one epoll.
 * usage: echo_bench PORT CONNECTIONS IDLE SIZE SECONDS
 * prints: throughput in lines/s, median and 99th percentile in microseconds, least and most lines
 * that one connection got answered. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX    256
#define SIZE_LIMIT    65536
#define SECONDS_LIMIT 60
#define LATENCY_MAX   2000000 /* in microseconds; later answers count as this */

struct client {
    int fd;
    uint32_t got; /* bytes of the line that is under way */
    int64_t sent_ns;
    uint64_t answered;
};

struct bench {
    uint16_t port;
    long connections;
    long idle;
    long size;
    double seconds;
    int epoll;
    struct client *clients;
    char *line;
    uint32_t *latency; /* how many answers took so many microseconds */
    uint64_t answered;
};

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Wait for the server now and then: Java's queues only 50 that it did not accept yet, and a client
 * beyond them tries again after a second. */
#define CONNECTS_AHEAD 32

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons(port),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;

    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        fail("echo_bench: connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static void ask(struct bench *bench, struct client *client)
{
    client->got = 0;
    client->sent_ns = now_ns();
    if (send(client->fd, bench->line, (size_t)bench->size, MSG_NOSIGNAL) != bench->size)
        fail("echo_bench: send");
}

/* One line there and back. */
static void catch_up(int fd)
{
    char answer[2];

    if (send(fd, "x\n", 2, MSG_NOSIGNAL) != 2 || recv(fd, answer, 2, MSG_WAITALL) != 2)
        fail("echo_bench: the server does not answer");
}

static void start(struct bench *bench)
{
    for (long i = 0; i < bench->idle; i++) {
        int fd = connect_to(bench->port); /* stays open until the process ends */

        if (i % CONNECTS_AHEAD == 0)
            catch_up(fd);
    }
    for (long i = 0; i < bench->connections; i++) {
        struct client *client = &bench->clients[i];
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

        client->fd = connect_to(bench->port);
        if (i % CONNECTS_AHEAD == 0)
            catch_up(client->fd);
        epoll_ctl(bench->epoll, EPOLL_CTL_ADD, client->fd, &event);
    }
    for (long i = 0; i < bench->connections; i++)
        ask(bench, &bench->clients[i]);
}

static void take(struct bench *bench, struct client *client, char *input)
{
    ssize_t n = recv(client->fd, input, SIZE_LIMIT, 0);
    int64_t us;

    if (n <= 0)
        fail("echo_bench: the server closed");
    client->got += (uint32_t)n;
    if (client->got < (uint32_t)bench->size)
        return;
    if (client->got > (uint32_t)bench->size || input[n - 1] != '\n') {
        fputs("echo_bench: not what was sent came back\n", stderr);
        exit(1);
    }
    us = (now_ns() - client->sent_ns) / 1000;
    bench->latency[us < LATENCY_MAX ? us : LATENCY_MAX]++;
    bench->answered++;
    client->answered++;
    ask(bench, client);
}

static double run(struct bench *bench, double seconds)
{
    struct epoll_event events[EVENTS_MAX];
    static char input[SIZE_LIMIT];
    int64_t begin = now_ns();
    int64_t end = begin + (int64_t)(seconds * 1e9);

    while (now_ns() < end) {
        int count = epoll_wait(bench->epoll, events, EVENTS_MAX, 100);

        for (int i = 0; i < count; i++)
            take(bench, events[i].data.ptr, input);
    }
    return (double)(now_ns() - begin) / 1e9;
}

static unsigned percentile(const struct bench *bench, double share)
{
    uint64_t wanted = (uint64_t)((double)bench->answered * share);
    uint64_t seen = 0;
    unsigned us = 0;

    while (us < LATENCY_MAX && (seen += bench->latency[us]) <= wanted)
        us++;
    return us;
}

static void report(const struct bench *bench, double seconds)
{
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;

    for (long i = 0; i < bench->connections; i++) {
        uint64_t answered = bench->clients[i].answered;

        least = answered < least ? answered : least;
        most = answered > most ? answered : most;
    }
    printf("%.0f %u %u %ju %ju\n", (double)bench->answered / seconds, percentile(bench, 0.5),
           percentile(bench, 0.99), (uintmax_t)least, (uintmax_t)most);
}

static void forget(struct bench *bench)
{
    memset(bench->latency, 0, (LATENCY_MAX + 1) * sizeof(*bench->latency));
    for (long i = 0; i < bench->connections; i++)
        bench->clients[i].answered = 0;
    bench->answered = 0;
}

int main(int argc, char **argv)
{
    struct bench bench = { .epoll = epoll_create1(EPOLL_CLOEXEC) };
    struct rlimit limit;

    if (argc != 6) {
        fprintf(stderr, "usage: %s PORT CONNECTIONS IDLE SIZE SECONDS\n", argv[0]);
        return 2;
    }
    bench.port = (uint16_t)strtoul(argv[1], NULL, 10);
    bench.connections = strtol(argv[2], NULL, 10);
    bench.idle = strtol(argv[3], NULL, 10);
    bench.size = strtol(argv[4], NULL, 10);
    bench.seconds = strtod(argv[5], NULL);
    if (bench.connections < 1 || bench.size < 1 || bench.size > SIZE_LIMIT ||
        bench.seconds > SECONDS_LIMIT) {
        fputs("echo_bench: a number is out of its range\n", stderr);
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    bench.clients = calloc((size_t)bench.connections, sizeof(*bench.clients));
    bench.latency = calloc(LATENCY_MAX + 1, sizeof(*bench.latency));
    bench.line = malloc((size_t)bench.size);
    if (!bench.clients || !bench.latency || !bench.line)
        fail("echo_bench");
    memset(bench.line, 'x', (size_t)bench.size);
    bench.line[bench.size - 1] = '\n';
    start(&bench);
    run(&bench, bench.seconds / 4); /* warm: threads, caches, the other's compiler */
    forget(&bench);
    report(&bench, run(&bench, bench.seconds));
    return 0;
}
