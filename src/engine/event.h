/* SPDX-License-Identifier: Apache-2.0 */
/* A run is a stream of events; the journal, the console and every other view are folds over it.
 *
 * The data of an event is JSON, so that a stream that was written down can be folded again. While
 * the run lives, data may share values with the living documents: a listener that keeps some of
 * it sees later changes, as the reference's journal does. */
#pragma once

#include <stdint.h>

#include "base/auto.h"

enum event_type {
    EVENT_RUN_STARTED,          /* chaoslib-version platform node experiment start title dry */
    EVENT_RUN_CONFIGURED,       /* hypothesis-strategy rollbacks-strategy configuration */
    EVENT_DOCUMENT_AMENDED,     /* document value: a control changed it */
    EVENT_HYPOTHESIS_STARTED,   /* phase; frequency (during) */
    EVENT_HYPOTHESIS_CHECKING,  /* title: one evaluation begins */
    EVENT_HYPOTHESIS_MET,       /* title: it ended well */
    EVENT_HYPOTHESIS_COMPLETED, /* phase state; iteration (during) */
    EVENT_HYPOTHESIS_ENDED,     /* the continuous hypothesis is over; exception or null */
    EVENT_METHOD_STARTED,
    EVENT_METHOD_COMPLETED, /* runs: the method's, or null when it did not end by itself */
    EVENT_INVERSE_DECIDED,  /* id name activity: what would undo the action that comes next; action:
                             * the  same, where its provider knows the inverse */
    EVENT_ROLLBACKS_STARTED, /* inverses declared: which of them are to be played */
    EVENT_ROLLBACKS_COMPLETED,
    EVENT_ROLLBACKS_LEFT,     /* somebody asked to leave while some were still due */
    EVENT_ROLLBACK_STARTED,   /* name; index in the rollbacks, or undoes: the action's id */
    EVENT_ROLLBACK_ENDED,     /* index or undoes: it was played, however that ended */
    EVENT_PAUSE_STARTED,      /* when (before, after) seconds */
    EVENT_ACTIVITY_STARTED,   /* id section run activity */
    EVENT_ACTIVITY_COMPLETED, /* id section run activity; lost: its process died under it; unplayed:
                               * its provider was not called */
    EVENT_ACTIVITY_AMENDED,   /* id run: a control changed it */
    EVENT_STATUS_CHANGED,     /* status deviated */
    EVENT_RUN_INTERRUPTED,    /* reason */
    EVENT_RUN_SIGNAL_EXIT,    /* reason */
    EVENT_RUN_ENDED,          /* status deviated end duration; interruption where there was one */
    EVENT_JOURNAL_AMENDED,    /* journal: its content after a control changed it */
    EVENT_RUN_FINISHED,       /* status deviated: controls are cleaned up, nothing follows */
    EVENT_TYPE_COUNT,
};

struct event {
    enum event_type type;
    int64_t wall;       /* nanoseconds since the epoch */
    const json_t *data; /* an object, borrowed */
};

/* Events reach a listener one at a time, in order. */
struct listener {
    void *self;
    void (*notice)(void *self, const struct event *event);
};

/* "run-started" and so on. */
const char *event_name(enum event_type type);
/* EVENT_TYPE_COUNT for a name that is not one. */
enum event_type event_parse(const char *name);
