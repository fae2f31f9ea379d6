// SPDX-License-Identifier: Apache-2.0
/* Runs that were killed, and what they left behind. */
#include <string.h>

#include "base/json_walk.h"
#include "base/log.h"
#include "cli/root.h"
#include "cli/run_words.h"
#include "lib/recovery.h"

enum {
    OPTION_ALL,
    OPTION_LIST,
    OPTION_DRY,
    OPTION_TAKEOVER,
};

static const struct cli_option options[] = {
    [OPTION_ALL] = { .name = "--all", .help = "Recover every run whose process is gone." },
    [OPTION_LIST] = { .name = "--list",
                      .help = "Show the runs that were not closed, and what is due for each." },
    [OPTION_DRY] = { .name = "--dry", .help = "Show what would be played, and play nothing." },
    [OPTION_TAKEOVER] = { .name = "--takeover",
                          .kind = CLI_TEXT,
                          .flags = CLI_HIDDEN,
                          .metavar = "STATUS",
                          .help = "Used by the guardian, with the wait status of the process." },
};

static const struct cli_argument arguments[] = {
    { .name = "RUN", .help = "The id of a run, as --list shows it.", .variadic = true },
};

static void show(const char *id, const struct recovery *run)
{
    size_t i;
    json_t *text;

    printf("%s  %s: %s\n", id, run->state == RECOVERY_RUNNING ? "running" : "not closed",
           run->title);
    if (run->state == RECOVERY_OPEN && !json_array_size(run->due))
        puts("    nothing is due, only its journal is missing");
    json_array_foreach (run->due, i, text)
        printf("    due: %s\n", json_string_value(text));
    json_array_foreach (run->damage, i, text)
        printf("    damaged %s\n", json_string_value(text));
}

/* Show one run; `is_asked` also when it is closed. */
static int show_run(const char *id, bool is_asked)
{
    AUTO(recovery) struct recovery run = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (recovery_look(id, &run, &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    if (run.state != RECOVERY_CLOSED)
        show(id, &run);
    else if (is_asked)
        printf("%s  closed: nothing is due\n", id);
    return CLI_DONE;
}

static int recover(const char *id, const char *status)
{
    AUTO(recovery_result) struct recovery_result result = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct recovery_options wanted = { .is_takeover = status != NULL, .cause = status };

    if (status)
        log_warning("The process of run %s died: its guardian takes over", id);
    if (recovery_play(id, &wanted, &result, &err) < 0) {
        log_error("%s", chaos_error_text(&err));
        return CLI_FAILED;
    }
    if (result.had_nothing)
        log_info("Run %s is closed: nothing is due", id);
    else
        log_info("Run %s is recovered: %zu steps played, %zu of them failed%s%s", id, result.played,
                 result.failed, result.journal_path ? "; its journal is " : "",
                 result.journal_path ? result.journal_path : "");
    return result.failed ? CLI_FAILED : CLI_DONE;
}

/* One of all: those that are closed or alive are none of our business. */
static int recover_if_open(const char *id)
{
    AUTO(recovery) struct recovery run = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (recovery_look(id, &run, &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    return run.state == RECOVERY_OPEN ? recover(id, NULL) : CLI_DONE;
}

static int each(const struct cli_call *call)
{
    bool shows = cli_flag(call, OPTION_LIST) || cli_flag(call, OPTION_DRY);
    AUTO(json) json_t *all = recovery_list();
    int code = CLI_DONE;
    size_t i;
    json_t *id;

    for (size_t n = 0; n < call->n_arguments; n++)
        code |= shows ? show_run(call->arguments[n], true)
                      : recover(call->arguments[n], cli_text(call, OPTION_TAKEOVER));
    if (call->n_arguments)
        return code;
    json_array_foreach (all, i, id)
        code |=
            shows ? show_run(json_string_value(id), false) : recover_if_open(json_string_value(id));
    return code;
}

static int recover_run(const struct cli_call *call)
{
    if (!call->n_arguments && !cli_flag(call, OPTION_ALL) && !cli_flag(call, OPTION_LIST))
        return cli_misuse(call, "Name the runs to recover, or use --all or --list.");
    if (call->n_arguments && cli_flag(call, OPTION_ALL))
        return cli_misuse(call, "Runs are named, or --all is used, not both.");
    return each(call);
}

const struct cli_command cmd_recover = {
    .name = "recover",
    .summary = "Put the world back after runs that were killed",
    .doc =
        "Play what is still due of runs whose process was killed: inverses of what they did, and "
        "rollbacks that their strategy asks for. Their journals are written.\n\n"
        "Runs have a guardian that does this at once; what is left are runs whose guardian was "
        "killed too, or whose machine went down.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .complete = run_words_complete,
    .run = recover_run,
};
