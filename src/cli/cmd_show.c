// SPDX-License-Identifier: Apache-2.0
/* One run in full. */
#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/root.h"
#include "cli/run_words.h"
#include "lib/history.h"
#include "lib/strict.h"
#include "value/json.h"
#include "value/pytext.h"

enum {
    OPTION_JSON,
};

static const struct cli_option options[] = {
    [OPTION_JSON] = { .name = "--json", .help = "Print its journal, as JSON." },
};

static const struct cli_argument arguments[] = {
    { .name = "RUN",
      .help = "The id of a run or a part of it, \"last\", \"last-1\", or the file of a journal." },
};

static void print_list(const char *what, const json_t *texts)
{
    size_t i;
    json_t *text;

    json_array_foreach (texts, i, text)
        printf("%-12s %s\n", what, json_string_value(text));
}

/* The last line of what was raised. */
static void print_exception(const json_t *lines)
{
    const char *line = json_string_value(json_array_get(lines, json_array_size(lines) - 1));
    AUTO(str) char *text = str_trim(line ? line : "");

    if (*text)
        printf("    %.*s\n", (int)strcspn(text, "\n"), text);
}

static void print_activities(const char *title, const json_t *runs)
{
    size_t i;
    json_t *run;

    if (json_array_size(runs))
        printf("\n%s\n", title);
    json_array_foreach (runs, i, run) {
        const json_t *activity = json_object_get(run, "activity");
        const char *status = json_text_of(run, "status");
        const char *undone = json_text_of(activity, "inverse_of");
        const json_t *name = json_object_get(activity, "name");
        AUTO(str) char *shown = name ? pytext_of(name) : mem_strdup("-");
        AUTO(str) char *duration = run_words_duration(json_object_get(run, "duration"));
        const char *effect = json_text_of(run, "effect");
        bool is_unmet = json_is_false(json_object_get(run, "tolerance_met"));

        printf("  %-10s %10s  %s%s%s%s\n", status ? status : "not ended", duration, shown,
               undone ? ", the inverse of " : "", undone ? undone : "",
               is_unmet ? ": the tolerance is not met" : "");
        if (effect)
            printf("    %s\n", effect);
        else
            print_exception(json_object_get(run, "exception"));
    }
}

static void print_state(const char *when, const json_t *state)
{
    AUTO(str) char *title = NULL;

    if (!json_is_object(state))
        return;
    title =
        mem_printf("Steady state %s the method: %s", when,
                   json_is_true(json_object_get(state, "steady_state_met")) ? "met" : "not met");
    print_activities(title, json_object_get(state, "probes"));
}

static void print_during(const json_t *states)
{
    size_t unmet = 0;
    size_t i;
    json_t *state;

    json_array_foreach (states, i, state)
        unmet += json_is_false(json_object_get(state, "steady_state_met"));
    if (json_array_size(states))
        printf("\nSteady state during the method: checked %zu times, %zu times not met\n",
               json_array_size(states), unmet);
}

static void print_head(const struct history_run *run)
{
    const json_t *journal = run->journal;
    const char *start = json_text_of(journal, "start");
    const json_t *named = json_object_get(json_object_get(journal, "experiment"), "title");
    AUTO(str) char *title = named ? pytext_of(named) : mem_strdup("-");
    AUTO(str) char *duration = run_words_duration(json_object_get(journal, "duration"));
    const char *reason = json_text_of(json_object_get(journal, "interruption"), "reason");

    printf("%-12s %s\n%-12s %s\n", "title", title, "started", start ? start : "-");
    if (json_text_of(journal, "end"))
        printf("%-12s %s\n%-12s %s\n%-12s %s\n", "took", duration, "status",
               json_text_of(journal, "status"), "outcome",
               strict_code_name(strict_code_of(journal)));
    if (reason)
        printf("%-12s %s\n", "because", reason);
}

static void print_run(const struct history_run *run)
{
    const json_t *states = json_object_get(run->journal, "steady_states");

    if (run->id)
        printf("%-12s %s\n", "run", run->id);
    if (!str_equal(run->state, "closed"))
        printf("%-12s %s\n", "state",
               str_equal(run->state, "open") ? "not closed: see 'chaos recover'" : run->state);
    if (run->journal)
        print_head(run);
    else
        puts("It ended before it began.");
    if (run->path)
        printf("%-12s %s\n", "journal", run->path);
    print_list("due", run->due);
    print_list("damaged", run->damage);
    print_state("before", json_object_get(states, "before"));
    print_activities("Method", json_object_get(run->journal, "run"));
    print_during(json_object_get(states, "during"));
    print_state("after", json_object_get(states, "after"));
    print_activities("Rollbacks", json_object_get(run->journal, "rollbacks"));
}

static int show_run(const struct cli_call *call)
{
    AUTO(history_run) struct history_run run = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *text = NULL;

    if (history_open(call->arguments[0], &run, &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    if (!cli_flag(call, OPTION_JSON)) {
        print_run(&run);
        return CLI_DONE;
    }
    if (!run.journal)
        return cli_fail("run %s ended before it began: it has no journal", run.id);
    text = json_text(run.journal, JSON_STYLE_INDENT_2);
    puts(text);
    return CLI_DONE;
}

const struct cli_command cmd_show = {
    .name = "show",
    .summary = "Show a run",
    .doc = "Show what happened in a run that 'chaos history' lists, or that a journal tells of: "
           "its activities, the steady state, the rollbacks, and what is still due.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .complete = run_words_complete,
    .run = show_run,
};
