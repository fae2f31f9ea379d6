// SPDX-License-Identifier: Apache-2.0
/* Reals as text: the shortest digits that read back, laid out as Python's repr() does. */
#include "value/json.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Any decimal of so many digits survives the way through a double, and 17 tell all apart. */
#define DIGITS_SAFE DBL_DIG
#define DIGITS_MAX  DBL_DECIMAL_DIG
/* Python writes an exponent below 1e-4 and from 1e16 on. */
#define FIXED_MIN (-4)
#define FIXED_MAX 16

struct digits {
    char text[DIGITS_MAX + 1];
    int count;
    int exponent; /* of the first digit */
};

static bool reads_back(const char *text, double number)
{
    return strtod(text, NULL) == number;
}

/* Of a power of two the gap below is half as wide, so that the nearest 16 digits may miss it while
 * the next ones up read back. */
static void try_above(char *text, double number)
{
    char *last = strchr(text, 'e') - 1;
    char before = *last;

    if (*last == '9')
        return;
    ++*last;
    if (!reads_back(text, number))
        *last = before;
}

/* The digits of a number that is a whole count of millionths, as times are. No more than 15 digits
 * are exact in a double, and no two of such decimals are the same double (IEEE 754): they are the
 * shortest that read back. */
static bool find_millionths(double number, struct digits *digits)
{
    char text[DIGITS_SAFE];
    double count = nearbyint(number * 1e6);
    int64_t left = count < 1e15 ? (int64_t)count : 0;
    int length = 0;

    if (left == 0 || count / 1e6 != number)
        return false;
    for (; left % 10 == 0; left /= 10)
        digits->exponent++;
    for (; left > 0; left /= 10)
        text[length++] = (char)('0' + left % 10);
    for (int i = 0; i < length; i++)
        digits->text[i] = text[length - 1 - i];
    digits->count = length;
    digits->exponent += length - 1 - 6;
    return true;
}

/* The shortest digits of a positive, finite number. */
static void find_digits(double number, struct digits *digits)
{
    char text[32];
    const char *at;
    /* Subnormals have fewer digits than those that are always safe. */
    int precision = number < DBL_MIN ? 1 : DIGITS_SAFE;

    for (; precision <= DIGITS_MAX; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision - 1, number);
        if (!reads_back(text, number) && precision == DIGITS_MAX - 1)
            try_above(text, number);
        if (reads_back(text, number))
            break;
    }
    digits->count = 0;
    for (at = text; *at != 'e'; at++)
        if (*at != '.')
            digits->text[digits->count++] = *at;
    while (digits->count > 1 && digits->text[digits->count - 1] == '0')
        digits->count--;
    digits->exponent = (int)strtol(at + 1, NULL, 10);
}

static void add_zeros(struct buffer *out, int count)
{
    for (; count > 0; count--)
        buffer_add_char(out, '0');
}

static void add_fixed(struct buffer *out, const struct digits *digits)
{
    int whole = digits->exponent + 1; /* digits before the point */
    int taken = whole < digits->count ? whole : digits->count;

    if (whole <= 0) {
        buffer_add_text(out, "0.");
        add_zeros(out, -whole);
        taken = 0;
    } else {
        buffer_add(out, digits->text, (size_t)taken);
        add_zeros(out, whole - taken);
        buffer_add_char(out, '.');
    }
    if (taken < digits->count)
        buffer_add(out, digits->text + taken, (size_t)(digits->count - taken));
    else
        buffer_add_char(out, '0');
}

static void add_scientific(struct buffer *out, const struct digits *digits)
{
    buffer_add_char(out, digits->text[0]);
    if (digits->count > 1) {
        buffer_add_char(out, '.');
        buffer_add(out, digits->text + 1, (size_t)digits->count - 1);
    }
    buffer_printf(out, "e%+03d", digits->exponent);
}

void json_write_real(struct buffer *out, double number)
{
    struct digits digits = { .count = 0 };

    if (isnan(number)) {
        buffer_add_text(out, "NaN");
        return;
    }
    if (signbit(number))
        buffer_add_char(out, '-');
    if (isinf(number)) {
        buffer_add_text(out, "Infinity");
        return;
    }
    number = fabs(number);
    if (!find_millionths(number, &digits))
        find_digits(number, &digits);
    if (digits.exponent >= FIXED_MIN && digits.exponent < FIXED_MAX)
        add_fixed(out, &digits);
    else
        add_scientific(out, &digits);
}
