// SPDX-License-Identifier: Apache-2.0
#include "engine/validate_controls.h"

#include "base/json_walk.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/control_select.h"
#include "value/patch.h"

static bool is_known(const json_t *controls, const char *ref)
{
    size_t i;
    json_t *control;

    json_array_foreach (controls, i, control)
        if (!json_object_get(control, "ref") && str_equal(json_text_of(control, "name"), ref))
            return true;
    return false;
}

static int check_form(const json_t *controls, const json_t *control, struct chaos_error *err)
{
    const char *ref = json_text_of(control, "ref");
    const char *name = json_text_of(control, "name");
    const json_t *scope = json_object_get(control, "scope");
    const char *scope_name = json_string_value(scope);

    if (ref && !is_known(controls, ref))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the control reference '%s' stands for '{}': no control of the "
                               "experiment has that name",
                               ref);
    if (ref)
        return 0; /* the reference documents this form and then refuses it for want of a name */
    if (!name)
        return chaos_error_set(err, CHAOS_E_INVALID, "a control must have a 'name' property");
    if (!json_object_get(control, "provider"))
        return chaos_error_set(err, CHAOS_E_INVALID, "control '%s' must have a 'provider' property",
                               name);
    if (scope_name && *scope_name && !str_equal(scope_name, "before") &&
        !str_equal(scope_name, "after"))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the scope of control '%s' must be 'before' or 'after', not '%s'",
                               name, scope_name);
    return 0;
}

/* Let the module judge the control itself. */
static int ask_module(const struct validation *validation, json_t *control, const char *module,
                      struct chaos_error *err)
{
    struct guest_hook hook = {
        .module = module,
        .function = "validate_control",
        .control = control,
        .cancel = validation->cancel,
    };
    AUTO(guest_reply) struct guest_reply reply = { 0 };
    const json_t *changed;

    validation->guest->hook(validation->guest->self, &hook, &reply);
    changed = json_object_get(reply.changes, "control");
    if (changed)
        value_amend(control, changed);
    if (reply.status == CALL_SUCCEEDED)
        return 0;
    if (reply.status == CALL_CANCELLED)
        return chaos_error_set(err, CHAOS_E_CANCELLED, "the validation was stopped");
    return chaos_error_set(err, CHAOS_E_INVALID, "%s",
                           reply.message && *reply.message ? reply.message
                                                           : "the control refuses its arguments");
}

static int check_module(const struct validation *validation, json_t *control,
                        struct chaos_error *err)
{
    const json_t *provider = json_object_get(control, "provider");
    const char *name = json_text_of(control, "name");
    const char *module = json_text_of(provider, "module");
    AUTO(json) json_t *hooks = NULL;
    AUTO(str) char *reason = NULL;

    if (!str_equal(json_text_of(provider, "type"), "python"))
        return 0;
    if (!module || !*module)
        return chaos_error_set(err, CHAOS_E_INVALID, "control '%s' must have a module path", name);
    if (!validation->guest)
        return 0;
    if (validation->guest->import(validation->guest->self, module, &hooks, &reason,
                                  validation->cancel, err) < 0)
        return chaos_error_prefix(err, "control '%s'", name);
    if (!json_is_object(hooks)) {
        log_warning("The Python module '%s' of control '%s' cannot be imported%s%s: the experiment "
                    "will run without it",
                    module, name, reason ? ": " : "", reason ? reason : "");
        return 0;
    }
    if (!json_object_get(hooks, "validate_control"))
        return 0;
    return ask_module(validation, control, module, err);
}

int validate_controls(const struct validation *validation, struct chaos_error *err)
{
    AUTO(json) json_t *controls = controls_declared(validation->experiment);
    size_t i;
    json_t *control;

    json_array_foreach (controls, i, control) {
        if (check_form(controls, control, err) < 0)
            return -(int)err->code;
        if (!json_text_of(control, "ref") && check_module(validation, control, err) < 0)
            return -(int)err->code;
    }
    return 0;
}
