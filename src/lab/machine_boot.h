/* SPDX-License-Identifier: Apache-2.0 */
/* The boot of a machine, as its console tells it. */
#pragma once

#include <signal.h>

#include "lab/plan.h"

/* A line of the console, with the time since the first one. */
void console_line(const char *format, ...) PRINTF(1, 2);

/* What a child of the first process begins with: no signals blocked, a session of its own, and
 * the machine's environment. */
void machine_become_child(const struct plan *plan);

/* Take the steps one after the other, in the process that is to end then: never returns. */
_Noreturn void machine_run_steps(const struct plan *plan);
