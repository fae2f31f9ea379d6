/* SPDX-License-Identifier: Apache-2.0 */
/* The server: one thread that takes in clients and signals, and workers that serve. */
#pragma once

#include "base/auto.h"
#include "echo/log_queue.h"
#include "echo/options.h"

/* Serve until SIGTERM or SIGINT, which must be blocked in every thread, then drain. Greets through
 * `log` as soon as clients can connect. Errors only before that. */
MUST_USE int server_run(const struct echo_options *options, struct log_queue *log,
                        struct chaos_error *err);
