/* SPDX-License-Identifier: Apache-2.0 */
/* TCP as a client, in waits with a deadline that can be cancelled. */
#pragma once

#include "net/resolve.h"

struct socket_peer {
    union address address; /* the one that answered */
    int64_t resolve_ns;
    int64_t connect_ns; /* of the attempt that succeeded */
};

/* Resolve, and connect to the first address that answers; each gets its share of the time that is
 * left, so that one silent address cannot take it all. *ret_fd is non-blocking, without Nagle's
 * delay, owned by the caller. The error is one line with host, port, what happened and after how
 * long: -CHAOS_E_IO, _TIMEOUT, _NOT_FOUND or _CANCELLED. `ret_peer` may be NULL. */
MUST_USE int socket_connect(const struct host_target *target, const struct cancel *cancel,
                            int *ret_fd, struct socket_peer *ret_peer, struct chaos_error *err);

/* Send all of it. */
MUST_USE int socket_send(int fd, const void *data, size_t length, int64_t deadline,
                         const struct cancel *cancel, struct chaos_error *err);
/* Receive what is there, at most `size` bytes; returns how many, 0: the other side has closed. */
MUST_USE ssize_t socket_receive(int fd, void *data, size_t size, int64_t deadline,
                                const struct cancel *cancel, struct chaos_error *err);
/* Wait for `events`; 0 or -CHAOS_E_TIMEOUT ("no answer in time"), -CHAOS_E_CANCELLED. */
MUST_USE int socket_wait(int fd, short events, int64_t deadline, const struct cancel *cancel,
                         struct chaos_error *err);

/* Whether `port`, as an experiment gives it, is one that can be connected to (1 to 65535). */
MUST_USE int socket_port(int64_t port, uint16_t *ret_port, struct chaos_error *err);
