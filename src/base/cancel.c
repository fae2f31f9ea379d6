// SPDX-License-Identifier: Apache-2.0
#include "base/cancel.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/log.h"

int cancel_init(struct cancel *cancel, struct chaos_error *err)
{
    atomic_init(&cancel->reason, 0);
    cancel->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cancel->fd < 0)
        return chaos_error_set_errno(err, errno, "cannot create an event descriptor");
    return 0;
}

void cancel_clear(struct cancel *cancel)
{
    if (cancel->fd >= 0)
        close(cancel->fd);
    cancel->fd = -1;
}

void cancel_raise(struct cancel *cancel, int reason)
{
    int none = 0;
    uint64_t one = 1;
    int saved = errno;

    if (atomic_compare_exchange_strong(&cancel->reason, &none, reason))
        (void)!write(cancel->fd, &one, sizeof(one));
    errno = saved;
}

int cancel_reset(struct cancel *cancel)
{
    uint64_t count;

    (void)!read(cancel->fd, &count, sizeof(count));
    return atomic_exchange(&cancel->reason, 0);
}

int cancel_reason(const struct cancel *cancel)
{
    return cancel ? atomic_load(&cancel->reason) : 0;
}

/* What is there already is not waited for, and need not wait for what is to be told. */
static int tell_and_poll(struct pollfd *fds, size_t count, int64_t deadline)
{
    if (log_is_put_off()) {
        int ready = poll(fds, count, 0);

        if (ready)
            return ready;
        log_flush();
    }
    return poll(fds, count, clock_poll_timeout(deadline));
}

static enum wait_result tell_and_leave(void)
{
    log_flush();
    return WAIT_CANCELLED;
}

enum wait_result wait_fds(struct pollfd *fds, size_t count, int64_t deadline,
                          const struct cancel *cancel)
{
    struct pollfd all[WAIT_FDS_MAX + 1];

    assert(count <= WAIT_FDS_MAX);
    if (count)
        memcpy(all, fds, count * sizeof(*fds));
    all[count] = (struct pollfd){ .fd = cancel ? cancel->fd : -1, .events = POLLIN };
    for (;;) {
        int ready;

        if (cancel_reason(cancel))
            return tell_and_leave();
        ready = tell_and_poll(all, count + 1, deadline);
        if (cancel_reason(cancel))
            return tell_and_leave();
        if (ready > 0 && !all[count].revents) {
            if (count)
                memcpy(fds, all, count * sizeof(*fds));
            return WAIT_READY;
        }
        if (ready == 0 && deadline != CLOCK_NEVER && clock_now() >= deadline)
            return WAIT_TIMEOUT;
    }
}

enum wait_result wait_fd(int fd, short events, int64_t deadline, const struct cancel *cancel)
{
    struct pollfd one = { .fd = fd, .events = events };

    return wait_fds(&one, 1, deadline, cancel);
}

enum wait_result wait_until(int64_t deadline, const struct cancel *cancel)
{
    return wait_fds(NULL, 0, deadline, cancel);
}
