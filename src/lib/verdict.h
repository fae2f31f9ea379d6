/* SPDX-License-Identifier: Apache-2.0 */
/* What a journal says about the system, and whether the run showed it. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

/* In the order in which one rules out the next. */
enum verdict {
    VERDICT_INTERRUPTED,
    VERDICT_ABORTED,
    VERDICT_PROBE_ERROR,      /* a probe of the hypothesis could not be called or judged */
    VERDICT_BASELINE_NOT_MET, /* nothing was disturbed */
    VERDICT_DEVIATED,
    VERDICT_PASSED,
    VERDICT_COUNT,
};

/* The outcome as the reference's agent report names it: "baseline-not-met". */
const char *verdict_name(enum verdict verdict);
enum verdict verdict_of(const json_t *journal);
/* Whether any evaluation during the method, or the one after it, was not met. */
bool verdict_deviated_during(const json_t *journal);
bool verdict_deviated_after(const json_t *journal);
/* The reason of an interruption that an activity asked for and that became its failure (compat: as
 * in the reference's library up to 1.45.0), or NULL; owned. The outcome is "interrupted" then. */
char *verdict_swallowed_interruption(const json_t *journal);
/* Runs of "run" or "rollbacks" that failed: an array of {"name", "error"}; a new reference. */
json_t *verdict_failed_runs(const json_t *journal, const char *key);
/* How many of the rollbacks that the experiment declares were not played. */
size_t verdict_rollbacks_missing(const json_t *journal);
/* 0 when the run completed and did not deviate, else 1: the reference's exit code. */
int verdict_exit_code(const json_t *journal);
/* One line for a run whose exit code hides something, or NULL; owned. */
char *verdict_note(const json_t *journal, int exit_code);
