// SPDX-License-Identifier: Apache-2.0
#include "cli/root.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/help.h"
#include "cli/options.h"
#include "model/versions.h"

static const char *const file_levels[] = { "debug", "info", "warning", "error", NULL };
static const char *const formats[] = { "string", "json", NULL };

#define SETTINGS_BELOW_HOME "/.chaostoolkit/settings.yaml"

enum {
    ROOT_VERSION,
    ROOT_VERBOSE,
    ROOT_NO_VERSION_CHECK,
    ROOT_CHANGE_DIR,
    ROOT_NO_LOG_FILE,
    ROOT_LOG_FILE,
    ROOT_LOG_FILE_LEVEL,
    ROOT_LOG_FORMAT,
    ROOT_SETTINGS,
    ROOT_PYTHON,
};

static const struct cli_option options[] = {
    [ROOT_VERSION] = { .name = "--version", .help = "Show the version and exit." },
    [ROOT_VERBOSE] = { .name = "--verbose", .help = "Show debug records on the console too." },
    [ROOT_NO_VERSION_CHECK] = { .name = "--no-version-check",
                                .help = "Accepted for compatibility: chaos never looks for a newer "
                                        "version of itself." },
    [ROOT_CHANGE_DIR] = { .name = "--change-dir",
                          .kind = CLI_TEXT,
                          .metavar = "DIR",
                          .help = "Go to this directory before the command starts. The log file "
                                  "stays where it is." },
    [ROOT_NO_LOG_FILE] = { .name = "--no-log-file", .help = "Write no log file." },
    [ROOT_LOG_FILE] = { .name = "--log-file",
                        .kind = CLI_TEXT,
                        .flags = CLI_SHOW_DEFAULT,
                        .metavar = "FILE",
                        .default_text = "chaostoolkit.log",
                        .help = "Append all log records to this file." },
    [ROOT_LOG_FILE_LEVEL] = { .name = "--log-file-level",
                              .kind = CLI_CHOICE,
                              .flags = CLI_SHOW_DEFAULT,
                              .default_text = "debug",
                              .choices = file_levels,
                              .help = "The least level of the records in the log file." },
    [ROOT_LOG_FORMAT] = { .name = "--log-format",
                          .kind = CLI_CHOICE,
                          .flags = CLI_SHOW_DEFAULT,
                          .default_text = "string",
                          .choices = formats,
                          .help = "How the console shows log records: as text, or one JSON object "
                                  "a line." },
    [ROOT_SETTINGS] = { .name = "--settings",
                        .kind = CLI_TEXT,
                        .flags = CLI_SHOW_DEFAULT,
                        .metavar = "FILE",
                        .default_text = "~" SETTINGS_BELOW_HOME,
                        .help = "The settings file." },
    [ROOT_PYTHON] = { .name = "--python",
                      .kind = CLI_TEXT,
                      .metavar = "PATH",
                      .help = "The Python interpreter for activities, controls and plug-ins in "
                              "Python. Without it: $CHAOS_PYTHON, then that of $VIRTUAL_ENV, then "
                              "python3 on the PATH." },
};

#define COMMAND(id) &cmd_##id,
static const struct cli_command *const commands[] = {
#include "cli/commands.list"
    NULL,
};
#undef COMMAND

const struct cli_command cmd_chaos = {
    .name = "chaos",
    .summary = "Run chaos engineering experiments",
    .doc = "Run chaos engineering experiments: check a hypothesis about a system, disturb the "
           "system, and check it again.\n\n"
           "Compatible with the Chaos Toolkit " VERSIONS_COMPATIBLE_CLI ".",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .subcommands = commands,
};

/* The default settings file is below $HOME, or else below the home directory of the user. */
static char *find_settings(const struct cli_call *root)
{
    const char *home = getenv("HOME");
    const struct passwd *user;

    if (root->options[ROOT_SETTINGS].given)
        return mem_strdup(cli_text(root, ROOT_SETTINGS));
    if (home && *home)
        return mem_printf("%s" SETTINGS_BELOW_HOME, home);
    user = getpwuid(getuid());
    return mem_printf("%s" SETTINGS_BELOW_HOME, user ? user->pw_dir : "");
}

