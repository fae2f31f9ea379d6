// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/root.h"
#include "lib/environment.h"
#include "lib/notify.h"
#include "model/settings.h"
#include "value/ascii.h"

enum {
    OPTION_NO_SYSTEM_INFO,
    OPTION_NO_INSTALL,
    OPTION_DISCOVERY_PATH,
};

static const struct cli_option options[] = {
    [OPTION_NO_SYSTEM_INFO] = { .name = "--no-system-info",
                                .help = "Describe the activities only, not the system." },
    [OPTION_NO_INSTALL] = { .name = "--no-install",
                            .help = "Take the package as it is installed. Otherwise pip installs "
                                    "or upgrades it first; native extensions need no install." },
    [OPTION_DISCOVERY_PATH] = { .name = "--discovery-path",
                                .kind = CLI_TEXT,
                                .flags = CLI_SHOW_DEFAULT,
                                .metavar = "FILE",
                                .default_text = "./discovery.json",
                                .help = "Write the discovery to this file." },
};

static const struct cli_argument arguments[] = {
    { .name = "PACKAGE",
      .help = "A Python package (chaostoolkit-aws), or a native extension (chaos.net)." },
};

static int save(const char *path, const json_t *discovery, struct chaos_error *err)
{
    AUTO(str) char *text = json_text_ascii(discovery, JSON_STYLE_INDENT_2);

    return file_write_atomic(path, text, strlen(text), 0666, err);
}

struct discovering {
    const json_t *settings;
    const struct guest *guest;
    json_t *package;
};

/* compat: a failed discovery ends with 0, as in the reference. */
static int report(const struct discovering *d, const struct chaos_error *err)
{
    AUTO(str)
    char *failure =
        mem_printf("An exception was raised: DiscoveryFailed('%s')", chaos_error_text(err));

    notify_send(d->settings, d->guest,
                &(struct notify_event){
                    .name = "discovery-failed", .payload = d->package, .error = failure });
    log_critical("%s", chaos_error_text(err));
    return CLI_DONE;
}

static int discover_run(const struct cli_call *call)
{
    const char *path = cli_text(call, OPTION_DISCOVERY_PATH);
    AUTO(json) json_t *settings = settings_load(call->globals->settings_path);
    AUTO(json) json_t *package = json_string(call->arguments[0]);
    AUTO(json) json_t *discovery = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(environment)
    struct environment *environment = environment_new(call->globals->python, settings);
    struct discovering d = { settings, environment_guest(environment), package };
    struct discover_options wanted = { .package = call->arguments[0],
                                       .install = !cli_flag(call, OPTION_NO_INSTALL),
                                       .system = !cli_flag(call, OPTION_NO_SYSTEM_INFO) };

    if (!package)
        return cli_misuse(call, "Invalid value for 'PACKAGE': the name is not UTF-8.");
    notify_send(settings, d.guest,
                &(struct notify_event){ .name = "discovery-started", .payload = package });
    if (environment_discover(environment, &wanted, &discovery, &err) < 0)
        return report(&d, &err);
    if (save(path, discovery, &err) < 0) {
        log_error("%s", chaos_error_text(&err));
        return CLI_FAILED;
    }
    log_info("Discovery outcome saved in %s", path);
    notify_send(settings, d.guest,
                &(struct notify_event){ .name = "discovery-completed", .payload = discovery });
    return CLI_DONE;
}

const struct cli_command cmd_discover = {
    .name = "discover",
    .summary = "List the probes and actions of an extension",
    .doc = "Describe the probes and actions of an extension, with their arguments, in a file that "
           "`chaos init` offers them from.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .run = discover_run,
};
