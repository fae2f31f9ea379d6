/* SPDX-License-Identifier: Apache-2.0 */
/* Running a child process with its output captured, in a process group of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/str.h"

struct proc_result {
    int status;        /* exit code, or the negative number of the signal that ended it */
    struct buffer out; /* standard output */
    struct buffer err; /* standard error */
};

void proc_result_clear(struct proc_result *result);
AUTO_CLEAR(proc_result, struct proc_result)

/* What bounds a run. */
struct proc_bounds {
    int64_t deadline;            /* monotonic; CLOCK_NEVER: none */
    size_t limit;                /* of each output, in bytes */
    const struct cancel *cancel; /* NULL: none */
    const char *mark;            /* NULL, or "NAME=value" to add to the child's environment */
};

/* Run `path` with `argv` (NULL-terminated, argv[0] included) and the environment of this process,
 * and wait until it and everything that holds its output open has ended. The child leads a new
 * process group; after the deadline (-CHAOS_E_TIMEOUT), on `cancel` (-CHAOS_E_CANCELLED), or when
 * one of the outputs grows beyond `limit` bytes (-CHAOS_E_LIMIT), the whole group is killed and
 * reaped. Standard input is inherited, but for a terminal, from which a process in the background
 * could not read: then it is empty. */
MUST_USE int proc_run(const char *path, char *const *argv, const struct proc_bounds *bounds,
                      struct proc_result *result, struct chaos_error *err);

/* From now on this process leaves no core, whichever signal ends it, and other processes of its
 * user cannot look into its memory: for who comes to hold secrets. What it executes is as usual. */
void proc_leave_no_core(void);

/* Where `name` would be run from: itself when it has a '/', else the first match on $PATH (or the
 * system's default path), as an owned string. NULL when there is none that may be executed. */
char *proc_which(const char *name);
/* `path` with a leading ~ or ~user replaced by the home directory; owned. */
char *proc_expand_home(const char *path);
