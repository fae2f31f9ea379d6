// SPDX-License-Identifier: Apache-2.0
#include "lib/environment.h"

#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "lib/extensions.h"
#include "model/versions.h"
#include "providers/native.h"
#include "providers/python.h"
#include "value/json.h"

static void add_native(struct extensions *extensions, json_t *list)
{
    size_t count;
    const struct extension_row *rows = extensions_rows(extensions, &count);
    const struct chaos_extension *last = NULL;

    for (size_t i = 0; i < count; i++) {
        if (rows[i].extension == last)
            continue;
        last = rows[i].extension;
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", last->module,
                                              "version", last->version, "license", "native",
                                              "summary", last->summary));
    }
}

int environment_extensions(const char *python, json_t **ret_extensions, struct chaos_error *err)
{
    AUTO(python) struct python *guest = python_new(&(struct python_options){
        .interpreter = python,
    });
    AUTO(extensions) struct extensions *extensions = extensions_new(NULL);
    AUTO(json) json_t *list = NULL;
    AUTO(chaos_error) struct chaos_error missing = { 0 };

    (void)err;
    if (python_extensions(guest, NULL, &list, &missing) < 0) {
        log_debug("Extensions in Python are not listed: %s", chaos_error_text(&missing));
        list = json_array();
    }
    add_native(extensions, list);
    *ret_extensions = STEAL(list);
    return 0;
}

static const char *type_name(enum chaos_type type)
{
    switch (type) {
    case CHAOS_STRING:
        return "string";
    case CHAOS_INTEGER:
        return "integer";
    case CHAOS_NUMBER:
        return "number";
    case CHAOS_BOOLEAN:
        return "boolean";
    case CHAOS_LIST:
        return "list";
    case CHAOS_MAPPING:
        return "mapping";
    case CHAOS_ANY:
        break;
    }
    return "object";
}

static json_t *describe_parameter(const struct chaos_param *param)
{
    json_t *described =
        json_pack("{s:s, s:s}", "name", param->name, "type", type_name(param->type));
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (param->required)
        return described;
    if (!param->default_json ||
        json_parse(param->default_json, strlen(param->default_json), &value, &err) < 0)
        value = json_null();
    json_object_set_new(described, "default", value);
    return described;
}

static json_t *describe_function(const struct extension_row *row)
{
    const struct chaos_function *function = row->function;
    json_t *arguments = json_array();
    AUTO(str) char *doc = function->doc
                              ? mem_printf("%s.\n\n%s", function->summary, function->doc)
                              : mem_printf("%s.", function->summary);

    for (size_t i = 0; i < function->n_params; i++)
        json_array_append_new(arguments, describe_parameter(&function->params[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "type",
                     function->kind == CHAOS_PROBE ? "probe" : "action", "name", function->name,
                     "mod", row->extension->module, "doc", doc, "arguments", arguments,
                     "return_type", type_name(function->result));
}

static char *make_id(void)
{
    unsigned char b[16] = { 0 };

    (void)!getrandom(b, sizeof(b), GRND_NONBLOCK);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* version 4, RFC 9562 section 5.4 */
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    return mem_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                      b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
                      b[13], b[14], b[15]);
}

static json_t *describe_platform(void)
{
    struct utsname name = { 0 };

    uname(&name);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:n}", "system", name.sysname, "node",
                     name.nodename, "release", name.release, "version", name.version, "machine",
                     name.machine, "proc", "", "python");
}

/* Whether `module` is the package, or a module below it. */
static bool belongs_to(const char *module, const char *package)
{
    size_t length = strlen(package);

    return strncmp(module, package, length) == 0 &&
           (module[length] == '\0' || module[length] == '.');
}

/* The discovery of a native package, or NULL when no module has that name. */
static json_t *discover_native(const char *package)
{
    AUTO(extensions) struct extensions *extensions = extensions_new(NULL);
    size_t count;
    const struct extension_row *rows = extensions_rows(extensions, &count);
    AUTO(json) json_t *activities = json_array();
    const char *version = NULL;
    char date[CLOCK_ISO_SIZE];
    AUTO(str) char *id = make_id();

    for (size_t i = 0; i < count; i++) {
        if (!belongs_to(rows[i].extension->module, package))
            continue;
        version = rows[i].extension->version;
        json_array_append_new(activities, describe_function(&rows[i]));
    }
    if (!version)
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:s, s:s}, s:O, s:n}", "chaoslib_version",
                     VERSIONS_LIB, "id", id, "target", package, "date",
                     clock_iso(clock_wall(), date), "platform", describe_platform(), "extension",
                     "name", package, "version", version, "activities", activities, "system");
}

int environment_discover(const struct discover_options *options, json_t **ret_discovery,
                         struct chaos_error *err)
{
    AUTO(python) struct python *guest = NULL;
    json_t *native = discover_native(options->package);

    if (native) {
        *ret_discovery = native;
        return 0;
    }
    guest = python_new(&(struct python_options){ .interpreter = options->python });
    return python_discover(guest,
                           &(struct python_discovery){ .package = options->package,
                                                       .install = options->install,
                                                       .system = options->system },
                           ret_discovery, err);
}
