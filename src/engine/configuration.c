// SPDX-License-Identifier: Apache-2.0
#include "engine/configuration.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/extended.h"
#include "value/json.h"
#include "value/pytext.h"

/* The value of a source of type env. */
static int load_from_environment(const char *name, const json_t *source, json_t **ret_value,
                                 struct chaos_error *err)
{
    const char *key = json_text_of(source, "key");
    const json_t *type = json_object_get(source, "env_var_type");
    const char *text = key ? getenv(key) : NULL;
    const json_t *fallback = json_object_get(source, "default");
    int r;

    if (!key)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "configuration '%s' of type env must name its variable in 'key'",
                               name);
    if (!text && !fallback)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "configuration '%s' refers to the environment variable '%s', which "
                               "is not set and has no 'default'",
                               name, key);
    if (type && !json_is_null(type) && !json_is_string(type))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "configuration '%s': 'env_var_type' must be text, not a %s", name,
                               value_type_name(type));
    if (text)
        r = configuration_convert(json_string_value(type), text, ret_value, err);
    else
        r = configuration_convert_value(json_string_value(type), fallback, ret_value, err);
    return r == 0 ? 0
                  : chaos_error_prefix(err, "configuration '%s', %s '%s'", name,
                                       text ? "environment variable" : "the default of", key);
}

int configuration_load(const json_t *declared, const json_t *vars, json_t **ret_values,
                       struct chaos_error *err)
{
    AUTO(json) json_t *values = json_object();
    const char *name;
    json_t *source;

    json_object_foreach (json_walkable(declared), name, source) {
        json_t *replaced = json_object_get(vars, name);
        json_t *value = NULL;
        json_t *from = replaced ? replaced : source;

        if (str_equal(json_text_of(from, "type"), "env")) {
            if (load_from_environment(name, from, &value, err) < 0)
                return -(int)err->code;
        } else {
            value = json_deep_copy(from);
        }
        json_object_set_new(values, name, value);
    }
    *ret_values = STEAL(values);
    return 0;
}

static const char *provider_type(const json_t *source)
{
    const char *type = json_text_of(json_object_get(source, "provider"), "type");

    return type ? type : "";
}

/* The configuration value in a probe's output; NULL with a reason when it has none. */
static json_t *value_of_output(const char *type, const json_t *output, char **ret_reason)
{
    const char *text;
    AUTO(str) char *trimmed = NULL;

    if (str_equal(type, "http"))
        return json_incref(json_object_get(output, "body"));
    if (!str_equal(type, "process"))
        return output ? json_incref(json_walkable(output)) : json_null();
    if (json_integer_value(json_object_get(output, "status")) != 0) {
        text = json_text_of(output, "stderr");
        *ret_reason = mem_printf("it ended with status %lld: %s",
                                 (long long)json_integer_value(json_object_get(output, "status")),
                                 text ? text : "");
        return NULL;
    }
    text = json_text_of(output, "stdout");
    trimmed = str_trim(text ? text : "");
    return json_string(trimmed);
}

struct resolving {
    const struct run_options *options;
    struct cancel *cancel;
    json_t *values; /* resolved so far */
    json_t *secrets;
};

/* Call the probe of one dynamic source. NULL, with a reason, when it fails. */
static json_t *call_source(const struct resolving *resolving, const json_t *source,
                           char **ret_reason, int *ret_status)
{
    const struct provider *provider = provider_find(
        resolving->options->providers, resolving->options->n_providers, provider_type(source));
    AUTO(json) json_t *activity = json_deep_copy(source);
    AUTO(json) json_t *configuration = json_deep_copy(resolving->values);
    AUTO(json) json_t *groups = json_array();
    AUTO(call_result) struct call_result result = { 0 };
    const char *group;
    json_t *ignored;

    if (!provider) {
        *ret_reason = mem_printf("its provider '%s' is not known", provider_type(source));
        return NULL;
    }
    /* a dynamic source gets all secrets; unlike the reference, not through the experiment, so
     * that they do not show in the journal */
    json_object_foreach (resolving->secrets, group, ignored)
        json_array_append_new(groups, json_string(group));
    if (!json_object_get(json_object_get(activity, "provider"), "secrets"))
        json_object_set(json_object_get(activity, "provider"), "secrets", groups);
    provider->call(provider->self,
                   &(struct provider_call){ .activity = activity,
                                            .configuration = configuration,
                                            .secrets = resolving->secrets,
                                            .cancel = resolving->cancel,
                                            .place = CALL_FOREGROUND,
                                            .seed = resolving->options->seed },
                   &result);
    *ret_status = (int)result.status;
    if (result.status == CALL_SUCCEEDED)
        return value_of_output(provider_type(source), result.output, ret_reason);
    *ret_reason = result.message ? STEAL(result.message) : mem_strdup("it failed");
    return NULL;
}

int configuration_load_dynamic(const json_t *values, const json_t *secrets,
                               const struct run_options *options, struct cancel *cancel,
                               json_t **ret_values, struct chaos_error *err)
{
    AUTO(json) json_t *resolved = json_object();
    AUTO(json) json_t *groups = secrets ? json_deep_copy(secrets) : json_object();
    struct resolving resolving = { options, cancel, resolved, groups };
    AUTO(buffer) struct buffer failed = { 0 };
    const char *name;
    json_t *source;

    json_object_foreach (json_walkable(values), name, source) {
        AUTO(str) char *reason = NULL;
        int status = CALL_SUCCEEDED;
        json_t *value;

        if (!str_equal(json_text_of(source, "type"), "probe")) {
            json_object_set(resolved, name, source);
            continue;
        }
        value = call_source(&resolving, source, &reason, &status);
        if (status == CALL_CANCELLED)
            return chaos_error_set(err, CHAOS_E_CANCELLED, "configuration '%s'", name);
        if (value) {
            json_object_set_new(resolved, name, value);
            continue;
        }
        log_debug("Configuration '%s' could not be loaded: %s", name, reason ? reason : "");
        buffer_printf(&failed, "%s%s", failed.length ? ", " : "", name);
    }
    if (failed.length)
        log_warning("Some of the dynamic configuration could not be loaded, and is left out: %s. "
                    "The log file says why",
                    failed.data);
    *ret_values = STEAL(resolved);
    return 0;
}
