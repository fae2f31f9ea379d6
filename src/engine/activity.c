// SPDX-License-Identifier: Apache-2.0
#include "engine/activity.h"

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/control.h"
#include "engine/inverse.h"
#include "engine/provider.h"
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
    json_t *announced; /* what the events of its start and end tell */
    bool is_dry;       /* the provider is not called, pauses are not taken */
    bool no_pauses;    /* only the pauses are not taken */
    bool is_unplayed;  /* it began, and its provider was not called after all */
    json_t *pauses;    /* substituted */
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

/* What a call gets: values that nobody changes while it works. */
struct private_copies {
    json_t *activity;
    json_t *configuration;
    json_t *secrets;
};

static void private_copies_clear(struct private_copies *copies)
{
    json_decref(copies->activity);
    json_decref(copies->configuration);
    json_decref(copies->secrets);
}

AUTO_CLEAR(private_copies, struct private_copies)

/* Where nobody can change it meanwhile, the activity itself will do. The one exception is what a
 * tolerance holds: a probe in it is given its argument. */
static json_t *private_activity(const struct run *run, const json_t *activity)
{
    if (run->is_fixed && !json_object_get(activity, "tolerance"))
        return json_incref(json_walkable(activity));
    return json_deep_copy(activity);
}

static void prepare_call(struct run *run, const json_t *activity, const struct activity_way *way,
                         struct private_copies *copies, struct provider_call *ret_call)
{
    copies->activity = private_activity(run, activity);
    copies->configuration = run_snapshot(run, DOCUMENT_CONFIGURATION);
    copies->secrets = run_snapshot(run, DOCUMENT_SECRETS);
    *ret_call = (struct provider_call){ .activity = copies->activity,
                                        .configuration = copies->configuration,
                                        .secrets = copies->secrets,
                                        .cancel = way->cancel,
                                        .place = way->place,
                                        .seed = run->options->seed,
                                        .mark = way->mark };
}

static const struct provider *provider_of(const struct run *run, const json_t *activity)
{
    return provider_find(run->options->providers, run->options->n_providers,
                         json_text_of(json_object_get(activity, "provider"), "type"));
}

char *activity_name(const json_t *activity)
{
    return pytext_of(json_object_get(activity, "name"));
}

/* compat: a type that is not known is passed over, with no result; none at all aborts the run. */
static void miss_provider(const json_t *activity, struct call_result *result)
{
    const json_t *type = json_object_get(json_object_get(activity, "provider"), "type");
    AUTO(str) char *name = activity_name(activity);
    AUTO(str) char *shown = pytext_of(type);

    if (type)
        log_warning("Activity '%s' has no provider that can be called: '%s'", name, shown);
    else
        call_set(result, CALL_CRASHED, "activity '%s' must have a provider with a 'type'", name);
}

void activity_call(struct run *run, const json_t *activity, const struct activity_way *way,
                   struct call_result *result)
{
    const struct provider *provider = provider_of(run, activity);
    AUTO(private_copies) struct private_copies copies = { 0 };
    struct provider_call call;

    if (!provider) {
        miss_provider(activity, result);
        return;
    }
    prepare_call(run, activity, way, &copies, &call);
    run_unlock(run);
    provider->call(provider->self, &call, result);
    run_lock(run);
}

