// SPDX-License-Identifier: Apache-2.0
#include "providers/native.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/extended.h"
#include "value/json.h"
#include "value/substitute.h"

/* Whether the arguments are as written, or as substituted. */
enum stage {
    WRITTEN,
    SUBSTITUTED
};

static const char *const type_names[] = {
    [CHAOS_ANY] = "any value",     [CHAOS_STRING] = "a string",   [CHAOS_INTEGER] = "an integer",
    [CHAOS_NUMBER] = "a number",   [CHAOS_BOOLEAN] = "a boolean", [CHAOS_LIST] = "a list",
    [CHAOS_MAPPING] = "a mapping",
};

static const char *value_kind(const json_t *value)
{
    if (extended_kind(value) != EXTENDED_NONE)
        return extended_kind(value) == EXTENDED_INTEGER ? "an integer beyond 64 bits"
                                                        : "a value that JSON does not have";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "a mapping";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

bool native_has_type(const json_t *value, enum chaos_type type)
{
    switch (type) {
    case CHAOS_ANY:
        return true;
    case CHAOS_STRING:
        return json_is_string(value) && extended_kind(value) == EXTENDED_NONE;
    case CHAOS_INTEGER:
        return json_is_integer(value);
    case CHAOS_NUMBER:
        return json_is_number(value);
    case CHAOS_BOOLEAN:
        return json_is_boolean(value);
    case CHAOS_LIST:
        return json_is_array(value);
    case CHAOS_MAPPING:
        return json_is_object(value);
    }
    return false;
}

static bool has_pattern(const json_t *value)
{
    return json_is_string(value) && strchr(json_string_value(value), '$');
}

static const struct chaos_param *find_param(const struct chaos_function *function, const char *name)
{
    for (size_t i = 0; i < function->n_params; i++)
        if (strcmp(function->params[i].name, name) == 0)
            return &function->params[i];
    return NULL;
}

static int check_choice(const struct chaos_param *param, const char *text, struct chaos_error *err)
{
    AUTO(buffer) struct buffer list = { 0 };

    if (!param->choices || str_in(text, param->choices))
        return 0;
    for (const char *const *choice = param->choices; *choice; choice++)
        buffer_printf(&list, "%s'%s'", choice == param->choices ? "" : ", ", *choice);
    return chaos_error_set(err, CHAOS_E_INVALID, "must be one of %s, not '%s'", buffer_text(&list),
                           text);
}

static int check_range(const struct chaos_param *param, double number, struct chaos_error *err)
{
    bool unlimited = param->min == 0 && param->max == 0;

    if (unlimited || (number >= param->min && number <= param->max))
        return 0;
    if (isinf(param->max))
        return chaos_error_set(err, CHAOS_E_INVALID, "must be at least %g, not %.15g", param->min,
                               number);
    return chaos_error_set(err, CHAOS_E_INVALID, "must be between %g and %g, not %.15g", param->min,
                           param->max, number);
}

/* The value itself never shows in a message of the wrong type: it may be a secret. */
static int check_value(const struct chaos_param *param, const json_t *value, enum stage stage,
                       struct chaos_error *err)
{
    bool pattern = has_pattern(value);

    if (pattern && stage == WRITTEN)
        return 0;
    if (json_is_null(value) && !param->required && !param->default_json)
        return 0;
    if (!native_has_type(value, param->type)) {
        if (pattern)
            return chaos_error_set(err, CHAOS_E_INVALID, "must be %s, and nothing replaces '%s'",
                                   type_names[param->type], json_string_value(value));
        if (json_is_string(value) && param->type != CHAOS_LIST && param->type != CHAOS_MAPPING)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "must be %s, not %s (a value from the environment gets its type "
                                   "from \"env_var_type\")",
                                   type_names[param->type], value_kind(value));
        return chaos_error_set(err, CHAOS_E_INVALID, "must be %s, not %s", type_names[param->type],
                               value_kind(value));
    }
    if (json_is_string(value))
        return check_choice(param, json_string_value(value), err);
    if (json_is_number(value))
        return check_range(param, json_number_value(value), err);
    return 0;
}

static int unknown_argument(const struct chaos_function *function, const char *name,
                            struct chaos_error *err)
{
    AUTO(mem) const char **names = mem_zero(function->n_params + 1, sizeof(*names));
    AUTO(buffer) struct buffer all = { 0 };
    const char *near;

