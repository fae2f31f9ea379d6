// SPDX-License-Identifier: Apache-2.0
#include "lib/python_or_native.h"

#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "lib/guest_services.h"
#include "lib/native_controls.h"
#include "providers/native.h"
#include "providers/python.h"

/* $CHAOS_NATIVE=0 makes Python functions run in Python even where a row stands in for them; 1 lets
 * every row stand in, also those that need newer AWS models than Debian has. */
#define NATIVE_VARIABLE "CHAOS_NATIVE"

static const struct {
    const char *module;
    const char *name;
} only_when_asked[] = {
    { "chaosaws.fis.actions", "start_availability_zone_power_interruption_scenario" },
};

struct python_or_native {
    struct extensions *extensions;
    bool prefers_python; /* rows never stand in */
    bool prefers_native; /* also those of only_when_asked do */
    struct guest_services services;
    struct python *python;
    struct provider python_provider;
    struct guest python_guest;
    struct native_controls controls;
    struct guest guest;
};

struct python_or_native *python_or_native_new(const struct python_or_native_options *options)
{
    struct python_or_native *functions = mem_zero(1, sizeof(*functions));
    const char *native = getenv(NATIVE_VARIABLE);

    functions->extensions = extensions_new(NULL);
    functions->prefers_python = native && str_equal(native, "0");
    functions->prefers_native = native && str_equal(native, "1");
    functions->services = (struct guest_services){ options->providers, options->n_providers };
    functions->python = python_new(&(struct python_options){
        .interpreter = options->python,
        .settings = options->settings,
        .stdout_to_stderr = options->quiet_stdout,
        .callbacks = guest_services_callbacks(&functions->services),
    });
    python_provider(functions->python, &functions->python_provider);
    python_guest(functions->python, &functions->python_guest);
    functions->controls = (struct native_controls){ &functions->python_guest, options->mask };
    functions->guest = functions->prefers_python ? functions->python_guest
                                                 : native_controls_guest(&functions->controls);
    return functions;
}

void python_or_native_free(struct python_or_native *functions)
{
    python_free(functions->python);
    extensions_free(functions->extensions);
    free(functions);
}

static bool is_only_when_asked(const char *module, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(only_when_asked); i++)
        if (str_equal(module, only_when_asked[i].module) &&
            str_equal(name, only_when_asked[i].name))
            return true;
    return false;
}

/* The native row of an activity, or NULL: then it is Python's. */
static const struct chaos_function *row_of(const struct python_or_native *functions,
                                           const json_t *activity)
{
    const json_t *provider = json_object_get(activity, "provider");
    const char *module = json_text_of(provider, "module");
    const char *name = json_text_of(provider, "func");
    bool is_native = str_equal(json_text_of(provider, "type"), "native");

    if (!module || !name || (functions->prefers_python && !is_native))
        return NULL;
    if (!is_native && !functions->prefers_native && is_only_when_asked(module, name))
        return NULL;
    return extensions_lookup(functions->extensions, module, name);
}

static int check_native(void *self, const json_t *activity, struct chaos_error *err)
{
    const struct python_or_native *functions = self;
    const json_t *provider = json_object_get(activity, "provider");
    const char *module = json_text_of(provider, "module");
    const char *name = json_text_of(provider, "func");
    const struct chaos_function *function = NULL;

    if (!module || !name)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "a native activity must have a module and a func, in activity '%s'",
                               json_text_of(activity, "name"));
    if (extensions_find(functions->extensions, module, name, &function, err) < 0)
        return chaos_error_prefix(err, "activity '%s'", json_text_of(activity, "name"));
    return native_check(function, activity, err);
}

static void call_row(const struct python_or_native *functions,
                     const struct chaos_function *function, const struct provider_call *call,
                     struct call_result *result)
{
    if (extensions_has_plugins(functions->extensions))
        log_flush();
    native_call(function, call, result);
}

static void call_native(void *self, const struct provider_call *call, struct call_result *result)
{
    const struct chaos_function *function = row_of(self, call->activity);

    if (function)
        call_row(self, function, call, result);
    else
        call_set(result, CALL_CRASHED, "activity '%s' names no native function",
                 json_text_of(call->activity, "name"));
}

