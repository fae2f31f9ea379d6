/* SPDX-License-Identifier: Apache-2.0 */
/* --output agent: one JSON report that a program can act on, made from the journal. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

struct agent_run {
    const char *source;
    const char *journal_path;
    const char *events_path; /* NULL: none */
    int exit_code;
    bool is_strict; /* the report tells the strict outcome too */
};

/* The report of a run that has a journal; a new reference. */
json_t *agent_run_report(const json_t *journal, const struct agent_run *run);
/* The report of a run that could not start; of `run` source, exit code and strictness are taken.
 * `stage` is load, validation or run; `type` the name that the reference gives to such an error. */
json_t *agent_run_error(const char *stage, const char *type, const char *message,
                        const struct agent_run *run);
/* The report of a validation; `stage` NULL when the experiment is valid. */
json_t *agent_validate_report(const char *source, const json_t *experiment, const char *stage,
                              const char *type, const char *message);
/* Write a report to standard output. */
MUST_USE int agent_emit(const json_t *report, struct chaos_error *err);
