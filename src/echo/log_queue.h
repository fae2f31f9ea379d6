/* SPDX-License-Identifier: Apache-2.0 */
/* The log never holds up the service: a bounded queue and a thread that writes it. When the reader
 * of the log is too slow, lines are dropped and counted; when it is gone, all are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

struct log_queue;

/* Start the writer of `fd`, which is borrowed and may be of any kind. The thread inherits the
 * signal mask; SIGPIPE must be ignored. -CHAOS_E_IO when there can be no thread. */
MUST_USE int log_queue_new(int fd, size_t limit, struct log_queue **ret_queue,
                           struct chaos_error *err);
/* Append `length` bytes that are `lines` whole lines, or drop and count them. Any thread. */
void log_queue_add(struct log_queue *queue, const char *text, size_t length, size_t lines);
/* Write what is queued until the monotonic `deadline` and end the writer. False when it still
 * hangs in a write: then the queue must stay, and the process can only _exit(). */
MUST_USE bool log_queue_stop(struct log_queue *queue, int64_t deadline);
/* Only after log_queue_stop() was true; NULL is fine. */
void log_queue_free(struct log_queue *queue);
