/* SPDX-License-Identifier: Apache-2.0 */
/* Dates and date-times taken apart: their rules are those of Python's datetime module. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct datetime {
    int year; /* 1 to 9999 */
    int month;
    int day;
    bool has_time; /* else a date, and all below is 0 */
    int hour;
    int minute;
    int second;
    int microsecond;
    bool has_zone;
    int zone_minutes; /* east of UTC, less than a day */
};

enum datetime_result {
    DATETIME_OK,
    DATETIME_MALFORMED,    /* not a timestamp of YAML 1.1 at all */
    DATETIME_OUT_OF_RANGE, /* one that no calendar or clock has: month 13 */
};

/* Read a timestamp as PyYAML's constructor does: 2026-11-22, 2026-1-2t3:04:05.5 +1 and so on, which
 * takes in the isoformat() of extended values. */
enum datetime_result datetime_parse(const char *text, size_t length, struct datetime *ret_moment);
/* The same for the text of an extended value, which is known to be right. */
void datetime_read(const char *text, struct datetime *ret_moment);
/* Append Python's isoformat(). */
void datetime_write(struct buffer *out, const struct datetime *moment);
/* Microseconds since 0001-01-01T00:00 in UTC (or in no zone, when it has none). */
int64_t datetime_instant(const struct datetime *moment);
