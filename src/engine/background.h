/* SPDX-License-Identifier: Apache-2.0 */
/* Activities in threads of their own. */
#pragma once

#include "engine/activity.h"

struct background;

struct background *background_new(struct run *run, enum activity_section section);
/* All threads must have ended. */
void background_free(struct background *background);
AUTO_FREE(background, struct background)
/* Start an activity. Where no thread can be had, `stop` is set. The lock is held. */
void background_start(struct background *background, json_t *activity, struct stop *stop);
/* Wait until all have ended. Those that still run are cut short when the run leaves at once, and
 * when a signal comes during the wait: then `stop` is set, if it was not. The lock is held, and
 * given up while it waits. */
void background_wait(struct background *background, struct stop *stop);
