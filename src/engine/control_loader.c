// SPDX-License-Identifier: Apache-2.0
/* Controls that act before there is a run: collecting the global ones, loading an experiment. */
#include "engine/control.h"

#include "base/json_walk.h"
#include "base/log.h"
#include "base/str.h"
#include "value/patch.h"

static const json_t *provider_of(const json_t *control)
{
    return json_object_get(control, "provider");
}

static bool is_python(const json_t *control)
{
    return str_equal(json_string_value(json_object_get(provider_of(control), "type")), "python");
}

/* The functions of a control's module; NULL where it cannot be imported. A new reference. */
static json_t *import(const struct guest *guest, const json_t *control, const struct cancel *cancel)
{
    const char *module = json_string_value(json_object_get(provider_of(control), "module"));
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *reason = NULL;
    AUTO(json) json_t *hooks = NULL;

    if (!module || !guest)
        return NULL;
    if (guest->import(guest->self, module, &hooks, &reason, cancel, &err) < 0) {
        log_debug("Control module '%s' cannot be loaded: %s", module, chaos_error_text(&err));
        return NULL;
    }
    if (!json_is_object(hooks)) {
        log_debug("Control module '%s' cannot be imported: %s", module, reason ? reason : "");
        return NULL;
    }
    return STEAL(hooks);
}

static void collect(const struct guest *guest, const json_t *from, const struct cancel *cancel,
                    json_t *to)
{
    const char *name;
    json_t *control;

    json_object_foreach (json_walkable(from), name, control) {
        AUTO(json) json_t *copy = NULL;
        AUTO(json) json_t *hooks = NULL;

        if (!json_is_object(control)) {
            log_error("Global control '%s' must be a mapping with a provider", name);
            continue;
        }
        if (is_python(control)) {
            hooks = import(guest, control, cancel);
            if (!hooks)
                continue;
        }
        copy = json_deep_copy(control);
        json_object_set_new(copy, "name", json_string(name));
        json_array_append(to, copy);
    }
}

json_t *controls_collect(const struct guest *guest, const json_t *settings, const json_t *files,
                         const struct cancel *cancel)
{
    json_t *controls = json_array();
    size_t i;
    json_t *file;

    collect(guest, json_object_get(settings, "controls"), cancel, controls);
    json_array_foreach (files, i, file)
        collect(guest, file, cancel, controls);
    return controls;
}

static void apply_one(const struct control_loading *loading, const json_t *control,
                      enum control_moment moment, struct stop *stop)
{
    AUTO(json) json_t *hooks = import(loading->guest, control, NULL);
    AUTO(json) json_t *context = json_string(loading->source);
    AUTO(json) json_t *none = json_object();
    const json_t *arguments = json_object_get(provider_of(control), "arguments");
    struct guest_document settings = { .name = "settings", .value = loading->settings };
    struct guest_place context_place = { NULL, "", context };
    struct guest_place state_place = { NULL, "", loading->experiment };
    struct guest_hook hook = {
        .module = json_string_value(json_object_get(provider_of(control), "module")),
        .function = moment == MOMENT_BEFORE ? "before_loading_experiment_control"
                                            : "after_loading_experiment_control",
        .arguments = arguments ? arguments : none,
        .documents = &settings,
        .n_documents = loading->settings ? 1 : 0,
        .context = &context_place,
        .state = loading->experiment ? &state_place : NULL,
    };
    AUTO(guest_reply) struct guest_reply reply = { 0 };
    const json_t *changed;

    if (!json_object_get(hooks, hook.function))
        return;
    loading->guest->hook(loading->guest->self, &hook, &reply);
    changed = json_object_get(reply.changes, "state");
    if (changed && loading->experiment)
        value_amend(loading->experiment, changed);
    if (reply.status == CALL_FAILED || reply.status == CALL_CRASHED)
        log_debug("Control function '%s' of '%s' raised: %s", hook.function, hook.module,
                  reply.message ? reply.message : "");
    stop_take_call(stop, reply.status, &reply.message, reply.has_exit_code, reply.exit_code);
}

void controls_apply_loader(const struct control_loading *loading, enum control_moment moment,
                           struct stop *stop)
{
    const char *when = moment == MOMENT_BEFORE ? "before" : "after";
    size_t i;
    json_t *control;

    json_array_foreach (loading->controls, i, control) {
        const char *scope = json_string_value(json_object_get(control, "scope"));

        if (!is_python(control) || (scope && *scope && !str_equal(scope, when)))
            continue;
        apply_one(loading, control, moment, stop);
        if (stop->kind != STOP_NONE)
            return;
    }
}
