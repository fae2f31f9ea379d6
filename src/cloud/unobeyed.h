/* SPDX-License-Identifier: Apache-2.0 */
/* A parameter that the lab would not obey is refused, never ignored. */
#pragma once

#include "cloud/state.h"

/* Whether `params` (of the call, or merged with a template's) ask for nothing in unobeyed.list;
 * false with the fault set. */
bool unobeyed_is_absent(struct cloud_call *call, const json_t *params);
