/* SPDX-License-Identifier: Apache-2.0 */
/* One thread of the server and the clients it was given. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "echo/connection.h"
#include "echo/log_queue.h"
#include "echo/options.h"

struct worker;

/* What all workers share; must outlive them. */
struct worker_shared {
    const struct echo_options *options;
    struct log_queue *log;
    atomic_size_t held; /* see connection_env */
    int ended_fd;       /* an eventfd that each worker adds 1 to when it ends */
};

enum worker_order {
    WORKER_SERVE,
    WORKER_DRAIN, /* answer what has arrived, close all, end */
    WORKER_STOP,  /* close all, end */
};

/* How long a drain may take before what is left is cut off. */
#define WORKER_DRAIN_NS INT64_C(5000000000)

MUST_USE int worker_new(struct worker_shared *shared, struct worker **ret_worker,
                        struct chaos_error *err);
/* Orders it to stop, waits until it did, frees it. */
void worker_free(struct worker *worker);
/* From one thread only. */
void worker_give_take(struct worker *worker, struct connection *connection);
size_t worker_load(const struct worker *worker);
void worker_order(struct worker *worker, enum worker_order order);
