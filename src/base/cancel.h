/* SPDX-License-Identifier: Apache-2.0 */
/* Cancellable waits: every wait of Fracas is a poll over the thing waited for, a deadline and a
 * struct cancel. Raising it makes all waits that watch it return at once, in every thread. */
#pragma once

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/auto.h"

struct cancel {
    int fd;            /* an eventfd: readable once raised */
    atomic_int reason; /* 0 until raised; the meaning is the owner's */
};

/* -CHAOS_E_IO without a descriptor left. End with cancel_clear(). */
MUST_USE int cancel_init(struct cancel *cancel, struct chaos_error *err);
void cancel_clear(struct cancel *cancel);
/* Wake all that wait. `reason` is not 0; the first one wins. Safe in a signal handler. */
void cancel_raise(struct cancel *cancel, int reason);
/* Make it usable again; returns the reason it had, 0 when it was not raised. */
int cancel_reset(struct cancel *cancel);
/* 0 until raised, then the reason. `cancel` may be NULL: never raised. */
int cancel_reason(const struct cancel *cancel);

enum wait_result {
    WAIT_READY,     /* a descriptor is ready: see revents */
    WAIT_TIMEOUT,   /* the deadline passed */
    WAIT_CANCELLED, /* `cancel` was raised */
};

#define WAIT_FDS_MAX 16

/* Wait until one of `count` (at most WAIT_FDS_MAX) descriptors is ready, the monotonic `deadline`
 * (CLOCK_NEVER: none) passes or `cancel` (NULL: none) is raised. Being cancelled wins over being
 * ready, ready over the deadline. EINTR is not seen. */
enum wait_result wait_fds(struct pollfd *fds, size_t count, int64_t deadline,
                          const struct cancel *cancel);
enum wait_result wait_fd(int fd, short events, int64_t deadline, const struct cancel *cancel);
/* Pause until `deadline`: WAIT_TIMEOUT, or WAIT_CANCELLED. */
enum wait_result wait_until(int64_t deadline, const struct cancel *cancel);
