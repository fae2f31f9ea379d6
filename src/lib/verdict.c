// SPDX-License-Identifier: Apache-2.0
#include "lib/verdict.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/journal.h"
#include "lib/strict.h"

static const char *const names[] = {
    [VERDICT_INTERRUPTED] = "interrupted", [VERDICT_ABORTED] = "aborted",
    [VERDICT_PROBE_ERROR] = "probe-error", [VERDICT_BASELINE_NOT_MET] = "baseline-not-met",
    [VERDICT_DEVIATED] = "deviated",       [VERDICT_PASSED] = "passed",
};
_Static_assert(ARRAY_SIZE(names) == VERDICT_COUNT, "every verdict has a name");

const char *verdict_name(enum verdict verdict)
{
    return names[verdict];
}

static const json_t *states_of(const json_t *journal, const char *phase)
{
    return json_object_get(json_object_get(journal, "steady_states"), phase);
}

static bool is_unmet(const json_t *state)
{
    return json_is_false(json_object_get(state, "steady_state_met"));
}

static bool has_failed_probe(const json_t *state)
{
    return journal_has_failure(json_object_get(state, "probes"));
}

bool verdict_deviated_during(const json_t *journal)
{
    size_t i;
    json_t *state;

    json_array_foreach (states_of(journal, "during"), i, state)
        if (is_unmet(state))
            return true;
    return false;
}

bool verdict_deviated_after(const json_t *journal)
{
    return is_unmet(states_of(journal, "after"));
}

static bool has_probe_error(const json_t *journal)
{
    size_t i;
    json_t *state;

    json_array_foreach (states_of(journal, "during"), i, state)
        if (has_failed_probe(state))
            return true;
    return has_failed_probe(states_of(journal, "before")) ||
           has_failed_probe(states_of(journal, "after"));
}

#define SWALLOWED "chaoslib.exceptions.ActivityFailed: chaoslib.exceptions.InterruptExecution"

static char *swallowed_in(const json_t *runs)
{
    size_t i;
    size_t j;
    json_t *entry;
    json_t *line;

    json_array_foreach (runs, i, entry) {
        json_array_foreach (json_object_get(entry, "exception"), j, line) {
            const char *text = json_string_value(line);
            AUTO(str) char *reason = NULL;

            if (!text || !str_starts(text, SWALLOWED))
                continue;
            text += strlen(SWALLOWED);
            reason = str_trim(text + strspn(text, ": "));
            return *reason ? STEAL(reason) : mem_strdup("interrupted");
        }
    }
    return NULL;
}

char *verdict_swallowed_interruption(const json_t *journal)
{
    static const char *const phases[] = { "before", "after" };
    char *found = swallowed_in(json_object_get(journal, "run"));
    size_t i;
    json_t *state;

    if (!found)
        found = swallowed_in(json_object_get(journal, "rollbacks"));
    for (i = 0; i < ARRAY_SIZE(phases) && !found; i++)
        found = swallowed_in(json_object_get(states_of(journal, phases[i]), "probes"));
    json_array_foreach (states_of(journal, "during"), i, state)
        if (!found)
            found = swallowed_in(json_object_get(state, "probes"));
    return found;
}

enum verdict verdict_of(const json_t *journal)
{
    const char *status = json_text_of(journal, "status");
    AUTO(str) char *swallowed = verdict_swallowed_interruption(journal);

    if (str_equal(status, "interrupted") || swallowed)
        return VERDICT_INTERRUPTED;
    if (str_equal(status, "aborted"))
        return VERDICT_ABORTED;
    if (has_probe_error(journal))
        return VERDICT_PROBE_ERROR;
    if (is_unmet(states_of(journal, "before")))
        return VERDICT_BASELINE_NOT_MET;
    if (verdict_deviated_during(journal) || verdict_deviated_after(journal))
        return VERDICT_DEVIATED;
    return VERDICT_PASSED;
}

static json_t *last_line(const json_t *exception)
{
    const char *text = json_string_value(json_array_get(exception, json_array_size(exception) - 1));
    AUTO(str) char *trimmed = text ? str_trim(text) : NULL;
    const char *newline = trimmed ? strrchr(trimmed, '\n') : NULL;

    return trimmed ? json_string(newline ? newline + 1 : trimmed) : json_null();
}

json_t *verdict_failed_runs(const json_t *journal, const char *key)
{
    json_t *failed = json_array();
    size_t i;
    json_t *entry;

    json_array_foreach (json_object_get(journal, key), i, entry) {
        const json_t *activity = json_object_get(entry, "activity");

        if (str_equal(json_text_of(entry, "status"), "failed"))
            json_array_append_new(
                failed, json_pack("{s:O?, s:o}", "name", json_object_get(activity, "name"), "error",
                                  last_line(json_object_get(entry, "exception"))));
    }
    return failed;
}

size_t verdict_rollbacks_missing(const json_t *journal)
{
    size_t declared =
        json_array_size(json_object_get(json_object_get(journal, "experiment"), "rollbacks"));
    size_t played = 0;
    size_t i;
    json_t *entry;

    json_array_foreach (json_object_get(journal, "rollbacks"), i, entry)
        played += !json_object_get(json_object_get(entry, "activity"), "inverse_of");
    return played < declared ? declared - played : 0;
}

int verdict_exit_code(const json_t *journal)
{
    return !str_equal(json_text_of(journal, "status"), "completed") ||
           json_is_true(json_object_get(journal, "deviated"));
}

static void add_reason(struct buffer *out, const char *reason)
{
    buffer_printf(out, "%s%s", out->length ? "; " : "", reason);
}

static void add_failed(struct buffer *out, const json_t *journal, const char *key, const char *what)
{
    AUTO(json) json_t *failed = verdict_failed_runs(journal, key);
    size_t count = json_array_size(failed);
    AUTO(str) char *text = mem_printf("%zu %s failed", count, what);

    if (count)
        add_reason(out, text);
}

char *verdict_note(const json_t *journal, int exit_code)
{
    enum strict_code strict_code = strict_code_of(journal);
    AUTO(buffer) struct buffer out = { 0 };

    if (exit_code != 0)
        return NULL;
    if (is_unmet(states_of(journal, "before")))
        add_reason(&out, "the steady state was not met before the method, which was not played");
    if (verdict_deviated_during(journal))
        add_reason(&out, "the steady state was not met at some time during the method");
    add_failed(&out, journal, "run", "of the method's activities");
    add_failed(&out, journal, "rollbacks", "of the rollbacks");
    if (!out.length && strict_code == STRICT_PASSED)
        return NULL;
    if (!out.length)
        add_reason(&out, "this run shows nothing about a steady state");
    buffer_printf(
        &out,
        ". The exit code is 0 all the same, as in the Chaos Toolkit: --strict would make it "
        "%d (%s)",
        (int)strict_code, strict_code_name(strict_code));
    return buffer_take(&out);
}
