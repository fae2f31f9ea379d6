// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/seed.h"
#include "base/str.h"
#include "cli/output.h"
#include "cli/root.h"
#include "lib/agent.h"
#include "lib/events_file.h"
#include "lib/notify.h"
#include "lib/run_state.h"
#include "lib/runtime.h"
#include "lib/session.h"
#include "lib/strict.h"
#include "lib/variables.h"
#include "lib/verdict.h"
#include "model/settings.h"
#include "value/json.h"
#include "value/pytext.h"

enum {
    OPTION_JOURNAL_PATH,
    OPTION_DRY,
    OPTION_NO_VALIDATION,
    OPTION_NO_VERIFY_TLS,
    OPTION_ROLLBACK_STRATEGY,
    OPTION_VAR,
    OPTION_VAR_FILE,
    OPTION_CONTROL_FILE,
    OPTION_HYPOTHESIS_STRATEGY,
    OPTION_HYPOTHESIS_FREQUENCY,
    OPTION_FAIL_FAST,
    OPTION_OUTPUT,
    OPTION_EVENTS_FILE,
    OPTION_NO_STATE,
    OPTION_ROLLBACK_TIMEOUT,
    OPTION_ROLLBACK_RETRIES,
    OPTION_STRICT,
    OPTION_SEED,
};

static const char *const dry_names[] = { "probes", "actions", "activities", "pause", NULL };
static const char *const rollback_names[] = { "default", "always", "never", "deviated", NULL };
static const char *const hypothesis_names[] = {
    "default",
    "before-method-only",
    "after-method-only",
    "during-method-only",
    "continuously",
    "continously",
    NULL,
};

static const struct cli_option options[] = {
    [OPTION_JOURNAL_PATH] = { .name = "--journal-path",
                              .kind = CLI_TEXT,
                              .flags = CLI_SHOW_DEFAULT,
                              .metavar = "FILE",
                              .default_text = "./journal.json",
                              .help = "Write the journal of the run to this file." },
    [OPTION_DRY] = { .name = "--dry",
                     .kind = CLI_CHOICE,
                     .choices = dry_names,
                     .help = "Play the experiment without calling its probes, its actions, or "
                             "either; or without its pauses." },
    [OPTION_NO_VALIDATION] = { .name = "--no-validation",
                               .help = "Do not validate the experiment first." },
    [OPTION_NO_VERIFY_TLS] = { .name = "--no-verify-tls",
                               .help = "Do not verify the TLS certificate of SOURCE." },
    [OPTION_ROLLBACK_STRATEGY] = { .name = "--rollback-strategy",
                                   .kind = CLI_CHOICE,
                                   .choices = rollback_names,
                                   .help = "When the rollbacks are played. By default not after a "
                                           "failed or interrupted run." },
    [OPTION_VAR] = { .name = "--var",
                     .kind = CLI_TEXT,
                     .flags = CLI_REPEATABLE,
                     .metavar = "NAME[:TYPE]=VALUE",
                     .help = "Replace a value of the experiment's configuration. TYPE is str, int, "
                             "float, bool, bytes or json; without it the value is a text. May be "
                             "given several times." },
    [OPTION_VAR_FILE] = { .name = "--var-file",
                          .kind = CLI_PATH,
                          .flags = CLI_REPEATABLE,
                          .metavar = "FILE",
                          .help = "Replace values of configuration and secrets with those of a "
                                  "JSON or YAML file, or set environment variables from a file of "
                                  "NAME=value lines. May be given several times." },
    [OPTION_CONTROL_FILE] = { .name = "--control-file",
                              .kind = CLI_PATH,
                              .flags = CLI_REPEATABLE,
                              .metavar = "FILE",
                              .help = "Load global controls from this JSON or YAML file. May be "
                                      "given several times." },
    [OPTION_HYPOTHESIS_STRATEGY] = { .name = "--hypothesis-strategy",
                                     .kind = CLI_CHOICE,
                                     .choices = hypothesis_names,
                                     .help = "When the hypothesis is checked. By default before "
                                             "and after the method." },
    [OPTION_HYPOTHESIS_FREQUENCY] = { .name = "--hypothesis-frequency",
                                      .kind = CLI_NUMBER,
                                      .flags = CLI_SHOW_DEFAULT,
                                      .metavar = "SECONDS",
                                      .default_text = "1.0",
                                      .help = "The time between two checks of the hypothesis "
                                              "during the method." },
    [OPTION_FAIL_FAST] = { .name = "--fail-fast",
                           .help = "End the method after the activity in progress once a check "
                                   "during the method is not met." },
    [OPTION_OUTPUT] = { .name = "--output",
                        .kind = CLI_CHOICE,
                        .flags = CLI_SHOW_DEFAULT,
                        .default_text = "text",
                        .choices = output_names,
                        .help = "With agent, write one JSON report to the standard output once the "
                                "run is over. The exit code stays the same." },
    [OPTION_EVENTS_FILE] = { .name = "--events-file",
                             .kind = CLI_TEXT,
                             .metavar = "FILE",
                             .help = "Write the progress of the run to this file, one JSON object "
                                     "a line." },
    [OPTION_NO_STATE] = { .name = "--no-state",
                          .help = "Keep no log of what the run changes: should the run be killed, "
                                  "nothing puts the world back." },
    [OPTION_STRICT] = { .name = "--strict",
                        .help = "Exit with 0 only when the run showed that the system holds, and "
                                "with a code of its own for each way in which it did not." },
    [OPTION_ROLLBACK_TIMEOUT] = { .name = "--rollback-timeout",
                                  .kind = CLI_NUMBER,
                                  .flags = CLI_SHOW_DEFAULT,
                                  .metavar = "SECONDS",
                                  .default_text = "600",
                                  .help = "How long a rollback may take that has no timeout of its "
                                          "own; 0 for as long as it likes." },
    [OPTION_ROLLBACK_RETRIES] = { .name = "--rollback-retries",
                                  .kind = CLI_NUMBER,
                                  .flags = CLI_SHOW_DEFAULT,
                                  .metavar = "N",
                                  .default_text = "0",
                                  .help = "How often a rollback that fails is played again." },
    [OPTION_SEED] = { .name = "--seed",
                      .kind = CLI_TEXT,
                      .metavar = "SEED",
                      .help = "Choose at random as the run did whose journal names this seed." },
};

