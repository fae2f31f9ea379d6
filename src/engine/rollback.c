// SPDX-License-Identifier: Apache-2.0
/* The end of a run: inverses of what was done, latest first, then the experiment's rollbacks. Each
 * is logged before and after it is played. */
#include "base/clock.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/background.h"
#include "engine/control.h"
#include "engine/deadline.h"
#include "engine/inverse.h"
#include "engine/method.h"
#include "engine/signals.h"

/* Between two attempts at a rollback that fails. */
#define RETRY_PAUSE_S 1.0

static json_t *rollbacks_of(const struct run *run)
{
    return json_object_get(run_document(run, DOCUMENT_EXPERIMENT), "rollbacks");
}

/* Say what the strategy asks for, where it is not the usual one. */
static void explain(const struct run *run)
{
    switch (run->options->rollbacks) {
    case ROLLBACK_ALWAYS:
        log_warning("Rollbacks were explicitly requested to be played");
        return;
    case ROLLBACK_NEVER:
        log_warning("Rollbacks were explicitly requested to not be played");
        return;
    case ROLLBACK_DEVIATED:
        if (run->deviated)
            log_warning("Rollbacks are played because the experiment deviated");
        else
            log_warning("Rollbacks are not played: they were requested only for an experiment that "
                        "deviates, and this one did not");
        return;
    case ROLLBACK_DEFAULT:
    case ROLLBACK_STRATEGY_COUNT:
        return;
    }
}

/* Whether the strategy wants the declared ones after such an outcome (contract 1.9). */
static bool are_wanted(const struct run *run)
{
    switch (run->options->rollbacks) {
    case ROLLBACK_ALWAYS:
        return true;
    case ROLLBACK_NEVER:
        return false;
    case ROLLBACK_DEVIATED:
        return run->deviated;
    case ROLLBACK_DEFAULT:
        return run->status != RUN_FAILED && run->status != RUN_INTERRUPTED;
    case ROLLBACK_STRATEGY_COUNT:
        break;
    }
    return false;
}

/* One rollback: which one it is, as its events tell. */
struct step {
    json_t *activity;   /* a ref still to be followed, or an activity */
    const char *member; /* "index" of the declared ones, "undoes" for an inverse */
    json_int_t value;
};

static const char *name_of(const struct step *step)
{
    const char *name = json_text_of(step->activity, "name");

    if (!name)
        name = json_text_of(step->activity, "ref");
    return name ? name : "";
}

static json_t *describe(const struct step *step)
{
    return json_pack("{s:O?, s:I}", "name", json_object_get(step->activity, "name"), step->member,
                     step->value);
}

/* A rollback that could not be played aborts the run, yet the next ones still are played: the
 * world may depend on them. */
static void survive_crash(struct run *run, const struct step *step, struct stop *stop)
{
    if (stop->kind != STOP_CRASH)
        return;
    log_error("Rollback '%s' could not be played: %s", name_of(step), stop->message);
    run_set_status(run, RUN_ABORTED, run->deviated);
    stop_clear(stop);
}

static double limit_of(const struct run *run, const struct step *step)
{
    const json_t *own = json_object_get(step->activity, "timeout");

    return json_is_number(own) ? json_number_value(own) : run->options->rollback_timeout_s;
}

/* True when it was played and did not succeed. */
static bool attempt(struct run *run, const struct step *step, struct stop *stop)
{
    AUTO(json) json_t *entry = NULL;
    struct deadline deadline;
    bool has_crashed;

    run_emit(run, EVENT_ROLLBACK_STARTED, describe(step), stop);
    deadline_arm(&deadline, &run->foreground, STOP_REASON_DEADLINE, limit_of(run, step));
    if (stop->kind == STOP_NONE)
        entry = activity_play(run, step->activity, SECTION_ROLLBACKS, CALL_FOREGROUND, stop);
    deadline_disarm(&deadline);
    has_crashed = stop->kind == STOP_CRASH;
    survive_crash(run, step, stop);
    return has_crashed || str_equal(json_text_of(entry, "status"), "failed");
}

static void play_step(struct run *run, const struct step *step, struct stop *stop)
{
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    long left = run->options->rollback_retries;

    while (attempt(run, step, stop) && stop->kind == STOP_NONE && left-- > 0) {
        log_warning("Rollback '%s' failed and is played again", name_of(step));
        run_pause(run, RETRY_PAUSE_S, &run->foreground, stop);
    }
    if (stop->kind != STOP_NONE)
        return;
    run_emit(run, EVENT_ROLLBACK_ENDED, json_pack("{s:I}", step->member, step->value), stop);
    (void)!run_sync(run, &ignored); /* a broken log told so itself */
}

static void play_in_background(struct run *run, struct background *background,
                               const struct step *step, struct stop *stop)
{
    run_emit(run, EVENT_ROLLBACK_STARTED, describe(step), stop);
    if (stop->kind == STOP_NONE)
        background_start(background, step->activity, stop);
    survive_crash(run, step, stop);
}

