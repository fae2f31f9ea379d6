// SPDX-License-Identifier: Apache-2.0
// A command in the lab, on this terminal.
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "cli/lab.h"
#include "labctl/lab_client.h"

enum {
    OPTION_NAME,
    OPTION_ON,
};

static const struct cli_option options[] = {
    [OPTION_NAME] = LAB_NAME_OPTION,
    [OPTION_ON] = { .name = "--on",
                    .kind = CLI_TEXT,
                    .metavar = "WHERE",
                    .default_text = "client",
                    .flags = CLI_SHOW_DEFAULT,
                    .help = "An instance (id, private address, Name or State tag), or client: the "
                            "lab's own user, with this machine's files." },
};

static const struct cli_argument arguments[] = {
    { .name = "CMD", .variadic = true, .help = "The command and its arguments, after --." },
};

bool lab_is_foreign(const char *name)
{
    return str_starts(name, "AWS_ENDPOINT_URL") || strcmp(name, "AWS_PROFILE") == 0 ||
           strcmp(name, "AWS_SESSION_TOKEN") == 0;
}

static bool is_overridden(const char *variable, const json_t *lab)
{
    AUTO(str) char *name = mem_strndup(variable, strcspn(variable, "="));

    return json_object_get(lab, name) || strcmp(name, "PATH") == 0 || lab_is_foreign(name);
}

/* PATH with the folder of this program first: `chaos` in the lab is this one. */
static char *path_here(void)
{
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
    const char *path = getenv("PATH");

    own[n > 0 ? n : 0] = '\0';
    return mem_printf("PATH=%s:%s", dirname(own), path ? path : "/usr/bin:/bin");
}

/* The address of the API inside of the lab. */
#define LAB_ENDPOINT "AWS_ENDPOINT_URL=http://198.51.100.1"

/* At the client: this environment, pointed at the lab. */
static json_t *client_environment(const json_t *lab)
{
    json_t *list = json_array();
    AUTO(str) char *path = path_here();
    const char *name;
    json_t *value;

    for (char **variable = environ; *variable; variable++) {
        json_t *text = is_overridden(*variable, lab) ? NULL : json_string(*variable);

        if (text)
            json_array_append_new(list, text);
    }
    json_array_append_new(list, json_string(path));
    json_object_foreach (json_walkable(lab), name, value) {
        AUTO(str) char *text = mem_printf("%s=%s", name, json_string_value(value));

        if (strcmp(name, "AWS_ENDPOINT_URL") != 0)
            json_array_append_new(list, json_string(text));
    }
    json_array_append_new(list, json_string(LAB_ENDPOINT));
    return list;
}

static json_t *machine_environment(void)
{
    const char *terminal = getenv("TERM");
    AUTO(str) char *text = mem_printf("TERM=%s", terminal ? terminal : "dumb");

    return json_pack("[s]", text);
}

static json_t *make_request(const struct cli_call *call, const char *where, const json_t *lab)
{
    bool is_client = strcmp(where, "client") == 0;
    json_t *argv = json_array();
    char *cwd = is_client ? getcwd(NULL, 0) : NULL;
    json_t *request;

    for (size_t i = 0; i < call->n_arguments; i++)
        json_array_append_new(argv, json_string(call->arguments[i]));
    request =
        json_pack("{s:s, s:s, s:o, s:o, s:s*}", "do", "exec", "on", where, "argv", argv, "env",
                  is_client ? client_environment(lab) : machine_environment(), "cwd", cwd);
    free(cwd);
    return request;
}

static void pass_signal(int signals, int fd)
{
    struct signalfd_siginfo info;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *line = NULL;

    if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    line = json_pack("{s:i}", "signal", (int)info.ssi_signo);
    (void)!lab_send(fd, line, LAB_NO_FDS, &err);
}

/* Until the command ends; signals go to it. */
static int wait_for_end(int fd, int signals)
{
    AUTO(buffer) struct buffer rest = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    for (;;) {
        struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
                                 { .fd = signals, .events = POLLIN } };
        AUTO(json) json_t *line = NULL;

        if (!(rest.length && memchr(rest.data, '\n', rest.length)) && poll(fds, 2, -1) < 0 &&
            errno != EINTR)
            return cli_fail("cannot wait for the command");
        if (fds[1].revents)
            pass_signal(signals, fd);
        if (!(rest.length && memchr(rest.data, '\n', rest.length)) && !fds[0].revents)
            continue;
        if (lab_receive(fd, &rest, &line, &err) < 0)
            return cli_fail("%s", chaos_error_text(&err));
        if (!line)
            return cli_fail("the lab ended before the command did");
        if (json_object_get(line, "exit"))
            return (int)json_integer_value(json_object_get(line, "exit"));
    }
}

static int exec_run(const struct cli_call *call)
{
    const char *name = cli_text(call, OPTION_NAME);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *lab = NULL;
    AUTO(json) json_t *request = NULL;
    AUTO(fd) int fd = -1;
    AUTO(fd) int signals = -1;
    sigset_t passed;

    if (call->n_arguments == 0)
        return cli_misuse(call, "say what is to be run: chaos lab exec -- CMD ...");
    if (lab_request(name, json_pack("{s:s}", "do", "env"), &lab) != CLI_DONE)
        return CLI_FAILED;
    request = make_request(call, cli_text(call, OPTION_ON), lab);
    sigemptyset(&passed);
    sigaddset(&passed, SIGINT);
    sigaddset(&passed, SIGTERM);
    sigaddset(&passed, SIGHUP);
    sigaddset(&passed, SIGQUIT);
    sigaddset(&passed, SIGUSR1);
    sigaddset(&passed, SIGUSR2);
    sigprocmask(SIG_BLOCK, &passed, NULL);
    signals = signalfd(-1, &passed, SFD_CLOEXEC);
    if (!request)
        return cli_fail("the command, its environment and its folder must be UTF-8 text");
    if (lab_connect(name, &fd, &err) < 0 || lab_send(fd, request, LAB_STANDARD_FDS, &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    return wait_for_end(fd, signals);
}

const struct cli_command lab_exec = {
    .name = "exec",
    .offline = true,
    .summary = "Run a command in a lab",
    .doc = "Run a command in an instance, or at the client: there it sees this machine's files, "
           "the lab's network only, and an environment in which AWS clients find the lab. Its "
           "exit status is that of this command.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .run = exec_run,
};
