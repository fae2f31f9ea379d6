/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that activities and controls call by module and name: a native row where there is
 * one, else the Python function in the worker. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/guest.h"
#include "engine/provider.h"
#include "lib/extensions.h"

struct python_or_native;

struct python_or_native_options {
    const char *python; /* interpreter, or NULL */
    bool quiet_stdout;
    const json_t *settings;
    const struct mask *mask;          /* what native controls do not get to see; may be NULL */
    const struct provider *providers; /* for activities that Python code asks to be played; read
                                       * when it asks, must live as long as this */
    size_t n_providers;
};

/* Nothing is opened or started before it is needed. */
struct python_or_native *python_or_native_new(const struct python_or_native_options *options);
void python_or_native_free(struct python_or_native *functions);
/* The provider of type "python" (rows first), or "native" (rows only). */
struct provider python_or_native_provider(struct python_or_native *functions, const char *type);
const struct guest *python_or_native_guest(const struct python_or_native *functions);
struct extensions *python_or_native_extensions(const struct python_or_native *functions);
