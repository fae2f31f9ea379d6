// SPDX-License-Identifier: Apache-2.0
#include "engine/hypothesis.h"

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/activity.h"
#include "engine/control.h"
#include "engine/journal.h"
#include "engine/tolerance.h"
#include "value/pytext.h"
#include "value/substitute.h"

static json_t *hypothesis_of(const struct run *run)
{
    return json_object_get(run_document(run, DOCUMENT_EXPERIMENT), "steady-state-hypothesis");
}

bool hypothesis_exists(const struct run *run)
{
    return json_array_size(json_object_get(hypothesis_of(run), "probes")) > 0;
}

/* A tolerance that is a probe: it is called with the value as its argument `value`, and its answer
 * counts as true or false. The value shows in the journal's experiment, as in the reference. */
static bool judge_by_probe(struct run *run, json_t *tolerance, const json_t *value,
                           enum call_place place, struct stop *stop)
{
    json_t *provider = json_object_get(tolerance, "provider");
    struct cancel *cancel = place == CALL_FOREGROUND ? &run->foreground : &run->hypothesis;
    AUTO(call_result) struct call_result result = { 0 };

    if (!json_is_object(json_object_get(provider, "arguments")))
        json_object_set_new(provider, "arguments", json_object());
    json_object_set_new(json_object_get(provider, "arguments"), "value", json_deep_copy(value));
    run_touch(run, DOCUMENT_EXPERIMENT);
    activity_call(run, tolerance, &(struct activity_way){ place, cancel, NULL }, &result);
    if (result.status == CALL_CANCELLED)
        stop_take_cancel(stop, cancel);
    else if (result.status != CALL_CRASHED)
        stop_take_call(stop, result.status, &result.message, result.has_exit_code,
                       result.exit_code);
    if (result.status != CALL_SUCCEEDED)
        log_debug("The probe of the tolerance failed: %s", result.message ? result.message : "");
    return result.status == CALL_SUCCEEDED && value_is_true(result.output);
}

static int judge_by_value(struct run *run, const json_t *tolerance, const json_t *value,
                          bool *ret_met, struct chaos_error *err)
{
    const json_t *configuration = run_document(run, DOCUMENT_CONFIGURATION);
    const json_t *secrets = run_document(run, DOCUMENT_SECRETS);
    AUTO(json) json_t *replaced = NULL;

    if (json_is_string(tolerance)) {
        if (substitute(tolerance, configuration, secrets, &replaced, err) < 0)
            return chaos_error_prefix(err, "tolerance");
        tolerance = replaced;
    }
    return tolerance_check(tolerance, value, configuration, secrets, ret_met, err);
}

static bool is_probe(const json_t *tolerance)
{
    return json_is_object(tolerance) && str_equal(json_text_of(tolerance, "type"), "probe");
}

/* The tolerance cannot be judged: the run of the probe has failed or, compat, the whole run is
 * aborted where that happens during the method. */
static void fail_judgement(const json_t *probe, json_t *entry, enum call_place place,
                           const struct chaos_error *why, struct stop *stop)
{
    AUTO(str) char *name = activity_name(probe);
    AUTO(str) char *last = NULL;

    if (place == CALL_BACKGROUND) {
        stop_set(stop, STOP_CRASH, "the tolerance of probe '%s' cannot be judged: %s", name,
                 chaos_error_text(why));
        return;
    }
    log_error("The tolerance of probe '%s' cannot be judged: %s", name, chaos_error_text(why));
    last = mem_printf("chaoslib.exceptions.ActivityFailed: the tolerance cannot be judged: %s\n",
                      chaos_error_text(why));
    json_object_set_new(entry, "status", json_string("failed"));
    json_object_set_new(entry, "exception", json_pack("[s]", last));
}

/* Judge the run of a probe; -1 when that is not possible. */
static int judge(struct run *run, json_t *probe, json_t *entry, enum call_place place,
                 struct stop *stop)
{
    json_t *tolerance = json_object_get(probe, "tolerance");
    const json_t *value = json_object_get(entry, "output");
    AUTO(chaos_error) struct chaos_error err = { 0 };
    bool met = false;

