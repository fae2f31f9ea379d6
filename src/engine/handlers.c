// SPDX-License-Identifier: Apache-2.0
#include "engine/handlers.h"

#include "base/str.h"
#include "engine/documents.h"

/* What a handler's method is told of an event: its name and its keyword arguments. */
struct telling {
    const char *method;
    json_t *arguments;
    unsigned documents; /* bit set of enum document_id */
};

#define BIT(id) (1U << (id))

static json_t *by_reference(struct telling *telling, enum document_id id)
{
    telling->documents |= BIT(id);
    return json_pack("{s:s}", "$document", document_name(id));
}

static void with_document(struct telling *telling, enum document_id id)
{
    json_object_set_new(telling->arguments, document_name(id), by_reference(telling, id));
}

static void with_value(struct telling *telling, const char *name, json_t *value)
{
    if (value)
        json_object_set(telling->arguments, name, value);
    else
        json_object_set_new(telling->arguments, name, json_null());
}

static void tell_hypothesis_started(struct telling *t, const json_t *data)
{
    const char *phase = json_string_value(json_object_get(data, "phase"));

    if (str_equal(phase, "during")) {
        t->method = "start_continuous_hypothesis";
        with_value(t, "frequency", json_object_get(data, "frequency"));
        return;
    }
    t->method = str_equal(phase, "before") ? "start_hypothesis_before" : "start_hypothesis_after";
    with_document(t, DOCUMENT_EXPERIMENT);
}

static void tell_hypothesis_completed(struct telling *t, const json_t *data)
{
    const char *phase = json_string_value(json_object_get(data, "phase"));

    with_value(t, "state", json_object_get(data, "state"));
    if (str_equal(phase, "during")) {
        t->method = "continuous_hypothesis_iteration";
        with_value(t, "iteration_index", json_object_get(data, "iteration"));
        return;
    }
    t->method =
        str_equal(phase, "before") ? "hypothesis_before_completed" : "hypothesis_after_completed";
    with_document(t, DOCUMENT_EXPERIMENT);
    with_document(t, DOCUMENT_JOURNAL);
}

static void tell_running(struct telling *t, const struct run *run)
{
    t->method = "running";
    for (int id = 0; id < DOCUMENT_COUNT; id++)
        with_document(t, (enum document_id)id);
    json_object_set_new(t->arguments, "schedule",
                        json_pack("{s:f, s:b}", "continuous_hypothesis_frequency",
                                  run->options->frequency_s, "fail_fast",
                                  (int)run->options->fail_fast));
}

static void tell_activity(struct telling *t, const struct event *event)
{
    with_value(t, "activity", json_object_get(event->data, "activity"));
    if (event->type == EVENT_ACTIVITY_COMPLETED)
        with_value(t, "run", json_object_get(event->data, "run"));
    t->method = event->type == EVENT_ACTIVITY_COMPLETED ? "activity_completed" : "start_activity";
}

static void tell_documents(struct telling *t, const char *method, unsigned documents)
{
    t->method = method;
    for (int id = 0; id < DOCUMENT_COUNT; id++)
        if (documents & BIT(id))
            with_document(t, (enum document_id)id);
}

static void translate(struct telling *t, const struct run *run, const struct event *event)
{
    const unsigned both = BIT(DOCUMENT_EXPERIMENT) | BIT(DOCUMENT_JOURNAL);

    switch (event->type) {
    case EVENT_RUN_CONFIGURED:
        tell_running(t, run);
        return;
    case EVENT_HYPOTHESIS_STARTED:
        tell_hypothesis_started(t, event->data);
        return;
    case EVENT_HYPOTHESIS_COMPLETED:
        tell_hypothesis_completed(t, event->data);
        return;
    case EVENT_HYPOTHESIS_ENDED:
        tell_documents(t, "continuous_hypothesis_completed", both);
        with_value(t, "exception", json_object_get(event->data, "exception"));
        return;
    case EVENT_METHOD_STARTED:
        tell_documents(t, "start_method", BIT(DOCUMENT_EXPERIMENT));
        return;
    case EVENT_METHOD_COMPLETED:
        tell_documents(t, "method_completed", BIT(DOCUMENT_EXPERIMENT));
        with_value(t, "state", json_object_get(event->data, "runs"));
        return;
    case EVENT_ROLLBACKS_STARTED:
        tell_documents(t, "start_rollbacks", BIT(DOCUMENT_EXPERIMENT));
        return;
    case EVENT_ROLLBACKS_COMPLETED:
        tell_documents(t, "rollbacks_completed", both);
        return;
    case EVENT_ACTIVITY_STARTED:
    case EVENT_ACTIVITY_COMPLETED:
        tell_activity(t, event);
        return;
    case EVENT_RUN_INTERRUPTED:
        tell_documents(t, "interrupted", both);
        return;
    case EVENT_RUN_SIGNAL_EXIT:
        t->method = "signal_exit";
        return;
    case EVENT_RUN_FINISHED:
        tell_documents(t, "finish", BIT(DOCUMENT_JOURNAL));
        return;
    case EVENT_RUN_STARTED: /* nobody can have registered yet */
    case EVENT_HYPOTHESIS_CHECKING:
    case EVENT_HYPOTHESIS_MET:
    case EVENT_ROLLBACK_STARTED:
    case EVENT_DOCUMENT_AMENDED:
    case EVENT_INVERSE_DECIDED:
    case EVENT_ROLLBACKS_LEFT:
    case EVENT_ROLLBACK_ENDED:
    case EVENT_PAUSE_STARTED:
    case EVENT_ACTIVITY_AMENDED:
    case EVENT_STATUS_CHANGED:
    case EVENT_RUN_ENDED:
    case EVENT_JOURNAL_AMENDED:
    case EVENT_TYPE_COUNT:
        return;
    }
}

void handlers_notice(struct run *run, const struct event *event, struct stop *stop)
{
    AUTO(json) json_t *arguments = json_object();
    AUTO(json) json_t *private = NULL;
    AUTO(guest_reply) struct guest_reply reply = { 0 };
    struct telling telling = { .arguments = arguments };
    struct outgoing_documents outgoing = { 0 };

    translate(&telling, run, event);
    if (!telling.method)
        return;
    private = json_deep_copy(arguments);
    documents_collect(run, telling.documents, &outgoing);
    run_unlock(run);
    run->options->guest->event(run->options->guest->self, telling.method, private, outgoing.items,
                               outgoing.count, CALL_FOREGROUND, &reply);
    run_lock(run);
    documents_sent(run, &outgoing);
    documents_take(run, reply.changes);
    if (stop)
        stop_take_call(stop, reply.status, &reply.message, reply.has_exit_code, reply.exit_code);
}
