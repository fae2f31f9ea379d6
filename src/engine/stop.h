/* SPDX-License-Identifier: Apache-2.0 */
/* Why a thread of the run leaves before its work is done. */
#pragma once

#include <stdbool.h>

#include "engine/provider.h"

/* What raises a struct cancel of the run. */
enum stop_reason {
    STOP_REASON_KEYBOARD = 1,      /* SIGINT */
    STOP_REASON_INTERRUPT = 2,     /* SIGTERM */
    STOP_REASON_EXIT_GRACEFUL = 3, /* SIGUSR1 */
    STOP_REASON_EXIT_NOW = 4,      /* SIGUSR2 */
    STOP_REASON_EXITED = 5,        /* a background activity of a run that was left at once */
    STOP_REASON_ABANDON = 6,       /* its result does not matter any more */
    STOP_REASON_HANGUP = 7,        /* SIGHUP */
    STOP_REASON_QUIT = 8,          /* SIGQUIT */
    STOP_REASON_DEADLINE = 9,      /* a rollback took too long: it fails, and nothing is left */
};

enum stop_kind {
    STOP_NONE,
    STOP_INTERRUPT, /* the experiment is interrupted, by a control or SIGTERM */
    STOP_KEYBOARD,  /* Ctrl-C */
    STOP_EXIT,      /* asked to leave: SIGUSR1, SIGUSR2, sys.exit() in user code */
    STOP_CRASH,     /* something no activity should do: the experiment is aborted */
};

/* The exit code that forbids rollbacks and waiting for background activities; the reference's
 * SIGUSR2. */
#define STOP_EXIT_CODE_NOW      30
#define STOP_EXIT_CODE_GRACEFUL 20

struct stop {
    enum stop_kind kind;
    char *message; /* owned */
    bool has_code;
    long code;
};

void stop_clear(struct stop *stop);
AUTO_CLEAR(stop, struct stop)
/* Set a stop that is not set; the first one wins. */
void stop_set(struct stop *stop, enum stop_kind kind, const char *format, ...) PRINTF(3, 4);
/* Take over what a call or hook reported (message is moved). CALL_SUCCEEDED and CALL_FAILED set
 * nothing. */
void stop_take_call(struct stop *stop, enum call_status status, char **message, bool has_code,
                    long code);
/* If `cancel` was raised, consume it and set the stop it stands for. True when it was. */
bool stop_take_cancel(struct stop *stop, struct cancel *cancel);
/* Whether the run was told to leave at once: no rollbacks, no waiting. */
bool stop_is_now(const struct stop *stop);
