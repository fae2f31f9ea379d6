// SPDX-License-Identifier: Apache-2.0
/* A wizard that writes an experiment. It asks what the reference asks, in the same order, so that
 * scripted answers work; the words are ours. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/prompt.h"
#include "cli/root.h"
#include "cli/style.h"
#include "lib/environment.h"
#include "lib/notify.h"
#include "model/settings.h"
#include "value/ascii.h"
#include "value/yaml.h"

#define DISCOVERY_MAX (64u << 20)

enum {
    OPTION_DISCOVERY_PATH,
    OPTION_EXPERIMENT_PATH,
};

static const struct cli_option options[] = {
    [OPTION_DISCOVERY_PATH] = { .name = "--discovery-path",
                                .kind = CLI_TEXT,
                                .flags = CLI_SHOW_DEFAULT,
                                .metavar = "FILE",
                                .default_text = "./discovery.json",
                                .help = "Offer the activities of this discovery; without the file "
                                        "the experiment has none." },
    [OPTION_EXPERIMENT_PATH] = { .name = "--experiment-path",
                                 .kind = CLI_TEXT,
                                 .flags = CLI_SHOW_DEFAULT,
                                 .metavar = "FILE",
                                 .default_text = "./experiment.json",
                                 .help = "Write the experiment to this file: as YAML if it ends "
                                         "in .yaml or .yml, else as JSON." },
};

/* What is chosen from and where it goes. */
struct choice {
    const json_t *activities; /* an array */
    json_t *pool;             /* the array to add to */
    bool with_tolerance;
};

static void explain(const char *text)
{
    printf("\n%s%s%s\n", style_on(STYLE_TEXT), text, style_on(STYLE_PLAIN));
}

static const char *member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static int ask_arguments(const json_t *selected, json_t *arguments)
{
    const json_t *argument;
    size_t i;

    explain("Now for its arguments. What a plain return stands for is shown in brackets.");
    json_array_foreach (json_object_get(selected, "arguments"), i, argument) {
        const char *name = member(argument, "name");
        AUTO(str) char *question = mem_printf("Argument's value for '%s'", name);
        struct prompt_value wanted = { .question = question,
                                       .type = json_string_value(json_object_get(argument, "type")),
                                       .default_value = json_object_get(argument, "default") };
        json_t *value = NULL;

        if (str_equal(name, "secrets") || str_equal(name, "configuration"))
            continue;
        if (prompt_value(&wanted, &value) < 0)
            return -1;
        json_object_set_new(arguments, name, value);
    }
    return 0;
}

static int ask_activity(const struct choice *choice, const json_t *selected)
{
    AUTO(json) json_t *arguments = json_object();
    AUTO(str) char *tolerance = NULL;
    json_t *activity;

    if (choice->with_tolerance) {
        explain("The tolerance of a probe is what its result must match for the system to be in\n"
                "its steady state.");
        if (prompt_text("What is the tolerance for this probe?", &tolerance) < 0)
            return -1;
    }
    if (ask_arguments(selected, arguments) < 0)
        return -1;
    activity = json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:O}}", "type", member(selected, "type"),
                         "name", member(selected, "name"), "provider", "type", "python", "module",
                         member(selected, "mod"), "func", member(selected, "name"), "arguments",
                         arguments);
    if (tolerance)
        json_object_set_new(activity, "tolerance", json_string(tolerance));
    json_array_append_new(choice->pool, activity);
    return 0;
}

/* Offer the activities once; *ret_more: offer them again. */
static int offer(const struct choice *choice, bool *ret_more)
{
    AUTO(str) char *question = NULL;
    const json_t *selected;
    size_t index;
    bool is_wanted;

    printf("%sAdd an activity%s\n", style_on(STYLE_QUESTION), style_on(STYLE_PLAIN));
    json_array_foreach (choice->activities, index, selected) {
        printf("%zu) %s\n", index + 1, member(selected, "name"));
    }
    if (prompt_index("Activity (0 to escape)", json_array_size(choice->activities), &index) < 0)
        return -1;
    *ret_more = false;
    if (!index)
        return 0;
    selected = json_array_get(choice->activities, index - 1);
    if (*member(selected, "doc"))
        explain(member(selected, "doc"));
    question = mem_printf("Do you want to use this %s?", member(selected, "type"));
    if (prompt_confirm(question, &is_wanted) < 0 ||
        (is_wanted && ask_activity(choice, selected) < 0))
        return -1;
    return prompt_confirm("Do you want to select another activity?", ret_more);
}

static int add_activities(const struct choice *choice)
{
    bool more = true;

    while (more)
        if (offer(choice, &more) < 0)
            return -1;
    return 0;
}

/* The activities of the discovery that are of `type`, or all for NULL. A new array. */
static json_t *select_activities(const json_t *discovery, const char *type)
{
    json_t *selection = json_array();
    json_t *activity;
    size_t i;

    json_array_foreach (json_object_get(discovery, "activities"), i, activity) {
        if (!type || str_equal(member(activity, "type"), type))
            json_array_append(selection, activity);
    }
    return selection;
}

static int ask_hypothesis(const json_t *discovery, json_t *experiment)
{
    AUTO(str) char *title = NULL;
    AUTO(json) json_t *probes = select_activities(discovery, "probe");
    json_t *pool;
    bool is_wanted;

    explain("The steady-state hypothesis says how you recognise that the system is well. It is\n"
            "checked before the method, and again after it: a difference is a weakness found.\n"
            "It is optional, and you can add one later.");
    if (prompt_confirm("Do you want to define a steady state hypothesis now?", &is_wanted) < 0)
        return -1;
    if (!is_wanted)
        return 0;
    if (prompt_text("Hypothesis's title", &title) < 0)
        return -1;
    pool = json_array();
    json_object_set_new(experiment, "steady-state-hypothesis",
                        json_pack("{s:s, s:o}", "title", title, "probes", pool));
    if (!discovery)
        return 0;
    explain("Choose the probes that tell whether the system is in its steady state.");
    return add_activities(
        &(struct choice){ .activities = probes, .pool = pool, .with_tolerance = true });
}

