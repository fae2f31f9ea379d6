// SPDX-License-Identifier: Apache-2.0
#include "engine/activity.h"

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/control.h"
#include "value/extended.h"
#include "value/pytext.h"
#include "value/substitute.h"

/* One activity on its way through the run. */
struct play {
    struct run *run;
    json_t *activity;
    enum activity_section section;
    enum call_place place;
    struct cancel *cancel;
    struct stop *stop;
    json_t *entry; /* its run in the journal */
    json_t *id;
    bool is_dry;      /* the provider is not called, pauses are not taken */
    bool no_pauses;   /* only the pauses are not taken */
    json_t *pauses;   /* substituted */
};

static const char *section_name(enum activity_section section)
{
    switch (section) {
    case SECTION_HYPOTHESIS:
        return "hypothesis";
    case SECTION_METHOD:
        return "method";
    case SECTION_ROLLBACKS:
        return "rollbacks";
    }
    return "";
}

json_t *activity_exception(const struct call_result *result)
{
    AUTO(str) char *last = NULL;

    if (result->exception)
        return json_incref(result->exception);
    last = mem_printf("chaoslib.exceptions.ActivityFailed: %s\n",
                      result->message ? result->message : "");
    return json_pack("[s]", last);
}

void activity_call(struct run *run, const json_t *activity, enum call_place place,
                   struct cancel *cancel, struct call_result *result)
{
    const char *type = json_text_of(json_object_get(activity, "provider"), "type");
    const struct provider *provider =
        provider_find(run->options->providers, run->options->n_providers, type);
    AUTO(json) json_t *private = NULL;
    AUTO(json) json_t *configuration = NULL;
    AUTO(json) json_t *secrets = NULL;

    if (!provider) {
        /* the reference passes over a provider it does not know, with no result */
        log_warning("Activity '%s' has no provider that can be called: '%s'",
                    json_text_of(activity, "name") ? json_text_of(activity, "name") : "",
                    type ? type : "");
        return;
    }
    private = json_deep_copy(activity);
    configuration = run_snapshot(run, DOCUMENT_CONFIGURATION);
    secrets = run_snapshot(run, DOCUMENT_SECRETS);
    run_unlock(run);
    provider->call(provider->self,
                   &(struct provider_call){ private, configuration, secrets, cancel, place },
                   result);
    run_lock(run);
}

/* The dry mode of an activity: its own `dry`, where a control or its author set it, wins over the
 * run's. True means that it is not to be played at all. */
static void decide_dry(struct play *play)
{
    const json_t *own = json_object_get(play->activity, "dry");
    bool is_action = str_equal(json_text_of(play->activity, "type"), "action");

    if (own) {
        play->is_dry = json_is_true(own);
        return;
    }
    switch (play->run->options->dry) {
    case DRY_PROBES:
        play->is_dry = !is_action;
        return;
    case DRY_ACTIONS:
        play->is_dry = is_action;
        return;
    case DRY_ACTIVITIES:
        play->is_dry = true;
        return;
    case DRY_PAUSE:
        play->no_pauses = true;
        return;
    case DRY_NONE:
    case DRY_MODE_COUNT:
        return;
    }
}

static bool load_pauses(struct play *play)
{
    const json_t *pauses = json_object_get(play->activity, "pauses");
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!value_is_true(pauses))
        return true;
    if (substitute(pauses, run_document(play->run, DOCUMENT_CONFIGURATION),
                   run_document(play->run, DOCUMENT_SECRETS), &play->pauses, &err) < 0) {
        stop_set(play->stop, STOP_CRASH, "pauses: %s", chaos_error_text(&err));
        return false;
    }
    return true;
}

/* Take a pause; false when the run must leave. */
static bool take_pause(struct play *play, const char *when)
{
    const json_t *length = json_object_get(play->pauses, when);
    AUTO(str) char *shown = NULL;

    if (!value_is_true(length))
        return true;
    run_emit(play->run, EVENT_PAUSE_STARTED, json_pack("{s:s, s:O}", "when", when, "seconds", length),
             play->stop);
    if (play->is_dry || play->no_pauses)
        return true;
    if (json_is_number(length) || json_is_true(length))
        return run_pause(play->run, json_is_true(length) ? 1 : json_number_value(length),
                         play->cancel, play->stop) ||
               play->stop->kind == STOP_NONE;
    shown = pytext_of(length);
    stop_set(play->stop, STOP_CRASH, "the pause '%s' of activity '%s' must be a number, not '%s'",
             when, json_text_of(play->activity, "name"), shown);
    return false;
}

static void set_time(json_t *entry, const char *key, int64_t wall)
{
    char text[CLOCK_ISO_SIZE];

    json_object_set_new(entry, key, json_string(clock_iso(wall, text)));
}

