// SPDX-License-Identifier: Apache-2.0
#include "labd/loop.h"

#include <errno.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/mem.h"

#define EVENTS_MAX 64

struct source {
    int fd; /* -1: removed, to be freed at the end of the turn */
    loop_ready ready;
    void *data;
    struct source *next;
};

struct loop {
    int fd;
    struct source *sources;
};

int loop_new(struct loop **ret_loop, struct chaos_error *err)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot create an epoll instance");
    *ret_loop = mem_zero(1, sizeof(**ret_loop));
    (*ret_loop)->fd = fd;
    return 0;
}

void loop_free(struct loop *loop)
{
    while (loop->sources) {
        struct source *next = loop->sources->next;

        free(loop->sources);
        loop->sources = next;
    }
    close(loop->fd);
    free(loop);
}

static struct source *find(struct loop *loop, int fd)
{
    struct source *source = loop->sources;

    while (source && source->fd != fd)
        source = source->next;
    return source;
}

int loop_add(struct loop *loop, int fd, uint32_t events, loop_ready ready, void *data,
             struct chaos_error *err)
{
    struct source *source = mem_zero(1, sizeof(*source));
    struct epoll_event event = { .events = events, .data.ptr = source };

    *source = (struct source){ .fd = fd, .ready = ready, .data = data };
    if (epoll_ctl(loop->fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        free(source);
        return chaos_error_set_errno(err, errno, "cannot watch descriptor %d", fd);
    }
    source->next = loop->sources;
    loop->sources = source;
    return 0;
}

void loop_change(struct loop *loop, int fd, uint32_t events)
{
    struct source *source = find(loop, fd);
    struct epoll_event event = { .events = events, .data.ptr = source };

    if (source)
        epoll_ctl(loop->fd, EPOLL_CTL_MOD, fd, &event);
}

void loop_remove(struct loop *loop, int fd)
{
    struct source *source = fd < 0 ? NULL : find(loop, fd);

    if (!source)
        return;
    epoll_ctl(loop->fd, EPOLL_CTL_DEL, fd, NULL);
    source->fd = -1;
}

static void free_removed(struct loop *loop)
{
    struct source **slot = &loop->sources;

    while (*slot) {
        struct source *source = *slot;

        if (source->fd >= 0) {
            slot = &source->next;
            continue;
        }
        *slot = source->next;
        free(source);
    }
}

int loop_turn(struct loop *loop, int64_t deadline, struct chaos_error *err)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(loop->fd, events, EVENTS_MAX, clock_poll_timeout(deadline));

    if (n < 0 && errno != EINTR)
        return chaos_error_set_errno(err, errno, "cannot wait for events");
    for (int i = 0; i < n; i++) {
        struct source *source = events[i].data.ptr;

        if (source->fd >= 0)
            source->ready(source->data, events[i].events);
    }
    free_removed(loop);
    return 0;
}
