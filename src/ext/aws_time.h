/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as the functions take them: "now", "3 minutes" (ago), seconds since the epoch. */
#pragma once

#include "base/auto.h"
#include "base/clock.h"

/* `when` against `base` (nanoseconds since the epoch): "now" is the clock's, a number is seconds
 * since the epoch, "<n> seconds|minutes|hours|days|months|years" lies that far before `base`
 * (a month has 30 days, a year 365). An unknown unit is an error. */
MUST_USE int aws_time_read(const json_t *when, int64_t base, int64_t *ret_wall,
                           struct chaos_error *err);
/* A timestamp as a new value for a request. */
json_t *aws_time(int64_t wall);
