/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that were: what the folder of runs tells of them. An index beside it spares reading the
 * journal of each; it is a cache, made anew from the files when it is lost, damaged or behind. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

/* One line for each run, oldest first: run, state (closed, running, open), title, start, duration,
 * status, deviated, outcome (as strict.h names it), activities, failed. Members that nothing tells
 * are null. A new array. */
json_t *history_list(void);

/* The run that `word` names: its id, a part that no other run has, "last", or "last-N" for the Nth
 * before it. *ret_id is owned. -CHAOS_E_NOT_FOUND, -CHAOS_E_INVALID where several have it. */
MUST_USE int history_find(const char *word, char **ret_id, struct chaos_error *err);

/* A run in full. */
struct history_run {
    char *id;          /* NULL for a journal that was named by its path */
    char *path;        /* of the journal; NULL while there is none */
    const char *state; /* closed, running, open */
    json_t *journal;   /* NULL: the run had not started */
    json_t *due;       /* names of the steps that are still due */
    json_t *damage;    /* what of its log cannot be read */
};

void history_run_clear(struct history_run *run);
AUTO_CLEAR(history_run, struct history_run)

/* The run that `word` names, as for history_find(), or the journal in the file of that name. */
MUST_USE int history_open(const char *word, struct history_run *ret_run, struct chaos_error *err);

/* What differs between two journals, times and machines apart: an array of {"where", "a", "b"}, a
 * missing value being absent. Activities are paired by their name. */
json_t *history_differences(const json_t *a, const json_t *b);
