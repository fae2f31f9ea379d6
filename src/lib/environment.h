/* SPDX-License-Identifier: Apache-2.0 */
/* What is installed around chaos: its own extensions, plug-ins, and those in Python. */
#pragma once

#include <stdbool.h>

#include "engine/guest.h"

struct environment;

/* `python` is the interpreter asked for, or NULL; `settings` may be NULL. Both are borrowed.
 * Nothing is opened or started before it is needed. */
struct environment *environment_new(const char *python, const json_t *settings);
void environment_free(struct environment *environment);
AUTO_FREE(environment, struct environment)

/* Python, for notification plug-ins. */
const struct guest *environment_guest(const struct environment *environment);
/* All extensions, native ones first: a new array of {"name", "version", "license", "summary"}.
 * Without a usable Python it has the native ones alone, and the log says why. */
json_t *environment_extensions(struct environment *environment);

struct discover_options {
    const char *package; /* a native module, or a Python package */
    bool install;        /* install or upgrade the Python package first */
    bool system;         /* look at the system too */
};

/* The discovery of a package: its activities and, if asked, its system. */
MUST_USE int environment_discover(struct environment *environment,
                                  const struct discover_options *options, json_t **ret_discovery,
                                  struct chaos_error *err);
