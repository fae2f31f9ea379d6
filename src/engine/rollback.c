// SPDX-License-Identifier: Apache-2.0
#include "base/json_walk.h"
#include "base/log.h"
#include "engine/background.h"
#include "engine/control.h"
#include "engine/method.h"

static json_t *rollbacks_of(const struct run *run)
{
    return json_object_get(run_document(run, DOCUMENT_EXPERIMENT), "rollbacks");
}

/* Whether the strategy wants them after such an outcome (contract 1.9). */
static bool are_wanted(const struct run *run)
{
    switch (run->options->rollbacks) {
    case ROLLBACK_ALWAYS:
        log_warning("Rollbacks were explicitly requested to be played");
        return true;
    case ROLLBACK_NEVER:
        log_warning("Rollbacks were explicitly requested to not be played");
        return false;
    case ROLLBACK_DEVIATED:
        if (run->deviated)
            log_warning("Rollbacks are played because the experiment deviated");
        else
            log_warning("Rollbacks are not played: they were requested only for an experiment that "
                        "deviates, and this one did not");
        return run->deviated;
    case ROLLBACK_DEFAULT:
        return run->status != RUN_FAILED && run->status != RUN_INTERRUPTED;
    case ROLLBACK_STRATEGY_COUNT:
        break;
    }
    return false;
}

/* A rollback that could not be played aborts the run, yet the next ones still are played: the
 * world may depend on them. */
static void survive_crash(struct run *run, json_t *rollback, struct stop *stop)
{
    const char *name = json_text_of(rollback, "name");

    if (stop->kind != STOP_CRASH)
        return;
    if (!name)
        name = json_text_of(rollback, "ref");
    log_error("Rollback '%s' could not be played: %s", name ? name : "", stop->message);
    run_set_status(run, RUN_ABORTED, run->deviated);
    stop_clear(stop);
}

static void play_all(struct run *run, struct background *background, struct stop *stop)
{
    if (!json_array_size(rollbacks_of(run)))
        log_info("There are no rollbacks");
    for (size_t i = 0; i < json_array_size(rollbacks_of(run)); i++) {
        AUTO(json) json_t *rollback = json_incref(json_array_get(rollbacks_of(run), i));
        AUTO(json) json_t *entry = NULL;
        json_t *name = json_object_get(rollback, "name");

        if (stop_take_cancel(stop, &run->foreground))
            return;
        run_emit(run, EVENT_ROLLBACK_STARTED,
                 name ? json_pack("{s:O}", "name", name) : json_pack("{s:n}", "name"), stop);
        if (stop->kind == STOP_NONE && json_is_true(json_object_get(rollback, "background")))
            background_start(background, rollback, stop);
        else if (stop->kind == STOP_NONE)
            entry = activity_play(run, rollback, SECTION_ROLLBACKS, CALL_FOREGROUND, stop);
        survive_crash(run, rollback, stop);
        if (stop->kind != STOP_NONE)
            return;
    }
}

static void play_between_controls(struct run *run, struct stop *stop)
{
    AUTO(background) struct background *background = background_new(run, SECTION_ROLLBACKS);
    struct control_site site = { LEVEL_ROLLBACK, run_document(run, DOCUMENT_EXPERIMENT), NULL,
                                 CALL_FOREGROUND };

    controls_apply(run, &site, MOMENT_BEFORE, stop);
    if (stop->kind == STOP_NONE) {
        play_all(run, background, stop);
        background_wait(background, stop);
        site.state = json_object_get(run_document(run, DOCUMENT_JOURNAL), "rollbacks");
    }
    controls_apply(run, &site, MOMENT_AFTER, stop);
}

void rollbacks_play(struct run *run)
{
    AUTO(stop) struct stop stop = { 0 };
    AUTO(stop) struct stop ignored = { 0 };

    if (!are_wanted(run))
        return;
    run_emit(run, EVENT_ROLLBACKS_STARTED, NULL, &stop);
    play_between_controls(run, &stop);
    if (stop.kind == STOP_INTERRUPT) {
        run_set_status(run, RUN_INTERRUPTED, run->deviated);
        log_critical("%s", stop.message);
    } else if (stop.kind == STOP_KEYBOARD || stop.kind == STOP_EXIT) {
        run_set_status(run, RUN_INTERRUPTED, run->deviated);
        log_warning("Asked to leave: the remaining rollbacks are not played");
    }
    run_emit(run, EVENT_ROLLBACKS_COMPLETED, NULL, &ignored);
}
