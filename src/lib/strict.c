// SPDX-License-Identifier: Apache-2.0
#include "lib/strict.h"

#include "base/json_walk.h"
#include "engine/journal.h"
#include "lib/verdict.h"

/* Whether the steady state was looked at once the system had been disturbed. */
static bool was_judged(const json_t *journal)
{
    const json_t *states = json_object_get(journal, "steady_states");

    return json_array_size(json_object_get(states, "during")) > 0 ||
           json_array_size(json_object_get(json_object_get(states, "after"), "probes")) > 0;
}

/* A run that changed nothing, since its baseline was not met or it was dry, has its own codes. */
static enum strict_code code_of_passed(const json_t *journal)
{
    const json_t *experiment = json_object_get(journal, "experiment");

    if (json_text_of(experiment, "dry"))
        return STRICT_INCONCLUSIVE;
    if (journal_has_failure(json_object_get(journal, "rollbacks")) ||
        verdict_rollbacks_missing(journal))
        return STRICT_ROLLBACK;
    if (journal_has_failure(json_object_get(journal, "run")))
        return STRICT_ACTION;
    if (!was_judged(journal))
        return STRICT_INCONCLUSIVE;
    return STRICT_PASSED;
}

enum strict_code strict_code_of(const json_t *journal)
{
    switch (verdict_of(journal)) {
    case VERDICT_INTERRUPTED:
        return STRICT_INTERRUPTED;
    case VERDICT_ABORTED:
        return STRICT_ABORTED;
    case VERDICT_PROBE_ERROR:
        return STRICT_PROBE_ERROR;
    case VERDICT_BASELINE_NOT_MET:
        return STRICT_BASELINE;
    case VERDICT_DEVIATED:
        return verdict_deviated_after(journal) ? STRICT_DEVIATED : STRICT_DURING;
    case VERDICT_PASSED:
    case VERDICT_COUNT:
        break;
    }
    if (verdict_exit_code(journal))
        return STRICT_DEVIATED; /* whatever made it so */
    return code_of_passed(journal);
}

const char *strict_code_name(enum strict_code code)
{
    switch (code) {
    case STRICT_PASSED:
        return "passed";
    case STRICT_INVALID:
        return "invalid";
    case STRICT_ABORTED:
        return "aborted";
    case STRICT_INTERRUPTED:
        return "interrupted";
    case STRICT_PROBE_ERROR:
        return "probe-error";
    case STRICT_BASELINE:
        return "baseline-not-met";
    case STRICT_DEVIATED:
        return "deviated";
    case STRICT_DURING:
        return "deviated-during-method";
    case STRICT_ROLLBACK:
        return "rollback-failed";
    case STRICT_ACTION:
        return "action-failed";
    case STRICT_INCONCLUSIVE:
        return "inconclusive";
    }
    return "";
}

bool strict_is_asked(const json_t *experiment, const json_t *settings)
{
    const json_t *own = json_object_get(json_object_get(experiment, "runtime"), "strict");

    if (own)
        return json_is_true(own);
    return json_is_true(json_object_get(json_object_get(settings, "runtime"), "strict"));
}
