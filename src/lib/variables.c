// SPDX-License-Identifier: Apache-2.0
#include "lib/variables.h"

#include <string.h>

#include "base/fd.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/configuration.h"
#include "value/json.h"
#include "value/pytext.h"
#include "value/yaml.h"

#define FILE_LIMIT ((size_t)64 * 1024 * 1024)

static int parse_item(const char *item, json_t *vars, struct chaos_error *err)
{
    const char *equals = strchr(item, '=');
    AUTO(str) char *name = equals ? mem_strndup(item, (size_t)(equals - item)) : NULL;
    char *colon = name ? strrchr(name, ':') : NULL;
    const char *type = NULL;
    json_t *value = NULL;

    if (!equals)
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s' must have the form name[:type]=value",
                               item);
    if (colon) {
        type = colon + 1;
        *colon = '\0';
    }
    if (configuration_convert(type, equals + 1, &value, err) < 0)
        return chaos_error_prefix(err, "variable '%s'", name);
    json_object_set_new(vars, name, value);
    return 0;
}

int variables_parse(const char *const *items, size_t count, json_t **ret_vars,
                    struct chaos_error *err)
{
    AUTO(json) json_t *vars = json_object();

    for (size_t i = 0; i < count; i++)
        if (parse_item(items[i], vars, err) < 0)
            return -(int)err->code;
    *ret_vars = STEAL(vars);
    return 0;
}

enum form {
    FORM_YAML,
    FORM_JSON,
    FORM_OTHER
};

static enum form form_of(const char *path)
{
    if (str_ends(path, ".yaml") || str_ends(path, ".yml"))
        return FORM_YAML;
    return str_ends(path, ".json") ? FORM_JSON : FORM_OTHER;
}

static int parse_document(enum form form, const struct buffer *text, json_t **ret_value,
                          struct chaos_error *err)
{
    if (form == FORM_YAML)
        return yaml_parse(buffer_text(text), text->length, ret_value, err);
    return json_parse(buffer_text(text), text->length, ret_value, err);
}

static int set_environment(const char *path, const char *text, struct chaos_error *err)
{
    int number = 0;

    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        AUTO(str) char *raw = mem_strndup(at, length);
        AUTO(str) char *line = str_trim(raw);
        char *equals = strchr(line, '=');

        number++;
        at += length + (at[length] == '\n');
        if (!*line || *line == '#')
            continue;
        if (!equals || equals == line)
            /* the line is not shown: it may be half of a secret */
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "%s, line %d must have the form NAME=value", path, number);
        *equals = '\0';
        setenv(line, equals + 1, 1);
        log_debug("Set the environment variable '%s' from '%s'", line, path);
    }
    return 0;
}

static int read_one(const char *path, json_t *configuration, json_t *secrets,
                    struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error bad = { 0 };
    AUTO(json) json_t *data = NULL;
    json_t *part;

    if (file_read(path, &text, FILE_LIMIT, &bad) < 0) {
        log_error("Cannot read the variable file '%s': %s", path, chaos_error_text(&bad));
        return 0;
    }
    if (!text.length)
        return 0;
    if (form_of(path) == FORM_OTHER)
        return set_environment(path, buffer_text(&text), err);
    if (parse_document(form_of(path), &text, &data, &bad) < 0) {
        log_error("Failed to parse variable file '%s': %s", path, chaos_error_text(&bad));
        return 0;
    }
    if (value_is_true(data) && !json_is_object(data)) {
        log_error("The variable file '%s' must be a mapping with configuration or secrets", path);
        return 0;
    }
    part = json_object_get(data, "configuration");
    if (json_is_object(part))
        json_object_update(configuration, part);
    part = json_object_get(data, "secrets");
    if (json_is_object(part))
        json_object_update(secrets, part);
    return 0;
}

int variables_read_files(const char *const *paths, size_t count, json_t *configuration,
                         json_t *secrets, struct chaos_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (read_one(paths[i], configuration, secrets, err) < 0)
            return -(int)err->code;
    return 0;
}

/* The document of a control file; NULL, with an error record, when it cannot be used. */
static json_t *parse_controls(const char *path, const struct buffer *text)
{
    enum form form = form_of(path);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *data = NULL;

    if (form == FORM_OTHER)
        log_error("The name of the control file '%s' must end with .json, .yaml or .yml", path);
    else if (parse_document(form, text, &data, &err) < 0)
        log_error("Failed to parse control file '%s': %s", path, chaos_error_text(&err));
    else if (!json_is_object(data))
        log_error("The control file '%s' must be a mapping of names to controls", path);
    else
        return STEAL(data);
    return NULL;
}

json_t *variables_read_controls(const char *path)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (file_read(path, &text, FILE_LIMIT, &err) == 0)
        return text.length ? parse_controls(path, &text) : NULL;
    log_error("Cannot read the control file '%s': %s", path, chaos_error_text(&err));
    return NULL;
}
