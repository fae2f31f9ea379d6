// SPDX-License-Identifier: Apache-2.0
#include "lib/agent.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "lib/events_file.h"
#include "lib/strict.h"
#include "lib/verdict.h"
#include "value/json.h"
#include "value/pytext.h"

static json_t *get(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return value ? json_incref(value) : json_null();
}

static json_t *location(const char *source)
{
    char directory[PATH_MAX];
    AUTO(str) char *path = NULL;

    if (!source)
        return json_null();
    if (strstr(source, "://") || *source == '/' || !getcwd(directory, sizeof(directory)))
        return json_string(source);
    while (str_starts(source, "./"))
        source += 2;
    path = mem_printf("%s/%s", directory, source);
    return json_string(path);
}

static void add_error(json_t *detail, const json_t *exception)
{
    const char *line = json_string_value(json_array_get(exception, json_array_size(exception) - 1));
    AUTO(str) char *trimmed = str_trim(line ? line : "");

    if (line)
        json_object_set_new(detail, "error", json_string(trimmed));
}

static json_t *probe_detail(const json_t *entry)
{
    const json_t *activity = json_object_get(entry, "activity");
    const json_t *exception = json_object_get(entry, "exception");
    json_t *detail = json_pack("{s:o, s:o, s:o, s:o}", "name", get(activity, "name"), "status",
                               get(entry, "status"), "tolerance_met", get(entry, "tolerance_met"),
                               "tolerance", get(activity, "tolerance"));

    events_add_output(detail, json_object_get(entry, "output"));
    add_error(detail, exception);
    return detail;
}

static json_t *state_detail(const json_t *state)
{
    json_t *probes;
    size_t i;
    json_t *entry;

    if (!json_is_object(state))
        return json_null();
    probes = json_array();
    json_array_foreach (json_object_get(state, "probes"), i, entry)
        json_array_append_new(probes, probe_detail(entry));
    return json_pack("{s:o, s:o}", "met", get(state, "steady_state_met"), "probes", probes);
}

/* Add a name to a sorted list of names, once. */
static void add_name(json_t *names, const char *name)
{
    size_t i;
    json_t *have;

    json_array_foreach (names, i, have) {
        int order = strcmp(json_string_value(have), name);

        if (order == 0)
            return;
        if (order > 0)
            break;
    }
    json_array_insert_new(names, i, json_string(name));
}

static json_t *during_detail(const json_t *during)
{
    json_t *names = json_array();
    json_int_t unmet = 0;
    json_t *first = json_null();
    size_t i;
    json_t *state;

    json_array_foreach (during, i, state) {
        size_t j;
        json_t *entry;

        if (!json_is_false(json_object_get(state, "steady_state_met")))
            continue;
        if (!unmet++)
            first = json_integer((json_int_t)i + 1);
        json_array_foreach (json_object_get(state, "probes"), j, entry) {
            const char *name = json_text_of(json_object_get(entry, "activity"), "name");

            if (name && json_is_false(json_object_get(entry, "tolerance_met")))
                add_name(names, name);
        }
    }
    return json_pack("{s:I, s:I, s:o, s:o}", "iterations", (json_int_t)json_array_size(during),
                     "unmet", unmet, "first_unmet_iteration", first, "unmet_probes", names);
}

static json_t *safeguard_detail(const json_t *safeguards)
{
    const json_t *run = json_object_get(safeguards, "run");
    json_t *detail = json_pack("{s:s, s:o, s:o, s:o}", "kind", "safeguard", "name",
                               get(safeguards, "triggered_by"), "status", get(run, "status"),
                               "tolerance", get(json_object_get(run, "activity"), "tolerance"));

    events_add_output(detail, json_object_get(run, "output"));
    add_error(detail, json_object_get(run, "exception"));
    return detail;
}

static json_t *interrupted_by(const json_t *journal)
{
    const json_t *safeguards = json_object_get(journal, "safeguards");
    const json_t *interruption = json_object_get(journal, "interruption");
    AUTO(str) char *swallowed = verdict_swallowed_interruption(journal);

    if (!str_equal(json_text_of(journal, "status"), "interrupted") && !swallowed)
        return json_null();
    if (json_text_of(safeguards, "triggered_by"))
        return safeguard_detail(safeguards);
    if (json_is_object(interruption))
        return json_pack("{s:o, s:o, s:o}", "kind", get(interruption, "kind"), "name",
                         get(interruption, "name"), "reason", get(interruption, "reason"));
    return swallowed ? json_pack("{s:s, s:n, s:s}", "kind", "signal", "name", "reason", swallowed)
                     : json_null();
}

