/* SPDX-License-Identifier: Apache-2.0 */
/* What Python code may ask of the engine through chaoslib: to call an activity, to judge a value,
 * to show a document of the run. */
#pragma once

#include "providers/python.h"

struct guest_services {
    const struct provider *providers; /* borrowed, read when asked */
    size_t n_providers;
};

struct python_callbacks guest_services_callbacks(struct guest_services *services);
