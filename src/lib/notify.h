/* SPDX-License-Identifier: Apache-2.0 */
/* Tell the channels of the settings ("notifications") what a command is doing. */
#pragma once

#include "engine/guest.h"

struct notify_event {
    const char *name;      /* "run-started"; what stands before the first '-' sets the phase */
    const json_t *payload; /* borrowed; NULL: null */
    const char *error;     /* NULL: none */
};

/* Send the event to every channel that wants it, one after the other. Never fails: what goes
 * wrong is a debug record, since no notification may disturb a run. `settings` may be NULL;
 * `guest` is for channels of type plugin and may be NULL: they are then passed over. */
void notify_send(const json_t *settings, const struct guest *guest,
                 const struct notify_event *event);
