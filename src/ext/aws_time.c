// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_time.h"

#include <math.h>
#include <string.h>

#include "base/str.h"

/* Beyond this (the year 2200 or so) nanoseconds leave 64 bits. */
#define SECONDS_MAX 7.2e9

static const struct {
    const char *name;
    double seconds;
} units[] = {
    { "second", 1 },    { "minute", 60 },          { "hour", 3600 },
    { "day", 86400.0 }, { "month", 86400.0 * 30 }, { "year", 86400.0 * 365 },
};

static double seconds_of(const char *unit)
{
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        size_t length = strlen(units[i].name);

        if (strncmp(unit, units[i].name, length) == 0 &&
            (!unit[length] || str_equal(unit + length, "s")))
            return units[i].seconds;
    }
    return 0;
}

static int read_ago(const char *text, int64_t base, int64_t *ret_wall, struct chaos_error *err)
{
    char *end = NULL;
    double quantity = strtod(text, &end);
    double unit = end != text && *end == ' ' ? seconds_of(end + 1) : 0;
    double seconds = quantity * unit;

    if (!isfinite(seconds) || fabs(seconds) > SECONDS_MAX || unit == 0)
        return chaos_error_set(
            err, CHAOS_E_INVALID,
            "'%s' is no point in time: write \"now\", seconds since the epoch, or "
            "a number and seconds, minutes, hours, days, months or years, such as "
            "\"3 minutes\"",
            text);
    *ret_wall = base - (int64_t)(seconds * (double)CLOCK_NS_PER_S);
    return 0;
}

int aws_time_read(const json_t *when, int64_t base, int64_t *ret_wall, struct chaos_error *err)
{
    if (json_is_number(when)) {
        double seconds = json_number_value(when);

        if (!isfinite(seconds) || fabs(seconds) > SECONDS_MAX)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "%g is no point in time: give seconds since the epoch", seconds);
        *ret_wall = (int64_t)(seconds * (double)CLOCK_NS_PER_S);
        return 0;
    }
    if (!json_is_string(when))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "a point in time must be a text or seconds since the epoch");
    if (str_equal(json_string_value(when), "now")) {
        *ret_wall = clock_wall();
        return 0;
    }
    return read_ago(json_string_value(when), base, ret_wall, err);
}

json_t *aws_time(int64_t wall)
{
    char text[CLOCK_ISO_SIZE];

    return json_string(clock_iso(wall, text));
}
