// SPDX-License-Identifier: Apache-2.0
#include "value/datetime.h"

#include <ctype.h>
#include <string.h>

struct scan {
    const char *at;
    const char *end;
};

static bool scan_char(struct scan *scan, const char *set)
{
    if (scan->at == scan->end || !*scan->at || !strchr(set, *scan->at))
        return false;
    scan->at++;
    return true;
}

/* Between `least` and `most` digits, as many as there are. */
static bool scan_digits(struct scan *scan, int least, int most, int *ret_number)
{
    int count = 0;
    int number = 0;

    while (count < most && scan->at < scan->end && isdigit((unsigned char)*scan->at)) {
        number = number * 10 + (*scan->at++ - '0');
        count++;
    }
    *ret_number = number;
    return count >= least;
}

static void scan_blanks(struct scan *scan)
{
    while (scan_char(scan, " \t"))
        ;
}

/* Six digits count, the others are dropped. */
static void scan_fraction(struct scan *scan, int *ret_microsecond)
{
    int unit = 100000;

    *ret_microsecond = 0;
    for (; scan->at < scan->end && isdigit((unsigned char)*scan->at); scan->at++, unit /= 10)
        *ret_microsecond += unit * (*scan->at - '0');
}

static bool scan_zone(struct scan *scan, struct datetime *moment)
{
    int hours = 0;
    int minutes = 0;
    bool west;

    scan_blanks(scan);
    moment->has_zone = true;
    if (scan_char(scan, "Z"))
        return true;
    west = scan->at < scan->end && *scan->at == '-';
    if (!scan_char(scan, "+-") || !scan_digits(scan, 1, 2, &hours))
        return false;
    if (scan_char(scan, ":") && !scan_digits(scan, 2, 2, &minutes))
        return false;
    moment->zone_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

static bool scan_time(struct scan *scan, struct datetime *moment)
{
    moment->has_time = true;
    if (!scan_char(scan, "Tt")) {
        if (!scan_char(scan, " \t"))
            return false;
        scan_blanks(scan);
    }
    if (!scan_digits(scan, 1, 2, &moment->hour) || !scan_char(scan, ":") ||
        !scan_digits(scan, 2, 2, &moment->minute) || !scan_char(scan, ":") ||
        !scan_digits(scan, 2, 2, &moment->second))
        return false;
    if (scan_char(scan, "."))
        scan_fraction(scan, &moment->microsecond);
    return scan->at == scan->end || scan_zone(scan, moment);
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool in_range(const struct datetime *moment)
{
    return moment->year >= 1 && moment->month >= 1 && moment->month <= 12 && moment->day >= 1 &&
           moment->day <= days_in_month(moment->year, moment->month) && moment->hour <= 23 &&
           moment->minute <= 59 && moment->second <= 59 && moment->zone_minutes > -1440 &&
           moment->zone_minutes < 1440;
}

enum datetime_result datetime_parse(const char *text, size_t length, struct datetime *ret_moment)
{
    struct scan scan = { text, text + length };
    struct datetime moment = { 0 };

    if (!scan_digits(&scan, 4, 4, &moment.year) || !scan_char(&scan, "-") ||
        !scan_digits(&scan, 1, 2, &moment.month) || !scan_char(&scan, "-") ||
        !scan_digits(&scan, 1, 2, &moment.day))
        return DATETIME_MALFORMED;
    if (scan.at < scan.end && !scan_time(&scan, &moment))
        return DATETIME_MALFORMED;
    if (scan.at < scan.end)
        return DATETIME_MALFORMED;
    if (!in_range(&moment))
        return DATETIME_OUT_OF_RANGE;
    *ret_moment = moment;
    return DATETIME_OK;
}

void datetime_read(const char *text, struct datetime *ret_moment)
{
    *ret_moment = (struct datetime){ .year = 1, .month = 1, .day = 1 };
    (void)datetime_parse(text, strlen(text), ret_moment);
}

void datetime_write(struct buffer *out, const struct datetime *moment)
{
    int zone = moment->zone_minutes < 0 ? -moment->zone_minutes : moment->zone_minutes;

    buffer_printf(out, "%04d-%02d-%02d", moment->year, moment->month, moment->day);
    if (!moment->has_time)
        return;
    buffer_printf(out, "T%02d:%02d:%02d", moment->hour, moment->minute, moment->second);
    if (moment->microsecond)
        buffer_printf(out, ".%06d", moment->microsecond);
    if (moment->has_zone)
        buffer_printf(out, "%c%02d:%02d", moment->zone_minutes < 0 ? '-' : '+', zone / 60,
                      zone % 60);
}

int64_t datetime_instant(const struct datetime *moment)
{
    int64_t years = moment->year - 1;
    int64_t days = years * 365 + years / 4 - years / 100 + years / 400 + moment->day - 1;
    int64_t seconds;

    for (int month = 1; month < moment->month; month++)
        days += days_in_month(moment->year, month);
    seconds = ((days * 24 + moment->hour) * 60 + moment->minute - moment->zone_minutes) * 60 +
              moment->second;
    return seconds * 1000000 + moment->microsecond;
}