static const struct cli_argument arguments[] = {
    { .name = "SOURCE", .help = "A JSON or YAML file, or its http(s) address." },
};

/* One use of the command. */
struct running {
    const struct cli_call *call;
    const char *source;
    bool for_agent;
    bool is_strict;
    json_t *settings;
    json_t *vars;
    json_t *config_vars;
    json_t *secret_vars;
    json_t *control_files;
    json_t *experiment;
    json_t *journal;
    struct session *session;
    struct events_file *events;
    struct run_state *state; /* NULL: the run needs none */
};

static void running_clear(struct running *r)
{
    if (r->session)
        session_free(r->session);
    if (r->events)
        events_file_free(r->events);
    if (r->state)
        run_state_free(r->state);
    json_decref(r->settings);
    json_decref(r->vars);
    json_decref(r->config_vars);
    json_decref(r->secret_vars);
    json_decref(r->control_files);
    json_decref(r->experiment);
    json_decref(r->journal);
}

AUTO_CLEAR(running, struct running)

/* Tell why the run cannot start; the exit code. */
static int refuse(const struct running *r, const char *stage, const struct chaos_error *err)
{
    AUTO(chaos_error) struct chaos_error broken = { 0 };
    AUTO(json) json_t *report = NULL;
    AUTO(json) json_t *shown = NULL;
    int code = r->is_strict ? (int)STRICT_INVALID : CLI_FAILED;
    bool is_load = str_equal(stage, "load");

    log_error("%s", chaos_error_text(err));
    if (!r->for_agent)
        return code;
    report = agent_run_error(
        stage, is_load ? "InvalidSource" : "InvalidExperiment", chaos_error_text(err),
        &(struct agent_run){ .source = r->source, .exit_code = code, .is_strict = r->is_strict });
    shown = r->session ? session_shown(r->session, report) : json_incref(report);
    if (agent_emit(shown, &broken) < 0)
        log_error("%s", chaos_error_text(&broken));
    return code;
}