    if (is_probe(tolerance) && json_is_object(json_object_get(tolerance, "provider")))
        return judge_by_probe(run, tolerance, value, place, stop);
    if (is_probe(tolerance))
        chaos_error_set(&err, CHAOS_E_INVALID, "it is a probe without a provider");
    else if (judge_by_value(run, tolerance, value, &met, &err) == 0)
        return met;
    fail_judgement(probe, entry, place, &err, stop);
    return -1;
}

/* Play one probe and judge it. False when the evaluation ends here. */
static bool check_probe(struct run *run, json_t *probe, json_t *state, enum call_place place,
                        struct stop *stop)
{
    AUTO(json) json_t *entry = activity_play(run, probe, SECTION_HYPOTHESIS, place, stop);
    enum dry_mode dry = run->options->dry;
    int met;

    if (!entry || stop->kind != STOP_NONE)
        return false;
    json_array_append(json_object_get(state, "probes"), entry);
    if (str_equal(json_text_of(entry, "status"), "failed")) {
        json_object_set_new(entry, "tolerance_met", json_false());
        json_object_set_new(state, "steady_state_met", json_false());
        log_warning("The probe failed, so its tolerance could not be judged");
        return false;
    }
    json_object_set_new(entry, "tolerance_met", json_true());
    if (dry == DRY_PROBES || dry == DRY_ACTIVITIES)
        return true;
    met = judge(run, probe, entry, place, stop);
    if (stop->kind != STOP_NONE)
        return false;
    if (met == 1)
        return true;
    json_object_set_new(entry, "tolerance_met", json_false());
    json_object_set_new(state, "steady_state_met", json_false());
    return false;
}

static void check_probes(struct run *run, const json_t *hypothesis, json_t *state,
                         enum call_place place, struct stop *stop)
{
    /* by index, and with the length read anew: controls may insert probes while it goes */
    for (size_t i = 0; i < json_array_size(json_object_get(hypothesis, "probes")); i++) {
        AUTO(json)
        json_t *probe = json_incref(json_array_get(json_object_get(hypothesis, "probes"), i));

        if (!check_probe(run, probe, state, place, stop))
            return;
    }
    json_object_set_new(state, "steady_state_met", json_true());
    run_emit(run, EVENT_HYPOTHESIS_MET,
             json_pack("{s:O?}", "title", json_object_get(hypothesis, "title")), stop);
}

json_t *hypothesis_check(struct run *run, enum call_place place, struct stop *stop)
{
    AUTO(json) json_t *hypothesis = json_incref(hypothesis_of(run));
    AUTO(json) json_t *state = json_pack("{s:n, s:[]}", "steady_state_met", "probes");
    struct control_site site = { LEVEL_HYPOTHESIS, hypothesis, NULL, place };
    const json_t *title = json_object_get(hypothesis, "title");

    run_emit(run, EVENT_HYPOTHESIS_CHECKING,
             title ? json_pack("{s:O}", "title", title) : json_pack("{s:n}", "title"), stop);
    controls_apply(run, &site, MOMENT_BEFORE, stop);
    if (stop->kind == STOP_NONE) {
        site.state = state;
        check_probes(run, hypothesis, state, place, stop);
    }
    controls_apply(run, &site, MOMENT_AFTER, stop);
    return stop->kind == STOP_NONE ? STEAL(state) : NULL;
}

static const char *last_probe(const json_t *state)
{
    const json_t *probes = json_object_get(state, "probes");
    const json_t *last = json_array_get(probes, json_array_size(probes) - 1);
    const char *name = json_text_of(json_object_get(last, "activity"), "name");

    return name ? name : "";
}

/* Check it in a phase, record it, and judge the run by it. */
static bool check_phase(struct run *run, const char *phase, bool deviates, struct stop *stop)
{
    AUTO(json) json_t *state = NULL;

    run_emit(run, EVENT_HYPOTHESIS_STARTED, json_pack("{s:s}", "phase", phase), stop);
    if (stop->kind == STOP_NONE)
        state = hypothesis_check(run, CALL_FOREGROUND, stop);
    if (!state)
        return false;
    run_emit(run, EVENT_HYPOTHESIS_COMPLETED,
             json_pack("{s:s, s:O}", "phase", phase, "state", state), stop);
    if (value_is_true(json_object_get(state, "steady_state_met")))
        return true;
    run_set_status(
        run, journal_has_failure(json_object_get(state, "probes")) ? RUN_FAILED : RUN_COMPLETED,
        deviates || run->deviated);
    log_critical("Steady state probe '%s' is not in the given tolerance so failing this "
                 "experiment",
                 last_probe(state));
    return false;
}

