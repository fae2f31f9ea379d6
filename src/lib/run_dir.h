/* SPDX-License-Identifier: Apache-2.0 */
/* Where a run keeps its log: a folder of its own below $XDG_STATE_HOME/chaos/runs, and the lock
 * that says who may go on with it. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

#define RUN_EVENTS  "events.ndjson"
#define RUN_JOURNAL "journal.json"
#define RUN_INDEX   ".index.ndjson" /* beside the folders of the runs: see history.h */

struct run_dir {
    char *id; /* UTC time and a random part: sorts by time */
    char *path;
    int lock_fd; /* -1 while the lock is not ours */
};

void run_dir_free(struct run_dir *dir);
AUTO_FREE(run_dir, struct run_dir)

/* The folder of all runs: below $XDG_STATE_HOME, or ~/.local/state; owned. */
char *run_dir_root(void);
/* A new folder, locked. The error names the folder and the way around it. */
MUST_USE int run_dir_create(struct run_dir **ret_dir, struct chaos_error *err);
/* The folder of the run `id` as it is; -CHAOS_E_NOT_FOUND without it. */
MUST_USE int run_dir_open(const char *id, struct run_dir **ret_dir, struct chaos_error *err);
/* Take the lock, waiting for at most `wait_ms`. -CHAOS_E_LIMIT while somebody else has it, or while
 * the process that had it last is alive (same process id, start time and boot). The lock goes with
 * the process. */
MUST_USE int run_dir_lock(struct run_dir *dir, long wait_ms, struct chaos_error *err);
/* Whether the process that had the lock last is alive; looks only. */
bool run_dir_is_alive(const struct run_dir *dir);
/* The ids of all runs, oldest first: a new array. */
json_t *run_dir_list(void);
/* The path of one of its files; owned. */
char *run_dir_file(const struct run_dir *dir, const char *name);
/* Remove a folder in which nothing happened. */
void run_dir_remove(struct run_dir *dir);
