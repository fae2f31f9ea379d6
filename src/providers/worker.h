/* SPDX-License-Identifier: Apache-2.0 */
/* One Python worker process and the thread that serves it: start it, send it requests, wait for
 * replies, end it. What the messages say is providers/python.c's business. All functions may be
 * called from any thread. */
#pragma once

#include "base/cancel.h"
#include "providers/worker_frame.h"

struct worker;

struct worker_setup {
    const char *const *argv; /* NULL-terminated; the worker's two descriptors are added to it */
    bool stdout_to_stderr;   /* what user code prints goes to our stderr */
    int exit_ms;             /* how long it may take to leave before it is killed */
    json_t *init;            /* the first message; borrowed */
    void *self;
    /* Called in the worker's thread for logs, signals and questions: must not block. It may take
     * the body away. */
    void (*on_message)(void *self, struct worker *worker, struct worker_message *message);
};

/* Start it and wait until it says hello. The error names the interpreter and what it wrote. */
MUST_USE int worker_start(const struct worker_setup *setup, const struct cancel *cancel,
                          struct worker **ret_worker, struct chaos_error *err);
struct worker *worker_ref(struct worker *worker);
/* The last one ends the process: its socket is closed, and it is killed when it does not leave. */
void worker_unref(struct worker *worker);
/* Kill it now; whoever waits for a reply is told that it died. */
void worker_kill(struct worker *worker);
bool worker_is_dead(struct worker *worker);
/* How it died: "killed by SIGSEGV"; owned. */
char *worker_death(struct worker *worker);

/* A request that waits for its reply. Start with `{ .fd = -1 }`, end with worker_finish(). */
struct worker_pending {
    json_int_t id;
    int fd; /* readable once done */
    bool done;
    json_t *reply; /* NULL when done: the worker died */
    struct worker_pending *next;
};

/* Give the request its number (its member "id") and send it. */
MUST_USE int worker_request(struct worker *worker, json_t *request, struct worker_pending *pending,
                            struct chaos_error *err);
/* Send something that has no reply. Nothing happens when the worker is dead. */
MUST_USE int worker_send(struct worker *worker, json_t *message, struct chaos_error *err);
/* WAIT_READY: `pending->reply` is the reply, or NULL when the worker died. */
enum wait_result worker_await(struct worker *worker, struct worker_pending *pending,
                              int64_t deadline, const struct cancel *cancel);
/* Forget the request; frees the reply that is left in it. */
void worker_finish(struct worker *worker, struct worker_pending *pending);

/* The request holds the worker's main thread, and nobody waits for it any more. */
void worker_abandon(struct worker *worker, const struct worker_pending *pending);
/* Whether an abandoned request still holds the main thread. */
bool worker_is_stuck(struct worker *worker);

/* For AUTO(worker): drop the reference. */
static inline void worker_free(struct worker *worker)
{
    worker_unref(worker);
}
AUTO_FREE(worker, struct worker)