static void play_all(struct run *run, struct background *background, struct stop *stop)
{
    if (!json_array_size(rollbacks_of(run)))
        log_info("There are no rollbacks");
    for (size_t i = 0; i < json_array_size(rollbacks_of(run)); i++) {
        AUTO(json) json_t *rollback = json_incref(json_array_get(rollbacks_of(run), i));
        struct step step = { rollback, "index", (json_int_t)i };

        if (ledger_is_rolled_back(run->ledger, i))
            continue;
        if (stop_take_cancel(stop, &run->foreground))
            return;
        if (json_is_true(json_object_get(rollback, "background")))
            play_in_background(run, background, &step, stop);
        else
            play_step(run, &step, stop);
        if (stop->kind != STOP_NONE)
            return;
    }
}

static void play_declared(struct run *run, struct stop *stop)
{
    AUTO(background) struct background *background = background_new(run, SECTION_ROLLBACKS);
    struct control_site site = { LEVEL_ROLLBACK, run_document(run, DOCUMENT_EXPERIMENT), NULL,
                                 CALL_FOREGROUND };

    /* compat: the first request to leave ends them, as in the reference; people get asked first
     * when that was the one that ended the method */
    if (signals_first() && isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
        signals_shield(SHIELD_UP);
    controls_apply(run, &site, MOMENT_BEFORE, stop);
    if (stop->kind == STOP_NONE) {
        play_all(run, background, stop);
        background_wait(background, stop);
        site.state = json_object_get(run_document(run, DOCUMENT_JOURNAL), "rollbacks");
    }
    controls_apply(run, &site, MOMENT_AFTER, stop);
    signals_shield(SHIELD_DOWN);
}

/* Undo what was done, latest first. A request to leave must be made twice: see signals_shield(). */
static void play_inverses(struct run *run, struct stop *stop)
{
    const struct ledger_inverse *inverse;

    signals_shield(SHIELD_UP);
    while (stop->kind == STOP_NONE && (inverse = ledger_latest(run->ledger))) {
        AUTO(json) json_t *activity = json_incref(inverse->activity);
        struct step step = { activity, "undoes", inverse->id };

        if (stop_take_cancel(stop, &run->foreground) && stop->kind != STOP_NONE)
            break;
        play_step(run, &step, stop);
    }
    signals_shield(SHIELD_DOWN);
}

/* Somebody insisted on leaving: what is left stays due, for a recovery. */
static void tell_left(struct run *run)
{
    AUTO(stop) struct stop ignored = { 0 };
    size_t left = ledger_due(run->ledger);

    if (!left || !ledger_wants_inverses(run->ledger))
        return;
    run_emit(run, EVENT_ROLLBACKS_LEFT, NULL, &ignored);
    if (run->options->run_id)
        log_critical("%zu of the actions are not undone: 'chaos recover %s' does it", left,
                     run->options->run_id);
    else
        log_critical("%zu of the actions are not undone, and there is no log to do it from", left);
}

static void settle(struct run *run, const struct stop *stop)
{
    if (stop->kind == STOP_INTERRUPT) {
        run_set_status(run, RUN_INTERRUPTED, run->deviated);
        log_critical("%s", stop->message);
    } else if (stop->kind == STOP_KEYBOARD || stop->kind == STOP_EXIT) {
        run_set_status(run, RUN_INTERRUPTED, run->deviated);
        log_warning("Asked to leave: the remaining rollbacks are not played");
    }
    if (stop->kind != STOP_NONE)
        tell_left(run);
}

/* Which of the two are to be played: as decided before, where a run is resumed. */
static void choose(const struct run *run, bool *ret_inverses, bool *ret_declared)
{
    if (ledger_stage(run->ledger) == LEDGER_UNDOING || ledger_stage(run->ledger) == LEDGER_LEFT) {
        *ret_inverses = ledger_wants_inverses(run->ledger);
        *ret_declared = ledger_wants_declared(run->ledger);
        return;
    }
    *ret_inverses = ledger_due(run->ledger) > 0 && inverses_are_wanted(run);
    *ret_declared = are_wanted(run);
}

json_t *rollbacks_due(const struct run *run)
{
    json_t *names = json_array();
    size_t count;
    const struct ledger_inverse *inverses = ledger_inverses(run->ledger, &count);
    bool wants_inverses;
    bool wants_declared;
    size_t i;
    json_t *rollback;

    choose(run, &wants_inverses, &wants_declared);
    for (i = count; wants_inverses && i-- > 0;)
        if (inverses[i].begun && !inverses[i].is_undone)
            json_array_append(names, json_object_get(inverses[i].activity, "name"));
    if (!wants_declared)
        return names;
    json_array_foreach (rollbacks_of(run), i, rollback) {
        struct step step = { rollback, "index", (json_int_t)i };

        if (!ledger_is_rolled_back(run->ledger, i))
            json_array_append_new(names, json_string(name_of(&step)));
    }
    return names;
}

void rollbacks_play(struct run *run)
{
    AUTO(stop) struct stop stop = { 0 };
    AUTO(stop) struct stop ignored = { 0 };
    bool inverses;
    bool declared;

    choose(run, &inverses, &declared);
    explain(run);
    if (!inverses && !declared)
        return;
    run_emit(run, EVENT_ROLLBACKS_STARTED,
             json_pack("{s:b, s:b}", "inverses", (int)inverses, "declared", (int)declared), &stop);
    if (inverses)
        play_inverses(run, &stop);
    if (declared && stop.kind == STOP_NONE)
        play_declared(run, &stop);
    settle(run, &stop);
    run_emit(run, EVENT_ROLLBACKS_COMPLETED, NULL, &ignored);
}
