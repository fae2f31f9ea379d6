// SPDX-License-Identifier: Apache-2.0
#include "engine/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/console.h"
#include "engine/handlers.h"
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

void run_lock(struct run *run)
{
    pthread_mutex_lock(&run->lock);
}

void run_unlock(struct run *run)
{
    pthread_mutex_unlock(&run->lock);
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

void run_amend(struct run *run, enum document_id id, const json_t *wanted)
{
    if (id == DOCUMENT_JOURNAL) {
        run_emit(run, EVENT_JOURNAL_AMENDED, json_pack("{s:O}", "journal", wanted), NULL);
        return;
    }
    value_patch(run->documents[id].value, wanted);
    run_forget_snapshot(run, id);
}

void run_emit(struct run *run, enum event_type type, json_t *data, struct stop *stop)
{
    AUTO(json) json_t *owned = data ? data : json_object();
    struct event event = { type, clock_wall(), owned };
    struct listener console = console_listener();

    console.notice(console.self, &event);
    journal_apply(run->journal, &event);
    for (size_t i = 0; i < run->options->n_listeners; i++)
        run->options->listeners[i].notice(run->options->listeners[i].self, &event);
    if (run->handlers)
        handlers_notice(run, &event, stop);
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
