/* SPDX-License-Identifier: Apache-2.0 */
/* The method of an experiment, and its rollbacks. */
#pragma once

#include "engine/state.h"

/* Play the method. True when it ran to its end; an activity that crashed aborts the run, any other
 * reason to leave is in `stop`. The lock is held, and given up during waits. */
bool method_play(struct run *run, struct stop *stop);

/* The names of what rollbacks_play() would play now; a new array. */
json_t *rollbacks_due(const struct run *run);
/* Play the inverses of what was done, and the rollbacks, where strategy and outcome allow. Requests
 * to leave end them: the run is interrupted then. A rollback that crashes does not stop the next
 * ones. */
void rollbacks_play(struct run *run);
