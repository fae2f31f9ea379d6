/* SPDX-License-Identifier: Apache-2.0 */
/* A platform file: YAML that says what a lab holds when it is up (docs/lab.md). */
#pragma once

#include "base/auto.h"

/* Read, check and complete the file: user data files are read in. The errors name file, line and
 * place. A new reference. */
MUST_USE int platform_file_load(const char *path, json_t **ret_platform, struct chaos_error *err);
/* The platform of a lab without a file: nothing in it. A new reference. */
json_t *platform_empty(void);
/* The same of text, for tests and fuzzing: `dir` is where its files are. */
MUST_USE int platform_parse(const char *text, size_t length, const char *dir, json_t **ret_platform,
                            struct chaos_error *err);
