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
/* Wait until all have ended; those that run are cut short first when the run leaves at once. The
 * lock is held, and given up while it waits. */
void background_wait(struct background *background, const struct stop *stop);
