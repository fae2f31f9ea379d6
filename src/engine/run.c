// SPDX-License-Identifier: Apache-2.0
/* The run from its first event to its last: it reads like the description of a run. */
#include "engine/run.h"

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/configuration.h"
#include "engine/control.h"
#include "engine/hypothesis.h"
#include "engine/machine.h"
#include "engine/method.h"
#include "engine/signals.h"
#include "engine/taint.h"
#include "value/pytext.h"
#include "value/substitute.h"

static const char *const hypothesis_names[] = {
    [HYPOTHESIS_DEFAULT] = "default",         [HYPOTHESIS_BEFORE] = "before-method-only",
    [HYPOTHESIS_AFTER] = "after-method-only", [HYPOTHESIS_DURING] = "during-method-only",
    [HYPOTHESIS_CONTINUOUS] = "continuously", [HYPOTHESIS_SKIP] = "skip",
};
_Static_assert(ARRAY_SIZE(hypothesis_names) == HYPOTHESIS_STRATEGY_COUNT, "all are named");

static const char *const rollback_names[] = {
    [ROLLBACK_DEFAULT] = "default",
    [ROLLBACK_ALWAYS] = "always",
    [ROLLBACK_NEVER] = "never",
    [ROLLBACK_DEVIATED] = "deviated",
};
_Static_assert(ARRAY_SIZE(rollback_names) == ROLLBACK_STRATEGY_COUNT, "all are named");

static const char *const dry_names[] = {
    [DRY_NONE] = NULL,         [DRY_PROBES] = "probes",
    [DRY_ACTIONS] = "actions", [DRY_ACTIVITIES] = "activities",
    [DRY_PAUSE] = "pause",
};
_Static_assert(ARRAY_SIZE(dry_names) == DRY_MODE_COUNT, "all are named");

static int find_name(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (str_equal(names[i], name))
            return i;
    return count;
}

/* The name of the log, which differs from that of the command line in one case. */
static const char *strategy_label(enum hypothesis_strategy strategy)
{
    return strategy == HYPOTHESIS_CONTINUOUS ? "continuous" : hypothesis_names[strategy];
}

const char *hypothesis_strategy_name(enum hypothesis_strategy strategy)
{
    return hypothesis_names[strategy];
}

enum hypothesis_strategy hypothesis_strategy_parse(const char *name)
{
    if (str_equal(name, "continously"))
        name = "continuously";
    return (enum hypothesis_strategy)find_name(hypothesis_names, HYPOTHESIS_STRATEGY_COUNT, name);
}

const char *rollback_strategy_name(enum rollback_strategy strategy)
{
    return rollback_names[strategy];
}

enum rollback_strategy rollback_strategy_parse(const char *name)
{
    return (enum rollback_strategy)find_name(rollback_names, ROLLBACK_STRATEGY_COUNT, name);
}

const char *dry_mode_name(enum dry_mode mode)
{
    return dry_names[mode];
}

enum dry_mode dry_mode_parse(const char *name)
{
    return name ? (enum dry_mode)find_name(dry_names, DRY_MODE_COUNT, name) : DRY_NONE;
}

static bool runs_before(enum hypothesis_strategy strategy)
{
    return strategy == HYPOTHESIS_DEFAULT || strategy == HYPOTHESIS_BEFORE ||
           strategy == HYPOTHESIS_CONTINUOUS;
}

static bool runs_during(enum hypothesis_strategy strategy)
{
    return strategy == HYPOTHESIS_DURING || strategy == HYPOTHESIS_CONTINUOUS;
}

static bool runs_after(enum hypothesis_strategy strategy)
{
    return strategy == HYPOTHESIS_DEFAULT || strategy == HYPOTHESIS_AFTER ||
           strategy == HYPOTHESIS_CONTINUOUS;
}

/* compat: the reference shows the secrets it gives to dynamic sources in the journal. Where there
 * are none it shows an empty mapping, which tells nothing; secrets themselves stay out. */
static void mark_dynamic_sources(const struct run *run)
{
    const json_t *secrets = run->documents[DOCUMENT_SECRETS].value;
    const char *name;
    json_t *source;

    if (json_object_size(secrets))
        return;
    json_object_foreach (json_object_get(run->options->experiment, "configuration"), name, source) {
        json_t *provider = json_object_get(source, "provider");

        if (str_equal(json_text_of(source, "type"), "probe") && json_is_object(provider) &&
            !json_object_get(run->options->config_vars, name))
            json_object_set_new(provider, "secrets", json_object());
    }
}

