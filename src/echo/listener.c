// SPDX-License-Identifier: Apache-2.0
#include "echo/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/mem.h"

static int set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value));
}

static unsigned get_port(int fd)
{
    struct sockaddr_in6 bound = { 0 }; /* the port of IPv4 is at the same place */
    socklen_t size = sizeof(bound);

    return getsockname(fd, (struct sockaddr *)&bound, &size) < 0 ? 0 : ntohs(bound.sin6_port);
}

/* Returns a listening descriptor, -1 with errno. Accepted sockets inherit the TCP options. */
static int listen_on(const struct sockaddr *address, socklen_t size)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 ||
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) < 0 ||
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0 ||
        (address->sa_family == AF_INET6 && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) < 0) ||
        bind(fd, address, size) < 0 || listen(fd, SOMAXCONN) < 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static int listen_on_all(unsigned port)
{
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6,
        .sin6_addr = IN6ADDR_ANY_INIT,
        .sin6_port = htons((uint16_t)port),
    };
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = listen_on((const struct sockaddr *)&v6, sizeof(v6));

    if (fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
        fd = listen_on((const struct sockaddr *)&v4, sizeof(v4));
    return fd;
}

/* `ret_fd` is as from listen_on(). */
static int listen_on_literal(const char *address, unsigned port, int *ret_fd,
                             struct chaos_error *err)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
    };
    struct addrinfo *found = NULL;
    AUTO(str) char *service = mem_printf("%u", port);
    int saved;

    if (getaddrinfo(address, service, &hints, &found) != 0)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "--bind: '%s' is not an address such as 127.0.0.1 or ::1", address);
    *ret_fd = listen_on(found->ai_addr, found->ai_addrlen);
    saved = errno;
    freeaddrinfo(found);
    errno = saved;
    return 0;
}

int listener_open(const char *address, unsigned port, struct listener *ret_listener,
                  struct chaos_error *err)
{
    struct listener listener = { .fd = -1, .reserve = -1 };
    int r;

    if (!address) {
        listener.fd = listen_on_all(port);
    } else {
        r = listen_on_literal(address, port, &listener.fd, err);
        if (r < 0)
            return r;
    }
    if (listener.fd < 0)
        return chaos_error_set_errno(err, errno, "cannot listen on port %u of %s", port,
                                     address ? address : "this machine");
    listener.port = get_port(listener.fd);
    listener.reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    *ret_listener = listener;
    return 0;
}

void listener_clear(struct listener *listener)
{
    if (listener->fd >= 0)
        close(listener->fd);
    if (listener->reserve >= 0)
        close(listener->reserve);
    listener->fd = -1;
    listener->reserve = -1;
}

static int accept_client(const struct listener *listener, struct sockaddr_storage *peer)
{
    socklen_t size = sizeof(*peer);

    return accept4(listener->fd, (struct sockaddr *)peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Out of descriptors: use the spare one to take a client and let it go. */
static enum accept_result refuse(struct listener *listener)
{
    struct sockaddr_storage peer;
    int fd;

    if (listener->reserve >= 0)
        close(listener->reserve);
    fd = accept_client(listener, &peer);
    if (fd >= 0)
        close(fd);
    listener->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? ACCEPT_REFUSED : ACCEPT_PAUSE;
}

enum accept_result listener_accept(struct listener *listener, int *ret_fd,
                                   struct sockaddr_storage *ret_peer)
{
    for (;;) {
        int fd = accept_client(listener, ret_peer);

        if (fd >= 0) {
            *ret_fd = fd;
            return ACCEPT_CLIENT;
        }
        switch (errno) {
        case EAGAIN:
            return ACCEPT_NONE;
        case EMFILE:
        case ENFILE:
            return refuse(listener);
        case ENOBUFS:
        case ENOMEM:
            return ACCEPT_PAUSE;
        default: /* accept(2): what befell this client must not befall the server */
            break;
        }
    }
}
