/* SPDX-License-Identifier: Apache-2.0 */
/* The process of a Python worker: its birth, and how its death reads. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/auto.h"

struct worker_process {
    pid_t pid;
    int pidfd;  /* readable once it has died; -1 where the kernel (or valgrind) has none */
    int socket; /* our end; non-blocking */
    int errors; /* what it writes to stderr until it says hello */
};

/* Start argv with the number of its socket and of our real stderr as last arguments. The kernel
 * kills it when the calling thread ends (PR_SET_PDEATHSIG, prctl(2)), so call it in a thread that
 * lasts as long as the worker. */
MUST_USE int worker_process_start(const char *const *argv, bool stdout_to_stderr,
                                  struct worker_process *ret_process, struct chaos_error *err);
/* Whether it has died; for where there is no pidfd to wait on. */
bool worker_process_is_over(const struct worker_process *process);
/* Wait for a dead one to be gone; returns its wait status. */
int worker_process_reap(struct worker_process *process);
void worker_process_clear(struct worker_process *process);
/* "killed by SIGSEGV", "exited with status 3"; owned. */
char *worker_process_death(int status);
