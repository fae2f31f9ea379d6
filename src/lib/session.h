/* SPDX-License-Identifier: Apache-2.0 */
/* The composition root: settings, providers and the guest language put together, and what a
 * command does with an experiment. */
#pragma once

#include <stdbool.h>

#include "engine/run.h"

struct session;

struct session_options {
    json_t *settings;   /* borrowed, an object; NULL: none */
    const char *python; /* the interpreter asked for, or NULL */
    bool quiet_stdout;  /* what user code prints goes to stderr: stdout carries a report */
};

/* Nothing is opened or started yet: the Python worker starts when it is first needed. */
struct session *session_new(const struct session_options *options);
void session_free(struct session *session);
AUTO_FREE(session, struct session)

const struct guest *session_guest(const struct session *session);
/* The secrets that its runs have met: the log is written without them as long as the session lives.
 * Borrowed. */
const struct mask *session_mask(const struct session *session);
/* `value` as it may be written down: without them; a new reference. */
json_t *session_shown(const struct session *session, json_t *value);

/* Collect the global controls of the settings and of control files (an array of objects), and
 * load the experiment between their loader hooks. -CHAOS_E_CANCELLED when one of them interrupts.
 */
MUST_USE int session_load(struct session *session, const char *source, bool verify_tls,
                          const json_t *control_files, json_t **ret_experiment,
                          struct chaos_error *err);
MUST_USE int session_validate(struct session *session, json_t *experiment, struct chaos_error *err);
/* Go on with a run whose process died: see experiment_resume(). */
MUST_USE int session_resume(struct session *session, struct run_options *options,
                            struct run_past *past, json_t **ret_journal, struct chaos_error *err);
/* The global controls, once an experiment was loaded; borrowed. */
const json_t *session_controls(const struct session *session);
/* Play it: `options` without providers, guest, settings and controls, which the session adds. */
MUST_USE int session_run(struct session *session, struct run_options *options, json_t **ret_journal,
                         struct chaos_error *err);
