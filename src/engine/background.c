// SPDX-License-Identifier: Apache-2.0
#include "engine/background.h"

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
};

struct background *background_new(struct run *run, enum activity_section section)
{
    struct background *background = mem_zero(1, sizeof(*background));

    background->run = run;
    background->section = section;
    return background;
}

void background_free(struct background *background)
{
    for (size_t i = 0; i < background->count; i++) {
        json_decref(background->tasks[i]->activity);
        free(background->tasks[i]);
    }
    free(background->tasks);
    free(background);
}

static void *task_main(void *argument)
{
    struct task *task = argument;
    struct run *run = task->owner->run;
    AUTO(stop) struct stop stop = { 0 };
    AUTO(json) json_t *entry = NULL;

    run_lock(run);
    entry = activity_play(run, task->activity, task->owner->section, CALL_BACKGROUND, &stop);
    /* compat: nothing that happens in the background stops the run; what its run says is all */
    if (!entry && stop.kind == STOP_CRASH)
        log_error("A background activity could not be played: %s", stop.message);
    json_decref(STEAL(entry));
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

    task->owner = background;
    task->activity = json_incref(activity);
    if (start_thread(task) != 0) {
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
        background->tasks = mem_resize(background->tasks,
                                       background->capacity * sizeof(struct task *));
    }
    background->tasks[background->count++] = task;
}

void background_wait(struct background *background, const struct stop *stop)
{
    struct run *run = background->run;

    if (!background->count)
        return;
    if (stop_is_now(stop))
        cancel_raise(&run->background, STOP_REASON_EXITED);
    log_debug("Waiting for %zu background activities", background->count);
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
