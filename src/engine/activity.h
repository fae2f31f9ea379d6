/* SPDX-License-Identifier: Apache-2.0 */
/* Playing one activity: reference, controls, pauses, the call, its run. */
#pragma once

#include "engine/state.h"

enum activity_section {
    SECTION_HYPOTHESIS,
    SECTION_METHOD,
    SECTION_ROLLBACKS,
};

/* Play an activity and give its run (as in the journal) as a new reference. NULL when it did not
 * get as far as a run; then `stop` says why. A stop may also be set beside a run. The lock is held
 * and given up during waits. */
json_t *activity_play(struct run *run, json_t *activity, enum activity_section section,
                      enum call_place place, struct stop *stop);

/* How a provider is called. */
struct activity_way {
    enum call_place place;
    struct cancel *cancel; /* watched by the call */
    const char *mark;      /* of processes it starts (provider.h), or NULL */
};

/* Its name as Python shows it, also where it has none; owned. */
char *activity_name(const json_t *activity);
/* Call an activity's provider and nothing else: no controls, no pauses, no run. The lock is held,
 * and given up meanwhile. */
void activity_call(struct run *run, const json_t *activity, const struct activity_way *way,
                   struct call_result *result);

/* Ask the activity's provider what would undo it; *ret_activity stays NULL where nothing would. */
MUST_USE int activity_inverse(struct run *run, const json_t *activity,
                              const struct activity_way *way, json_t **ret_activity,
                              struct chaos_error *err);

/* The message of a failed call, as the journal's `exception` ends: a new array of lines. */
json_t *activity_exception(const struct call_result *result);
