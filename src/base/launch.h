/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a program: as posix_spawn(3) does, but at a cost that does not grow with the number of
 * descriptors that this process has open. A run with a thousand programs in the background has two
 * thousand pipes, and to copy all of them for a child, and to close all of them before it becomes
 * the program, would take longer than the rest. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/auto.h"

struct launch {
    const char *path; /* is not searched for on $PATH */
    char *const *argv;
    char *const *environment;
    int out;       /* become its standard output and standard error; */
    int err;       /* both must be closed by execve(2) */
    bool no_input; /* its standard input is empty; or else inherited */
};

/* Start the program as the leader of a process group of its own, with no signal blocked, none
 * handled, and the usual ones not ignored, and with no descriptors but 0, 1 and 2. 0, or the errno
 * of what failed. May be called by any thread. */
MUST_USE int launch_program(const struct launch *launch, pid_t *ret_pid);
