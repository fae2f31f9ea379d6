/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine asks of a provider: check an activity, and call it. The engine receives its
 * providers as a table and never names one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/cancel.h"

/* How a call ended. The names in parentheses are the exceptions of the reference. */
enum call_status {
    CALL_SUCCEEDED,   /* `output` is the result */
    CALL_FAILED,      /* the activity failed (ActivityFailed): a result, and the run goes on */
    CALL_CRASHED,     /* what no activity should do (any other exception): the run is aborted */
    CALL_INTERRUPTED, /* the activity asks to interrupt the run (InterruptExecution) */
    CALL_EXITED,      /* the activity asks to leave (SystemExit) */
    CALL_KEYBOARD,    /* KeyboardInterrupt raised by user code */
    CALL_CANCELLED,   /* `cancel` was raised while it ran; the call was stopped */
};

/* The result of a call; the caller clears it. */
struct call_result {
    enum call_status status;
    json_t *output;    /* owned; NULL means null */
    char *message;     /* owned; for any status but CALL_SUCCEEDED: the exception's text */
    json_t *exception; /* owned; lines of the exception as the journal shows them (each ends with a
                        * newline, the last one names it), NULL: the engine makes them */
    uint64_t seed;     /* what was chosen at random was chosen with it; 0: nothing was */
    char *effect;      /* owned; of what undoes something: what came of it, where somebody looked */
    bool has_exit_code; /* for CALL_EXITED: the code was an integer */
    long exit_code;
};

void call_result_clear(struct call_result *result);
AUTO_CLEAR(call_result, struct call_result)
/* Set status and message; returns nothing, so that a provider can `return call_fail(...)`. */
void call_set(struct call_result *result, enum call_status status, const char *format, ...)
    PRINTF(3, 4);

enum call_place {
    CALL_FOREGROUND, /* the thread of the run */
    CALL_BACKGROUND, /* a thread of its own: a background activity or the continuous hypothesis */
};

/* One call. Nobody changes the values during the call, and the provider does not either. */
struct provider_call {
    const json_t *activity;      /* the whole activity; its provider is not substituted yet */
    const json_t *configuration; /* resolved; an object */
    const json_t *secrets;       /* resolved; an object of groups */
    const struct cancel *cancel; /* watched by every wait */
    enum call_place place;
    uint64_t seed;    /* of what is chosen at random; 0: that of the process */
    const char *mark; /* NULL, or "NAME=value" for the environment of processes it starts */
};

#define INVERSE_TACIT "tacit"
/* The effect of an inverse where nobody looked; where somebody tried, ": why" follows. */
#define EFFECT_UNTOLD "not verified"

struct provider {
    const char *type; /* of provider.type: "process", "http", "python" */
    void *self;
    /* Check one activity (an object with a provider of this type) without calling or importing
     * anything. The error is one line that names the culprit and quotes the activity's name. */
    int (*check)(void *self, const json_t *activity, struct chaos_error *err);
    /* NULL, or: check what takes more than a look (imports, signatures) for an array of
     * activities at once. *ret_problems is an array as long: null, or the line that tells. */
    int (*check_all)(void *self, const json_t *activities, const struct cancel *cancel,
                     json_t **ret_problems, struct chaos_error *err);
    /* Call it. Never fails as a C function: whatever happens is the result. */
    void (*call)(void *self, const struct provider_call *call, struct call_result *result);
    /* NULL, or: decide what would undo the action, before it is called: an activity with the exact
     * resources the action will touch. *ret_activity stays NULL when there is nothing to undo. With
     * INVERSE_TACIT true in it nobody asked for it: a clean end may leave it. */
    int (*inverse)(void *self, const struct provider_call *call, json_t **ret_activity,
                   struct chaos_error *err);
};

/* The provider of `type` among `count`, or NULL. */
const struct provider *provider_find(const struct provider *providers, size_t count,
                                     const char *type);