/* Resolve configuration and secrets into the documents of the run. */
static int configure(struct run *run, struct chaos_error *err)
{
    const struct run_options *options = run->options;
    const json_t *experiment = options->experiment;
    AUTO(json) json_t *fixed = NULL;
    int r;

    r = configuration_load(json_object_get(experiment, "configuration"), options->config_vars,
                           &fixed, err);
    if (r < 0)
        return r;
    r = secrets_load(json_object_get(experiment, "secrets"),
                     &(struct secret_access){ .vars = options->secret_vars,
                                              .configuration = fixed,
                                              .read_vault = options->read_vault,
                                              .cancel = &run->foreground },
                     &run->documents[DOCUMENT_SECRETS].value, err);
    if (r < 0)
        return r;
    taint_learn(run->mask, json_object_get(experiment, "secrets"),
                run->documents[DOCUMENT_SECRETS].value);
    mark_dynamic_sources(run);
    return configuration_load_dynamic(fixed, run->documents[DOCUMENT_SECRETS].value, options,
                                      &run->foreground,
                                      &run->documents[DOCUMENT_CONFIGURATION].value, err);
}

static void remember_list(struct run *run, const json_t *activities)
{
    size_t i;
    json_t *activity;

    json_array_foreach (activities, i, activity) {
        const char *name = json_text_of(activity, "name");

        if (name && *name)
            json_object_set(run->activities, name, activity);
    }
}

void run_remember_activities(struct run *run)
{
    const json_t *experiment = run->options->experiment;

    remember_list(run, json_object_get(experiment, "method"));
    remember_list(
        run, json_object_get(json_object_get(experiment, "steady-state-hypothesis"), "probes"));
}

static int substitute_title(struct run *run, struct chaos_error *err)
{
    json_t *experiment = run_document(run, DOCUMENT_EXPERIMENT);
    json_t *title = NULL;

    if (substitute(json_object_get(experiment, "title"), run_document(run, DOCUMENT_CONFIGURATION),
                   run_document(run, DOCUMENT_SECRETS), &title, err) < 0) {
        /* compat: a flat secret is found out when an activity needs it, and aborts the run then */
        chaos_error_clear(err);
        return 0;
    }
    json_object_set_new(experiment, "title", title);
    return 0;
}

static void announce_start(struct run *run, int64_t wall, struct stop *stop)
{
    json_t *experiment = run_document(run, DOCUMENT_EXPERIMENT);
    const char *dry = dry_mode_name(run->options->dry);
    char start[CLOCK_ISO_SIZE];
    AUTO(str) char *platform = machine_platform();
    AUTO(str) char *node = machine_node();

    json_object_set_new(experiment, "dry", dry ? json_string(dry) : json_null());
    run_emit(run, EVENT_RUN_STARTED,
             json_pack("{s:s, s:s, s:s, s:o, s:s, s:O?, s:s?}", "chaoslib-version",
                       run->options->lib_version, "platform", platform, "node", node, "experiment",
                       json_copy(experiment), "start", clock_iso(wall, start), "title",
                       json_object_get(experiment, "title"), "dry", dry),
             stop);
}

/* Hypothesis, method, hypothesis: what the rollbacks come after. */
static void play_phases(struct run *run, bool judged, struct stop *stop)
{
    enum hypothesis_strategy strategy = run->options->hypothesis;
    struct continuous *continuous = NULL;
    bool completed;

    if (judged && runs_before(strategy) && !hypothesis_gate(run, stop))
        return;
    if (judged && runs_during(strategy))
        continuous = continuous_start(run, stop);
    completed = stop->kind == STOP_NONE && method_play(run, stop);
    continuous_end(continuous, stop);
    if (completed && judged && runs_after(strategy) && run->status != RUN_INTERRUPTED &&
        run->status != RUN_ABORTED)
        hypothesis_verify(run, stop);
}

static void settle_interrupt(struct run *run, const struct stop *stop)
{
    AUTO(stop) struct stop ignored = { 0 };

    if (signals_first())
        log_warning("Caught a termination signal, the experiment is interrupted");
    run_set_status(run, RUN_INTERRUPTED, run->deviated);
    log_critical("%s", stop->message);
    run_emit(run, EVENT_RUN_INTERRUPTED, json_pack("{s:s}", "reason", stop->message), &ignored);
}

static void settle_exit(struct run *run, const struct stop *stop)
{
    AUTO(stop) struct stop ignored = { 0 };

    run_set_status(run, RUN_INTERRUPTED, run->deviated);
    if (stop->kind == STOP_KEYBOARD)
        log_warning("Received a termination signal (Ctrl-C)...");
    else
        log_warning("Received the exit signal: %s", stop->message);
    if (stop_is_now(stop))
        log_warning("The rollbacks are not played, as the signal asks");
    run_emit(run, EVENT_RUN_SIGNAL_EXIT, json_pack("{s:s}", "reason", stop->message), &ignored);
}

/* Tell why the phases were left early, and take the consequences. False when the rollbacks must
 * not be played whatever the strategy says. */
static bool settle(struct run *run, const struct stop *stop)
{
    switch (stop->kind) {
    case STOP_NONE:
        break;
    case STOP_INTERRUPT:
        settle_interrupt(run, stop);
        break;
    case STOP_KEYBOARD:
    case STOP_EXIT:
        settle_exit(run, stop);
        break;
    case STOP_CRASH:
        run_set_status(run, RUN_ABORTED, run->deviated);
        log_critical("The experiment is aborted: %s", stop->message);
        break;
    }
    return !stop_is_now(stop);
}

