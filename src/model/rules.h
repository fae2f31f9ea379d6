/* SPDX-License-Identifier: Apache-2.0 */
/* The form of an experiment (contract 1.5), as far as it can be judged by looking at it. Each
 * check ends at the first breach, told as one line that names the culprit. */
#pragma once

#include "base/auto.h"

/* Title, description, tags, extensions. */
MUST_USE int rules_check_head(const json_t *experiment, struct chaos_error *err);
/* The hypothesis without its probes. */
MUST_USE int rules_check_hypothesis(const json_t *hypothesis, struct chaos_error *err);
/* That there is a method; it may be empty. */
MUST_USE int rules_check_method(const json_t *experiment, struct chaos_error *err);
/* One activity without what its provider knows. References only for their form. */
MUST_USE int rules_check_activity(const json_t *activity, struct chaos_error *err);
/* Warn once about each deprecated form. */
void rules_warn_deprecated(const json_t *experiment);
