/* SPDX-License-Identifier: Apache-2.0 */
/* A time limit on whatever watches a struct cancel. */
#pragma once

#include <pthread.h>

#include "base/cancel.h"

struct deadline {
    struct cancel *target;
    struct cancel disarmed;
    int64_t at; /* monotonic */
    int reason;
    pthread_t thread;
    bool is_armed;
};

/* Raise `target` with `reason` after so many seconds (0: never), unless disarmed before. */
void deadline_arm(struct deadline *deadline, struct cancel *target, int reason, double seconds);
/* Nothing is raised from now on, and a reason raised by the deadline is taken back. */
void deadline_disarm(struct deadline *deadline);
