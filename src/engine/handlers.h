/* SPDX-License-Identifier: Apache-2.0 */
/* Event handlers that user code registered in the guest (the reference's RunEventHandler). */
#pragma once

#include "engine/state.h"

/* Tell them of an event, if they have a method for it. The lock is held, and given up while they
 * work. Requests to leave are put into `stop` (may be NULL). */
void handlers_notice(struct run *run, const struct event *event, struct stop *stop);
