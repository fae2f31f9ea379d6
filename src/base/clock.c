// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <limits.h>
#include <math.h>
#include <string.h>

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

/* Writes the number with so many digits; returns where they end. */
static char *put_number(char *at, int number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + digits;
}

/* By hand, as each activity says the time twice and strftime() looks at the time zone each time. */
char *clock_iso(int64_t wall, char text[CLOCK_ISO_SIZE])
{
    time_t seconds = (time_t)(wall / CLOCK_NS_PER_S);
    int micros = (int)(wall % CLOCK_NS_PER_S / CLOCK_NS_PER_US);
    char *at = text;
    struct tm tm;

    gmtime_r(&seconds, &tm);
    at = put_number(at, tm.tm_year + 1900, 4);
    *at++ = '-';
    at = put_number(at, tm.tm_mon + 1, 2);
    *at++ = '-';
    at = put_number(at, tm.tm_mday, 2);
    *at++ = 'T';
    at = put_number(at, tm.tm_hour, 2);
    *at++ = ':';
    at = put_number(at, tm.tm_min, 2);
    *at++ = ':';
    at = put_number(at, tm.tm_sec, 2);
    if (micros) {
        *at++ = '.';
        at = put_number(at, micros, 6);
    }
    memcpy(at, "+00:00", sizeof("+00:00"));
    return text;
}
