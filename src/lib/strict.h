/* SPDX-License-Identifier: Apache-2.0 */
/* --strict: an exit code for each way in which a run can fall short. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

/* What a run ends with under --strict; in the order in which one rules out the next. Scripts rely
 * on the numbers: they never change. */
enum strict_code {
    STRICT_PASSED = 0,
    STRICT_INVALID = 17, /* the experiment could not be loaded, or is not valid */
    STRICT_ABORTED = 16,
    STRICT_INTERRUPTED = 15,
    STRICT_PROBE_ERROR = 18,  /* the hypothesis could not be judged */
    STRICT_BASELINE = 11,     /* the steady state was not met to begin with */
    STRICT_DEVIATED = 10,     /* it was not met after the method */
    STRICT_DURING = 14,       /* it was not met at some time during the method only */
    STRICT_ROLLBACK = 13,     /* a rollback failed, or was not played */
    STRICT_ACTION = 12,       /* an activity of the method failed */
    STRICT_INCONCLUSIVE = 19, /* nothing was shown: a dry run, or no probes to judge by */
};

enum strict_code strict_code_of(const json_t *journal);
/* "deviated", "rollback-failed" and so on. */
const char *strict_code_name(enum strict_code code);
/* Whether the runtime block of the experiment, or else of the settings, asks for it. */
bool strict_is_asked(const json_t *experiment, const json_t *settings);