    for (size_t i = 0; i < function->n_params; i++) {
        names[i] = function->params[i].name;
        buffer_printf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    near = str_suggest(name, names);
    if (near)
        return chaos_error_set(err, CHAOS_E_INVALID, "is not known: did you mean '%s'?", near);
    if (!function->n_params)
        return chaos_error_set(err, CHAOS_E_INVALID, "is not known: the function takes none");
    return chaos_error_set(err, CHAOS_E_INVALID, "is not known: the function takes %s",
                           buffer_text(&all));
}

static int prefix_argument(const struct chaos_function *function, const char *name,
                           struct chaos_error *err)
{
    AUTO(str) char *text = mem_strdup(chaos_error_text(err));
    enum chaos_errc code = err->code;

    chaos_error_clear(err);
    return chaos_error_set(err, code, "argument '%s' of '%s' %s", name, function->name, text);
}

/* Names, presence and values of `arguments`, an object. */
static int check_arguments(const struct chaos_function *function, json_t *arguments,
                           enum stage stage, struct chaos_error *err)
{
    const char *name;
    json_t *value;
    int r;

    json_object_foreach (arguments, name, value) {
        const struct chaos_param *param = find_param(function, name);

        if (param)
            r = check_value(param, value, stage, err);
        else
            r = unknown_argument(function, name, err);
        if (r < 0)
            return prefix_argument(function, name, err);
    }
    for (size_t i = 0; i < function->n_params; i++) {
        const struct chaos_param *param = &function->params[i];

        if (param->required && !json_object_get(arguments, param->name))
            return chaos_error_set(err, CHAOS_E_INVALID, "argument '%s' of '%s' is missing: %s",
                                   param->name, function->name, param->doc);
    }
    return 0;
}

static const char *activity_name(const json_t *activity)
{
    const char *name = json_string_value(json_object_get(activity, "name"));

    return name ? name : "without a name";
}

/* provider.arguments; NULL when there are none. */
static int find_arguments(const json_t *activity, json_t **ret_arguments, struct chaos_error *err)
{
    json_t *arguments = json_object_get(json_object_get(activity, "provider"), "arguments");

    if (json_is_null(arguments))
        arguments = NULL;
    if (arguments && !json_is_object(arguments) && !has_pattern(arguments))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "provider.arguments must be a mapping of names to values, not %s",
                               value_kind(arguments));
    *ret_arguments = arguments;
    return 0;
}

static int check_activity(const struct chaos_function *function, const json_t *activity,
                          struct chaos_error *err)
{
    AUTO(json) json_t *none = json_object();
    json_t *arguments = NULL;
    int r;

    if (function->unavailable)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "'%s' cannot run here: %s", function->name,
                               function->unavailable);
    r = find_arguments(activity, &arguments, err);
    if (r < 0)
        return r;
    if (arguments && !json_is_object(arguments))
        return 0;
    return check_arguments(function, arguments ? arguments : none, WRITTEN, err);
}

int native_check(const struct chaos_function *function, const json_t *activity,
                 struct chaos_error *err)
{
    int r = check_activity(function, activity, err);

    return r < 0 ? chaos_error_prefix(err, "activity '%s'", activity_name(activity)) : 0;
}

static int fill_defaults(const struct chaos_function *function, json_t *arguments,
                         struct chaos_error *err)
{
    for (size_t i = 0; i < function->n_params; i++) {
        const struct chaos_param *param = &function->params[i];
        AUTO(json) json_t *value = NULL;
        int r;

        if (json_object_get(arguments, param->name))
            continue;
        if (!param->default_json) {
            json_object_set_new(arguments, param->name, json_null());
            continue;
        }
        r = json_parse(param->default_json, strlen(param->default_json), &value, err);
        if (r < 0)
            return chaos_error_prefix(err, "default of argument '%s' of '%s'", param->name,
                                      function->name);
        json_object_set_new(arguments, param->name, STEAL(value));
    }
    return 0;
}

int native_complete(const struct chaos_function *function, json_t *arguments,
                    struct chaos_error *err)
{
    int r = check_arguments(function, arguments, SUBSTITUTED, err);

    return r < 0 ? r : fill_defaults(function, arguments, err);
}

static int prepare_arguments(const struct chaos_function *function,
                             const struct provider_call *call, json_t **ret_arguments,
                             struct chaos_error *err)
{
    AUTO(json) json_t *arguments = NULL;
    json_t *written = NULL;
    int r;

    r = find_arguments(call->activity, &written, err);
    if (r == 0 && written)
        r = substitute(written, call->configuration, call->secrets, &arguments, err);
    if (r < 0)
        return r;
    if (!arguments)
        arguments = json_object();
    if (!json_is_object(arguments))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "provider.arguments must be a mapping of names to values, not %s",
                               value_kind(arguments));
    r = native_complete(function, arguments, err);
    if (r < 0)
        return r;
    *ret_arguments = STEAL(arguments);
    return 0;
}

