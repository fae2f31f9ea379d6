// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "cli/lab.h"
#include "labctl/lab_client.h"
#include "labctl/platform_file.h"

enum {
    OPTION_NAME,
    OPTION_PORT,
    OPTION_DETACH,
};

static const struct cli_option options[] = {
    [OPTION_NAME] = { .name = "--name",
                      .kind = CLI_TEXT,
                      .metavar = "NAME",
                      .help = "The name of the lab. Without it: that of the platform, or 'lab'." },
    [OPTION_PORT] = { .name = "--port",
                      .kind = CLI_NUMBER,
                      .metavar = "N",
                      .default_text = "0",
                      .help = "The port of the API on 127.0.0.1. 0 takes any that is free." },
    [OPTION_DETACH] = { .name = "--detach",
                        .help = "Leave it running, instead of showing its events and taking it "
                                "down at Ctrl-C." },
};

static const struct cli_argument arguments[] = {
    { .name = "PLATFORM", .optional = true, .help = "A platform file: what the lab holds." },
};

static volatile sig_atomic_t was_interrupted;

static void interrupt(int number)
{
    (void)number;
    was_interrupted = 1;
}

static bool show_event(void *data, const json_t *event)
{
    (void)data;
    lab_show_event(event);
    return !was_interrupted;
}

/* Events until the lab ends, or we are told to end it. */
static int stay(const char *name)
{
    struct sigaction end = { .sa_handler = interrupt };
    AUTO(json) json_t *request = json_pack("{s:s, s:b}", "do", "events", "follow", 1);
    AUTO(chaos_error) struct chaos_error lost = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int r;

    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGHUP, &end, NULL);
    r = lab_ask_all(name, request, show_event, NULL, &lost);
    if (r < 0 && !was_interrupted)
        return cli_fail("%s", chaos_error_text(&lost));
    if (!was_interrupted) {
        puts("The lab has ended.");
        return CLI_DONE;
    }
    puts("Taking the lab down.");
    if (lab_end(name, &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    return CLI_DONE;
}

static int up_run(const struct cli_call *call)
{
    AUTO(json) json_t *platform = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *endpoint = NULL;
    struct lab_start start = { .name = cli_text(call, OPTION_NAME) };
    double port = cli_number(call, OPTION_PORT);

    if (port < 0 || port > 65535 || port != (double)(unsigned)port)
        return cli_misuse(call, "--port must be a whole number from 0 to 65535");
    start.port = (unsigned)port;
    if (!call->arguments[0])
        platform = platform_empty();
    else if (platform_file_load(call->arguments[0], &platform, &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    if (!start.name)
        start.name = json_text_of(platform, "name");
    if (!start.name)
        start.name = "lab";
    start.platform = platform;
    start.is_watched = !cli_flag(call, OPTION_DETACH);
    if (lab_start(&start, &endpoint, &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    printf("The lab '%s' is up: %s\n", start.name, endpoint);
    if (cli_flag(call, OPTION_DETACH)) {
        printf("  eval \"$(chaos lab env --name %s)\"   points AWS clients at it\n", start.name);
        return CLI_DONE;
    }
    fflush(stdout);
    return stay(start.name);
}

const struct cli_command lab_up = {
    .name = "up",
    .offline = true,
    .summary = "Start a lab",
    .doc = "Start a lab, with what the platform file says in it, and show what happens there. "
           "Ctrl-C takes it down.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .run = up_run,
};
