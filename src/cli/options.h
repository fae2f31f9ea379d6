/* SPDX-License-Identifier: Apache-2.0 */
/* The command line against the tables of command.h, in the grammar of the reference's library
 * (click): long options only, "--x v" or "--x=v", anywhere among the arguments of a command but
 * before the name of a subcommand; "--" ends options; no abbreviations; of an option given twice
 * the last counts. */
#pragma once

#include "base/str.h"
#include "cli/command.h"

/* Parse `count` words after the command's own name. Text is borrowed from `words`. For a group,
 * parsing stops at the first word that is no option: *ret_used tells how many were read. When
 * help was asked for, only the options' names were checked. -CHAOS_E_INVALID with the line to
 * show. Paths are not looked at. */
MUST_USE int options_parse(struct cli_call *call, char *const *words, size_t count,
                           size_t *ret_used, struct chaos_error *err);
/* Look whether the paths given for CLI_PATH options exist. */
MUST_USE int options_check_paths(const struct cli_call *call, struct chaos_error *err);
/* The subcommand called `name`, or -CHAOS_E_NOT_FOUND with a suggestion. */
MUST_USE int options_find_command(const struct cli_command *group, const char *name,
                                  const struct cli_command **ret_command, struct chaos_error *err);
/* The row of option `name` of the command, or NULL. "--help" has none. */
const struct cli_option *options_find(const struct cli_command *command, const char *name);
void cli_call_clear(struct cli_call *call);
AUTO_CLEAR(cli_call, struct cli_call)
