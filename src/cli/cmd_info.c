// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/root.h"
#include "cli/style.h"
#include "lib/environment.h"
#include "model/versions.h"

#define FILE_MAX       (16u << 20)
#define SUMMARY_LENGTH 50

enum target {
    TARGET_CORE,
    TARGET_SETTINGS,
    TARGET_EXTENSIONS,
};

static const char *const targets[] = {
    [TARGET_CORE] = "core",
    [TARGET_SETTINGS] = "settings",
    [TARGET_EXTENSIONS] = "extensions",
    NULL,
};

static const struct cli_argument arguments[] = {
    { .name = "TARGET", .choices = targets, .help = "What to show." },
};

/* The widths of the columns are those of the reference: scripts cut by them. */
static int show_core(void)
{
    printf("%s%-20s%-10s%s\n", style_on(STYLE_HEADING), "NAME", "VERSION", style_on(STYLE_PLAIN));
    printf("%-20s%-10s\n", "CLI", VERSIONS_CLI);
    printf("%-20s%-10s\n", "Core library", VERSIONS_LIB);
    return CLI_DONE;
}

static const char *text_or(const json_t *entry, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(entry, key));

    return text ? text : otherwise;
}

/* Bytes of the first `count` characters of `text`. */
static int prefix_bytes(const char *text, size_t count)
{
    size_t bytes = 0;

    for (; text[bytes]; bytes++)
        if ((text[bytes] & 0xc0) != 0x80 && count-- == 0)
            break;
    return (int)bytes;
}

static int show_extensions(const struct cli_call *call)
{
    static const char redundant[] = "Chaos Toolkit Extension for ";
    AUTO(environment)
    struct environment *environment = environment_new(call->globals->python, NULL);
    AUTO(json) json_t *extensions = environment_extensions(environment);
    const json_t *entry;
    size_t i;

    printf("%s%-40s%-10s%-30s%-50s%s\n", style_on(STYLE_HEADING), "NAME", "VERSION", "LICENSE",
           "DESCRIPTION", style_on(STYLE_PLAIN));
    json_array_foreach (extensions, i, entry) {
        const char *summary = text_or(entry, "summary", "");
        const char *cut = strstr(summary, redundant);
        AUTO(buffer) struct buffer shown = { 0 };

        buffer_add(&shown, summary, cut ? (size_t)(cut - summary) : strlen(summary));
        if (cut)
            buffer_add_text(&shown, cut + strlen(redundant));
        summary = buffer_text(&shown);
        printf("%-40s%-10s%-30s%.*s\n", text_or(entry, "name", ""), text_or(entry, "version", ""),
               text_or(entry, "license", "Unknown"), prefix_bytes(summary, SUMMARY_LENGTH),
               summary);
    }
    return CLI_DONE;
}

static int show_settings(const struct cli_call *call)
{
    const char *path = call->globals->settings_path;
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (access(path, F_OK) < 0 && errno == ENOENT) {
        printf("No settings file found at %s\n", path);
        return CLI_DONE;
    }
    if (file_read(path, &text, FILE_MAX, &err) < 0) {
        log_error("%s", chaos_error_text(&err));
        return CLI_FAILED;
    }
    fwrite(buffer_text(&text), 1, text.length, stdout);
    putchar('\n');
    return CLI_DONE;
}

static int info_run(const struct cli_call *call)
{
    if (str_equal(call->arguments[0], targets[TARGET_CORE]))
        return show_core();
    if (str_equal(call->arguments[0], targets[TARGET_SETTINGS]))
        return show_settings(call);
    return show_extensions(call);
}

const struct cli_command cmd_info = {
    .name = "info",
    .summary = "Show versions, extensions or the settings",
    .doc = "Show something about this installation.\n\n"
           "core: the version of chaos, and of the Chaos Toolkit it is compatible with.\n\n"
           "extensions: the extensions that are built in or installed, native and in Python.\n\n"
           "settings: the settings file as it is, secrets included.",
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .run = info_run,
};
