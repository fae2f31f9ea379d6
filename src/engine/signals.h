/* SPDX-License-Identifier: Apache-2.0 */
/* The run in progress, as signals and the guest reach it: INT, TERM, USR1 and USR2 raise its
 * foreground cancel. One of the two mutable globals of Fracas lives here. */
#pragma once

#include <signal.h>

#include "engine/stop.h"

#define SIGNALS_COUNT 4

struct run;

struct signals {
    struct sigaction old[SIGNALS_COUNT];
};

/* Let the four signals raise `cancel` of `run` from now on. One run at a time. */
void signals_take(struct signals *signals, struct run *run, struct cancel *cancel);
/* Put the dispositions back. */
void signals_give_back(struct signals *signals);
/* The run that has the signals, or NULL. */
struct run *signals_run(void);
/* The name of the first SIGINT or SIGTERM since signals_take(), or NULL. */
const char *signals_first(void);