/* What the command line brings along: variables, control files. Before anything else, so that
 * environment variables from files reach all that is started later. */
static int load_inputs(struct running *r, struct chaos_error *err)
{
    size_t count;
    const char *const *paths = cli_list(r->call, OPTION_VAR_FILE, &count);

    r->config_vars = json_object();
    r->secret_vars = json_object();
    r->control_files = json_array();
    if (variables_read_files(paths, count, r->config_vars, r->secret_vars, err) < 0)
        return -(int)err->code;
    json_object_update(r->config_vars, r->vars);
    paths = cli_list(r->call, OPTION_CONTROL_FILE, &count);
    for (size_t i = 0; i < count; i++) {
        json_t *controls = variables_read_controls(paths[i]);

        if (controls)
            json_array_append_new(r->control_files, controls);
    }
    return 0;
}

static int load_experiment(struct running *r, struct chaos_error *err)
{
    struct session_options wanted = { .settings = r->settings,
                                      .python = r->call->globals->python,
                                      .quiet_stdout = r->for_agent };

    r->session = session_new(&wanted);
    return session_load(r->session, r->source, !cli_flag(r->call, OPTION_NO_VERIFY_TLS),
                        r->control_files, &r->experiment, err);
}

static int check_experiment(struct running *r, struct chaos_error *err)
{
    if (!cli_flag(r->call, OPTION_NO_VALIDATION))
        return session_validate(r->session, r->experiment, err);
    if (!json_is_object(r->experiment))
        return chaos_error_set(err, CHAOS_E_INVALID, "an experiment must be a mapping, not a %s",
                               value_type_name(r->experiment));
    return 0;
}

/* A run that can change the world is logged and guarded. */
static int open_state(struct running *r, struct run_options *wanted, struct chaos_error *err)
{
    struct run_state_options outside = {
        .journal_path = cli_text(r->call, OPTION_JOURNAL_PATH),
        .settings_path = r->call->globals->settings_path,
        .settings = r->settings,
        .python = r->call->globals->python,
        .log_file = r->call->globals->log_file,
        .run = wanted,
    };

    if (cli_flag(r->call, OPTION_NO_STATE) ||
        !run_state_is_needed(r->experiment, session_controls(r->session), wanted->dry))
        return 0;
    outside.var_files = cli_list(r->call, OPTION_VAR_FILE, &outside.n_var_files);
    if (run_state_open(&outside, &r->state, err) < 0)
        return -(int)err->code;
    run_state_attach(r->state, wanted);
    return 0;
}

static int play(struct running *r, struct run_options *wanted, struct chaos_error *err)
{
    const struct cli_call *call = r->call;
    const char *events_path = cli_text(call, OPTION_EVENTS_FILE);
    struct listener listeners[2];
    AUTO(json) json_t *journal = NULL;
    int code;

    wanted->listeners = listeners;
    if (events_path) {
        if (events_file_open(events_path, session_mask(r->session), &r->events, err) < 0)
            return -(int)err->code;
        listeners[wanted->n_listeners++] = events_file_listener(r->events);
    }
    wanted->experiment = r->experiment;
    wanted->config_vars = r->config_vars;
    wanted->secret_vars = r->secret_vars;
    wanted->frequency_s = cli_number(call, OPTION_HYPOTHESIS_FREQUENCY);
    wanted->fail_fast = cli_flag(call, OPTION_FAIL_FAST);
    wanted->dry = dry_mode_parse(cli_text(call, OPTION_DRY));
    wanted->record_interruption = r->for_agent || events_path;
    wanted->rollback_timeout_s = cli_number(call, OPTION_ROLLBACK_TIMEOUT);
    wanted->rollback_retries = (long)cli_number(call, OPTION_ROLLBACK_RETRIES);
    wanted->seed =
        cli_text(call, OPTION_SEED) ? seed_parse(cli_text(call, OPTION_SEED)) : seed_default();
    if (open_state(r, wanted, err) < 0)
        return -(int)err->code;
    if (r->state)
        listeners[wanted->n_listeners++] = run_state_listener(r->state);
    code = session_run(r->session, wanted, &journal, err);
    r->journal = session_shown(r->session, journal); /* from here on it is only written */
    if (code < 0 && r->state)
        run_state_discard(r->state);
    return code;
}

