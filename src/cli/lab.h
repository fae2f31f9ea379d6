/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands of `chaos lab` share. */
#pragma once

#include "cli/command.h"

extern const struct cli_command lab_down;
extern const struct cli_command lab_env;
extern const struct cli_command lab_events;
extern const struct cli_command lab_exec;
extern const struct cli_command lab_fail;
extern const struct cli_command lab_logs;
extern const struct cli_command lab_mend;
extern const struct cli_command lab_restore;
extern const struct cli_command lab_snapshot;
extern const struct cli_command lab_status;
extern const struct cli_command lab_up;

/* The option that all have. */
#define LAB_NAME_OPTION                                                                            \
    {                                                                                              \
        .name = "--name", .kind = CLI_TEXT, .metavar = "NAME",                                     \
        .help = "The name of the lab. Without it: the only one that is up, or 'lab'."              \
    }

/* Whether a variable would lead AWS clients away from the lab, or to other keys than the lab's. */
bool lab_is_foreign(const char *name);
/* Ask the lab for one thing that is answered with one line; CLI_DONE, or what cli_fail() gave.
 * Takes `request`. */
int lab_request(const char *name, json_t *request, json_t **ret_line);
/* One event of a lab as a line for people on stdout. */
void lab_show_event(const json_t *event);