static void warn(json_t *warnings, const char *code, const char *format, ...) PRINTF(3, 4);

static void warn(json_t *warnings, const char *code, const char *format, ...)
{
    va_list args;
    AUTO(str) char *message = NULL;

    va_start(args, format);
    message = mem_vprintf(format, args);
    va_end(args);
    json_array_append_new(warnings, json_pack("{s:s, s:s}", "code", code, "message", message));
}

static char *names_of(const json_t *failed)
{
    struct buffer names = { 0 };
    size_t i;
    json_t *item;

    json_array_foreach (failed, i, item) {
        AUTO(str) char *name = pytext_of(json_object_get(item, "name"));

        buffer_printf(&names, "%s%s", i ? ", " : "", name);
    }
    return buffer_take(&names);
}

static json_t *warnings_of(const json_t *journal)
{
    const json_t *experiment = json_object_get(journal, "experiment");
    const char *dry = json_text_of(experiment, "dry");
    AUTO(json) json_t *failed = verdict_failed_runs(journal, "run");
    AUTO(json) json_t *undone = verdict_failed_runs(journal, "rollbacks");
    AUTO(str) char *failed_names = names_of(failed);
    AUTO(str) char *undone_names = names_of(undone);
    size_t declared = json_array_size(json_object_get(experiment, "rollbacks"));
    size_t missing = verdict_rollbacks_missing(journal);
    json_t *warnings = json_array();

    if (dry)
        warn(warnings, "dry-run", "This was a rehearsal (dry run: %s).", dry);
    if (!json_array_size(
            json_object_get(json_object_get(experiment, "steady-state-hypothesis"), "probes")))
        warn(warnings, "no-steady-state-hypothesis",
             "There are no probes of a steady state: nothing was judged.");
    if (json_array_size(failed))
        warn(warnings, "method-activity-failed",
             "Activities of the method failed, so the system may not have been disturbed as "
             "planned: %s.",
             failed_names);
    if (missing)
        warn(warnings, "rollbacks-not-played",
             "Of %zu rollbacks %zu were played: the system may not be as it was.", declared,
             declared - missing);
    if (json_array_size(undone))
        warn(warnings, "rollback-failed", "Rollbacks failed: the system may not be as it was: %s.",
             undone_names);
    return warnings;
}

static bool weakens(const char *code)
{
    static const char *const codes[] = { "dry-run", "no-steady-state-hypothesis",
                                         "method-activity-failed", NULL };

    return str_in(code, codes);
}

static bool is_conclusive(enum verdict verdict, const json_t *warnings)
{
    size_t i;
    json_t *warning;

    json_array_foreach (warnings, i, warning)
        if (weakens(json_text_of(warning, "code")))
            return false;
    return verdict == VERDICT_PASSED || verdict == VERDICT_DEVIATED;
}

static const char *sentence(enum verdict verdict, const json_t *journal)
{
    switch (verdict) {
    case VERDICT_INTERRUPTED:
        return "The run was interrupted before its end.";
    case VERDICT_ABORTED:
        return "The run was aborted: an activity could not be played.";
    case VERDICT_PROBE_ERROR:
        return "A probe of the steady state failed, so it could not be judged.";
    case VERDICT_BASELINE_NOT_MET:
        return "The steady state was not met before the method, which was not played.";
    case VERDICT_DEVIATED:
        if (verdict_deviated_during(journal) && verdict_deviated_after(journal))
            return "The steady state was lost during the method and not regained after it.";
        return verdict_deviated_after(journal) ? "The steady state was not met after the method."
                                               : "The steady state was lost during the method.";
    case VERDICT_PASSED:
    case VERDICT_COUNT:
        break;
    }
    return "The steady state was met whenever it was checked.";
}

static json_t *runs_detail(const json_t *journal)
{
    return json_pack("{s:I, s:o}", "count",
                     (json_int_t)json_array_size(json_object_get(journal, "run")), "failed",
                     verdict_failed_runs(journal, "run"));
}

static json_t *rollbacks_detail(const json_t *journal)
{
    const json_t *experiment = json_object_get(journal, "experiment");

    return json_pack("{s:I, s:I, s:o}", "declared",
                     (json_int_t)json_array_size(json_object_get(experiment, "rollbacks")),
                     "played", (json_int_t)json_array_size(json_object_get(journal, "rollbacks")),
                     "failed", verdict_failed_runs(journal, "rollbacks"));
}