int activity_inverse(struct run *run, const json_t *activity, const struct activity_way *way,
                     json_t **ret_activity, struct chaos_error *err)
{
    const struct provider *provider = provider_of(run, activity);
    AUTO(private_copies) struct private_copies copies = { 0 };
    struct provider_call call;
    int r;

    if (!provider || !provider->inverse)
        return 0;
    prepare_call(run, activity, way, &copies, &call);
    run_unlock(run);
    r = provider->inverse(provider->self, &call, ret_activity, err);
    run_lock(run);
    return r;
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

static bool has_type(struct play *play)
{
    AUTO(str) char *name = NULL;

    if (json_object_get(play->activity, "type"))
        return true;
    name = activity_name(play->activity);
    stop_set(play->stop, STOP_CRASH, "activity '%s' must have a 'type': probe or action", name);
    return false;
}

/* Take a pause; false when the run must leave. */
static bool take_pause(struct play *play, const char *when)
{
    const json_t *length = json_object_get(play->pauses, when);
    double seconds = json_is_true(length) ? 1 : json_number_value(length);
    AUTO(str) char *shown = NULL;
    AUTO(str) char *name = NULL;

    if (!value_is_true(length))
        return true;
    run_emit(play->run, EVENT_PAUSE_STARTED,
             json_pack("{s:s, s:O}", "when", when, "seconds", length), play->stop);
    if (play->is_dry || play->no_pauses)
        return true;
    if (seconds > 0)
        return run_pause(play->run, seconds, play->cancel, play->stop) ||
               play->stop->kind == STOP_NONE;
    shown = pytext_of(length);
    name = activity_name(play->activity);
    stop_set(play->stop, STOP_CRASH,
             "the pause '%s' of activity '%s' must be a number of seconds, not '%s'", when, name,
             shown);
    return false;
}

static void set_time(json_t *entry, const char *key, int64_t wall)
{
    char text[CLOCK_ISO_SIZE];

    json_object_set_new(entry, key, json_string(clock_iso(wall, text)));
}

/* What came of an inverse: what its provider saw, or why it failed. Nobody looks at what a process
 * or a request to somebody else's service has done. */
static char *effect_of(const struct call_result *result, const char *status)
{
    if (str_equal(status, "failed"))
        return mem_printf("could not: %s", result->message ? result->message : "nobody said why");
    return mem_strdup(result->effect ? result->effect : EFFECT_UNTOLD);
}

static void record_effect(struct play *play, const struct call_result *result)
{
    const char *status = json_text_of(play->entry, "status");
    AUTO(str) char *effect = NULL;

    if (!status || (!result->effect && !json_object_get(play->activity, "inverse_of")))
        return;
    effect = effect_of(result, status);
    json_object_set_new(play->entry, "effect", json_string(effect));
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
    if (result->seed)
        json_object_set_new(entry, "seed", json_integer((json_int_t)result->seed));
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
    record_effect(play, result);
}

/* Whether the call may change the world: then it is on the disk before and after. */
static bool is_effect(const struct play *play)
{
    if (play->is_dry || play->section == SECTION_HYPOTHESIS)
        return false;
    return play->section == SECTION_ROLLBACKS ||
           !str_equal(json_text_of(play->activity, "type"), "probe");
}

/* Decide what undoes the action, and announce it. False when the action must not be played. */
static bool decide_inverse(struct play *play, struct call_result *result)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *inverse = NULL;

    if (play->section != SECTION_METHOD || !is_effect(play) || cancel_reason(play->cancel))
        return true;
    if (inverse_decide(play->run, play->activity,
                       &(struct activity_way){ play->place, play->cancel, NULL }, &inverse,
                       &err) < 0) {
        call_set(result, CALL_FAILED, "it is not played, since its inverse cannot be decided: %s",
                 chaos_error_text(&err));
        return false;
    }
    if (inverse)
        run_emit(play->run, EVENT_INVERSE_DECIDED,
                 json_pack("{s:O, s:O?, s:O}", "id", play->id, "name",
                           json_object_get(play->activity, "name"), "activity", inverse),
                 play->stop);
    return true;
}

/* What was announced must be on the disk before it is done. A rollback is done all the same: the
 * world matters more than its log. */
static bool is_logged(const struct play *play, struct call_result *result)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!is_effect(play) || run_sync(play->run, &err) == 0 || play->section == SECTION_ROLLBACKS)
        return true;
    call_set(result, CALL_CRASHED, "activity '%s' is not played: %s",
             json_text_of(play->activity, "name"), chaos_error_text(&err));
    return false;
}

