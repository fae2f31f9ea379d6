/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that steer a run: INT, TERM, USR1 and USR2 raise its foreground cancel. One of the two
 * mutable globals of Fracas lives here. */
#pragma once

#include <signal.h>

#include "engine/stop.h"

#define SIGNALS_COUNT 4

struct signals {
    struct sigaction old[SIGNALS_COUNT];
};

/* Let the four signals raise `cancel` from now on. One run at a time. */
void signals_take(struct signals *signals, struct cancel *cancel);
/* Put the dispositions back. */
void signals_give_back(struct signals *signals);
/* The name of the first SIGINT or SIGTERM since signals_take(), or NULL. */
const char *signals_first(void);