static json_t *steady_state_detail(const json_t *journal)
{
    const json_t *states = json_object_get(journal, "steady_states");

    return json_pack("{s:o, s:o, s:o}", "before", state_detail(json_object_get(states, "before")),
                     "during", during_detail(json_object_get(states, "during")), "after",
                     state_detail(json_object_get(states, "after")));
}

static json_t *journal_detail(const json_t *journal)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "status", get(journal, "status"), "deviated",
                     get(journal, "deviated"), "start", get(journal, "start"), "end",
                     get(journal, "end"), "duration", get(journal, "duration"));
}

#define RUN_SCHEMA      "chaostoolkit/agent/run/v1"
#define VALIDATE_SCHEMA "chaostoolkit/agent/validate/v1"

static json_t *strict_detail(enum strict_code code)
{
    return json_pack("{s:i, s:s}", "code", (int)code, "outcome", strict_code_name(code));
}

json_t *agent_run_report(const json_t *journal, const struct agent_run *run)
{
    const json_t *experiment = json_object_get(journal, "experiment");
    enum verdict verdict = verdict_of(journal);
    json_t *warnings = warnings_of(journal);
    json_t *report = json_pack("{s:s, s:s, s:s, s:b, s:s, s:i}", "schema", RUN_SCHEMA, "command",
                               "run", "outcome", verdict_name(verdict), "conclusive",
                               (int)is_conclusive(verdict, warnings), "verdict",
                               sentence(verdict, journal), "exit_code", run->exit_code);

    json_object_set_new(report, "source", location(run->source));
    json_object_set_new(report, "journal_path", location(run->journal_path));
    json_object_set_new(report, "events_path", location(run->events_path));
    json_object_set_new(
        report, "experiment",
        json_pack("{s:o, s:o}", "title", get(experiment, "title"), "dry", get(experiment, "dry")));
    json_object_set_new(report, "journal", journal_detail(journal));
    json_object_set_new(report, "steady_state", steady_state_detail(journal));
    json_object_set_new(report, "method", runs_detail(journal));
    json_object_set_new(report, "rollbacks", rollbacks_detail(journal));
    json_object_set_new(report, "interrupted_by", interrupted_by(journal));
    json_object_set_new(report, "warnings", warnings);
    json_object_set_new(report, "error", json_null());
    if (run->is_strict)
        json_object_set_new(report, "strict", strict_detail(strict_code_of(journal)));
    return report;
}

static json_t *error_detail(const char *stage, const char *type, const char *message)
{
    return json_pack("{s:s, s:s, s:s}", "stage", stage, "type", type, "message", message);
}

json_t *agent_run_error(const char *stage, const char *type, const char *message,
                        const struct agent_run *run)
{
    static const char *const empty[] = { "journal_path", "events_path",   "experiment",
                                         "journal",      "steady_state",  "method",
                                         "rollbacks",    "interrupted_by" };
    AUTO(str) char *verdict = mem_printf("The run could not start: the %s failed.", stage);
    json_t *report = json_pack("{s:s, s:s, s:s, s:b, s:s, s:i}", "schema", RUN_SCHEMA, "command",
                               "run", "outcome", "error", "conclusive", 0, "verdict", verdict,
                               "exit_code", run->exit_code);

    json_object_set_new(report, "source", location(run->source));
    for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
        json_object_set_new(report, empty[i], json_null());
    json_object_set_new(report, "warnings", json_array());
    json_object_set_new(report, "error", error_detail(stage, type, message));
    if (run->is_strict)
        json_object_set_new(report, "strict", strict_detail(STRICT_INVALID));
    return report;
}

json_t *agent_validate_report(const char *source, const json_t *experiment, const char *stage,
                              const char *type, const char *message)
{
    return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o}", "schema", VALIDATE_SCHEMA, "command",
                     "validate", "valid", stage == NULL, "source", location(source), "title",
                     get(experiment, "title"), "error",
                     stage ? error_detail(stage, type, message) : json_null());
}

int agent_emit(const json_t *report, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };

    json_write(&text, report, JSON_STYLE_INDENT_2);
    buffer_add_char(&text, '\n');
    if (fd_write_all(STDOUT_FILENO, text.data, text.length, err) < 0)
        return chaos_error_prefix(err, "the report");
    return 0;
}