static void call_provider(struct play *play, struct call_result *result)
{
    const char *run_id = play->run->options->run_id;
    AUTO(str)
    char *mark = run_id && is_effect(play) ? mem_printf(RUN_MARK "=%s/%lld", run_id,
                                                        (long long)json_integer_value(play->id))
                                           : NULL;

    play->is_unplayed = true;
    if (is_effect(play))
        log_flush(); /* it is told before it is done */
    if (cancel_reason(play->cancel))
        result->status = CALL_CANCELLED;
    else if (play->is_dry)
        log_debug("Activity '%s' is in dry mode", json_text_of(play->activity, "name"));
    else if (is_logged(play, result)) {
        play->is_unplayed = false;
        activity_call(play->run, play->activity,
                      &(struct activity_way){ play->place, play->cancel, mark }, result);
    }
    if (result->status == CALL_CANCELLED && cancel_reason(play->cancel) == STOP_REASON_DEADLINE)
        call_set(result, CALL_FAILED, "the rollback took too long to complete");
}

/* The two events of a run share what they tell: the second one knows more. */
static void announce_start(struct play *play)
{
    play->announced = json_object();
    json_object_set(play->announced, "id", play->id);
    json_object_set_new(play->announced, "section", json_string(section_name(play->section)));
    json_object_set(play->announced, "run", play->entry);
    json_object_set(play->announced, "activity", play->activity);
    run_emit(play->run, EVENT_ACTIVITY_STARTED, json_incref(play->announced), play->stop);
}

static void announce_end(struct play *play, const char *message)
{
    if (message)
        json_object_set_new(play->announced, "message", json_string(message));
    if (play->is_unplayed)
        json_object_set_new(play->announced, "unplayed", json_true());
    run_emit(play->run, EVENT_ACTIVITY_COMPLETED, STEAL(play->announced), play->stop);
}

/* The run from its start to its end, without the pauses around it. */
static void play_run(struct play *play)
{
    AUTO(call_result) struct call_result result = { 0 };
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    bool may_play;
    int64_t wall;
    int64_t began;
    int64_t took;

    play->id = json_integer(play->run->next_id++);
    may_play = decide_inverse(play, &result);
    wall = clock_wall();
    play->entry = json_object();
    json_object_set_new(play->entry, "activity", json_copy(play->activity));
    json_object_set_new(play->entry, "output", json_null());
    set_time(play->entry, "start", wall);
    announce_start(play);
    began = clock_now();
    if (may_play)
        call_provider(play, &result);
    took = (clock_now() - began) / CLOCK_NS_PER_US;
    record(play, &result);
    set_time(play->entry, "end", wall + took * CLOCK_NS_PER_US);
    json_object_set_new(play->entry, "duration", json_real((double)took / 1e6));
    if (result.status == CALL_CANCELLED)
        stop_take_cancel(play->stop, play->cancel);
    announce_end(play, result.message);
    if (play->section == SECTION_METHOD && is_effect(play))
        (void)!run_sync(play->run, &ignored); /* a broken log told so itself */
    stop_take_call(play->stop, result.status, &result.message, result.has_exit_code,
                   result.exit_code);
}

static void play_between_controls(struct play *play)
{
    decide_dry(play);
    if (!load_pauses(play) || !has_type(play) || !take_pause(play, "before"))
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
                 "the activity '%s' that a 'ref' names is not in the method or the hypothesis",
                 ref);
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
    struct play play = { .run = run,
                         .activity = resolved,
                         .section = section,
                         .place = place,
                         .cancel = cancel_of(run, section, place),
                         .stop = stop };
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
        run_emit(run, EVENT_ACTIVITY_AMENDED,
                 json_pack("{s:O, s:O}", "id", play.id, "run", play.entry), stop);
    json_decref(play.pauses);
    json_decref(play.id);
    return play.entry;
}
