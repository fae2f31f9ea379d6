/* SPDX-License-Identifier: Apache-2.0 */
/* Controls: user code around the levels of a run (contract 1.9). */
#pragma once

#include "engine/state.h"

enum control_level {
    LEVEL_EXPERIMENT,
    LEVEL_HYPOTHESIS,
    LEVEL_METHOD,
    LEVEL_ROLLBACK,
    LEVEL_ACTIVITY,
    LEVEL_LOADER,
    LEVEL_COUNT,
};

enum control_moment {
    MOMENT_BEFORE,
    MOMENT_AFTER
};

/* What controls are applied to. */
struct control_site {
    enum control_level level;
    json_t *context; /* an experiment, hypothesis or activity; borrowed, kept alive by the caller */
    json_t *state;   /* after only: a run, runs, a hypothesis state, NULL for none; the journal is
                      * meant at the experiment level */
    enum call_place place;
};

/* Call configure_control of the global controls and of those in the experiment, once a name. */
void controls_configure(struct run *run);
/* Call the controls of a site before or after it. What they ask for (an interruption, an exit) is
 * put into `stop`; anything else that they raise is only logged. The lock is held. */
void controls_apply(struct run *run, const struct control_site *site, enum control_moment moment,
                    struct stop *stop);
/* Call cleanup_control of all of them. */
void controls_cleanup(struct run *run);

/* Global controls of the settings ({name: control}) and of control files, as an array of controls
 * with their names; those whose module cannot be imported are left out. A new reference. */
json_t *controls_collect(const struct guest *guest, const json_t *settings, const json_t *files,
                         const struct cancel *cancel);
/* The loading of an experiment, as controls see it. */
struct control_loading {
    const struct guest *guest;
    const json_t *controls; /* global ones */
    const json_t *settings;
    const char *source; /* the context */
    json_t *experiment; /* the state after it: an object they may change, or NULL */
};

/* The controls before and after the loading of an experiment. */
void controls_apply_loader(const struct control_loading *loading, enum control_moment moment,
                           struct stop *stop);