static int save_journal(const struct running *r, const struct buffer *text, struct chaos_error *err)
{
    if (file_write_atomic(cli_text(r->call, OPTION_JOURNAL_PATH), buffer_text(text), text->length,
                          0666, err) < 0)
        return chaos_error_prefix(err, "the journal");
    return 0;
}

static void notify(const struct running *r, const char *name, const json_t *payload)
{
    notify_send(r->settings, session_guest(r->session),
                &(struct notify_event){ .name = name, .payload = payload });
}

static void notify_outcome(const struct running *r)
{
    const char *status = json_string_value(json_object_get(r->journal, "status"));

    notify(r, str_equal(status, "completed") ? "run-completed" : "run-failed", r->journal);
    if (json_is_true(json_object_get(r->journal, "deviated")))
        notify(r, "run-deviated", r->journal);
}

/* The journal, the notifications, the report: what comes after the run. */
static int conclude(const struct running *r)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *report = NULL;
    AUTO(str) char *note = NULL;
    AUTO(buffer) struct buffer text = { 0 };
    int code = r->is_strict ? (int)strict_code_of(r->journal) : verdict_exit_code(r->journal);

    json_write(&text, r->journal, JSON_STYLE_INDENT_2);
    if (save_journal(r, &text, &err) < 0) {
        log_error("%s", chaos_error_text(&err));
        chaos_error_clear(&err);
        code = CLI_FAILED;
    }
    if (r->state)
        run_state_close(r->state, &text);
    notify_outcome(r);
    note = verdict_note(r->journal, r->is_strict ? CLI_FAILED : code);
    if (note)
        log_warning("note: %s", note);
    if (!r->for_agent)
        return code;
    report = agent_run_report(
        r->journal,
        &(struct agent_run){ r->source, cli_text(r->call, OPTION_JOURNAL_PATH),
                             cli_text(r->call, OPTION_EVENTS_FILE), code, r->is_strict });
    if (agent_emit(report, &err) < 0) {
        log_error("%s", chaos_error_text(&err));
        code = CLI_FAILED;
    }
    return code;
}

static int run_run(const struct cli_call *call)
{
    AUTO(running)
    struct running r = {
        .call = call,
        .source = call->arguments[0],
        .for_agent = cli_choice(call, OPTION_OUTPUT) == OUTPUT_AGENT,
        .is_strict = cli_flag(call, OPTION_STRICT),
    };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct run_options wanted = { 0 };
    size_t count;
    const char *const *items = cli_list(call, OPTION_VAR, &count);

    if (variables_parse(items, count, &r.vars, &err) < 0)
        return cli_misuse(call, "Invalid value for '--var': %s", chaos_error_text(&err));
    r.settings = settings_load(call->globals->settings_path);
    if (load_inputs(&r, &err) < 0 || load_experiment(&r, &err) < 0)
        return refuse(&r, "load", &err);
    r.is_strict |= strict_is_asked(r.experiment, r.settings);
    if (runtime_check(r.experiment, &err) < 0)
        return refuse(&r, "runtime", &err);
    notify(&r, "run-started", r.experiment);
    if (check_experiment(&r, &err) < 0)
        return refuse(&r, "validation", &err);
    if (runtime_strategies(r.experiment, r.settings, cli_text(call, OPTION_HYPOTHESIS_STRATEGY),
                           cli_text(call, OPTION_ROLLBACK_STRATEGY), &wanted, &err) < 0)
        return refuse(&r, "runtime", &err);
    if (play(&r, &wanted, &err) < 0)
        return refuse(&r, "run", &err);
    return conclude(&r);
}

const struct cli_command cmd_run = {
    .name = "run",
    .summary = "Run an experiment",
    .doc = "Run the experiment at SOURCE: check its steady-state hypothesis, play its method, "
           "check the hypothesis again, play its rollbacks, and write a journal.\n\n"
           "Exits with 0 when the run completed and the system did not deviate, else with 1; "
           "--strict tells more.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .run = run_run,
};
