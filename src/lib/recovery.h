/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that ended without being closed: what they owe the world, and paying it. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

enum recovery_state {
    RECOVERY_RUNNING, /* its process is alive, or somebody recovers it */
    RECOVERY_CLOSED,  /* nothing is left to do */
    RECOVERY_OPEN,    /* its process is gone */
};

/* A run as its log tells. */
struct recovery {
    enum recovery_state state;
    char *title;     /* of the experiment, "" where the log does not tell */
    json_t *due;     /* names of the steps, in the order in which they would be played */
    json_t *damage;  /* what of the log could not be read: texts */
    json_t *journal; /* as far as the log tells; NULL: the run had not started */
};

void recovery_clear(struct recovery *recovery);
AUTO_CLEAR(recovery, struct recovery)

/* The ids of all runs, oldest first: a new array. */
json_t *recovery_list(void);
/* Remove what is kept of a run that is closed; one that is not, or that is in use, stays. */
void recovery_forget(const char *id);
/* Look at a run without touching it. */
MUST_USE int recovery_look(const char *id, struct recovery *ret_recovery, struct chaos_error *err);

struct recovery_options {
    bool is_takeover;  /* by the guardian: the run died a moment ago */
    const char *cause; /* the wait status of the process as text, NULL or "": not known */
};

/* What came of it. */
struct recovery_result {
    size_t played;
    size_t failed;
    bool had_nothing;   /* it was closed already */
    char *journal_path; /* where its journal is, NULL: the run had not started */
};

void recovery_result_clear(struct recovery_result *result);
AUTO_CLEAR(recovery_result, struct recovery_result)

/* Take the run over, play what is due, write its journal and close its log. -CHAOS_E_LIMIT while
 * somebody else has it. */
MUST_USE int recovery_play(const char *id, const struct recovery_options *options,
                           struct recovery_result *ret_result, struct chaos_error *err);
