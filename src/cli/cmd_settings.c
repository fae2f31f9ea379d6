// SPDX-License-Identifier: Apache-2.0
/* Reading and changing the settings file. What is not there is no error record, since scripts
 * read the console; a note tells, and the exit code. */
#include <string.h>

#include "base/log.h"
#include "cli/root.h"
#include "model/settings.h"
#include "value/ascii.h"
#include "value/pytext.h"
#include "value/yaml.h"

enum format {
    FORMAT_JSON,
    FORMAT_YAML,
    FORMAT_STRING,
};

static const char *const show_formats[] = {
    [FORMAT_JSON] = "json",
    [FORMAT_YAML] = "yaml",
    NULL,
};
static const char *const get_formats[] = {
    [FORMAT_JSON] = "json",
    [FORMAT_YAML] = "yaml",
    [FORMAT_STRING] = "string",
    NULL,
};

enum {
    OPTION_FORMAT,
};

static const struct cli_option show_options[] = {
    [OPTION_FORMAT] = { .name = "--format",
                        .kind = CLI_CHOICE,
                        .flags = CLI_SHOW_DEFAULT,
                        .default_text = "yaml",
                        .choices = show_formats,
                        .help = "How to write them." },
};
static const struct cli_option get_options[] = {
    [OPTION_FORMAT] = { .name = "--format",
                        .kind = CLI_CHOICE,
                        .flags = CLI_SHOW_DEFAULT,
                        .default_text = "yaml",
                        .choices = get_formats,
                        .help = "How to write it; string is for shells: text without quotes." },
};

#define KEY_HELP                                                                                   \
    "Where it is, with dots: auths.example\\.com.type (a dot within a name is escaped), "          \
    "notifications[0].url."

enum {
    ARGUMENT_KEY,
    ARGUMENT_VALUE,
};

static const struct cli_argument arguments[] = {
    [ARGUMENT_KEY] = { .name = "KEY", .help = KEY_HELP },
    [ARGUMENT_VALUE] = { .name = "VALUE", .help = "The new value as JSON: 1, true, '\"text\"'." },
};

static void print_value(const json_t *value, enum format format)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(str) char *json = NULL;

    switch (format) {
    case FORMAT_JSON:
        json = json_text_ascii(value, JSON_STYLE_INDENT_2);
        buffer_add_text(&text, json);
        break;
    case FORMAT_YAML:
        yaml_write(&text, value, &(struct yaml_style){ .indent = 2, .sort_keys = true });
        break;
    case FORMAT_STRING:
        pytext_str(&text, value);
        break;
    }
    puts(buffer_text(&text));
}

/* The settings of the file, or NULL after a note that there is none. */
static json_t *load(const struct cli_call *call)
{
    const char *path = call->globals->settings_path;
    json_t *settings = settings_load(path);

    if (!settings)
        log_warning("note: no settings file at '%s'", path);
    return settings;
}

/* The place that KEY names; false after a note that there is none. */
static bool locate(const struct cli_call *call, json_t *settings, struct settings_place *ret_place)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (settings_locate(settings, call->arguments[ARGUMENT_KEY], ret_place, &err) == 0)
        return true;
    log_warning("note: %s", chaos_error_text(&err));
    return false;
}

static int save(const struct cli_call *call, const json_t *settings)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (settings_save(call->globals->settings_path, settings, &err) == 0)
        return CLI_DONE;
    log_error("%s", chaos_error_text(&err));
    return CLI_FAILED;
}

static int show_run(const struct cli_call *call)
{
    AUTO(json) json_t *settings = load(call);

    if (!settings)
        return CLI_FAILED;
    print_value(settings, (enum format)cli_choice(call, OPTION_FORMAT));
    return CLI_DONE;
}

static int get_run(const struct cli_call *call)
{
    AUTO(json) json_t *settings = load(call);
    AUTO(settings_place) struct settings_place place = { 0 };

    if (!settings || !locate(call, settings, &place))
        return CLI_FAILED;
    print_value(place.value, (enum format)cli_choice(call, OPTION_FORMAT));
    return CLI_DONE;
}

static int set_run(const struct cli_call *call)
{
    const char *text = call->arguments[ARGUMENT_VALUE];
    AUTO(json) json_t *settings = load(call);
    AUTO(json) json_t *value = NULL;
    AUTO(settings_place) struct settings_place place = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!settings || !locate(call, settings, &place))
        return CLI_FAILED;
    if (json_parse(text, strlen(text), &value, &err) < 0) {
        log_error("the value '%s' is not JSON (text needs double quotes): %s", text,
                  chaos_error_text(&err));
        return CLI_FAILED;
    }
    if (place.key)
        json_object_set(place.parent, place.key, value);
    else
        json_array_set(place.parent, place.index, value);
    return save(call, settings);
}

static int remove_run(const struct cli_call *call)
{
    AUTO(json) json_t *settings = load(call);
    AUTO(settings_place) struct settings_place place = { 0 };

    if (!settings || !locate(call, settings, &place))
        return CLI_FAILED;
    if (place.key)
        json_object_del(place.parent, place.key);
    else
        json_array_remove(place.parent, place.index);
    return save(call, settings);
}

static const struct cli_command settings_get = {
    .name = "get",
    .summary = "Print one value of the settings",
    .options = get_options,
    .n_options = ARRAY_SIZE(get_options),
    .arguments = arguments,
    .n_arguments = 1,
    .run = get_run,
};

static const struct cli_command settings_remove = {
    .name = "remove",
    .summary = "Remove one key of the settings and all below it",
    .arguments = arguments,
    .n_arguments = 1,
    .run = remove_run,
};

static const struct cli_command settings_set = {
    .name = "set",
    .summary = "Replace one value of the settings",
    .doc = "Replace one value of the settings. The key must be there already, and the comments of "
           "the file are lost.",
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .run = set_run,
};

static const struct cli_command settings_show = {
    .name = "show",
    .summary = "Print all settings, secrets included",
    .options = show_options,
    .n_options = ARRAY_SIZE(show_options),
    .run = show_run,
};

static const struct cli_command *const subcommands[] = { &settings_get, &settings_remove,
                                                         &settings_set, &settings_show, NULL };

const struct cli_command cmd_settings = {
    .name = "settings",
    .summary = "Read and change the settings file",
    .subcommands = subcommands,
};
