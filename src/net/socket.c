// SPDX-License-Identifier: Apache-2.0
#include "net/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/str.h"

int socket_port(int64_t port, uint16_t *ret_port, struct chaos_error *err)
{
    if (port < 1 || port > UINT16_MAX)
        return chaos_error_set(err, CHAOS_E_INVALID, "port %lld is not between 1 and 65535",
                               (long long)port);
    *ret_port = (uint16_t)port;
    return 0;
}

int socket_wait(int fd, short events, int64_t deadline, const struct cancel *cancel,
                struct chaos_error *err)
{
    switch (wait_fd(fd, events, deadline, cancel)) {
    case WAIT_READY:
        return 0;
    case WAIT_TIMEOUT:
        return chaos_error_set(err, CHAOS_E_TIMEOUT, "no answer in time");
    case WAIT_CANCELLED:
        break;
    }
    return chaos_error_set(err, CHAOS_E_CANCELLED, "stopped while waiting for an answer");
}

/* What became of one address. */
struct attempt {
    int number; /* errno; 0: it is connected */
    bool timed_out;
    bool cancelled;
    int64_t took_ns;
};

static void finish_connect(int fd, int64_t deadline, const struct cancel *cancel,
                           struct attempt *attempt)
{
    socklen_t length = sizeof(attempt->number);

    switch (wait_fd(fd, POLLOUT, deadline, cancel)) {
    case WAIT_READY:
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &attempt->number, &length) < 0)
            attempt->number = errno;
        break;
    case WAIT_TIMEOUT:
        attempt->timed_out = true;
        attempt->number = ETIMEDOUT;
        break;
    case WAIT_CANCELLED:
        attempt->cancelled = true;
        attempt->number = ECANCELED;
        break;
    }
}

/* The connected descriptor, or -1 with what happened in *ret_attempt. */
static int try_address(const union address *address, int64_t deadline, const struct cancel *cancel,
                       struct attempt *ret_attempt)
{
    struct attempt attempt = { 0 };
    int64_t start = clock_now();
    int one = 1;
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        attempt.number = errno;
    } else {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        if (connect(fd, &address->any, address_length(address)) < 0) {
            attempt.number = errno;
            if (attempt.number == EINPROGRESS || attempt.number == EINTR)
                finish_connect(fd, deadline, cancel, &attempt);
        }
    }
    attempt.took_ns = clock_now() - start;
    *ret_attempt = attempt;
    if (!attempt.number)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void describe(const union address *address, const struct attempt *attempt,
                     struct buffer *out)
{
    char peer[ADDRESS_TEXT_SIZE];
    char text[128];
    double took_ms = (double)attempt->took_ns / CLOCK_NS_PER_MS;

    address_port_text(address, peer);
    if (out->length)
        buffer_add_text(out, "; ");
    if (attempt->timed_out)
        buffer_printf(out, "connection to %s timed out after %.3g s", peer, took_ms / 1000);
    else
        buffer_printf(out, "connection to %s failed after %.1f ms: %s", peer, took_ms,
                      strerror_r(attempt->number, text, sizeof(text)));
}

/* An even share of the time that is left for each address not tried yet. */
static int64_t share(int64_t deadline, size_t left)
{
    int64_t now = clock_now();

    if (deadline == CLOCK_NEVER || left <= 1 || deadline <= now)
        return deadline;
    return now + (deadline - now) / (int64_t)left;
}

static int connect_any(const struct host_target *target, const struct addresses *addresses,
                       const struct cancel *cancel, int *ret_fd, struct socket_peer *peer,
                       struct chaos_error *err)
{
    AUTO(buffer) struct buffer failures = { 0 };
    struct attempt attempt = { 0 };

    for (size_t i = 0; i < addresses->count; i++) {
        const union address *address = &addresses->list[i];
        int fd =
            try_address(address, share(target->deadline, addresses->count - i), cancel, &attempt);

        if (fd >= 0) {
            peer->address = *address;
            peer->connect_ns = attempt.took_ns;
            *ret_fd = fd;
            return 0;
        }
        if (attempt.cancelled)
            return chaos_error_set(err, CHAOS_E_CANCELLED, "stopped while connecting to %s port %u",
                                   target->host, target->port);
        describe(address, &attempt, &failures);
    }
    return chaos_error_set(err, attempt.timed_out ? CHAOS_E_TIMEOUT : CHAOS_E_IO, "%s",
                           buffer_text(&failures));
}

int socket_connect(const struct host_target *target, const struct cancel *cancel, int *ret_fd,
                   struct socket_peer *ret_peer, struct chaos_error *err)
{
    struct addresses addresses;
    struct socket_peer peer = { 0 };
    int64_t start = clock_now();
    int r;

    r = resolve(target, cancel, &addresses, err);
    if (r < 0)
        return r;
    peer.resolve_ns = clock_now() - start;
    r = connect_any(target, &addresses, cancel, ret_fd, &peer, err);
    if (r == 0 && ret_peer)
        *ret_peer = peer;
    return r;
}

int socket_send(int fd, const void *data, size_t length, int64_t deadline,
                const struct cancel *cancel, struct chaos_error *err)
{
    const char *next = data;

    while (length) {
        ssize_t sent = send(fd, next, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        int r;

        if (sent >= 0) {
            next += sent;
            length -= (size_t)sent;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return chaos_error_set_errno(err, errno, "cannot send");
        r = socket_wait(fd, POLLOUT, deadline, cancel, err);
        if (r < 0)
            return r;
    }
    return 0;
}

ssize_t socket_receive(int fd, void *data, size_t size, int64_t deadline,
                       const struct cancel *cancel, struct chaos_error *err)
{
    for (;;) {
        ssize_t got;
        int r = socket_wait(fd, POLLIN, deadline, cancel, err);

        if (r < 0)
            return r;
        got = recv(fd, data, size, MSG_DONTWAIT);
        if (got >= 0)
            return got;
        if (errno != EINTR && errno != EAGAIN)
            return chaos_error_set_errno(err, errno, "cannot receive");
    }
}
