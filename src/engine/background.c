// SPDX-License-Identifier: Apache-2.0
#include "engine/background.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* Enough for a provider's deepest call (TLS, JSON), small enough for ten thousand threads. */
#define STACK_SIZE ((size_t)256 * 1024)

struct task {
    struct background *owner;
    json_t *activity;
    pthread_t thread;
};

struct background {
    struct run *run;
    enum activity_section section;
    struct task **tasks;
    size_t count;
    size_t capacity;
    size_t running;     /* of them */
    struct cancel idle; /* raised when none is running any more */
};

struct background *background_new(struct run *run, enum activity_section section)
{
    struct background *background = mem_zero(1, sizeof(*background));

    background->run = run;
    background->section = section;
    background->idle.fd = -1;
    return background;
}

void background_free(struct background *background)
{
    for (size_t i = 0; i < background->count; i++) {
        json_decref(background->tasks[i]->activity);
        free(background->tasks[i]);
    }
    free(background->tasks);
    cancel_clear(&background->idle);
    free(background);
}

static void *task_main(void *argument)
{
    struct task *task = argument;
    struct run *run = task->owner->run;
    AUTO(stop) struct stop stop = { 0 };
    AUTO(json) json_t *entry = NULL;

    run_begin_thread(run);
    entry = activity_play(run, task->activity, task->owner->section, CALL_BACKGROUND, &stop);
    /* compat: nothing that happens in the background stops the run; what its run says is all, but
     * for a rollback that cannot be played */
    if (!entry && stop.kind == STOP_CRASH)
        log_error("A background activity could not be played: %s", stop.message);
    if (stop.kind == STOP_CRASH && task->owner->section == SECTION_ROLLBACKS)
        run_set_status(run, RUN_ABORTED, run->deviated);
    json_decref(STEAL(entry));
    if (--task->owner->running == 0)
        cancel_raise(&task->owner->idle, STOP_REASON_ABANDON);
    run_unlock(run);
    return NULL;
}

static int start_thread(struct task *task)
{
    pthread_attr_t attributes;
    int r = pthread_attr_init(&attributes);

    if (r)
        return r;
    r = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (!r)
        r = pthread_create(&task->thread, &attributes, task_main, task);
    pthread_attr_destroy(&attributes);
    return r;
}

void background_start(struct background *background, json_t *activity, struct stop *stop)
{
    struct task *task = mem_zero(1, sizeof(*task));
    AUTO(chaos_error) struct chaos_error err = { 0 };
    bool ready = background->idle.fd >= 0 || cancel_init(&background->idle, &err) == 0;

    task->owner = background;
    task->activity = json_incref(activity);
    if (!ready || start_thread(task) != 0) {
        stop_set(stop, STOP_CRASH,
                 "no thread could be started for background activity %zu: raise the limit on "
                 "processes (ulimit -u) or use fewer",
                 background->count + 1);
        json_decref(task->activity);
        free(task);
        return;
    }
    if (background->count == background->capacity) {
        background->capacity = background->capacity ? background->capacity * 2 : 8;
        background->tasks =
            mem_resize(background->tasks, background->capacity * sizeof(struct task *));
    }
    background->tasks[background->count++] = task;
    if (background->running++ == 0)
        cancel_reset(&background->idle);
    run_await_thread(background->run);
}

/* Wait until none is running, or a signal asks to leave. */
static void wait_idle(struct background *background, struct stop *stop)
{
    struct run *run = background->run;
    enum wait_result result;

    if (!background->running)
        return;
    log_debug("Waiting for %zu background activities", background->running);
    run_unlock(run);
    result = wait_fd(background->idle.fd, POLLIN, CLOCK_NEVER, &run->foreground);
    run_lock(run);
    if (result == WAIT_CANCELLED)
        stop_take_cancel(stop, &run->foreground);
}

void background_wait(struct background *background, struct stop *stop)
{
    struct run *run = background->run;
    bool had_stop = stop->kind != STOP_NONE;

    if (!background->count)
        return;
    if (!stop_is_now(stop))
        wait_idle(background, stop);
    /* told to leave at once, or told again while waiting for what was to be finished */
    if (stop_is_now(stop) || (!had_stop && stop->kind != STOP_NONE) || background->running)
        cancel_raise(&run->background, STOP_REASON_EXITED);
    log_flush();
    run_unlock(run);
    for (size_t i = 0; i < background->count; i++)
        pthread_join(background->tasks[i]->thread, NULL);
    run_lock(run);
    for (size_t i = 0; i < background->count; i++) {
        json_decref(background->tasks[i]->activity);
        free(background->tasks[i]);
    }
    background->count = 0;
}
