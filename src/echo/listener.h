/* SPDX-License-Identifier: Apache-2.0 */
/* The socket that clients come to, and what to do when there are too many of them. */
#pragma once

#include <stddef.h>
#include <sys/socket.h>

#include "base/auto.h"

struct listener {
    int fd;      /* -1 when closed */
    int reserve; /* a descriptor to give up when there is none left; -1 while it is lost */
    unsigned port;
};

/* Listen on `address` (a literal), or on all of IPv6 and IPv4 for NULL (IPv4 alone where the
 * machine has no IPv6). -CHAOS_E_INVALID for what is not an address, else -CHAOS_E_IO. */
MUST_USE int listener_open(const char *address, unsigned port, struct listener *ret_listener,
                           struct chaos_error *err);
void listener_clear(struct listener *listener);

enum accept_result {
    ACCEPT_CLIENT,  /* one for us */
    ACCEPT_NONE,    /* nobody waits */
    ACCEPT_REFUSED, /* no descriptors: a client was closed at once, so that it need not wait */
    ACCEPT_PAUSE,   /* the system cannot now: asking again at once would only spin */
};

/* `ret_fd` is non-blocking; it has TCP_NODELAY and keep-alive. */
enum accept_result listener_accept(struct listener *listener, int *ret_fd,
                                   struct sockaddr_storage *ret_peer);
