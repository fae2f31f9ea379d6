// SPDX-License-Identifier: Apache-2.0
#include "engine/control.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/control_select.h"
#include "engine/documents.h"
#include "value/patch.h"
#include "value/pytext.h"
#include "value/substitute.h"

#define BIT(id) (1U << (id))

static const char *const level_names[] = {
    [LEVEL_EXPERIMENT] = "experiment", [LEVEL_HYPOTHESIS] = "hypothesis",
    [LEVEL_METHOD] = "method",         [LEVEL_ROLLBACK] = "rollback",
    [LEVEL_ACTIVITY] = "activity",     [LEVEL_LOADER] = "loading_experiment",
};
_Static_assert(ARRAY_SIZE(level_names) == LEVEL_COUNT, "every level has a name");

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* The module of a control in Python, NULL for any other. */
static const char *module_of(const json_t *control)
{
    const json_t *provider = json_object_get(control, "provider");

    if (!str_equal(text_of(provider, "type"), "python"))
        return NULL;
    return json_string_value(json_object_get(provider, "module"));
}

/* Functions of the module by name (guest.h), or NULL where it cannot be imported. */
static const json_t *hooks_of(struct run *run, const char *module)
{
    const struct guest *guest = run->options->guest;
    json_t *hooks = json_object_get(run->hooks, module);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *reason = NULL;
    int r;

    if (hooks || !guest)
        return json_is_object(hooks) ? hooks : NULL;
    run_unlock(run);
    r = guest->import(guest->self, module, &hooks, &reason, &run->foreground, &err);
    run_lock(run);
    if (r < 0)
        log_debug("Control module '%s' cannot be loaded: %s", module, chaos_error_text(&err));
    else if (!json_is_object(hooks))
        log_debug("Control module '%s' cannot be imported: %s", module, reason ? reason : "");
    json_object_set_new(run->hooks, module, r < 0 ? json_null() : hooks);
    hooks = json_object_get(run->hooks, module);
    return json_is_object(hooks) ? hooks : NULL;
}

static bool is_stateless(const struct guest *guest, const char *module)
{
    return guest->is_stateless && guest->is_stateless(guest->self, module);
}

static bool takes(const json_t *parameters, const char *name)
{
    size_t i;
    json_t *parameter;

    json_array_foreach (parameters, i, parameter)
        if (str_equal(json_string_value(parameter), name))
            return true;
    return false;
}

static unsigned documents_of(const json_t *parameters)
{
    unsigned wanted = 0;

    for (int id = 0; id < DOCUMENT_JOURNAL; id++)
        if (takes(parameters, document_name((enum document_id)id)))
            wanted |= BIT(id);
    if (takes(parameters, "extensions"))
        wanted |= BIT(DOCUMENT_EXPERIMENT);
    return wanted;
}

/* The pointer of an activity within the experiment, NULL when it is not in it (any more). */
static char *find_pointer(const json_t *experiment, const json_t *context)
{
    static const struct {
        const char *parent, *key, *pointer;
    } places[] = {
        { NULL, "method", "/method" },
        { NULL, "rollbacks", "/rollbacks" },
        { "steady-state-hypothesis", "probes", "/steady-state-hypothesis/probes" },
    };

    if (context == experiment)
        return mem_strdup("");
    if (context == json_object_get(experiment, "steady-state-hypothesis"))
        return mem_strdup("/steady-state-hypothesis");
    for (size_t p = 0; p < ARRAY_SIZE(places); p++) {
        const json_t *parent =
            places[p].parent ? json_object_get(experiment, places[p].parent) : experiment;
        size_t i;
        json_t *activity;

        json_array_foreach (json_object_get(parent, places[p].key), i, activity)
            if (activity == context)
                return mem_printf("%s/%zu", places[p].pointer, i);
    }
    return NULL;
}

/* A hook call under way: the call, and what must live as long as it. */
struct hook_call {
    struct guest_hook hook;
    struct guest_place context;
    struct guest_place state;
    char *pointer;
    json_t *arguments;
    json_t *context_copy;
    json_t *state_copy;
    struct outgoing_documents documents;
};

static void hook_call_clear(struct run *run, struct hook_call *call)
{
    documents_sent(run, &call->documents);
    json_decref(call->arguments);
    json_decref(call->context_copy);
    json_decref(call->state_copy);
    free(call->pointer);
}

