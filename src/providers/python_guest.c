// SPDX-License-Identifier: Apache-2.0
/* Controls, event handlers and notification plug-ins in Python. */
#include "engine/guest.h"

#include "base/log.h"
#include "base/mem.h"
#include "providers/python_worker.h"

static json_t *borrow(const json_t *value)
{
    return value ? json_pack("O", value) : json_null();
}

static int import(void *self, const char *module, json_t **ret_hooks, char **ret_reason,
                  const struct cancel *cancel, struct chaos_error *err)
{
    AUTO(json) json_t *message = python_request_new("import", CALL_FOREGROUND);
    AUTO(python_reply) struct python_reply reply = { 0 };
    struct python_request request = {
        .message = message,
        .place = CALL_FOREGROUND,
        .cancel = cancel,
        .what = "the import of module",
        .name = module,
    };
    int r;

    json_object_set_new(message, "module", json_string(module));
    python_exchange(self, &request, &reply);
    r = python_reply_error(&reply, err);
    if (r < 0)
        return r;
    *ret_hooks = json_incref(json_object_get(reply.body, "output"));
    if (!*ret_hooks)
        *ret_hooks = json_null();
    if (ret_reason)
        *ret_reason = mem_strdup(json_string_value(json_object_get(reply.body, "reason")));
    return 0;
}

static json_t *pack_place(const struct guest_place *place)
{
    if (!place)
        return json_null();
    if (!place->document)
        return json_pack("{s:o}", "value", borrow(place->value));
    return json_pack("{s:s, s:s}", "document", place->document, "pointer",
                     place->pointer ? place->pointer : "");
}

static void read_reply(const struct python_reply *got, struct guest_reply *reply)
{
    AUTO(call_result) struct call_result result = { 0 };
    json_t *changes;
    bool stopped = false;

    *reply = (struct guest_reply){ .status = got->status };
    if (!got->body) {
        reply->message = mem_strdup(got->message);
        return;
    }
    worker_reply_result(got->body, &result, &stopped);
    reply->status = stopped ? CALL_CANCELLED : result.status;
    reply->message = STEAL(result.message);
    reply->has_exit_code = result.has_exit_code;
    reply->exit_code = result.exit_code;
    reply->handlers = (int)json_integer_value(json_object_get(got->body, "handlers"));
    reply->forgotten = json_is_true(json_object_get(got->body, "forgotten"));
    changes = json_object_get(got->body, "changes");
    if (json_is_object(changes))
        reply->changes = json_incref(changes);
}

/* Send a request about documents; once more, with all of them, when the worker was started anew
 * and lacks one. */
static void exchange(struct python *python, const struct python_request *request,
                     const struct guest_document *documents, size_t count,
                     struct guest_reply *reply)
{
    struct python_documents *known = python_known_documents(python);
    AUTO(json) json_t *all = NULL;

    for (int attempt = 0; attempt < 2; attempt++) {
        AUTO(python_reply) struct python_reply got = { 0 };

        python_exchange(python, request, &got);
        python_documents_note(known, documents, count);
        read_reply(&got, reply);
        if (!reply->forgotten || attempt)
            return;
        all = python_documents_pack_all(known, documents, count);
        if (!all)
            return;
        json_object_set(request->message, "documents", all);
        guest_reply_clear(reply);
    }
}

static void hook(void *self, const struct guest_hook *hook, struct guest_reply *reply)
{
    AUTO(json) json_t *message = python_request_new("hook", hook->place);
    struct python_documents *known = python_known_documents(self);
    struct python_request request = {
        .message = message,
        .place = hook->place,
        .cancel = hook->cancel,
        .what = hook->function,
        .name = hook->module,
    };

    json_object_set_new(message, "module", json_string(hook->module));
    json_object_set_new(message, "function", json_string(hook->function));
    json_object_set_new(message, "arguments", borrow(hook->arguments));
    json_object_set_new(message, "documents",
                        python_documents_pack(hook->documents, hook->n_documents));
    json_object_set_new(message, "context", pack_place(hook->context));
    json_object_set_new(message, "state", pack_place(hook->state));
    json_object_set_new(message, "control", borrow(hook->control));
    exchange(self, &request, hook->documents, hook->n_documents, reply);
    python_documents_take(known, reply->changes, hook->context, hook->state);
}

/* The parameters are those of engine/guest.h. */
// NOLINTNEXTLINE(readability-function-size)
static void event(void *self, const char *event, const json_t *arguments,
                  const struct guest_document *documents, size_t n_documents, enum call_place place,
                  struct guest_reply *reply)
{
    AUTO(json) json_t *message = python_request_new("event", place);
    struct python_request request = {
        .message = message,
        .place = place,
        .what = "the handlers of event",
        .name = event,
    };

    json_object_set_new(message, "event", json_string(event));
    json_object_set_new(message, "arguments", borrow(arguments));
    json_object_set_new(message, "documents", python_documents_pack(documents, n_documents));
    exchange(self, &request, documents, n_documents, reply);
    python_documents_take(python_known_documents(self), reply->changes, NULL, NULL);
}

static void notify(void *self, const char *module, const char *function, const json_t *channel,
                   const json_t *payload)
{
    AUTO(json) json_t *message = python_request_new("notify", CALL_FOREGROUND);
    AUTO(python_reply) struct python_reply got = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct python_request request = {
        .message = message,
        .place = CALL_FOREGROUND,
        .what = "notification plug-in",
        .name = module,
    };

    json_object_set_new(message, "module", json_string(module));
    json_object_set_new(message, "function", json_string(function));
    json_object_set_new(message, "channel", borrow(channel));
    json_object_set_new(message, "payload", borrow(payload));
    python_exchange(self, &request, &got);
    if (python_reply_error(&got, &err) < 0)
        log_debug("notification plug-in '%s' failed: %s", module, chaos_error_text(&err));
}

void python_guest(struct python *python, struct guest *ret_guest)
{
    *ret_guest = (struct guest){
        .self = python,
        .import = import,
        .hook = hook,
        .event = event,
        .notify = notify,
    };
}
