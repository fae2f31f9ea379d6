// SPDX-License-Identifier: Apache-2.0
// The rules that a row must keep before anything trusts it.
#include <ctype.h>
#include <string.h>

#include "lib/extensions.h"
#include "providers/native.h"
#include "value/json.h"

/* A Python identifier in ASCII: rows and Python functions share one name space. */
static bool is_name(const char *name)
{
    if (!name || !(isalpha((unsigned char)*name) || *name == '_'))
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return !*name;
}

/* Names with dots between them. */
static bool is_module(const char *module)
{
    bool start = true;

    if (!module || !*module)
        return false;
    for (; *module; module++) {
        bool first = isalpha((unsigned char)*module) || *module == '_';

        if (start ? !first : !(first || isdigit((unsigned char)*module) || *module == '.'))
            return false;
        start = *module == '.';
    }
    return !start;
}

static bool is_line(const char *text)
{
    return text && *text && !strchr(text, '\n');
}

static int check_default(const struct chaos_param *param, struct chaos_error *err)
{
    AUTO(json) json_t *value = NULL;
    AUTO(chaos_error) struct chaos_error why = { 0 };

    if (!param->default_json)
        return 0;
    if (param->required)
        return chaos_error_set(err, CHAOS_E_INVALID, "is required and has a default");
    if (json_parse(param->default_json, strlen(param->default_json), &value, &why) < 0)
        return chaos_error_set(err, CHAOS_E_INVALID, "has a default that is not JSON: %s",
                               chaos_error_text(&why));
    if (!native_has_type(value, param->type))
        return chaos_error_set(err, CHAOS_E_INVALID, "has a default of another type");
    return 0;
}

static int check_param(const struct chaos_function *function, size_t index, struct chaos_error *err)
{
    const struct chaos_param *param = &function->params[index];
    int r;

    if (!is_name(param->name))
        return chaos_error_set(err, CHAOS_E_INVALID, "parameter %zu has no proper name", index + 1);
    for (size_t i = 0; i < index; i++)
        if (strcmp(function->params[i].name, param->name) == 0)
            return chaos_error_set(err, CHAOS_E_INVALID, "parameter '%s' is there twice",
                                   param->name);
    if ((unsigned)param->type > CHAOS_MAPPING)
        return chaos_error_set(err, CHAOS_E_INVALID, "parameter '%s' has an unknown type",
                               param->name);
    if (!is_line(param->doc))
        return chaos_error_set(err, CHAOS_E_INVALID, "parameter '%s' has no line of doc",
                               param->name);
    if (param->min > param->max)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "parameter '%s' has its minimum above its maximum", param->name);
    r = check_default(param, err);
    return r < 0 ? chaos_error_prefix(err, "parameter '%s'", param->name) : 0;
}

static int check_function(const struct chaos_function *function, struct chaos_error *err)
{
    if (function->kind != CHAOS_PROBE && function->kind != CHAOS_ACTION)
        return chaos_error_set(err, CHAOS_E_INVALID, "is neither a probe nor an action");
    if (!is_line(function->summary))
        return chaos_error_set(err, CHAOS_E_INVALID, "has no line of summary");
    if (!function->run)
        return chaos_error_set(err, CHAOS_E_INVALID, "has nothing to run");
    if ((unsigned)function->result > CHAOS_MAPPING)
        return chaos_error_set(err, CHAOS_E_INVALID, "has a result of an unknown type");
    if (function->n_params && !function->params)
        return chaos_error_set(err, CHAOS_E_INVALID, "has no parameters where it counts %zu",
                               function->n_params);
    for (size_t i = 0; i < function->n_params; i++) {
        int r = check_param(function, i, err);

        if (r < 0)
            return r;
    }
    return 0;
}

static int check_rows(const struct chaos_extension *extension, struct chaos_error *err)
{
    for (size_t i = 0; i < extension->n_functions; i++) {
        const struct chaos_function *function = &extension->functions[i];
        int r;

        if (!is_name(function->name))
            return chaos_error_set(err, CHAOS_E_INVALID, "function %zu has no proper name", i + 1);
        for (size_t j = 0; j < i; j++)
            if (strcmp(extension->functions[j].name, function->name) == 0)
                return chaos_error_set(err, CHAOS_E_INVALID, "function '%s' is there twice",
                                       function->name);
        r = check_function(function, err);
        if (r < 0)
            return chaos_error_prefix(err, "function '%s'", function->name);
    }
    return 0;
}

int extension_check(const struct chaos_extension *extension, struct chaos_error *err)
{
    int r;

    if (extension->abi != CHAOS_EXTENSION_ABI)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                               "built for ABI %d of chaos/extension.h, this chaos has %d: build it "
                               "again with the header of this chaos",
                               extension->abi, CHAOS_EXTENSION_ABI);
    if (!is_module(extension->module))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "its module is not a name such as \"team.probes\"");
    if (!extension->n_functions || !extension->functions)
        return chaos_error_set(err, CHAOS_E_INVALID, "module '%s' has no function",
                               extension->module);
    r = check_rows(extension, err);
    return r < 0 ? chaos_error_prefix(err, "module '%s'", extension->module) : 0;
}
