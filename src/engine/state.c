// SPDX-License-Identifier: Apache-2.0
#include "engine/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/console.h"
#include "engine/handlers.h"
#include "engine/taint.h"
#include "engine/wal.h"
#include "value/patch.h"

static const char *const document_names[] = {
    [DOCUMENT_EXPERIMENT] = "experiment", [DOCUMENT_CONFIGURATION] = "configuration",
    [DOCUMENT_SECRETS] = "secrets",       [DOCUMENT_SETTINGS] = "settings",
    [DOCUMENT_JOURNAL] = "journal",
};
_Static_assert(ARRAY_SIZE(document_names) == DOCUMENT_COUNT, "every document has a name");

static const char *const status_names[] = {
    [RUN_RUNNING] = NULL,      [RUN_COMPLETED] = "completed",     [RUN_FAILED] = "failed",
    [RUN_ABORTED] = "aborted", [RUN_INTERRUPTED] = "interrupted",
};
_Static_assert(ARRAY_SIZE(status_names) == RUN_STATUS_COUNT, "every status has a name");

const char *document_name(enum document_id id)
{
    return document_names[id];
}

const char *run_status_name(enum run_status status)
{
    return status_names[status];
}

static int init_cancels(struct run *run, struct chaos_error *err)
{
    struct cancel *const all[] = { &run->foreground, &run->background, &run->hypothesis,
                                   &run->ending };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        all[i]->fd = -1;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (cancel_init(all[i], err) < 0)
            return -(int)err->code;
    return 0;
}

static void init(struct run *run, const struct run_options *options)
{
    *run = (struct run){ .options = options };
    sem_init(&run->lock, 0, 1);
    run->journal = journal_new();
    run->ledger = ledger_new();
    run->mask = options->mask ? options->mask : mask_new();
    run->hooks = json_object();
    run->activities = json_object();
    run->controls = json_array();
    run->documents[DOCUMENT_EXPERIMENT].value = json_incref(options->experiment);
    run->documents[DOCUMENT_SETTINGS].value =
        options->settings ? json_incref(options->settings) : json_object();
}

void run_close(struct run *run)
{
    for (int i = 0; i < DOCUMENT_COUNT; i++) {
        json_decref(run->documents[i].value);
        json_decref(run->documents[i].snapshot);
    }
    journal_free(run->journal);
    ledger_free(run->ledger);
    if (run->mask != run->options->mask)
        mask_free(run->mask);
    json_decref(run->hooks);
    json_decref(run->activities);
    json_decref(run->controls);
    cancel_clear(&run->foreground);
    cancel_clear(&run->background);
    cancel_clear(&run->hypothesis);
    cancel_clear(&run->ending);
    sem_destroy(&run->lock);
}

int run_open(struct run *run, const struct run_options *options, struct chaos_error *err)
{
    init(run, options);
    return init_cancels(run, err);
}

enum run_status run_status_parse(const char *name)
{
    for (int i = RUN_RUNNING + 1; i < RUN_STATUS_COUNT; i++)
        if (str_equal(status_names[i], name))
            return (enum run_status)i;
    return RUN_RUNNING;
}

void run_lock(struct run *run)
{
    while (sem_wait(&run->lock) < 0)
        ; /* EINTR */
}

void run_unlock(struct run *run)
{
    sem_post(&run->lock);
}

int run_start_thread(struct run *run, pthread_t *ret_thread, const pthread_attr_t *attributes,
                     void *(*main)(void *), void *argument)
{
    int r;

    log_flush();
    r = pthread_create(ret_thread, attributes, main, argument);
    if (r == 0)
        run_lock(run);
    return r;
}

json_t *run_document(const struct run *run, enum document_id id)
{
    return id == DOCUMENT_JOURNAL ? journal_value(run->journal) : run->documents[id].value;
}

void run_forget_snapshot(struct run *run, enum document_id id)
{
    json_decref(run->documents[id].snapshot);
    run->documents[id].snapshot = NULL;
}

void run_touch(struct run *run, enum document_id id)
{
    run_forget_snapshot(run, id);
    run->documents[id].sent = false;
    run->documents[id].version++;
}

json_t *run_snapshot(struct run *run, enum document_id id)
{
    struct document *document = &run->documents[id];

    if (id == DOCUMENT_JOURNAL)
        return json_deep_copy(journal_value(run->journal));
    if (!document->snapshot)
        document->snapshot = json_deep_copy(document->value);
    return json_incref(document->snapshot);
}

void run_amend(struct run *run, enum document_id id, const json_t *changes)
{
    json_t *value = run->documents[id].value;
    json_t *journal;

    if (id == DOCUMENT_JOURNAL) {
        journal = json_deep_copy(journal_value(run->journal));
        value_amend(journal, changes);
        run_emit(run, EVENT_JOURNAL_AMENDED, json_pack("{s:o}", "journal", journal), NULL);
        return;
    }
    value_amend(value, changes);
    run_forget_snapshot(run, id);
    if (id == DOCUMENT_SECRETS)
        taint_learn(run->mask, json_object_get(run->options->experiment, "secrets"), value);
    if (id == DOCUMENT_EXPERIMENT || id == DOCUMENT_CONFIGURATION)
        run_emit(run, EVENT_DOCUMENT_AMENDED,
                 json_pack("{s:s, s:O}", "document", document_name(id), "value", value), NULL);
}

void run_emit(struct run *run, enum event_type type, json_t *data, struct stop *stop)
{
    AUTO(json) json_t *owned = data ? data : json_object();
    struct event event = { type, clock_wall(), owned };
    struct listener console = console_listener();

    ledger_apply(run->ledger, &event);
    if (run->options->log)
        wal_notice(run->options->log, &event, run->mask);
    console.notice(console.self, &event);
    journal_apply(run->journal, &event);
    for (size_t i = 0; i < run->options->n_listeners; i++)
        run->options->listeners[i].notice(run->options->listeners[i].self, &event);
    if (run->handlers)
        handlers_notice(run, &event, stop);
}

int run_sync(struct run *run, struct chaos_error *err)
{
    int r;

    if (!run->options->log)
        return 0;
    log_flush();
    run_unlock(run);
    r = wal_sync(run->options->log, err);
    run_lock(run);
    return r;
}

void run_set_status(struct run *run, enum run_status status, bool deviated)
{
    const char *name = status_names[status];

    run->status = status;
    run->deviated = deviated;
    run_emit(run, EVENT_STATUS_CHANGED,
             json_pack("{s:s?, s:b}", "status", name, "deviated", (int)deviated), NULL);
}

bool run_pause(struct run *run, double seconds, struct cancel *cancel, struct stop *stop)
{
    enum wait_result result;

    run_unlock(run);
    result = wait_until(clock_deadline(seconds), cancel);
    run_lock(run);
    if (result == WAIT_TIMEOUT)
        return true;
    stop_take_cancel(stop, cancel);
    return false;
}
