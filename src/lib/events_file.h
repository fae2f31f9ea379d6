/* SPDX-License-Identifier: Apache-2.0 */
/* --events-file: the progress of a run as one JSON object a line, to be followed while it goes. */
#pragma once

#include "engine/event.h"

struct events_file;
struct mask;

/* Create or empty the file at `path`. Lines are written without the values of `mask` (borrowed). */
MUST_USE int events_file_open(const char *path, const struct mask *mask,
                              struct events_file **ret_file, struct chaos_error *err);
void events_file_free(struct events_file *file);
AUTO_FREE(events_file, struct events_file)
struct listener events_file_listener(struct events_file *file);

/* The output of an activity for a line or a report, added to `to`: "output", or, when its JSON
 * takes more than 4096 bytes, "output_truncated" and "output_size". */
void events_add_output(json_t *to, const json_t *output);