/* compat: as in the reference, a group that is not there is no error. */
json_t *native_secrets(const json_t *provider, const json_t *secrets)
{
    json_t *merged = json_object();
    json_t *name;
    size_t i;

    json_array_foreach (json_object_get(provider, "secrets"), i, name) {
        json_t *group =
            json_is_string(name) ? json_object_get(secrets, json_string_value(name)) : NULL;

        if (json_is_object(group))
            json_object_update(merged, group);
    }
    return merged;
}

/* What a function is called with. */
struct prepared {
    json_t *arguments;
    json_t *secrets;
    json_t *configuration;
    struct chaos_context context;
    struct chaos_call call; /* into the others */
};

static void prepared_clear(struct prepared *prepared)
{
    json_decref(prepared->arguments);
    json_decref(prepared->secrets);
    json_decref(prepared->configuration);
    free(prepared->context.effect);
}

AUTO_CLEAR(prepared, struct prepared)

static int prepare(const struct chaos_function *function, const struct provider_call *call,
                   struct prepared *prepared, struct chaos_error *err)
{
    int r;

    if (function->unavailable)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "'%s' cannot run here: %s", function->name,
                               function->unavailable);
    r = prepare_arguments(function, call, &prepared->arguments, err);
    if (r < 0)
        return r;
    prepared->context = (struct chaos_context){ .cancel = call->cancel,
                                                .activity = activity_name(call->activity),
                                                .seed = call->seed };
    prepared->secrets = native_secrets(json_object_get(call->activity, "provider"), call->secrets);
    prepared->configuration =
        call->configuration ? json_incref(json_walkable(call->configuration)) : json_object();
    prepared->call = (struct chaos_call){ .arguments = prepared->arguments,
                                          .secrets = prepared->secrets,
                                          .configuration = prepared->configuration,
                                          .context = &prepared->context };
    return 0;
}

/* A row's function, whichever it is. `result` gets the seed when it chose something at random, and
 * the effect that it told. */
static int run(const struct chaos_function *function, chaos_function_run body,
               const struct provider_call *call, json_t **ret_output, struct call_result *result,
               struct chaos_error *err)
{
    AUTO(prepared) struct prepared prepared = { 0 };
    int r = prepare(function, call, &prepared, err);

    if (r < 0)
        return r;
    r = body(&prepared.call, ret_output, err);
    result->seed = prepared.context.drew;
    result->effect = STEAL(prepared.context.effect);
    if (r == 0 && !err->message)
        return 0;
    if (!err->message)
        return chaos_error_set(err, CHAOS_E_INTERNAL, "'%s' failed without saying why (%d)",
                               function->name, r);
    return -(int)err->code;
}

/* Make what a row says its inverse is into an activity that does exactly that: it gets the secrets
 * of the action, by whose keys it acts, and what looks like a pattern in it is none. */
static void complete_inverse(const struct provider_call *call, json_t *inverse)
{
    const json_t *acting = json_object_get(call->activity, "provider");
    json_t *provider = json_object_get(inverse, "provider");
    json_t *arguments = json_object_get(provider, "arguments");

    if (arguments)
        json_object_set_new(provider, "arguments", substitute_escape(arguments));
    if (json_object_get(acting, "secrets") && !json_object_get(provider, "secrets"))
        json_object_set(provider, "secrets", json_object_get(acting, "secrets"));
}

int native_inverse(const struct chaos_function *function, const struct provider_call *call,
                   json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *activity = NULL;
    AUTO(call_result) struct call_result ignored = { 0 };
    int r;

    if (!function->inverse)
        return 0;
    r = run(function, function->inverse, call, &activity, &ignored, err);
    if (r < 0)
        return r;
    if (activity)
        complete_inverse(call, activity);
    *ret_activity = STEAL(activity);
    return 0;
}

void native_call(const struct chaos_function *function, const struct provider_call *call,
                 struct call_result *result)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *output = NULL;
    int r = run(function, function->run, call, &output, result, &err);

    if (r == -CHAOS_E_CANCELLED) {
        call_set(result, CALL_CANCELLED, "%s", chaos_error_text(&err));
    } else if (r < 0) {
        call_set(result, CALL_FAILED, "%s", chaos_error_text(&err));
    } else {
        result->status = CALL_SUCCEEDED;
        result->output = STEAL(output);
    }
}