static void set_context(struct run *run, struct hook_call *call, const json_t *context,
                        unsigned *wanted)
{
    call->pointer = find_pointer(run_document(run, DOCUMENT_EXPERIMENT), context);
    if (call->pointer) {
        *wanted |= BIT(DOCUMENT_EXPERIMENT);
        call->context = (struct guest_place){ "experiment", call->pointer, NULL };
    } else {
        call->context_copy = json_deep_copy(context);
        call->context = (struct guest_place){ NULL, "", call->context_copy };
    }
    call->hook.context = &call->context;
}

static void set_state(struct hook_call *call, const struct control_site *site, unsigned *wanted)
{
    if (site->level == LEVEL_EXPERIMENT) {
        *wanted |= BIT(DOCUMENT_JOURNAL);
        call->state = (struct guest_place){ "journal", "", NULL };
    } else if (site->state) {
        call->state_copy = json_deep_copy(site->state);
        call->state = (struct guest_place){ NULL, "", call->state_copy };
    } else {
        return;
    }
    call->hook.state = &call->state;
}

/* The arguments of the control, with its patterns replaced where there is anything to put. */
static json_t *arguments_of(struct run *run, const json_t *control, bool replace)
{
    const json_t *configuration = run_document(run, DOCUMENT_CONFIGURATION);
    const json_t *secrets = run_document(run, DOCUMENT_SECRETS);
    const json_t *given = json_object_get(json_object_get(control, "provider"), "arguments");
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *arguments = NULL;

    if (!json_is_object(given))
        return json_object();
    if (!replace || (!value_is_true(configuration) && !value_is_true(secrets)))
        return json_deep_copy(given);
    if (substitute(given, configuration, secrets, &arguments, &err) < 0) {
        log_warning("Control '%s': %s", text_of(control, "name"), chaos_error_text(&err));
        return json_deep_copy(given);
    }
    return arguments;
}

/* Send the call off and take over what it changed. False when the hook raised. */
static bool finish_hook(struct run *run, struct hook_call *call, const struct control_site *site,
                        struct stop *stop)
{
    const struct guest *guest = run->options->guest;
    AUTO(guest_reply) struct guest_reply reply = { 0 };
    bool ok;

    run_unlock(run);
    guest->hook(guest->self, &call->hook, &reply);
    run_lock(run);
    documents_take(run, reply.changes);
    if (site && site->state && json_object_get(reply.changes, "state"))
        value_amend(site->state, json_object_get(reply.changes, "state"));
    if (site && json_object_get(reply.changes, "context")) {
        value_amend(site->context, json_object_get(reply.changes, "context"));
        if (call->pointer)
            run_forget_snapshot(run, DOCUMENT_EXPERIMENT);
    }
    if (call->documents.not_kept)
        documents_unknown(run, reply.changes);
    else
        run->handlers = reply.handlers;
    ok = reply.status == CALL_SUCCEEDED;
    if (!ok)
        log_debug("Control function '%s' of '%s' raised: %s", call->hook.function,
                  call->hook.module, reply.message ? reply.message : "");
    if (reply.status == CALL_CANCELLED)
        stop_take_cancel(stop, &run->foreground);
    else
        stop_take_call(stop, reply.status, &reply.message, reply.has_exit_code, reply.exit_code);
    return ok;
}

/* Call one function of a control; nothing happens where its module lacks it. */
static bool call_hook(struct run *run, const json_t *control, const char *function,
                      const struct control_site *site, enum control_moment moment,
                      struct stop *stop)
{
    const char *module = module_of(control);
    const json_t *hooks = module ? hooks_of(run, module) : NULL;
    const json_t *parameters = json_object_get(hooks, function);
    struct hook_call call = { .hook = { .module = module, .function = function } };
    unsigned wanted;
    bool ok;

