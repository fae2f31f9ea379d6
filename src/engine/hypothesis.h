/* SPDX-License-Identifier: Apache-2.0 */
/* The steady-state hypothesis: one evaluation, and the continuous one. */
#pragma once

#include "engine/state.h"

/* Whether the experiment has probes to judge with. */
bool hypothesis_exists(const struct run *run);
/* Evaluate the hypothesis once: its probes in order until the first that is not met. The state
 * ({steady_state_met, probes}) is a new reference, NULL when `stop` was set before it was known.
 * The lock is held, and given up during waits. */
json_t *hypothesis_check(struct run *run, enum call_place place, struct stop *stop);
/* Check it before or after the method ("before", "after"), record it, and judge the run by it.
 * True when it was met. */
bool hypothesis_gate(struct run *run, struct stop *stop);
bool hypothesis_verify(struct run *run, struct stop *stop);

/* The continuous hypothesis in a thread of its own. */
struct continuous;

/* Start it; NULL with `stop` set when there is no thread to be had. */
struct continuous *continuous_start(struct run *run, struct stop *stop);
/* Let it end after the evaluation in progress (or cut that short when the run leaves), wait for
 * it, and free it; NULL is nothing. The lock is held, and given up while it waits. */
void continuous_end(struct continuous *continuous, const struct stop *stop);
