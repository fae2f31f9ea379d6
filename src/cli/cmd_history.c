// SPDX-License-Identifier: Apache-2.0
/* The runs that were. */
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/root.h"
#include "cli/run_words.h"
#include "cli/style.h"
#include "lib/history.h"
#include "value/json.h"
#include "value/pytext.h"

enum {
    OPTION_LAST,
    OPTION_JSON,
};

static const struct cli_option options[] = {
    [OPTION_LAST] = { .name = "--last",
                      .kind = CLI_NUMBER,
                      .metavar = "N",
                      .help = "Show the newest N runs only." },
    [OPTION_JSON] = { .name = "--json", .help = "Print a JSON array, oldest first." },
};

/* How a run ended, or what is the matter with it. */
static const char *outcome_of(const json_t *run)
{
    const char *state = json_text_of(run, "state");
    const char *outcome = json_text_of(run, "outcome");

    if (!str_equal(state, "closed"))
        return str_equal(state, "open") ? "not closed" : state;
    return outcome ? outcome : "not begun";
}

static void print_table(const json_t *runs)
{
    size_t i;
    json_t *run;

    printf("%s%-29s %-22s %12s  %s%s\n", style_on(STYLE_HEADING), "RUN", "OUTCOME", "DURATION",
           "TITLE", style_on(STYLE_PLAIN));
    json_array_foreach (runs, i, run) {
        AUTO(str) char *duration = run_words_duration(json_object_get(run, "duration"));
        const json_t *named = json_object_get(run, "title");
        AUTO(str) char *title = json_is_null(named) ? mem_strdup("-") : pytext_of(named);

        printf("%-29s %-22s %12s  %s\n", json_text_of(run, "run"), outcome_of(run), duration,
               title);
    }
}

static int history_run(const struct cli_call *call)
{
    AUTO(json) json_t *runs = NULL;
    double last = cli_number(call, OPTION_LAST);

    if (call->options[OPTION_LAST].given && (last < 1 || last > 1e9 || last != (double)(long)last))
        return cli_misuse(call, "Invalid value for '--last': it must be 1 or more.");
    runs = history_list();
    while (call->options[OPTION_LAST].given && json_array_size(runs) > (size_t)last)
        json_array_remove(runs, 0);
    if (cli_flag(call, OPTION_JSON)) {
        AUTO(str) char *text = json_text(runs, JSON_STYLE_INDENT_2);

        puts(text);
    } else if (json_array_size(runs)) {
        print_table(runs);
    } else {
        puts("There are no runs yet: those that can change something are kept.");
    }
    return CLI_DONE;
}

const struct cli_command cmd_history = {
    .name = "history",
    .summary = "List the runs that were",
    .doc = "List the runs that could change something, the newest last: how each ended, how long "
           "it took. 'chaos show' tells one in full.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .run = history_run,
};
