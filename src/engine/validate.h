/* SPDX-License-Identifier: Apache-2.0 */
/* Checking an experiment before it is played. Nothing of it is called but the imports and
 * validate_control functions of the guest. */
#pragma once

#include "engine/run.h"

struct validation {
    json_t *experiment; /* borrowed; validate_control may change its controls */
    const struct provider *providers;
    size_t n_providers;
    const struct guest *guest;   /* NULL: none */
    const struct cancel *cancel; /* NULL: none */
};

/* 0 when the experiment can be played. Else the first problem in document order, as one line with
 * the place of it as a JSON pointer. Warnings (deprecated forms, controls that cannot be
 * imported) go to the log. */
MUST_USE int experiment_validate(const struct validation *validation, struct chaos_error *err);
