// SPDX-License-Identifier: Apache-2.0
#include "lib/native_controls.h"

#include "base/context.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/taint.h"
#include "lib/extensions.h"
#include "providers/native.h"
#include "value/pointer.h"

#define CONTROL(id) extern const struct chaos_extension id;
#include "lib/controls.list"
#undef CONTROL

#define CONTROL(id) &(id),
static const struct chaos_extension *const rows[] = {
#include "lib/controls.list"
};
#undef CONTROL

static const struct chaos_extension *find_module(const char *module)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (str_equal(rows[i]->module, module))
            return rows[i];
    return NULL;
}

static const struct chaos_function *find_hook(const struct chaos_extension *control,
                                              const char *name)
{
    for (size_t i = 0; i < control->n_functions; i++)
        if (str_equal(control->functions[i].name, name))
            return &control->functions[i];
    return NULL;
}

/* What a hook takes: its parameters, and the documents that every native function gets. */
static json_t *parameters_of(const struct chaos_function *function)
{
    json_t *names = json_pack("[s, s]", "configuration", "secrets");

    for (size_t i = 0; i < function->n_params; i++)
        json_array_append_new(names, json_string(function->params[i].name));
    return names;
}

static int import(void *self, const char *module, json_t **ret_hooks, char **ret_reason,
                  const struct cancel *cancel, struct chaos_error *err)
{
    const struct native_controls *controls = self;
    const struct chaos_extension *control = find_module(module);
    json_t *hooks;

    if (!control)
        return controls->python->import(controls->python->self, module, ret_hooks, ret_reason,
                                        cancel, err);
    log_debug("Control module '%s' is native", module);
    hooks = json_object();
    for (size_t i = 0; i < control->n_functions; i++)
        json_object_set_new(hooks, control->functions[i].name,
                            parameters_of(&control->functions[i]));
    *ret_hooks = hooks;
    return 0;
}

static const json_t *document_of(const struct guest_hook *hook, const char *name)
{
    for (size_t i = 0; i < hook->n_documents; i++)
        if (str_equal(hook->documents[i].name, name))
            return hook->documents[i].value;
    return NULL;
}

/* A document that is not there is an empty one. A new reference. */
static json_t *mapping_of(const struct guest_hook *hook, const char *name)
{
    const json_t *value = document_of(hook, name);

    return value ? json_incref(json_walkable(value)) : json_object();
}

/* A new reference; NULL for what the hook does not get. */
static json_t *value_at(const struct guest_hook *hook, const struct guest_place *place)
{
    const json_t *value = NULL;

    if (place)
        value = place->document ? pointer_find(json_walkable(document_of(hook, place->document)),
                                               place->pointer)
                                : place->value;
    return value ? json_incref(json_walkable(value)) : NULL;
}

/* Fill the argument of this name from the run, if the row has it. */
static void add_place(const struct native_controls *controls, const struct guest_hook *hook,
                      const struct guest_place *place, const char *name, json_t *arguments)
{
    AUTO(json) json_t *value = value_at(hook, place);

    json_object_del(arguments, name);
    if (value)
        json_object_set_new(arguments, name, taint_mask(controls->mask, value, MASK_SHOWN));
}

/* The arguments as Python's function would get them. A new reference. */
static json_t *arguments_of(const struct native_controls *controls, const struct guest_hook *hook,
                            const struct chaos_function *function)
{
    json_t *arguments = json_copy(json_walkable(hook->arguments));

    if (!arguments)
        arguments = json_object();
    json_object_del(arguments, "configuration");
    json_object_del(arguments, "secrets");
    for (size_t i = 0; i < function->n_params; i++) {
        if (str_equal(function->params[i].name, "context"))
            add_place(controls, hook, hook->context, "context", arguments);
        else if (str_equal(function->params[i].name, "state"))
            add_place(controls, hook, hook->state, "state", arguments);
    }
    return arguments;
}

/* compat: what the reference's control gets, all of them, looks for keys beside the groups. A
 * control may list groups as an activity does. A new reference. */
static json_t *secrets_of(const struct guest_hook *hook)
{
    AUTO(json) json_t *all = mapping_of(hook, "secrets");
    json_t *groups = native_secrets(json_object_get(hook->control, "provider"), all);

    json_object_update_missing(groups, all);
    return groups;
}

/* A place that is a whole document goes by the name of it. */
static void add_changes(const struct guest_place *place, const char *name, const json_t *output,
                        json_t *changes)
{
    json_t *list = json_object_get(output, name);

    if (place && place->document && !*place->pointer)
        name = place->document;
    if (json_array_size(list))
        json_object_set(changes, name, list);
}

static int call(const struct native_controls *controls, const struct guest_hook *hook,
                const struct chaos_function *function, json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *arguments = arguments_of(controls, hook, function);
    AUTO(json) json_t *configuration = mapping_of(hook, "configuration");
    AUTO(json) json_t *secrets = secrets_of(hook);
    struct chaos_context context = { .cancel = hook->cancel, .activity = hook->module };
    const struct chaos_call prepared = { .arguments = arguments,
                                         .configuration = configuration,
                                         .secrets = secrets,
                                         .context = &context };
    int r = native_complete(function, arguments, err);

    return r < 0 ? r : function->run(&prepared, ret_output, err);
}

static void run_hook(void *self, const struct guest_hook *hook, struct guest_reply *reply)
{
    const struct native_controls *controls = self;
    const struct chaos_extension *control = find_module(hook->module);
    const struct chaos_function *function = control ? find_hook(control, hook->function) : NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *output = NULL;

    if (!control) {
        controls->python->hook(controls->python->self, hook, reply);
        return;
    }
    *reply = (struct guest_reply){ .status = CALL_SUCCEEDED };
    if (!function)
        return;
    if (call(controls, hook, function, &output, &err) < 0) {
        reply->status = err.code == CHAOS_E_CANCELLED ? CALL_CANCELLED : CALL_FAILED;
        reply->message = mem_strdup(chaos_error_text(&err));
        log_error("Control module '%s': %s", hook->module, reply->message);
        return;
    }
    reply->changes = json_object();
    add_changes(hook->context, "context", output, reply->changes);
    add_changes(hook->state, "state", output, reply->changes);
}

/* The parameters are those of engine/guest.h. */
// NOLINTNEXTLINE(readability-function-size)
static void event(void *self, const char *name, const json_t *arguments,
                  const struct guest_document *documents, size_t n_documents, enum call_place place,
                  struct guest_reply *reply)
{
    const struct guest *python = ((const struct native_controls *)self)->python;

    python->event(python->self, name, arguments, documents, n_documents, place, reply);
}

static void notify(void *self, const char *module, const char *function, const json_t *channel,
                   const json_t *payload)
{
    const struct guest *python = ((const struct native_controls *)self)->python;

    python->notify(python->self, module, function, channel, payload);
}

static bool is_stateless(void *self, const char *module)
{
    (void)self;
    return find_module(module) != NULL;
}

struct guest native_controls_guest(struct native_controls *controls)
{
    return (struct guest){
        .self = controls,
        .import = import,
        .hook = run_hook,
        .event = event,
        .notify = notify,
        .is_stateless = is_stateless,
    };
}
