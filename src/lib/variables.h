/* SPDX-License-Identifier: Apache-2.0 */
/* Variables of the command line: --var and --var-file. */
#pragma once

#include <stddef.h>

#include "base/auto.h"

/* Turn "name[:type]=value" items into an object; of equal names the last wins. The error tells
 * which item is wrong, and why. */
MUST_USE int variables_parse(const char *const *items, size_t count, json_t **ret_vars,
                             struct chaos_error *err);

/* Read variable files: JSON and YAML with `configuration` and `secrets`, which are merged into the
 * two objects (later files win); any other file as NAME=value lines, which are put into the
 * environment of this process. Files that cannot be read or parsed are an error record in the log
 * and are passed over, as in the reference; a line without '=' is an error. */
MUST_USE int variables_read_files(const char *const *paths, size_t count, json_t *configuration,
                                  json_t *secrets, struct chaos_error *err);

/* Read a control file ({name: control}, JSON or YAML by its extension) as an object; NULL when it
 * is empty or cannot be used, which is an error record in the log. */
json_t *variables_read_controls(const char *path);