/* What cut the run short, where the journal is to tell; NULL: nothing. */
static json_t *interruption_of(const struct run *run)
{
    const char *signal_name = signals_first();

    if (!run->options->record_interruption || !signal_name || run->status != RUN_INTERRUPTED)
        return NULL;
    return json_pack("{s:s, s:s, s:o}", "kind", "signal", "name", signal_name, "reason",
                     json_sprintf("received %s", signal_name));
}

void run_announce_end(struct run *run, double duration_s, json_t *interruption, struct stop *stop)
{
    char end[CLOCK_ISO_SIZE];
    json_t *data;

    if (run->status == RUN_RUNNING)
        run_set_status(run, RUN_COMPLETED, run->deviated);
    data = json_pack("{s:s, s:f, s:s, s:b}", "end", clock_iso(clock_wall(), end), "duration",
                     duration_s, "status", run_status_name(run->status), "deviated",
                     (int)run->deviated);
    if (interruption)
        json_object_set_new(data, "interruption", interruption);
    run_emit(run, EVENT_RUN_ENDED, data, stop);
}

void run_announce_finish(struct run *run, struct stop *stop)
{
    run_emit(run, EVENT_RUN_FINISHED,
             json_pack("{s:s, s:b}", "status", run_status_name(run->status), "deviated",
                       (int)run->deviated),
             stop);
}

static bool prepare(struct run *run, struct stop *stop)
{
    bool judged;

    controls_configure(run);
    run_emit(run, EVENT_RUN_CONFIGURED,
             json_pack("{s:s, s:s, s:O?}", "hypothesis-strategy",
                       strategy_label(run->options->hypothesis), "rollbacks-strategy",
                       rollback_strategy_name(run->options->rollbacks), "configuration",
                       run_document(run, DOCUMENT_CONFIGURATION)),
             stop);
    judged = run->options->hypothesis != HYPOTHESIS_SKIP && hypothesis_exists(run);
    if (run->options->hypothesis == HYPOTHESIS_SKIP)
        log_info("The steady-state hypothesis is skipped, as requested");
    else if (!judged)
        log_info("There is no steady-state hypothesis: this run only explores");
    return judged;
}

static void play(struct run *run, struct stop *stop)
{
    int64_t began = clock_now();
    struct control_site site = { LEVEL_EXPERIMENT, run_document(run, DOCUMENT_EXPERIMENT), NULL,
                                 CALL_FOREGROUND };
    AUTO(stop) struct stop late = { 0 };
    bool judged;
    bool rollbacks;

    log_defer();
    announce_start(run, clock_wall(), stop);
    judged = prepare(run, stop);
    if (stop->kind == STOP_NONE)
        controls_apply(run, &site, MOMENT_BEFORE, stop);
    if (stop->kind == STOP_NONE && !stop_take_cancel(stop, &run->foreground))
        play_phases(run, judged, stop);
    rollbacks = settle(run, stop);
    if (rollbacks)
        rollbacks_play(run);
    run_announce_end(run, (double)(clock_now() - began) / (double)CLOCK_NS_PER_S,
                     interruption_of(run), &late);
    controls_apply(run, &site, MOMENT_AFTER, &late);
    controls_cleanup(run);
    run_announce_finish(run, &late);
    log_defer_end();
}

static int run_to_end(struct run *run, json_t **ret_journal, struct chaos_error *err)
{
    AUTO(stop) struct stop stop = { 0 };
    int r = configure(run, err);

    if (r < 0)
        return r;
    run_remember_activities(run);
    r = substitute_title(run, err);
    if (r < 0)
        return r;
    run_lock(run);
    play(run, &stop);
    *ret_journal = json_incref(journal_value(run->journal));
    run_unlock(run);
    return 0;
}

int experiment_run(const struct run_options *options, json_t **ret_journal, struct chaos_error *err)
{
    struct signals signals;
    struct run run;
    int r = run_open(&run, options, err);

    if (r == 0) {
        signals_take(&signals, &run, &run.foreground);
        r = run_to_end(&run, ret_journal, err);
        signals_give_back(&signals);
    }
    run_close(&run);
    return r;
}

json_t *run_peek(const char *document)
{
    struct run *run = signals_run();
    json_t *snapshot = NULL;

    if (!run)
        return NULL;
    run_lock(run);
    for (int id = 0; id < DOCUMENT_COUNT; id++)
        if (str_equal(document, document_name((enum document_id)id)) &&
            run_document(run, (enum document_id)id))
            snapshot = run_snapshot(run, (enum document_id)id);
    if (str_equal(document, "controls"))
        snapshot = json_deep_copy(run->controls);
    run_unlock(run);
    return snapshot;
}
