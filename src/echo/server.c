// SPDX-License-Identifier: Apache-2.0
#include "echo/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "echo/connection.h"
#include "echo/listener.h"
#include "echo/worker.h"

/* Clients taken in before signals are looked at again. */
#define ACCEPT_BATCH 256
#define PAUSE_NS     (100 * CLOCK_NS_PER_MS)
/* Refused clients are counted for so long before a line tells of them. */
#define REFUSED_NS CLOCK_NS_PER_S

struct server {
    struct worker_shared shared;
    struct listener listener;
    struct worker **workers;
    unsigned count;
    int signal_fd;
    int64_t pause_end;   /* until then nobody is taken in */
    int64_t refused_due; /* when to tell of the refused; CLOCK_NEVER: there are none */
    size_t refused;
};

static void server_clear(struct server *server)
{
    listener_clear(&server->listener);
    for (unsigned i = 0; i < server->count; i++)
        worker_free(server->workers[i]);
    free(server->workers);
    if (server->signal_fd >= 0)
        close(server->signal_fd);
    if (server->shared.ended_fd >= 0)
        close(server->shared.ended_fd);
}

AUTO_CLEAR(server, struct server)

static void log_text(struct server *server, char *text)
{
    log_queue_add(server->shared.log, text, strlen(text), 1);
    free(text);
}

static void tell_refused(struct server *server)
{
    log_text(server, mem_printf("[refused] %zu clients: no descriptors are left (ulimit -n)\n",
                                server->refused));
    server->refused = 0;
    server->refused_due = CLOCK_NEVER;
}

static struct worker *least_loaded(const struct server *server)
{
    struct worker *best = server->workers[0];

    for (unsigned i = 1; i < server->count; i++)
        if (worker_load(server->workers[i]) < worker_load(best))
            best = server->workers[i];
    return best;
}

/* False when nobody waits any more. */
static bool accept_one(struct server *server)
{
    struct sockaddr_storage peer = { 0 };
    int fd;

    switch (listener_accept(&server->listener, &fd, &peer)) {
    case ACCEPT_NONE:
        return false;
    case ACCEPT_CLIENT:
        worker_give_take(least_loaded(server), connection_new(fd, &peer));
        return true;
    case ACCEPT_REFUSED:
        if (!server->refused++)
            server->refused_due = clock_now() + REFUSED_NS;
        return true;
    case ACCEPT_PAUSE:
        server->pause_end = clock_now() + PAUSE_NS;
        return false;
    }
    return false;
}

static void accept_batch(struct server *server, unsigned most)
{
    while (most-- && accept_one(server))
        ;
}

/* Serve until a signal comes. */
static void serve(struct server *server)
{
    for (;;) {
        bool paused = clock_now() < server->pause_end;
        int64_t due = server->refused_due;
        struct pollfd fds[] = {
            { .fd = server->signal_fd, .events = POLLIN },
            { .fd = paused ? -1 : server->listener.fd, .events = POLLIN },
        };

        if (paused && server->pause_end < due)
            due = server->pause_end;
        if (poll(fds, ARRAY_SIZE(fds), clock_poll_timeout(due)) < 0)
            continue;
        if (fds[1].revents)
            accept_batch(server, ACCEPT_BATCH);
        if (clock_now() >= server->refused_due)
            tell_refused(server);
        if (fds[0].revents)
            return;
    }
}

static void order_all(struct server *server, enum worker_order order)
{
    for (unsigned i = 0; i < server->count; i++)
        worker_order(server->workers[i], order);
}

static void eat_signal(const struct server *server)
{
    struct signalfd_siginfo info;

    if (read(server->signal_fd, &info, sizeof(info)) < 0 && errno != EAGAIN)
        return;
}

/* Take in who is already connected, then let the workers finish, unless a second signal comes. */
static void drain(struct server *server)
{
    int64_t deadline = clock_now() + WORKER_DRAIN_NS + CLOCK_NS_PER_S;
    unsigned ended = 0;

    eat_signal(server);
    accept_batch(server, SOMAXCONN);
    if (server->refused)
        tell_refused(server);
    listener_clear(&server->listener);
    order_all(server, WORKER_DRAIN);
    while (ended < server->count) {
        struct pollfd fds[] = {
            { .fd = server->shared.ended_fd, .events = POLLIN },
            { .fd = server->signal_fd, .events = POLLIN },
        };
        eventfd_t count = 0;

        poll(fds, ARRAY_SIZE(fds), clock_poll_timeout(deadline));
        if (fds[1].revents || clock_now() >= deadline)
            return; /* server_clear() stops them at once */
        if (fds[0].revents && eventfd_read(server->shared.ended_fd, &count) == 0)
            ended += (unsigned)count;
    }
}

static int start_workers(struct server *server, struct chaos_error *err)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    server->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    server->shared.ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->signal_fd < 0 || server->shared.ended_fd < 0)
        return chaos_error_set_errno(err, errno, "cannot watch for signals");
    server->workers = mem_zero(server->shared.options->threads, sizeof(struct worker *));
    while (server->count < server->shared.options->threads) {
        int r = worker_new(&server->shared, &server->workers[server->count], err);

        if (r < 0)
            return r;
        server->count++;
    }
    return 0;
}

int server_run(const struct echo_options *options, struct log_queue *log, struct chaos_error *err)
{
    AUTO(server)
    struct server server = {
        .shared = { .options = options, .log = log, .ended_fd = -1 },
        .listener = { .fd = -1, .reserve = -1 },
        .signal_fd = -1,
        .refused_due = CLOCK_NEVER,
    };
    int r;

    r = listener_open(options->address, options->port, &server.listener, err);
    if (r < 0)
        return r;
    r = start_workers(&server, err);
    if (r < 0)
        return r;
    log_text(&server, mem_printf("Listing on port %u...\n", server.listener.port));
    serve(&server);
    drain(&server);
    return 0;
}
