/* SPDX-License-Identifier: Apache-2.0 */
/* All native functions that chaos knows: the built-in extensions of extensions.list, and the
 * plug-ins of the directories in $CHAOS_EXTENSION_PATH (separated by ':') and of the library
 * directory, in this order and by file name.
 *
 * Plug-ins are opened when something is asked that the built-in ones cannot answer, once. One that
 * cannot be used (not loadable, another ABI, a row that breaks a rule, a module that is already
 * there) is one warning in the log and is left out. Plug-ins stay loaded until the process ends:
 * a thread of theirs may still run. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"
#include "chaos/extension.h"

#define EXTENSION(id) extern const struct chaos_extension id;
#include "lib/extensions.list"
#undef EXTENSION

struct extensions;

/* `path`: the directories instead of the standard ones, or NULL. All functions below may be called
 * from any thread; what they return lasts as long as the registry. */
struct extensions *extensions_new(const char *path);
void extensions_free(struct extensions *extensions);
AUTO_FREE(extensions, struct extensions)

/* The function of this name in this module, or NULL. */
const struct chaos_function *extensions_lookup(struct extensions *extensions, const char *module,
                                               const char *function);
/* The same for who must have it: -CHAOS_E_NOT_FOUND with one line that says whether the module or
 * the function is not known, and what is close to it. */
MUST_USE int extensions_find(struct extensions *extensions, const char *module,
                             const char *function, const struct chaos_function **ret_function,
                             struct chaos_error *err);
/* The extension of this module, or NULL. */
const struct chaos_extension *extensions_module(struct extensions *extensions, const char *module);

/* Whether plug-ins were loaded: functions of which nobody here knows how they wait. */
bool extensions_has_plugins(struct extensions *extensions);

struct extension_row {
    const struct chaos_extension *extension;
    const struct chaos_function *function;
};

/* Every function, sorted by module and name; opens the plug-ins. Borrowed. */
const struct extension_row *extensions_rows(struct extensions *extensions, size_t *ret_count);

/* Whether the rows of an extension keep the rules of chaos/extension.h: names, a summary, types,
 * defaults that are JSON of their type, a function to run. The error names the row. */
MUST_USE int extension_check(const struct chaos_extension *extension, struct chaos_error *err);
