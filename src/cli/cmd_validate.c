// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/output.h"
#include "cli/root.h"
#include "lib/agent.h"
#include "lib/notify.h"
#include "lib/runtime.h"
#include "lib/session.h"
#include "model/settings.h"

enum {
    OPTION_NO_VERIFY_TLS,
    OPTION_OUTPUT,
};

static const struct cli_option options[] = {
    [OPTION_NO_VERIFY_TLS] = { .name = "--no-verify-tls",
                               .help = "Do not verify the TLS certificate of SOURCE." },
    [OPTION_OUTPUT] = { .name = "--output",
                        .kind = CLI_CHOICE,
                        .flags = CLI_SHOW_DEFAULT,
                        .default_text = "text",
                        .choices = output_names,
                        .help = "With agent, write one JSON report to the standard output." },
};

static const struct cli_argument arguments[] = {
    { .name = "SOURCE", .help = "A JSON or YAML file, or its http(s) address." },
};

/* Taking apart a larger experiment takes a noticeable part of the time. */
#define LARGE_METHOD 10000

struct validating {
    const char *source;
    bool for_agent;
    json_t *experiment;
};

/* Tell why it is not valid; the exit code. */
static int refuse(const struct validating *v, const char *stage, const struct chaos_error *err)
{
    AUTO(chaos_error) struct chaos_error broken = { 0 };
    AUTO(json) json_t *report = NULL;
    bool is_load = str_equal(stage, "load");

    log_error("%s", chaos_error_text(err));
    if (!v->for_agent)
        return CLI_FAILED;
    report = agent_validate_report(v->source, v->experiment, stage,
                                   is_load ? "InvalidSource" : "InvalidExperiment",
                                   chaos_error_text(err));
    if (agent_emit(report, &broken) < 0)
        log_error("%s", chaos_error_text(&broken));
    return CLI_FAILED;
}

static int validate(struct session *session, struct validating *v, const json_t *settings)
{
    const struct guest *guest = session_guest(session);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *failure = NULL;
    int r;

    notify_send(settings, guest,
                &(struct notify_event){ .name = "validate-started", .payload = v->experiment });
    r = session_validate(session, v->experiment, &err);
    if (r < 0) {
        failure =
            mem_printf("An exception was raised: InvalidExperiment('%s')", chaos_error_text(&err));
        notify_send(settings, guest,
                    &(struct notify_event){
                        .name = "validate-failed", .payload = v->experiment, .error = failure });
        return refuse(v, "validation", &err);
    }
    notify_send(settings, guest,
                &(struct notify_event){ .name = "validate-completed", .payload = v->experiment });
    log_info("The experiment is valid");
    return CLI_DONE;
}

static int validate_run(const struct cli_call *call)
{
    AUTO(json) json_t *settings = settings_load(call->globals->settings_path);
    AUTO(session) struct session *session = NULL;
    AUTO(json) json_t *experiment = NULL;
    AUTO(json) json_t *report = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct validating v = { .source = call->arguments[0],
                            .for_agent = cli_choice(call, OPTION_OUTPUT) == OUTPUT_AGENT };
    struct session_options wanted = { .settings = settings,
                                      .python = call->globals->python,
                                      .quiet_stdout = v.for_agent };
    int code;

    session = session_new(&wanted);
    if (session_load(session, v.source, !cli_flag(call, OPTION_NO_VERIFY_TLS), NULL, &experiment,
                     &err) < 0)
        return refuse(&v, "load", &err);
    v.experiment = experiment;
    if (runtime_check(experiment, &err) < 0)
        return refuse(&v, "runtime", &err);
    code = validate(session, &v, settings);
    if (!v.for_agent && json_array_size(json_object_get(experiment, "method")) > LARGE_METHOD) {
        session_free(STEAL(session));
        cli_leave(code);
    }
    if (code != CLI_DONE || !v.for_agent)
        return code;
    report = agent_validate_report(v.source, experiment, NULL, NULL, NULL);
    if (agent_emit(report, &err) == 0)
        return CLI_DONE;
    log_error("%s", chaos_error_text(&err));
    return CLI_FAILED;
}

const struct cli_command cmd_validate = {
    .name = "validate",
    .summary = "Check an experiment without running it",
    .doc = "Check the experiment at SOURCE: its form, its tolerances, that its programs exist, "
           "that its Python modules can be imported and that the arguments fit their functions. "
           "The first problem is told with its place in the document.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .run = validate_run,
};