bool hypothesis_gate(struct run *run, struct stop *stop)
{
    return check_phase(run, "before", false, stop);
}

bool hypothesis_verify(struct run *run, struct stop *stop)
{
    return check_phase(run, "after", true, stop);
}

struct continuous {
    struct run *run;
    pthread_t thread;
    bool ending;
};

/* One round. False when it was the last one. */
static bool continue_once(struct continuous *self, json_int_t iteration, struct stop *stop)
{
    struct run *run = self->run;
    AUTO(json) json_t *state = hypothesis_check(run, CALL_BACKGROUND, stop);

    if (!state)
        return false;
    run_emit(
        run, EVENT_HYPOTHESIS_COMPLETED,
        json_pack("{s:s, s:O, s:I}", "phase", "during", "state", state, "iteration", iteration),
        stop);
    if (value_is_true(json_object_get(state, "steady_state_met")))
        return true;
    log_warning("Continuous steady state probe '%s' is not in the given tolerance",
                last_probe(state));
    if (!run->options->fail_fast)
        return true;
    log_info("Ending the experiment at once, as asked to fail fast");
    run_set_status(run, RUN_FAILED, run->deviated);
    return false;
}

static void tell_end(struct run *run, struct stop *stop)
{
    AUTO(stop) struct stop ignored = { 0 };
    const char *why = stop->kind == STOP_NONE ? NULL : stop->message;

    /* a continuous hypothesis that is cut short because the run leaves is no news */
    if (stop->kind == STOP_INTERRUPT)
        run_set_status(run, RUN_INTERRUPTED, run->deviated);
    else if (stop->kind == STOP_CRASH)
        run_set_status(run, RUN_ABORTED, run->deviated);
    if (stop->kind == STOP_INTERRUPT || stop->kind == STOP_CRASH)
        log_critical("%s", stop->message);
    run_emit(run, EVENT_HYPOTHESIS_ENDED, json_pack("{s:s?}", "exception", why), &ignored);
}

static void *continuous_main(void *argument)
{
    struct continuous *self = argument;
    struct run *run = self->run;
    AUTO(stop) struct stop stop = { 0 };
    double frequency = run->options->frequency_s;

    run_emit(run, EVENT_HYPOTHESIS_STARTED,
             json_pack("{s:s, s:f}", "phase", "during", "frequency", frequency), &stop);
    for (json_int_t iteration = 1; !self->ending && stop.kind == STOP_NONE; iteration++) {
        if (run->status == RUN_FAILED || run->status == RUN_ABORTED ||
            run->status == RUN_INTERRUPTED)
            break;
        if (!continue_once(self, iteration, &stop))
            break;
        run_unlock(run);
        wait_until(clock_deadline(frequency), &run->ending);
        run_lock(run);
    }
    tell_end(run, &stop);
    run_unlock(run);
    return NULL;
}

struct continuous *continuous_start(struct run *run, struct stop *stop)
{
    struct continuous *self = mem_zero(1, sizeof(*self));

    self->run = run;
    if (run_start_thread(run, &self->thread, NULL, continuous_main, self) != 0) {
        stop_set(stop, STOP_CRASH, "no thread for the continuous hypothesis could be started");
        free(self);
        return NULL;
    }
    return self;
}

void continuous_end(struct continuous *continuous, const struct stop *stop)
{
    struct run *run;

    if (!continuous)
        return;
    run = continuous->run;
    continuous->ending = true;
    log_flush();
    run_unlock(run);
    if (stop->kind != STOP_NONE)
        cancel_raise(&run->hypothesis, STOP_REASON_ABANDON);
    cancel_raise(&run->ending, STOP_REASON_ABANDON);
    pthread_join(continuous->thread, NULL);
    run_lock(run);
    free(continuous);
}
