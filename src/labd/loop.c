// SPDX-License-Identifier: Apache-2.0
// A descriptor that is closed stays in epoll's set as long as somebody else has what it stood for:
// a child that has not executed its program yet does. Then it cannot be taken out, and its events
// keep coming, perhaps when its number is another one's. So an event names its source by number and
// serial, and counts only when both still fit.
#include "labd/loop.h"

#include <errno.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/mem.h"

#define EVENTS_MAX 64

struct source {
    uint32_t serial; /* 0: none is watched */
    loop_ready ready;
    void *data;
};

struct loop {
    int fd;
    struct source *sources; /* by descriptor */
    size_t n_sources;
    uint32_t last_serial;
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
    free(loop->sources);
    close(loop->fd);
    free(loop);
}

static struct source *find(struct loop *loop, int fd)
{
    if (fd < 0 || (size_t)fd >= loop->n_sources || !loop->sources[fd].serial)
        return NULL;
    return &loop->sources[fd];
}

static struct source *make_room(struct loop *loop, size_t fd)
{
    size_t size = loop->n_sources;

    if (fd >= size) {
        loop->n_sources = fd * 2 + 64;
        loop->sources = mem_resize(loop->sources, loop->n_sources * sizeof(*loop->sources));
        for (; size < loop->n_sources; size++)
            loop->sources[size] = (struct source){ 0 };
    }
    return &loop->sources[fd];
}

static uint64_t name_of(int fd, uint32_t serial)
{
    return (uint64_t)serial << 32 | (uint32_t)fd;
}

int loop_add(struct loop *loop, int fd, uint32_t events, loop_ready ready, void *data,
             struct chaos_error *err)
{
    uint32_t serial = ++loop->last_serial ? loop->last_serial : ++loop->last_serial;
    struct epoll_event event = { .events = events, .data.u64 = name_of(fd, serial) };

    if (epoll_ctl(loop->fd, EPOLL_CTL_ADD, fd, &event) < 0)
        return chaos_error_set_errno(err, errno, "cannot watch descriptor %d", fd);
    *make_room(loop, (size_t)fd) = (struct source){ serial, ready, data };
    return 0;
}

void loop_change(struct loop *loop, int fd, uint32_t events)
{
    const struct source *source = find(loop, fd);
    struct epoll_event event = { .events = events };

    if (!source)
        return;
    event.data.u64 = name_of(fd, source->serial);
    epoll_ctl(loop->fd, EPOLL_CTL_MOD, fd, &event);
}

void loop_remove(struct loop *loop, int fd)
{
    struct source *source = find(loop, fd);

    if (!source)
        return;
    epoll_ctl(loop->fd, EPOLL_CTL_DEL, fd, NULL);
    source->serial = 0;
}

static void serve(struct loop *loop, const struct epoll_event *event)
{
    const struct source *source = find(loop, (int)(uint32_t)event->data.u64);

    if (source && source->serial == event->data.u64 >> 32)
        source->ready(source->data, event->events);
}

int loop_turn(struct loop *loop, int64_t deadline, struct chaos_error *err)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(loop->fd, events, EVENTS_MAX, clock_poll_timeout(deadline));

    if (n < 0 && errno != EINTR)
        return chaos_error_set_errno(err, errno, "cannot wait for events");
    for (int i = 0; i < n; i++)
        serve(loop, &events[i]);
    return 0;
}
