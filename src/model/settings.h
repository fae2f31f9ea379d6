/* SPDX-License-Identifier: Apache-2.0 */
/* The settings file: what holds for all experiments of a user. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

/* The settings at `path` as a new object; NULL when there is no such file, or when it cannot be
 * used: then an error record of the log names the file and the reason, since the reference runs
 * without settings too. An empty file is an empty object. */
json_t *settings_load(const char *path);
/* Write them as YAML with sorted keys, in one step. The comments of the old file are lost. */
MUST_USE int settings_save(const char *path, const json_t *settings, struct chaos_error *err);

/* Where a key leads. */
struct settings_place {
    json_t *parent; /* borrowed from the settings: a mapping or a list */
    json_t *value;  /* borrowed */
    char *key;      /* in a mapping; owned, NULL in a list */
    size_t index;   /* in a list */
};

void settings_place_clear(struct settings_place *place);
AUTO_CLEAR(settings_place, struct settings_place)

/* Find what the dotted `key` names: "auths.harbour\.example.type" (a dot within a name is escaped
 * with a backslash), "notifications[0].url". -CHAOS_E_NOT_FOUND names the part that is missing. */
MUST_USE int settings_locate(json_t *settings, const char *key, struct settings_place *ret_place,
                             struct chaos_error *err);
