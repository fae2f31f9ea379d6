/* SPDX-License-Identifier: Apache-2.0 */
/* A Python server of tests/support, run for as long as a test needs it: it prints its port first
 * and ends with its standard input. */
#pragma once

#include <sys/types.h>

struct script {
    pid_t pid;
    int input;
    int port;
};

/* `name` is the file's; `arguments` end with NULL. Aborts on failure. */
struct script script_start(const char *name, const char *const *arguments);
void script_stop(struct script *script);

/* Run a command of PATH, silenced, to its end; its exit status, -1 when there is no such command.
 * `argv` ends with NULL. */
int script_run(const char *const *argv);
