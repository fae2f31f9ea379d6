/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between the engine and the Python worker: docs/design/python-worker.md.
 *
 * A frame is four bytes of length, big-endian, then that many bytes of JSON in UTF-8. Values that
 * JSON lacks: big integers, NaN and the infinities are written bare, as Python does; byte strings,
 * dates and date-times are objects with one member named U+0001 and the kind. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "engine/provider.h"

#define WORKER_FRAME_MAX    ((size_t)64 * 1024 * 1024)
#define WORKER_FRAME_HEADER 4

/* Append the frame of `message` to `out`. -CHAOS_E_LIMIT when it is too long. */
MUST_USE int worker_frame_write(struct buffer *out, json_t *message, struct chaos_error *err);

enum worker_message_kind {
    WORKER_HELLO,  /* it runs, and speaks this protocol */
    WORKER_REPLY,  /* to the request `id` */
    WORKER_LOG,    /* a record of the logger "chaostoolkit" */
    WORKER_SIGNAL, /* the worker's own process was sent a signal that the run must obey */
    WORKER_MOVED,  /* user code changed the environment or the working directory */
    WORKER_ASK,    /* user code needs the engine; `id` counts the worker's questions */
};

struct worker_message {
    enum worker_message_kind kind;
    json_int_t id;    /* WORKER_REPLY, WORKER_ASK */
    json_t *body;     /* the whole message; owned */
    const char *text; /* WORKER_SIGNAL: its name; WORKER_ASK: the operation; borrowed from body */
};

void worker_message_clear(struct worker_message *message);
AUTO_CLEAR(worker_message, struct worker_message)

/* Take the first frame from `in`, past `*offset`, which moves behind it. *ret_found is false when
 * it is not whole yet. -CHAOS_E_LIMIT when its length is beyond the limit, -CHAOS_E_REMOTE when it
 * is not a message: what follows cannot be trusted. */
MUST_USE int worker_frame_read(const struct buffer *in, size_t *offset,
                               struct worker_message *ret_message, bool *ret_found,
                               struct chaos_error *err);

/* A reply (or an answer) as the result of a call. `stopped` is set when the call was stopped. */
void worker_reply_result(const json_t *reply, struct call_result *result, bool *ret_stopped);
/* A result as the answer to question `id`. */
json_t *worker_answer(json_int_t id, const struct call_result *result);
