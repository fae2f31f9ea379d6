// SPDX-License-Identifier: Apache-2.0
#include "engine/method.h"

#include "base/json_walk.h"
#include "base/log.h"
#include "engine/background.h"
#include "engine/control.h"

static json_t *runs_of(const struct run *run)
{
    return json_object_get(run_document(run, DOCUMENT_JOURNAL), "run");
}

static bool must_end(const struct run *run)
{
    return run->status == RUN_ABORTED || run->status == RUN_FAILED ||
           run->status == RUN_INTERRUPTED;
}

static json_t *method_of(const struct run *run)
{
    return json_object_get(run_document(run, DOCUMENT_EXPERIMENT), "method");
}

static void play_activities(struct run *run, struct background *background, struct stop *stop)
{
    if (!json_array_size(method_of(run)))
        log_info("The method has no activities");
    /* by index, and with the length read anew: controls may insert activities while it goes */
    for (size_t i = 0; i < json_array_size(method_of(run)); i++) {
        AUTO(json) json_t *activity = json_incref(json_array_get(method_of(run), i));
        AUTO(json) json_t *entry = NULL;

        if (stop_take_cancel(stop, &run->foreground))
            return;
        if (json_is_true(json_object_get(activity, "background")))
            background_start(background, activity, stop);
        else
            entry = activity_play(run, activity, SECTION_METHOD, CALL_FOREGROUND, stop);
        if (stop->kind != STOP_NONE || must_end(run))
            return;
    }
}

static void play_between_controls(struct run *run, struct stop *stop)
{
    AUTO(background) struct background *background = background_new(run, SECTION_METHOD);
    struct control_site site = { LEVEL_METHOD, run_document(run, DOCUMENT_EXPERIMENT), NULL,
                                 CALL_FOREGROUND };

    controls_apply(run, &site, MOMENT_BEFORE, stop);
    if (stop->kind == STOP_NONE) {
        play_activities(run, background, stop);
        background_wait(background, stop);
        if (stop->kind == STOP_NONE)
            stop_take_cancel(stop, &run->foreground);
        site.state = runs_of(run);
    }
    controls_apply(run, &site, MOMENT_AFTER, stop);
}

bool method_play(struct run *run, struct stop *stop)
{
    struct stop ignored = { 0 };

    run_emit(run, EVENT_METHOD_STARTED, NULL, stop);
    if (stop->kind == STOP_NONE)
        play_between_controls(run, stop);
    if (stop->kind == STOP_CRASH) {
        run_set_status(run, RUN_ABORTED, run->deviated);
        run_emit(run, EVENT_METHOD_COMPLETED, json_pack("{s:n}", "runs"), &ignored);
        log_critical("The experiment is aborted, since an activity could not be played: %s",
                     stop->message);
        stop_clear(stop);
        stop_clear(&ignored);
        return false;
    }
    /* compat: of a method that Ctrl-C or an exit cut short, handlers hear no end */
    if (stop->kind == STOP_INTERRUPT)
        run_emit(run, EVENT_METHOD_COMPLETED, json_pack("{s:n}", "runs"), &ignored);
    stop_clear(&ignored);
    if (stop->kind != STOP_NONE)
        return false;
    run_emit(run, EVENT_METHOD_COMPLETED, json_pack("{s:O}", "runs", runs_of(run)), stop);
    return stop->kind == STOP_NONE;
}
