/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime block of an experiment and of the settings: which strategies a run follows. */
#pragma once

#include "engine/run.h"

/* Refuse what is not supported yet, plainly: runtime.python asks for an environment of its own. */
MUST_USE int runtime_check(const json_t *experiment, struct chaos_error *err);

/* The strategies of a run. The command line (NULL: not given) wins over the experiment's runtime
 * block, that over the settings'. compat: where the experiment has a runtime block at all, a
 * strategy it leaves out is "default", whatever the settings say. The outcome is put into the
 * settings, where controls read it. The error names who gave a
 * strategy that does not exist, and the ones that do. */
MUST_USE int runtime_strategies(const json_t *experiment, json_t *settings, const char *hypothesis,
                                const char *rollbacks, struct run_options *options,
                                struct chaos_error *err);
