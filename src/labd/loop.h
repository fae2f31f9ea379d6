/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's one loop: descriptors that wake it, in one thread. */
#pragma once

#include <stdint.h>

#include "base/auto.h"

struct loop;

/* Called with the events (EPOLLIN, ..) of the descriptor. */
typedef void (*loop_ready)(void *data, uint32_t events);

MUST_USE int loop_new(struct loop **ret_loop, struct chaos_error *err);
void loop_free(struct loop *loop);
AUTO_FREE(loop, struct loop)

/* Watch `fd` for `events` until loop_remove(), which must come before it is closed. */
MUST_USE int loop_add(struct loop *loop, int fd, uint32_t events, loop_ready ready, void *data,
                      struct chaos_error *err);
void loop_change(struct loop *loop, int fd, uint32_t events);
/* Not watched is fine. Nothing that was already found ready is called for it any more. */
void loop_remove(struct loop *loop, int fd);

/* Wait until `deadline` (monotonic ns) at most, and call what is ready. */
MUST_USE int loop_turn(struct loop *loop, int64_t deadline, struct chaos_error *err);
