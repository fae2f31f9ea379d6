/* SPDX-License-Identifier: Apache-2.0 */
/* What a run has outside of its process, so that the world is put back whatever becomes of it: the
 * write-ahead log, and the guardian. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "engine/run.h"

struct run_state;

struct run_state_options {
    const char *journal_path;
    const char *settings_path;
    const json_t *settings; /* what they were when the run began; NULL: none */
    const char *python;     /* NULL: as found */
    const char *log_file;   /* absolute, or NULL */
    const char *const *var_files;
    size_t n_var_files;
    const struct run_options *run; /* strategies and limits, which a recovery follows too */
};

/* Whether a run of the experiment can change the world: it has actions or rollbacks that are
 * played, or controls. */
bool run_state_is_needed(const json_t *experiment, const json_t *global_controls,
                         enum dry_mode dry);
/* Open the log and start the guardian. Fails when there can be no log. */
MUST_USE int run_state_open(const struct run_state_options *options, struct run_state **ret_state,
                            struct chaos_error *err);
/* Let the run use it; it must live as long as the run. */
void run_state_attach(struct run_state *state, struct run_options *run);
/* Looks after the guardian as events come by. */
struct listener run_state_listener(struct run_state *state);
/* The run is over, and its journal (as text) is where the user wants it: keep a copy, close the log
 * unless something is still due. */
void run_state_close(struct run_state *state, const struct buffer *journal);
/* The run did not even start: nothing is kept. */
void run_state_discard(struct run_state *state);
void run_state_free(struct run_state *state);
AUTO_FREE(run_state, struct run_state)
