// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "config.h"

#include "base/auto.h"
#include "base/clock.h"
#include "echo/log_queue.h"
#include "echo/options.h"
#include "echo/server.h"

#define LOG_LIMIT ((size_t)1024 * 1024)

enum exit_code {
    EXIT_ENDED = 0,
    EXIT_CANNOT_SERVE = 1,
    EXIT_USAGE = 2
};

/* A client must not become the log because whoever started us closed standard output. */
static void open_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR); /* NOLINT: inherited as descriptors 0 to 2 should be */
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* Each client is a descriptor. Staying with fewer is no error: clients beyond it are refused. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void arrange_signals(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigset_t taken;

    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(&taken);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    sigprocmask(SIG_BLOCK, &taken, NULL); /* before there are threads, which inherit it */
}

static int complain(const struct chaos_error *err)
{
    fprintf(stderr, "echoserver: %s\n", chaos_error_text(err));
    return err->code == CHAOS_E_INVALID ? EXIT_USAGE : EXIT_CANNOT_SERVE;
}

static int print(const char *text)
{
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0) {
        fputs("echoserver: cannot write to standard output\n", stderr);
        return EXIT_CANNOT_SERVE;
    }
    return EXIT_ENDED;
}

static int serve(const struct echo_options *options)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct log_queue *log = NULL;
    int code = EXIT_ENDED;

    raise_descriptor_limit();
    arrange_signals();
    if (log_queue_new(STDOUT_FILENO, LOG_LIMIT, &log, &err) < 0)
        return complain(&err);
    if (server_run(options, log, &err) < 0)
        code = complain(&err);
    if (!log_queue_stop(log, clock_now() + CLOCK_NS_PER_S))
        _exit(code); /* nobody reads the log: its writer would never end */
    log_queue_free(log);
    return code;
}

int main(int argc, char **argv)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct echo_options options;

    open_standard_descriptors();
    if (echo_options_parse(argc, argv, &options, &err) < 0)
        return complain(&err);
    switch (options.task) {
    case ECHO_TASK_HELP:
        return print(echo_help);
    case ECHO_TASK_VERSION:
        return print("echoserver " FRACAS_VERSION "\n");
    case ECHO_TASK_SERVE:
        break;
    }
    return serve(&options);
}
