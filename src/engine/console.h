/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a run that people and scripts read on the console and in the log file. */
#pragma once

#include "engine/event.h"

/* A listener that writes the log's records of a run. It keeps no state. */
struct listener console_listener(void);
