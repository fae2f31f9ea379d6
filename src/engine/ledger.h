/* SPDX-License-Identifier: Apache-2.0 */
/* What a run owes the world: a fold over its events, the same while the run lives and when its log
 * is read after a crash. */
#pragma once

#include <stdbool.h>

#include "engine/event.h"

/* The inverse of one action. */
struct ledger_inverse {
    json_int_t id;    /* of the action's run */
    json_t *name;     /* of the action; owned */
    json_t *activity; /* what undoes it; owned */
    size_t begun;     /* the place of the action among those that began, from 1; 0: it did not */
    bool is_undone;   /* the inverse was played, however that ended */
};

struct ledger;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *ledger);
AUTO_FREE(ledger, struct ledger)
/* Take in one event. */
void ledger_apply(struct ledger *ledger, const struct event *event);

/* How many actions began and were not undone. */
size_t ledger_due(const struct ledger *ledger);
/* Of those, the one that began last; NULL when there is none. */
const struct ledger_inverse *ledger_latest(const struct ledger *ledger);
/* All inverses in the order of their decision; *ret_count of them. Valid until the next event. */
const struct ledger_inverse *ledger_inverses(const struct ledger *ledger, size_t *ret_count);

/* The living documents as controls left them; borrowed, NULL where no event told. */
const json_t *ledger_experiment(const struct ledger *ledger);
const json_t *ledger_configuration(const struct ledger *ledger);
/* The name of the rollback strategy, NULL where no event told. */
const char *ledger_strategy(const struct ledger *ledger);

/* How far the end of the run got. */
enum ledger_stage {
    LEDGER_UNKNOWN, /* not even the start was told */
    LEDGER_PLAYING, /* hypothesis or method */
    LEDGER_UNDOING, /* rollbacks began: which of them, see below */
    LEDGER_LEFT,    /* somebody asked to leave before they were through */
    LEDGER_SETTLED, /* nothing is due any more */
};

enum ledger_stage ledger_stage(const struct ledger *ledger);
/* From LEDGER_UNDOING on: whether inverses, or the experiment's rollbacks, were to be played. */
bool ledger_wants_inverses(const struct ledger *ledger);
bool ledger_wants_declared(const struct ledger *ledger);
/* Whether the rollback at `index` was played to its end. */
bool ledger_is_rolled_back(const struct ledger *ledger, size_t index);

/* Activities that began and did not end, as the data of their activity-started: an object by id
 * as text; borrowed. */
const json_t *ledger_under_way(const struct ledger *ledger);
/* The highest id that an activity's run has, or was to have; -1 without any. */
json_int_t ledger_last_id(const struct ledger *ledger);
/* The status of the run as last told (NULL: none yet), and its deviation. */
const char *ledger_status(const struct ledger *ledger);
bool ledger_is_deviated(const struct ledger *ledger);
/* When the run started, in nanoseconds since the epoch. */
int64_t ledger_started(const struct ledger *ledger);