/* What happened during the call, put into the run. */
static void record(struct play *play, struct call_result *result)
{
    json_t *entry = play->entry;

    /* compat: the reference's 1.45.0 takes an InterruptExecution raised by an activity for the
     * failure of the activity, and the experiments out there rely on it. */
    if (result->status == CALL_INTERRUPTED) {
        AUTO(str) char *why = STEAL(result->message);

        call_set(result, CALL_FAILED, "chaoslib.exceptions.InterruptExecution%s%s",
                 why && *why ? ": " : "", why ? why : "");
    }
    /* a probe of the hypothesis that cannot be called is a failed probe */
    if (result->status == CALL_CRASHED && play->section == SECTION_HYPOTHESIS)
        result->status = CALL_FAILED;
    if (result->status == CALL_CANCELLED && play->section != SECTION_HYPOTHESIS &&
        play->place == CALL_BACKGROUND)
        call_set(result, CALL_FAILED, "chaoslib.exceptions.ExperimentExitedException");
    if (result->status == CALL_SUCCEEDED) {
        json_object_set_new(entry, "output", result->output ? STEAL(result->output) : json_null());
        json_object_set_new(entry, "status", json_string("succeeded"));
    } else if (result->status == CALL_FAILED ||
               (result->status == CALL_CRASHED && play->section == SECTION_ROLLBACKS) ||
               (result->status != CALL_CANCELLED && play->place == CALL_BACKGROUND)) {
        /* in the background nobody else hears of it: the run is the place to say what happened */
        json_object_set_new(entry, "status", json_string("failed"));
        json_object_set_new(entry, "exception", activity_exception(result));
    }
}

static void call_provider(struct play *play, struct call_result *result)
{
    if (cancel_reason(play->cancel))
        result->status = CALL_CANCELLED;
    else if (play->is_dry)
        log_debug("Activity '%s' is in dry mode", json_text_of(play->activity, "name"));
    else
        activity_call(play->run, play->activity, play->place, play->cancel, result);
}

/* The run from its start to its end, without the pauses around it. */
static void play_run(struct play *play)
{
    AUTO(call_result) struct call_result result = { 0 };
    int64_t wall = clock_wall();
    int64_t began;
    int64_t took;

    play->entry = json_pack("{s:o, s:n}", "activity", json_copy(play->activity), "output");
    set_time(play->entry, "start", wall);
    play->id = json_integer(play->run->next_id++);
    run_emit(play->run, EVENT_ACTIVITY_STARTED,
             json_pack("{s:O, s:s, s:O, s:O}", "id", play->id, "section",
                       section_name(play->section), "run", play->entry, "activity",
                       play->activity),
             play->stop);
    began = clock_now();
    call_provider(play, &result);
    took = (clock_now() - began) / CLOCK_NS_PER_US;
    record(play, &result);
    set_time(play->entry, "end", wall + took * CLOCK_NS_PER_US);
    json_object_set_new(play->entry, "duration", json_real((double)took / 1e6));
    if (result.status == CALL_CANCELLED)
        stop_take_cancel(play->stop, play->cancel);
    run_emit(play->run, EVENT_ACTIVITY_COMPLETED,
             json_pack("{s:O, s:s, s:O, s:O, s:s?}", "id", play->id, "section",
                       section_name(play->section), "run", play->entry, "activity",
                       play->activity, "message", result.message),
             play->stop);
    stop_take_call(play->stop, result.status, &result.message, result.has_exit_code,
                   result.exit_code);
}

static void play_between_controls(struct play *play)
{
    decide_dry(play);
    if (!load_pauses(play) || !take_pause(play, "before"))
        return;
    if (play->stop->kind != STOP_NONE || stop_take_cancel(play->stop, play->cancel))
        return;
    play_run(play);
    if (play->stop->kind == STOP_NONE)
        take_pause(play, "after");
}

static json_t *resolve(struct run *run, json_t *activity, struct stop *stop)
{
    const char *ref = json_text_of(activity, "ref");
    json_t *found;

    if (!ref || !*ref)
        return json_incref(activity);
    found = json_object_get(run->activities, ref);
    if (!found)
        stop_set(stop, STOP_CRASH,
                 "the activity '%s' that a 'ref' names is not in the method or the hypothesis", ref);
    return json_incref(found);
}

static struct cancel *cancel_of(struct run *run, enum activity_section section,
                                enum call_place place)
{
    if (place == CALL_FOREGROUND)
        return &run->foreground;
    return section == SECTION_HYPOTHESIS ? &run->hypothesis : &run->background;
}

json_t *activity_play(struct run *run, json_t *activity, enum activity_section section,
                      enum call_place place, struct stop *stop)
{
    AUTO(json) json_t *resolved = resolve(run, activity, stop);
    struct play play = { run, resolved, section, place, cancel_of(run, section, place),
                         stop, NULL, NULL, false, false, NULL };
    struct control_site site = { LEVEL_ACTIVITY, resolved, NULL, place };

    if (!resolved)
        return NULL;
    controls_apply(run, &site, MOMENT_BEFORE, stop);
    if (stop->kind == STOP_NONE)
        play_between_controls(&play);
    /* as in the reference: a run that did not end by itself is no state for the controls */
    site.state = stop->kind == STOP_NONE ? play.entry : NULL;
    controls_apply(run, &site, MOMENT_AFTER, stop);
    if (site.state && json_array_size(run->controls) + json_object_size(run->hooks) > 0)
        run_emit(run, EVENT_ACTIVITY_AMENDED, json_pack("{s:O, s:O}", "id", play.id, "run", play.entry),
                 stop);
    json_decref(play.pauses);
    json_decref(play.id);
    return play.entry;
}
