/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which AWS services write a point in time; microseconds since the epoch, UTC. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum aws_time_format {
    AWS_TIME_ISO8601, /* 2026-11-22T12:00:00Z, with microseconds when there are any */
    AWS_TIME_RFC822,  /* Sun, 22 Nov 2026 12:00:00 GMT */
    AWS_TIME_UNIX,    /* seconds, with a fraction when there is one */
    AWS_TIME_RESULT,  /* 2026-11-22T12:00:00+00:00: as results show it (Python's isoformat) */
};

/* The format a model's timestampFormat names, `otherwise` for NULL or another word. */
enum aws_time_format aws_time_format_parse(const char *name, enum aws_time_format otherwise);
/* Any of the forms above, a date alone, an offset, no offset (then UTC), or the compact
 * 20261122T120000Z of signatures; years 1 to 9999. false for anything else. */
bool aws_timestamp_parse(const char *text, int64_t *ret_us);
void aws_timestamp_write(struct buffer *out, int64_t us, enum aws_time_format format);
/* Seconds since the epoch; false when that is not in the years 1 to 9999. */
bool aws_timestamp_from_seconds(double seconds, int64_t *ret_us);
