// SPDX-License-Identifier: Apache-2.0
#include "lib/python_or_native.h"

#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "providers/native.h"

/* $CHAOS_NATIVE=0 makes Python functions run in Python even where a row stands in for them. */
#define NATIVE_VARIABLE "CHAOS_NATIVE"

struct python_or_native {
    struct extensions *extensions;
    bool prefers_python;
};

int python_or_native_new(const struct python_or_native_options *options,
                         struct python_or_native **ret_functions, struct chaos_error *err)
{
    struct python_or_native *functions = mem_zero(1, sizeof(*functions));
    const char *native = getenv(NATIVE_VARIABLE);

    (void)options;
    (void)err;
    functions->extensions = extensions_new(NULL);
    functions->prefers_python = native && str_equal(native, "0");
    *ret_functions = functions;
    return 0;
}

void python_or_native_free(struct python_or_native *functions)
{
    extensions_free(functions->extensions);
    free(functions);
}

static const struct chaos_function *row_of(const struct python_or_native *functions,
                                           const json_t *activity)
{
    const json_t *provider = json_object_get(activity, "provider");
    const char *module = json_text_of(provider, "module");
    const char *name = json_text_of(provider, "func");

    if (!module || !name || functions->prefers_python)
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

static void call_native(void *self, const struct provider_call *call, struct call_result *result)
{
    const struct chaos_function *function = row_of(self, call->activity);

    if (function)
        native_call(function, call, result);
    else
        call_set(result, CALL_CRASHED, "activity '%s' names no native function",
                 json_text_of(call->activity, "name"));
}

struct provider python_or_native_provider(struct python_or_native *functions, const char *type)
{
    return (struct provider){
        .type = type, .self = functions, .check = check_native, .call = call_native
    };
}

const struct guest *python_or_native_guest(const struct python_or_native *functions)
{
    (void)functions;
    return NULL;
}

struct extensions *python_or_native_extensions(const struct python_or_native *functions)
{
    return functions->extensions;
}