static int ask_method(const json_t *discovery, json_t *experiment)
{
    AUTO(json) json_t *activities = select_activities(discovery, NULL);
    json_t *pool = json_array();
    bool is_wanted;

    json_object_set_new(experiment, "method", pool);
    explain("The method holds the actions that disturb the system, and probes that gather what\n"
            "you want to know meanwhile.");
    if (prompt_confirm("Do you want to define an experimental method?", &is_wanted) < 0)
        return -1;
    return is_wanted ? add_activities(&(struct choice){ .activities = activities, .pool = pool })
                     : 0;
}

static int ask_rollbacks(const json_t *discovery, json_t *experiment)
{
    AUTO(json) json_t *actions = select_activities(discovery, "action");
    json_t *pool;
    bool is_wanted;

    explain("Rollbacks are actions that put the system back as it was. They are optional.");
    if (prompt_confirm("Do you want to add some rollbacks now?", &is_wanted) < 0)
        return -1;
    if (!is_wanted)
        return 0;
    pool = json_array();
    json_object_set_new(experiment, "rollbacks", pool);
    return add_activities(&(struct choice){ .activities = actions, .pool = pool });
}

static int ask_all(const json_t *discovery, json_t *experiment)
{
    AUTO(str) char *title = NULL;

    if (prompt_text("Experiment's title", &title) < 0)
        return -1;
    json_object_set_new(experiment, "title", json_string(title));
    json_object_set_new(experiment, "description", json_string("N/A"));
    json_object_set_new(experiment, "tags", json_array());
    if (ask_hypothesis(discovery, experiment) < 0)
        return -1;
    if (!discovery)
        return 0;
    if (ask_method(discovery, experiment) < 0)
        return -1;
    return ask_rollbacks(discovery, experiment);
}

/* *ret_discovery stays NULL when there is no such file. */
static int load_discovery(const char *path, json_t **ret_discovery, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(json) json_t *discovery = NULL;
    int r;

    if (access(path, F_OK) < 0)
        return 0;
    r = file_read(path, &text, DISCOVERY_MAX, err);
    if (r < 0)
        return r;
    r = json_parse(buffer_text(&text), text.length, &discovery, err);
    if (r < 0)
        return chaos_error_prefix(err, "'%s'", path);
    if (!json_is_array(json_object_get(discovery, "activities")))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "'%s' is not a discovery: it has no list of 'activities'", path);
    *ret_discovery = STEAL(discovery);
    return 0;
}

static int save(const char *path, const json_t *experiment, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    const char *extension = strrchr(path, '.');

    if (extension && (strcasecmp(extension, ".yaml") == 0 || strcasecmp(extension, ".yml") == 0)) {
        yaml_write(&text, experiment, &(struct yaml_style){ .indent = 4 });
    } else {
        AUTO(str) char *json = json_text_ascii(experiment, JSON_STYLE_INDENT_4);

        buffer_add_text(&text, json);
    }
    return file_write_atomic(path, buffer_text(&text), text.length, 0666, err);
}

/* What init_run tells the notification channels with. */
struct announcing {
    const json_t *settings;
    const struct guest *guest;
};

static int fail(const struct announcing *a, const struct chaos_error *err)
{
    notify_send(a->settings, a->guest,
                &(struct notify_event){ .name = "init-failed", .error = chaos_error_text(err) });
    log_error("%s", chaos_error_text(err));
    return CLI_FAILED;
}

static int init_run(const struct cli_call *call)
{
    const char *path = cli_text(call, OPTION_EXPERIMENT_PATH);
    AUTO(json) json_t *settings = settings_load(call->globals->settings_path);
    AUTO(json) json_t *experiment = json_object();
    AUTO(json) json_t *discovery = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(environment)
    struct environment *environment = environment_new(call->globals->python, settings);
    struct announcing a = { settings, environment_guest(environment) };

    notify_send(settings, a.guest, &(struct notify_event){ .name = "init-started" });
    if (load_discovery(cli_text(call, OPTION_DISCOVERY_PATH), &discovery, &err) < 0)
        return fail(&a, &err);
    explain("This wizard writes an experiment, step by step. An experiment has\n"
            "- a steady-state hypothesis (optional),\n"
            "- a method, which needs at least one activity before it can run,\n"
            "- rollbacks (optional).");
    if (!discovery)
        puts("There is no discovery to choose activities from: the experiment starts without.");
    if (ask_all(discovery, experiment) < 0) {
        fflush(stdout);
        fputs("\nAborted!\n", stderr);
        return CLI_FAILED;
    }
    if (save(path, experiment, &err) < 0)
        return fail(&a, &err);
    printf("\nExperiment created and saved in '%s'\n", path);
    fflush(stdout);
    notify_send(settings, a.guest,
                &(struct notify_event){ .name = "init-completed", .payload = experiment });
    return CLI_DONE;
}

const struct cli_command cmd_init = {
    .name = "init",
    .summary = "Write a new experiment by answering questions",
    .doc = "Write a new experiment by answering questions. The activities to choose from are those "
           "that `chaos discover` found.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .run = init_run,
};
