/* SPDX-License-Identifier: Apache-2.0 */
/* `chaos` itself: the options before the command, and the list of commands. */
#pragma once

#include "cli/command.h"

extern const struct cli_command cmd_chaos;

#define COMMAND(id) extern const struct cli_command cmd_##id;
#include "cli/commands.list"
#undef COMMAND

/* Run the command line `argv` of `count` words after the program's name: parse, open the log, go
 * to the directory, call the command. Returns the exit code. */
int root_run(char *const *words, size_t count);
