/* SPDX-License-Identifier: Apache-2.0 */
/* Time. Durations are nanoseconds on the monotonic clock; wall times are for people. */
#pragma once

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_S  INT64_C(1000000000)
#define CLOCK_NS_PER_MS INT64_C(1000000)
#define CLOCK_NS_PER_US INT64_C(1000)
/* The deadline that never comes. */
#define CLOCK_NEVER INT64_MAX

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t clock_now(void);
/* Nanoseconds since the epoch, UTC. */
int64_t clock_wall(void);
/* The deadline `seconds` from now; CLOCK_NEVER for infinity and whatever does not fit. */
int64_t clock_deadline(double seconds);
/* Milliseconds from now to `deadline` as poll(2) wants them: rounded up, -1 for CLOCK_NEVER. */
int clock_poll_timeout(int64_t deadline);

#define CLOCK_ISO_SIZE 40
/* `wall` in UTC as the reference writes it: 2026-11-22T12:00:00.123456+00:00, and without the
 * fraction when the microseconds are 0 (Python's datetime.isoformat). Returns `text`. */
char *clock_iso(int64_t wall, char text[CLOCK_ISO_SIZE]);