    if (!parameters)
        return true;
    wanted = documents_of(parameters);
    if (site)
        set_context(run, &call, site->context, &wanted);
    if (site && moment == MOMENT_AFTER)
        set_state(&call, site, &wanted);
    call.arguments = arguments_of(run, control, site != NULL);
    call.documents.not_kept = is_stateless(run->options->guest, module);
    if (call.documents.not_kept)
        call.hook.control = control;
    documents_collect(run, wanted, &call.documents);
    call.hook.arguments = call.arguments;
    call.hook.documents = call.documents.items;
    call.hook.n_documents = call.documents.count;
    call.hook.place = site ? site->place : CALL_FOREGROUND;
    call.hook.cancel = call.hook.place == CALL_FOREGROUND ? &run->foreground : &run->background;
    ok = finish_hook(run, &call, site, stop);
    hook_call_clear(run, &call);
    return ok;
}

/* compat: the first stop wins, but what a control asks for after a crash replaces the crash, as an
 * exception does that is raised while another one is on its way. */
static void take_asked(struct stop *stop, struct stop *asked)
{
    bool is_worse = stop->kind == STOP_CRASH && asked->kind != STOP_CRASH;

    if (asked->kind == STOP_NONE || (stop->kind != STOP_NONE && !is_worse)) {
        stop_clear(asked);
        return;
    }
    if (stop->kind == STOP_CRASH)
        log_error("%s", stop->message);
    stop_clear(stop);
    *stop = *asked;
}

void controls_apply(struct run *run, const struct control_site *site, enum control_moment moment,
                    struct stop *stop)
{
    AUTO(json) json_t *selected = NULL;
    const char *when = moment == MOMENT_BEFORE ? "before" : "after";
    AUTO(str) char *function = NULL;
    struct stop asked = { 0 };
    size_t i;
    json_t *control;

    if (run->is_fixed || run->options->without_controls)
        return;
    selected = controls_select(run_document(run, DOCUMENT_EXPERIMENT), run->controls, site->level,
                               site->context);
    if (!json_array_size(selected))
        return;
    function = mem_printf("%s_%s_control", when, level_names[site->level]);
    json_array_foreach (selected, i, control) {
        const char *scope = json_string_value(json_object_get(control, "scope"));

        if (scope && *scope && !str_equal(scope, when))
            continue;
        log_debug("Applying %s-control '%s' on '%s'", when, text_of(control, "name"),
                  level_names[site->level]);
        call_hook(run, control, function, site, moment, &asked);
        if (asked.kind != STOP_NONE)
            break;
    }
    take_asked(stop, &asked);
}

/* Names are configured once, wherever they are declared again. */
static bool seen_before(json_t *seen, const json_t *control)
{
    const char *name = json_string_value(json_object_get(control, "name"));

    if (!name || !*name || json_object_get(seen, name))
        return true;
    json_object_set_new(seen, name, json_true());
    return false;
}

static bool has_declared(const struct run *run)
{
    AUTO(json) json_t *declared = controls_declared(run_document(run, DOCUMENT_EXPERIMENT));

    return json_array_size(declared) > 0;
}

static void for_each_declared(struct run *run, const char *function)
{
    AUTO(json) json_t *declared = controls_declared(run_document(run, DOCUMENT_EXPERIMENT));
    AUTO(json) json_t *seen = json_object();
    size_t i;
    json_t *control;

    json_array_foreach (declared, i, control) {
        AUTO(stop) struct stop ignored = { 0 };

        if (!seen_before(seen, control))
            call_hook(run, control, function, NULL, MOMENT_BEFORE, &ignored);
    }
}

void controls_configure(struct run *run)
{
    json_t *kept = json_array();
    size_t i;
    json_t *control;

    json_array_foreach (run->options->global_controls, i, control) {
        AUTO(stop) struct stop ignored = { 0 };

        if (call_hook(run, control, "configure_control", NULL, MOMENT_BEFORE, &ignored))
            json_array_append(kept, control);
        else
            log_debug("Global control '%s' failed to start and is left out",
                      text_of(control, "name"));
    }
    json_decref(run->controls);
    run->controls = kept;
    run->is_fixed = !json_array_size(run->options->global_controls) && !has_declared(run);
    for_each_declared(run, "configure_control");
}

void controls_cleanup(struct run *run)
{
    size_t i;
    json_t *control;

    for_each_declared(run, "cleanup_control");
    json_array_foreach (run->controls, i, control) {
        AUTO(stop) struct stop ignored = { 0 };

        call_hook(run, control, "cleanup_control", NULL, MOMENT_BEFORE, &ignored);
    }
}
