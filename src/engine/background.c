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
    size_t started;
    size_t running;     /* of them */
    struct task *ended; /* the latest to end, which alone is still to be joined; NULL: none is */
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
    cancel_clear(&background->idle);
    free(background);
}

static void join_task(struct task *task)
{
    if (!task)
        return;
    pthread_join(task->thread, NULL);
    free(task);
}

/* The threads that ended are joined one by the next, as they end: what they held is given back
 * while others still wait, and there is nothing left to do when the last has ended. */
static void end_task(struct task *task)
{
    struct background *background = task->owner;
    struct run *run = background->run;
    struct task *before = background->ended;

    json_decref(task->activity);
    task->thread = pthread_self();
    background->ended = task;
    if (--background->running == 0)
        cancel_raise(&background->idle, STOP_REASON_ABANDON);
    run_unlock(run);
    join_task(before);
}

static void *task_main(void *argument)
{
    struct task *task = argument;
    struct run *run = task->owner->run;
    AUTO(stop) struct stop stop = { 0 };
    AUTO(json) json_t *entry = NULL;

    entry = activity_play(run, task->activity, task->owner->section, CALL_BACKGROUND, &stop);
    /* compat: nothing that happens in the background stops the run; what its run says is all, but
     * for a rollback that cannot be played */
    if (!entry && stop.kind == STOP_CRASH)
        log_error("A background activity could not be played: %s", stop.message);
    if (stop.kind == STOP_CRASH && task->owner->section == SECTION_ROLLBACKS)
        run_set_status(run, RUN_ABORTED, run->deviated);
    json_decref(STEAL(entry));
    end_task(task);
    return NULL;
}

static int start_thread(struct task *task)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int r = pthread_attr_init(&attributes);

    if (r)
        return r;
    r = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (!r)
        r = run_start_thread(task->owner->run, &thread, &attributes, task_main, task);
    pthread_attr_destroy(&attributes);
    return r;
}

void background_start(struct background *background, json_t *activity, struct stop *stop)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    bool ready = background->idle.fd >= 0 || cancel_init(&background->idle, &err) == 0;
    struct task *task = mem_zero(1, sizeof(*task));

    task->owner = background;
    task->activity = json_incref(activity);
    background->started++;
    if (background->running++ == 0)
        cancel_reset(&background->idle);
    if (ready && start_thread(task) == 0)
        return;
    background->running--;
    background->started--;
    stop_set(stop, STOP_CRASH,
             "no thread could be started for background activity %zu: raise the limit on "
             "processes (ulimit -u) or use fewer",
             background->started + 1);
    json_decref(task->activity);
    free(task);
}

static enum wait_result wait_idle(struct background *background, const struct cancel *cancel)
{
    enum wait_result result;

    if (!background->running)
        return WAIT_READY;
    run_unlock(background->run);
    result = wait_fd(background->idle.fd, POLLIN, CLOCK_NEVER, cancel);
    run_lock(background->run);
    return result;
}

/* Wait until none is running, or a signal asks to leave. */
static void wait_idle_or_signal(struct background *background, struct stop *stop)
{
    struct run *run = background->run;

    if (background->running)
        log_debug("Waiting for %zu background activities", background->running);
    if (wait_idle(background, &run->foreground) == WAIT_CANCELLED)
        stop_take_cancel(stop, &run->foreground);
}

void background_wait(struct background *background, struct stop *stop)
{
    struct run *run = background->run;
    bool had_stop = stop->kind != STOP_NONE;

    if (!background->started)
        return;
    if (!stop_is_now(stop))
        wait_idle_or_signal(background, stop);
    /* told to leave at once, or told again while waiting for what was to be finished */
    if (stop_is_now(stop) || (!had_stop && stop->kind != STOP_NONE) || background->running)
        cancel_raise(&run->background, STOP_REASON_EXITED);
    (void)wait_idle(background, NULL);
    log_flush();
    run_unlock(run);
    join_task(background->ended);
    run_lock(run);
    background->ended = NULL;
    background->started = 0;
}