/* Open the log, then move: the log file stays in the directory the user called from. */
static int prepare(const struct cli_call *root, const char *name, const char *settings_path,
                   struct chaos_error *err)
{
    const char *directory = cli_text(root, ROOT_CHANGE_DIR);
    bool is_verbose = cli_flag(root, ROOT_VERBOSE);
    int r;

    r = log_open(
        &(struct log_options){
            .console_level = is_verbose ? LOG_DEBUG : LOG_INFO,
            .console_format = (enum log_format)cli_choice(root, ROOT_LOG_FORMAT),
            .verbose = is_verbose,
            .file_path = cli_flag(root, ROOT_NO_LOG_FILE) ? NULL : cli_text(root, ROOT_LOG_FILE),
            .file_level = log_level_parse(cli_text(root, ROOT_LOG_FILE_LEVEL)),
        },
        err);
    if (r < 0)
        return r;
    log_debug("###############################################################################");
    log_debug("Running command '%s'", name);
    log_debug("Using settings file '%s'", settings_path);
    if (!directory)
        return 0;
    log_warning("Moving to %s", directory);
    if (chdir(directory) < 0)
        return chaos_error_set_errno(err, errno, "cannot change to the directory '%s'", directory);
    return 0;
}

static int print_page(const struct cli_call *call, int code)
{
    AUTO(buffer) struct buffer page = { 0 };

    help_page(&page, call, help_width());
    fputs(buffer_text(&page), code == CLI_DONE ? stdout : stderr);
    return code;
}

static int call_command(const struct cli_call *call, const struct cli_call *root, const char *name)
{
    struct cli_globals globals = { .verbose = cli_flag(root, ROOT_VERBOSE),
                                   .python = cli_text(root, ROOT_PYTHON) };
    AUTO(str) char *settings_path = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct cli_call ready = *call;
    int code;

    if (call->command->offline)
        return call->command->run(call);
    settings_path = find_settings(root);
    globals.settings_path = settings_path;
    ready.globals = &globals;
    if (prepare(root, name, settings_path, &err) < 0) {
        log_error("%s", chaos_error_text(&err));
        code = CLI_FAILED;
    } else if (options_check_paths(call, &err) < 0) {
        code = cli_misuse(call, "%s", chaos_error_text(&err));
    } else {
        code = call->command->run(&ready);
    }
    log_close();
    return code;
}

/* Parse the words of `command`, down to the command that runs. `name` is that of the command
 * below `chaos`, for the log. */
static int dispatch(const struct cli_command *command, const struct cli_call *parent,
                    const struct cli_call *root, const char *name, char *const *words, size_t count)
{
    AUTO(cli_call) struct cli_call call = { .command = command, .parent = parent };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const struct cli_command *next;
    size_t used = 0;

    if (!root)
        root = &call;
    if (options_parse(&call, words, count, &used, &err) < 0)
        return cli_misuse(&call, "%s", chaos_error_text(&err));
    if (call.wants_help && command->help && call.n_arguments)
        return command->help(&call);
    if (call.wants_help)
        return print_page(&call, CLI_DONE);
    if (root == &call && cli_flag(&call, ROOT_VERSION)) {
        puts("chaos, version " VERSIONS_CLI);
        return CLI_DONE;
    }
    if (!command->subcommands)
        return call_command(&call, root, name);
    if (used == count)
        return count ? cli_misuse(&call, "Missing command.") : print_page(&call, CLI_MISUSED);
    if (options_find_command(command, words[used], &next, &err) < 0)
        return cli_misuse(&call, "%s", chaos_error_text(&err));
    return dispatch(next, &call, root, name ? name : next->name, words + used + 1,
                    count - used - 1);
}

int root_run(char *const *words, size_t count)
{
    return dispatch(&cmd_chaos, NULL, NULL, NULL, words, count);
}

void cli_leave(int code)
{
    if (fflush(stdout) != 0 && code == CLI_DONE)
        code = cli_fail("cannot write to the standard output");
    log_close();
    _exit(code);
}