static int check_either(void *self, const json_t *activity, struct chaos_error *err)
{
    const struct python_or_native *functions = self;
    const struct chaos_function *function = row_of(functions, activity);
    const struct provider *python = &functions->python_provider;

    return function ? native_check(function, activity, err)
                    : python->check(python->self, activity, err);
}

/* Only Python's are asked for; a row was checked by looking at it. */
static int check_all_either(void *self, const json_t *activities, const struct cancel *cancel,
                            json_t **ret_problems, struct chaos_error *err)
{
    const struct python_or_native *functions = self;
    const struct provider *python = &functions->python_provider;
    AUTO(json) json_t *asked = json_array();
    AUTO(json) json_t *answers = NULL;
    AUTO(json) json_t *problems = json_array();
    size_t i;
    size_t next = 0;
    json_t *activity;

    json_array_foreach (activities, i, activity)
        if (!row_of(functions, activity))
            json_array_append(asked, activity);
    if (json_array_size(asked) && python->check_all(python->self, asked, cancel, &answers, err) < 0)
        return -(int)err->code;
    json_array_foreach (activities, i, activity) {
        if (row_of(functions, activity))
            json_array_append_new(problems, json_null());
        else
            json_array_append(problems, json_array_get(answers, next++));
    }
    *ret_problems = STEAL(problems);
    return 0;
}

/* compat: the reference's Python provider puts the class of an exception before its text. */
static void name_exception(struct call_result *result)
{
    static const struct {
        const char *text; /* how it starts */
        const char *exception;
    } classes[] = {
        { "An error occurred (", "botocore.exceptions.ClientError" },
        { "Parameter validation failed", "botocore.exceptions.ParamValidationError" },
        { "Unable to locate credentials", "botocore.exceptions.NoCredentialsError" },
        { "Waiter ", "botocore.exceptions.WaiterError" },
        { "", "chaoslib.exceptions.ActivityFailed" },
    };
    AUTO(str) char *text = result->message;
    size_t i = 0;

    while (!str_starts(text, classes[i].text))
        i++;
    result->message = mem_printf("%s: %s", classes[i].exception, text);
}

static void call_either(void *self, const struct provider_call *call, struct call_result *result)
{
    const struct python_or_native *functions = self;
    const struct chaos_function *function = row_of(functions, call->activity);
    const struct provider *python = &functions->python_provider;

    if (!function) {
        log_debug("Activity '%s' runs in Python", json_text_of(call->activity, "name"));
        python->call(python->self, call, result);
        return;
    }
    log_debug("Activity '%s' runs natively", json_text_of(call->activity, "name"));
    call_row(functions, function, call, result);
    if (result->status == CALL_FAILED && result->message)
        name_exception(result);
}

static int decide_inverse(void *self, const struct provider_call *call, json_t **ret_activity,
                          struct chaos_error *err)
{
    const struct chaos_function *function = row_of(self, call->activity);

    return function ? native_inverse(function, call, ret_activity, err) : 0;
}

/* The reference knows no inverses: after a clean end its experiments expect none, and what cannot
 * be undone is done all the same. */
static int decide_tacit_inverse(void *self, const struct provider_call *call, json_t **ret_activity,
                                struct chaos_error *err)
{
    int r = decide_inverse(self, call, ret_activity, err);

    if (r == 0 && *ret_activity)
        json_object_set_new(*ret_activity, INVERSE_TACIT, json_true());
    if (r == 0 || r == -CHAOS_E_CANCELLED)
        return r;
    log_debug("Nothing will undo action '%s': %s", json_text_of(call->activity, "name"),
              chaos_error_text(err));
    chaos_error_clear(err);
    return 0;
}

struct provider python_or_native_provider(struct python_or_native *functions, const char *type)
{
    if (str_equal(type, "native"))
        return (struct provider){ .type = type,
                                  .self = functions,
                                  .check = check_native,
                                  .call = call_native,
                                  .inverse = decide_inverse };
    return (struct provider){ .type = type,
                              .self = functions,
                              .check = check_either,
                              .check_all = check_all_either,
                              .call = call_either,
                              .inverse = decide_tacit_inverse };
}

const struct guest *python_or_native_guest(const struct python_or_native *functions)
{
    return &functions->guest;
}

struct extensions *python_or_native_extensions(const struct python_or_native *functions)
{
    return functions->extensions;
}
