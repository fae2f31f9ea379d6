/* SPDX-License-Identifier: Apache-2.0 */
/* Completion of the ids of runs, and what commands about runs print alike. */
#pragma once

#include "cli/command.h"

/* Offers the ids of all runs, the newest first, with their titles. */
void run_words_complete(const struct cli_typing *typing);
/* "1.23 s", "2 min 3 s"; "-" for what is no number. Owned. */
char *run_words_duration(const json_t *seconds);
