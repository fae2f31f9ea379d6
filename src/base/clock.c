// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_deadline(double seconds)
{
    double ns = seconds * (double)CLOCK_NS_PER_S;

    if (isnan(ns) || ns >= (double)(INT64_MAX / 2))
        return CLOCK_NEVER;
    if (ns <= 0)
        return clock_now();
    return clock_now() + (int64_t)ns;
}

int clock_poll_timeout(int64_t deadline)
{
    int64_t left;

    if (deadline == CLOCK_NEVER)
        return -1;
    left = deadline - clock_now();
    if (left <= 0)
        return 0;
    left = (left + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS;
    return left > INT_MAX ? INT_MAX : (int)left;
}

char *clock_iso(int64_t wall, char text[CLOCK_ISO_SIZE])
{
    time_t seconds = (time_t)(wall / CLOCK_NS_PER_S);
    int micros = (int)(wall % CLOCK_NS_PER_S / CLOCK_NS_PER_US);
    struct tm tm;
    size_t length;

    gmtime_r(&seconds, &tm);
    length = strftime(text, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    if (micros)
        snprintf(text + length, CLOCK_ISO_SIZE - length, ".%06d+00:00", micros);
    else
        snprintf(text + length, CLOCK_ISO_SIZE - length, "+00:00");
    return text;
}
