/* SPDX-License-Identifier: Apache-2.0 */
/* Controls in C: those of controls.list stand in for the Python modules of the same name.
 *
 * A row is a hook: its name is that of the hook, its parameters those that Python's has, `context`
 * and `state` among them. These two come from the run, without the secrets in them, since what a
 * control does with them leaves the run. Configuration and secrets come as for activities; secrets
 * that are in no group too. What it returns are its changes to "context" and "state"
 * (value/patch.h of each); null: none. An error is a line in the log, and the run goes on. */
#pragma once

#include "base/mask.h"
#include "engine/guest.h"

/* What everything else goes to, and what is hidden; both borrowed, the mask may be NULL. */
struct native_controls {
    const struct guest *python;
    const struct mask *mask;
};

/* A guest that knows them, and passes everything else on. Borrows. */
struct guest native_controls_guest(struct native_controls *controls);
