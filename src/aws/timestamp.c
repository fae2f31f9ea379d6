/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/timestamp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define US_PER_S      INT64_C(1000000)
#define SECONDS_A_DAY INT64_C(86400)
/* 0001-01-01 and 10000-01-01 in seconds since the epoch. */
#define SECONDS_MIN INT64_C(-62135596800)
#define SECONDS_MAX INT64_C(253402300800)

static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const day_names[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };

struct moment {
    int year, month, day, hour, minute, second;
    int64_t fraction_us;
    int offset_s;
};

/* Days since 1970-01-01 in the proleptic Gregorian calendar, counted from 1 March of year 0 so
 * that a leap day comes last. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void date_of(int64_t days, struct moment *moment)
{
    int64_t z = days + 719468;
    int64_t era = z / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;

    moment->day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    moment->month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    moment->year = (int)(year_of_era + era * 400 + (moment->month <= 2));
}

/* Exactly `digits` digits. */
static bool read_number(const char **text, int digits, int *ret_number)
{
    int number = 0;

    for (int i = 0; i < digits; i++) {
        char c = **text;

        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
        (*text)++;
    }
    *ret_number = number;
    return true;
}

static bool skip(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

static void read_fraction(const char **text, struct moment *moment)
{
    int64_t unit = 100000;

    if (**text != '.' && **text != ',')
        return;
    for ((*text)++; **text >= '0' && **text <= '9'; (*text)++) {
        moment->fraction_us += (**text - '0') * unit;
        unit /= 10;
    }
}

static bool read_offset(const char **text, struct moment *moment)
{
    int hours = 0, minutes = 0;
    char sign = **text;

    if (sign == '\0')
        return true;
    if (sign == 'Z' || sign == 'z') {
        (*text)++;
        return true;
    }
    if (strcasecmp(*text, "GMT") == 0 || strcasecmp(*text, "UTC") == 0) {
        *text += 3;
        return true;
    }
    if (sign != '+' && sign != '-')
        return false;
    (*text)++;
    if (!read_number(text, 2, &hours))
        return false;
    skip(text, ':');
    if (**text && !read_number(text, 2, &minutes))
        return false;
    moment->offset_s = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
    return hours < 24 && minutes < 60;
}

static bool read_time(const char **text, bool compact, struct moment *moment)
{
    if (!read_number(text, 2, &moment->hour))
        return false;
    if (!compact && !skip(text, ':'))
        return false;
    if (!read_number(text, 2, &moment->minute))
        return false;
    if (!compact && **text != ':')
        return true;
    if (!compact)
        (*text)++;
    if (!read_number(text, 2, &moment->second))
        return false;
    read_fraction(text, moment);
    return true;
}

static bool read_iso(const char *text, struct moment *moment)
{
    bool compact;

    if (!read_number(&text, 4, &moment->year))
        return false;
    compact = *text != '-';
    if (!compact)
        text++;
    if (!read_number(&text, 2, &moment->month) || (!compact && !skip(&text, '-')) ||
        !read_number(&text, 2, &moment->day))
        return false;
    if (*text == '\0')
        return true;
    if (*text != 'T' && *text != 't' && *text != ' ')
        return false;
    text++;
    if (!read_time(&text, compact, moment))
        return false;
    skip(&text, ' ');
    return read_offset(&text, moment) && *text == '\0';
}

/* RFC 822 as HTTP writes it: "Sun, 06 Nov 1994 08:49:37 GMT". */
static bool read_rfc822(const char *text, struct moment *moment)
{
    const char *comma = strchr(text, ',');

    if (comma)
        text = comma + 1;
    while (*text == ' ')
        text++;
    if (!read_number(&text, text[0] && text[1] >= '0' && text[1] <= '9' ? 2 : 1, &moment->day))
        return false;
    if (*text != ' ' && *text != '-')
        return false;
    text++;
    for (int i = 0; i < 12; i++) {
        if (strncasecmp(text, month_names[i], 3) == 0)
            moment->month = i + 1;
    }
    if (!moment->month)
        return false;
    text += 3;
    if (*text != ' ' && *text != '-')
        return false;
    text++;
    if (!read_number(&text, 4, &moment->year) || !skip(&text, ' ') ||
        !read_time(&text, false, moment))
        return false;
    skip(&text, ' ');
    return read_offset(&text, moment) && *text == '\0';
}

static bool is_in_calendar(const struct moment *moment)
{
    static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = moment->year % 4 == 0 && (moment->year % 100 != 0 || moment->year % 400 == 0);

    if (moment->year < 1 || moment->month < 1 || moment->month > 12 || moment->day < 1 ||
        moment->day > lengths[moment->month - 1])
        return false;
    if (moment->month == 2 && moment->day == 29 && !leap)
        return false;
    return moment->hour < 24 && moment->minute < 60 && moment->second < 61;
}

static bool us_of(const struct moment *moment, int64_t *ret_us)
{
    int64_t seconds;

    if (!is_in_calendar(moment))
        return false;
    seconds = days_of(moment->year, moment->month, moment->day) * SECONDS_A_DAY +
              INT64_C(3600) * moment->hour + INT64_C(60) * moment->minute + moment->second -
              moment->offset_s;
    if (seconds < SECONDS_MIN || seconds >= SECONDS_MAX)
        return false;
    *ret_us = seconds * US_PER_S + moment->fraction_us;
    return true;
}

bool aws_timestamp_from_seconds(double seconds, int64_t *ret_us)
{
    if (!(seconds >= (double)SECONDS_MIN && seconds < (double)SECONDS_MAX))
        return false;
    *ret_us = llrint(seconds * (double)US_PER_S);
    return *ret_us < SECONDS_MAX * US_PER_S;
}

static bool read_seconds(const char *text, int64_t *ret_us)
{
    char *end;
    double seconds;

    if (strspn(text, "0123456789+-.eE") != strlen(text) || !*text)
        return false;
    seconds = strtod(text, &end);
    return !*end && aws_timestamp_from_seconds(seconds, ret_us);
}

bool aws_timestamp_parse(const char *text, int64_t *ret_us)
{
    struct moment moment = { 0 };

    if (read_iso(text, &moment) && us_of(&moment, ret_us))
        return true;
    moment = (struct moment){ 0 };
    if (read_rfc822(text, &moment) && us_of(&moment, ret_us))
        return true;
    return read_seconds(text, ret_us);
}

enum aws_time_format aws_time_format_parse(const char *name, enum aws_time_format otherwise)
{
    if (!name)
        return otherwise;
    if (strcasecmp(name, "iso8601") == 0)
        return AWS_TIME_ISO8601;
    if (strcasecmp(name, "rfc822") == 0)
        return AWS_TIME_RFC822;
    if (strcasecmp(name, "unixTimestamp") == 0)
        return AWS_TIME_UNIX;
    return otherwise;
}

static void write_unix(struct buffer *out, int64_t seconds, int64_t fraction)
{
    char digits[8];
    size_t length = 6;

    if (seconds < 0 && fraction) { /* -1.25 is 75 hundredths after -2 */
        seconds++;
        fraction = US_PER_S - fraction;
        if (seconds == 0)
            buffer_add_char(out, '-');
    }
    buffer_printf(out, "%lld", (long long)seconds);
    if (!fraction)
        return;
    snprintf(digits, sizeof(digits), "%06d", (int)fraction);
    while (length > 1 && digits[length - 1] == '0')
        length--;
    buffer_add_char(out, '.');
    buffer_add(out, digits, length);
}

void aws_timestamp_write(struct buffer *out, int64_t us, enum aws_time_format format)
{
    struct moment moment = { 0 };
    int64_t seconds = us / US_PER_S - (us % US_PER_S < 0);
    int64_t fraction = us - seconds * US_PER_S;
    int64_t days = seconds / SECONDS_A_DAY - (seconds % SECONDS_A_DAY < 0);
    int of_day = (int)(seconds - days * SECONDS_A_DAY);

    date_of(days, &moment);
    switch (format) {
    case AWS_TIME_UNIX:
        write_unix(out, seconds, fraction);
        return;
    case AWS_TIME_RFC822:
        buffer_printf(out, "%s, %02d %s %04d %02d:%02d:%02d GMT", day_names[((days % 7) + 7) % 7],
                      moment.day, month_names[moment.month - 1], moment.year, of_day / 3600,
                      of_day / 60 % 60, of_day % 60);
        return;
    case AWS_TIME_ISO8601:
    case AWS_TIME_RESULT:
        buffer_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", moment.year, moment.month, moment.day,
                      of_day / 3600, of_day / 60 % 60, of_day % 60);
        if (fraction)
            buffer_printf(out, ".%06d", (int)fraction);
        buffer_add_text(out, format == AWS_TIME_ISO8601 ? "Z" : "+00:00");
        return;
    }
}
