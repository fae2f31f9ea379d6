/* SPDX-License-Identifier: Apache-2.0 */
/* Which controls apply where. */
#pragma once

#include "engine/control.h"

/* The controls for a context at a level, in the order in which they are called; a new array of
 * private copies. Controls of the experiment that are automatic come first, unless one of the same
 * name hides them; then the global ones; then those of the context; references ("ref") are
 * replaced by the control of the experiment they name. */
json_t *controls_select(const json_t *experiment, const json_t *global_controls,
                        enum control_level level, const json_t *context);
/* All controls declared anywhere in the experiment, in order; a new array of references. */
json_t *controls_declared(const json_t *experiment);
