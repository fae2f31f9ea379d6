/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of actions that were under way when their run died. */
#pragma once

#include <stddef.h>

#include "base/auto.h"

/* Kill the processes that carry the mark (RUN_MARK) of one of the activities `ids` (keys) of the
 * run, so that none does its work after the work was undone. Returns how many there were. */
size_t stragglers_kill(const char *run_id, const json_t *ids);
