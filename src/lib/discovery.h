/* SPDX-License-Identifier: Apache-2.0 */
/* The discovery of native functions, in the form of the reference's discovery.json. */
#pragma once

#include "lib/extensions.h"

/* Describe the rows of the module `name` and of the modules below it ("chaos.net" has
 * "chaos.net.probes"). NULL when there are none. A new reference. */
json_t *discovery_native(struct extensions *extensions, const char *name);
/* The native modules, as {"name", "version", "license", "summary"}. A new array. */
json_t *discovery_modules(struct extensions *extensions);
