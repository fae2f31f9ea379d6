/* SPDX-License-Identifier: Apache-2.0 */
/* The run in progress, as signals and the guest reach it: INT, TERM, HUP, QUIT, USR1 and USR2 raise
 * its foreground cancel. One of the two mutable globals of Fracas lives here. */
#pragma once

#include <signal.h>

#include "engine/stop.h"

#define SIGNALS_COUNT 6

struct run;

struct signals {
    struct sigaction old[SIGNALS_COUNT];
    struct sigaction old_pipe;
};

/* Let the signals raise `cancel` of `run` from now on. One run at a time. SIGHUP and SIGQUIT stay
 * ignored where they were (nohup); SIGPIPE is ignored: a reader of our output that is gone must
 * not stop a run. */
void signals_take(struct signals *signals, struct run *run, struct cancel *cancel);
/* Put the dispositions back. */
void signals_give_back(struct signals *signals);
/* The run that has the signals, or NULL. */
struct run *signals_run(void);
enum signals_shield {
    SHIELD_DOWN,
    SHIELD_UP
};

/* While the shield is up, the first request to leave is only answered with a line on stderr that
 * asks for a second one; that one counts. SIGUSR2 leaves at once all the same. */
void signals_shield(enum signals_shield shield);
/* The name of the first SIGINT, SIGTERM, SIGHUP or SIGQUIT since signals_take(), or NULL. */
const char *signals_first(void);
