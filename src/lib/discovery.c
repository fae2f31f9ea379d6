// SPDX-License-Identifier: Apache-2.0
#include "lib/discovery.h"

#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/versions.h"
#include "value/json.h"

/* The reference's portable names of types. */
static const char *const type_names[] = {
    [CHAOS_ANY] = "object",      [CHAOS_STRING] = "string",   [CHAOS_INTEGER] = "integer",
    [CHAOS_NUMBER] = "number",   [CHAOS_BOOLEAN] = "boolean", [CHAOS_LIST] = "list",
    [CHAOS_MAPPING] = "mapping",
};

static json_t *describe_parameter(const struct chaos_param *param)
{
    json_t *argument = json_pack("{s:s}", "name", param->name);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (!param->required) {
        if (!param->default_json ||
            json_parse(param->default_json, strlen(param->default_json), &value, &err) < 0)
            value = json_null();
        json_object_set_new(argument, "default", value);
    }
    json_object_set_new(argument, "type", json_string(type_names[param->type]));
    return argument;
}

static json_t *describe_function(const struct extension_row *row)
{
    const struct chaos_function *function = row->function;
    AUTO(str)
    char *doc = function->doc ? mem_printf("%s\n\n%s", function->summary, function->doc)
                              : mem_strdup(function->summary);
    json_t *arguments = json_array();

    for (size_t i = 0; i < function->n_params; i++)
        json_array_append_new(arguments, describe_parameter(&function->params[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "type",
                     function->kind == CHAOS_PROBE ? "probe" : "action", "name", function->name,
                     "mod", row->extension->module, "doc", doc, "arguments", arguments,
                     "return_type", type_names[function->result]);
}

static json_t *describe_platform(void)
{
    struct utsname names = { 0 };

    (void)uname(&names);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "system", names.sysname, "node",
                     names.nodename, "release", names.release, "version", names.version, "machine",
                     names.machine, "proc", "", "python", "");
}

/* A version 4 UUID, RFC 9562 section 5.4. */
static json_t *new_id(void)
{
    unsigned char b[16] = { 0 };
    AUTO(buffer) struct buffer text = { 0 };

    (void)!getrandom(b, sizeof(b), 0);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof(b); i++)
        buffer_printf(&text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", b[i]);
    return json_string(buffer_text(&text));
}

static bool belongs(const char *module, const char *name)
{
    size_t length = strlen(name);

    return str_starts(module, name) && (!module[length] || module[length] == '.');
}

json_t *discovery_native(struct extensions *extensions, const char *name)
{
    const struct chaos_extension *extension = NULL;
    AUTO(json) json_t *activities = json_array();
    char date[CLOCK_ISO_SIZE];
    size_t count;
    const struct extension_row *rows = extensions_rows(extensions, &count);

    for (size_t i = 0; i < count; i++) {
        if (!belongs(rows[i].extension->module, name))
            continue;
        extension = rows[i].extension;
        json_array_append_new(activities, describe_function(&rows[i]));
    }
    if (!extension)
        return NULL;
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:{s:s, s:s}, s:O, s:n}", "chaoslib_version",
                     VERSIONS_LIB, "id", new_id(), "target", name, "date",
                     clock_iso(clock_wall(), date), "platform", describe_platform(), "extension",
                     "name", name, "version", extension->version, "activities", activities,
                     "system");
}

#define EXTENSION(id) &(id),
static const struct chaos_extension *const built_in[] = {
#include "lib/extensions.list"
};
#undef EXTENSION

/* The rows do not say their licence: that of the built-in ones is ours, others are not known. */
static const char *licence_of(const struct chaos_extension *extension)
{
    for (size_t i = 0; i < ARRAY_SIZE(built_in); i++)
        if (built_in[i] == extension)
            return "Apache-2.0";
    return NULL;
}

json_t *discovery_modules(struct extensions *extensions)
{
    const struct chaos_extension *last = NULL;
    json_t *modules = json_array();
    size_t count;
    const struct extension_row *rows = extensions_rows(extensions, &count);

    for (size_t i = 0; i < count; i++) {
        if (rows[i].extension == last)
            continue;
        last = rows[i].extension;
        json_array_append_new(modules, json_pack("{s:s, s:s, s:s?, s:s}", "name", last->module,
                                                 "version", last->version, "license",
                                                 licence_of(last), "summary", last->summary));
    }
    return modules;
}
