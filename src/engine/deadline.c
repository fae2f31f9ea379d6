// SPDX-License-Identifier: Apache-2.0
#include "engine/deadline.h"

#include "base/clock.h"
#include "base/log.h"

static void *watch(void *argument)
{
    const struct deadline *deadline = argument;

    if (wait_until(deadline->at, &deadline->disarmed) == WAIT_TIMEOUT)
        cancel_raise(deadline->target, deadline->reason);
    return NULL;
}

void deadline_arm(struct deadline *deadline, struct cancel *target, int reason, double seconds)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    *deadline = (struct deadline){ .target = target, .reason = reason };
    deadline->disarmed.fd = -1;
    if (seconds <= 0)
        return;
    deadline->at = clock_deadline(seconds);
    deadline->is_armed = cancel_init(&deadline->disarmed, &err) == 0 &&
                         pthread_create(&deadline->thread, NULL, watch, deadline) == 0;
    if (!deadline->is_armed)
        log_warning("There is no thread to be had that would keep a rollback to its time limit");
}

void deadline_disarm(struct deadline *deadline)
{
    if (deadline->is_armed) {
        cancel_raise(&deadline->disarmed, 1);
        pthread_join(deadline->thread, NULL);
        if (cancel_reason(deadline->target) == deadline->reason)
            cancel_reset(deadline->target);
    }
    cancel_clear(&deadline->disarmed);
}
