// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/proc.h"
#include "cli/root.h"

/* Before a run begins nothing has to be undone: say so and go, as the reference does. */
static void leave(int number)
{
    static const char text[] = "\nAborted!\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

    (void)number;
    (void)ignored;
    _exit(CLI_FAILED);
}

int main(int argc, char **argv)
{
    struct sigaction action = { .sa_handler = leave };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct sigaction inherited;
    int code;

    if (getenv("AWS_SECRET_ACCESS_KEY") || getenv("AWS_SESSION_TOKEN"))
        proc_leave_no_core(); /* a core has the environment in it */
    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    /* Whoever stops reading our output must not stop a run half-way. */
    sigaction(SIGPIPE, &ignore, NULL);
    /* A shell starts background jobs with the signal ignored: that stays so. */
    if (sigaction(SIGINT, NULL, &inherited) == 0 && inherited.sa_handler != SIG_IGN)
        sigaction(SIGINT, &action, NULL);
    code = root_run(argv + 1, argc > 0 ? (size_t)argc - 1 : 0);
    if (fflush(stdout) != 0 && code == CLI_DONE)
        code = cli_fail("cannot write to the standard output");
    return code;
}
