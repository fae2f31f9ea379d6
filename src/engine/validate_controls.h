/* SPDX-License-Identifier: Apache-2.0 */
/* Checking the controls of an experiment: their form, their modules, their own opinion. */
#pragma once

#include "engine/validate.h"

/* As experiment_validate(), for the controls alone. A module that cannot be imported is a
 * warning; what a module's validate_control raises is an error, and what it changes is kept. */
MUST_USE int validate_controls(const struct validation *validation, struct chaos_error *err);
