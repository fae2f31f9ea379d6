/* SPDX-License-Identifier: Apache-2.0 */
/* Inverses: what undoes an action, decided before the action is played, and played when the run
 * ends (docs/design/world-put-back.md has the table of strategies and outcomes). */
#pragma once

#include "engine/activity.h"

/* Check the inverse that an activity declares in `rollback`, if it does: the part that is no
 * activity's own. */
MUST_USE int inverse_check(const json_t *activity, struct chaos_error *err);
/* The inverse as an activity that stands for itself: with a type, a name, and "inverse_of" the
 * action's name. A new reference. */
json_t *inverse_complete(json_t *inverse, const json_t *action);
/* The inverse of an action: the one it declares in `rollback`, else the one its provider knows.
 * Complete. *ret_inverse stays NULL where there is none. The lock is held. */
MUST_USE int inverse_decide(struct run *run, const json_t *action, const struct activity_way *way,
                            json_t **ret_inverse, struct chaos_error *err);
/* Whether the inverses of actions that began are to be played, now that the run ends. */
bool inverses_are_wanted(const struct run *run);
