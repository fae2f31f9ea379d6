/* SPDX-License-Identifier: Apache-2.0 */
/* What is installed around chaos: its own extensions, plug-ins, and those in Python. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

/* All extensions, as {"name", "version", "license", "summary"}. `python` is the interpreter asked
 * for, or NULL. Without any Python the native ones alone. */
MUST_USE int environment_extensions(const char *python, json_t **ret_extensions,
                                    struct chaos_error *err);

struct discover_options {
    const char *package;
    const char *python; /* NULL: the usual one */
    bool install;       /* install or upgrade the package first */
    bool system;        /* look at the system too */
};

/* The discovery of a package: its activities and, if asked, its system. */
MUST_USE int environment_discover(const struct discover_options *options, json_t **ret_discovery,
                                  struct chaos_error *err);
