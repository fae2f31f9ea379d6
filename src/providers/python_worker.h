/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the Python client share: the way to its one worker. */
#pragma once

#include "providers/python.h"
#include "providers/python_documents.h"
#include "providers/worker.h"

/* What became of a request. */
struct python_reply {
    enum call_status status; /* CALL_SUCCEEDED: see `body` */
    char *message;           /* owned; why there is no body */
    json_t *body;            /* owned; the worker's reply, or NULL */
};

void python_reply_clear(struct python_reply *reply);
AUTO_CLEAR(python_reply, struct python_reply)

struct python_request {
    json_t *message; /* borrowed; its members "id" and "op" come first */
    enum call_place place;
    const struct cancel *cancel;
    const char *what; /* for messages: "activity" */
    const char *name; /* its name */
};

/* Send it to the worker, which is started if there is none, and wait for the reply. Status is
 * CALL_SUCCEEDED with a body; CALL_FAILED when the worker cannot start or died; CALL_CANCELLED when
 * the cancel was raised and the call was stopped or did not end in time. */
void python_exchange(struct python *python, const struct python_request *request,
                     struct python_reply *ret_reply);
/* A new request: { id, op, place }. */
json_t *python_request_new(const char *op, enum call_place place);
/* The reply as an error; 0 when it is a success. */
MUST_USE int python_reply_error(const struct python_reply *reply, struct chaos_error *err);
/* Answer a question of user code. */
void python_answer(struct python *python, struct worker *worker, struct worker_message *message);
/* Start a thread for an answer, which python_free() waits for; false when there is none to be had.
 * The thread owns a reference to the worker, calls python_answer_begin() first and
 * python_answer_end() last. */
bool python_answer_spawn(struct python *python, struct worker *worker, void *(*run)(void *),
                         void *argument);
void python_answer_begin(struct python *python);
void python_answer_end(struct python *python);
struct python_documents *python_known_documents(struct python *python);
const struct python_callbacks *python_callbacks(const struct python *python);
const struct cancel *python_closing(const struct python *python);
