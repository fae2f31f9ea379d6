// SPDX-License-Identifier: Apache-2.0
#include "base/json_walk.h"
#include "base/log.h"
#include "engine/configuration.h"

#include "base/str.h"

static int load_environment(const char *name, const json_t *source, json_t **ret_value,
                            struct chaos_error *err)
{
    const char *key = json_text_of(source, "key");
    const char *text = key ? getenv(key) : NULL;

    if (!key)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "secret '%s' of type env must name its variable in 'key'", name);
    if (!text)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "secret '%s' refers to the environment variable '%s', which is not "
                               "set",
                               name, key);
    *ret_value = json_string(text);
    if (!*ret_value)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "secret '%s': the environment variable '%s' is not UTF-8 text", name,
                               key);
    return 0;
}

static int load_vault(const char *name, const json_t *source, const struct secret_access *access,
                      json_t **ret_value, struct chaos_error *err)
{
    const char *path = json_text_of(source, "path");
    const char *key = json_text_of(source, "key");

    if (!path) {
        log_warning("Secret '%s' of type vault has no 'path' and is left empty", name);
        *ret_value = json_object();
        return 0;
    }
    if (access->only_check) {
        *ret_value = json_string("");
        return 0;
    }
    if (!access->read_vault)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "secret '%s': Vault cannot be reached",
                               name);
    if (access->read_vault(access->configuration, path, key, access->cancel, ret_value, err) < 0)
        return chaos_error_prefix(err, "secret '%s'", name);
    return 0;
}

static int load_level(const json_t *declared, const json_t *vars,
                      const struct secret_access *access, json_t **ret_values,
                      struct chaos_error *err);

static int load_one(const char *name, const json_t *source, const json_t *vars,
                    const struct secret_access *access, json_t **ret_value, struct chaos_error *err)
{
    const char *type = json_text_of(source, "type");
    const json_t *replaced = json_object_get(vars, name);

    if (!json_is_object(source)) {
        *ret_value = json_deep_copy(source);
        return 0;
    }
    if (replaced && !json_is_null(replaced)) {
        *ret_value = json_deep_copy(replaced);
        return 0;
    }
    if (str_equal(type, "env"))
        return load_environment(name, source, ret_value, err);
    if (str_equal(type, "vault"))
        return load_vault(name, source, access, ret_value, err);
    return load_level(source, replaced, access, ret_value, err);
}

static int load_level(const json_t *declared, const json_t *vars,
                      const struct secret_access *access, json_t **ret_values,
                      struct chaos_error *err)
{
    AUTO(json) json_t *values = json_object();
    const char *name;
    json_t *source;

    json_object_foreach (json_walkable(declared), name, source) {
        json_t *value = NULL;

        if (load_one(name, source, vars, access, &value, err) < 0)
            return -(int)err->code;
        json_object_set_new(values, name, value);
    }
    *ret_values = STEAL(values);
    return 0;
}

int secrets_load(const json_t *declared, const struct secret_access *access, json_t **ret_values,
                 struct chaos_error *err)
{
    return load_level(declared, access->vars, access, ret_values, err);
}
