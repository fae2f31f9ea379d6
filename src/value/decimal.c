// SPDX-License-Identifier: Apache-2.0
/* Numbers are compared as strings of decimal digits with an exponent, so that no size of number
 * costs more than its text. */
#include "value/decimal.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "value/codepoint.h"
#include "value/extended.h"

/* The limits of Python's decimal module on 64-bit machines (MAX_EMAX, MIN_ETINY). */
#define EXPONENT_MAX   INT64_C(999999999999999999)
#define EXPONENT_MIN   INT64_C(-1999999999999999997)
#define EXPONENT_CLAMP INT64_C(4000000000000000000)
/* No double has more significant digits (its smallest subnormal neighbours 1). */
#define DOUBLE_DIGITS 767

enum decimal_kind {
    DECIMAL_FINITE,
    DECIMAL_INFINITE,
    DECIMAL_NAN
};

/* 0.d1 d2 d3.. times 10 to the power of `exponent`; no zeros at either end, so zero has none. */
struct decimal {
    enum decimal_kind kind;
    bool negative;
    struct buffer digits;
    int64_t exponent;
};

static void decimal_clear(struct decimal *number)
{
    buffer_clear(&number->digits);
}

AUTO_CLEAR(decimal, struct decimal)

/* Text in the alphabet of ASCII, as Decimal() prepares it: trimmed, without underscores, digits of
 * every script as 0 to 9; what else is not ASCII becomes '?'. */
static char *plain_text(const char *text)
{
    AUTO(buffer) struct buffer out = { 0 };
    size_t end = 0;

    for (uint32_t code = codepoint_next(&text); code; code = codepoint_next(&text)) {
        bool space = codepoint_is_space(code);
        int digit = codepoint_digit(code);

        if (space && !out.length && !end)
            continue;
        if (digit >= 0)
            code = '0' + (uint32_t)digit;
        else if (space)
            code = ' ';
        else if (code >= 0x80)
            code = '?';
        if (code != '_')
            buffer_add_char(&out, (char)code);
        if (!space)
            end = out.length;
    }
    if (out.length > end)
        out.data[out.length = end] = '\0';
    return buffer_take(&out);
}

/* Digits of a coefficient at *at, one '.' among them allowed. Returns how many stand before the
 * point; *ret_seen is whether there was any digit. */
static int64_t read_coefficient(const char **at, struct buffer *digits, bool *ret_seen)
{
    int64_t whole = 0;
    bool point = false;
    bool seen = false;

    for (; isdigit((unsigned char)**at) || (**at == '.' && !point); ++*at) {
        if (**at == '.') {
            point = true;
            continue;
        }
        seen = true;
        whole += !point;
        buffer_add_char(digits, **at);
    }
    *ret_seen = seen;
    return whole;
}

/* e, a sign and digits at *at; clamped far outside of what is allowed. */
static bool read_exponent(const char **at, int64_t *ret_exponent)
{
    int64_t value = 0;
    bool negative = false;

    *ret_exponent = 0;
    if (**at != 'e' && **at != 'E')
        return true;
    ++*at;
    if (**at == '+' || **at == '-')
        negative = *(*at)++ == '-';
    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); ++*at)
        value = value > EXPONENT_CLAMP / 10 ? EXPONENT_CLAMP : value * 10 + (**at - '0');
    *ret_exponent = negative ? -value : value;
    return true;
}

static void trim_zeros(struct decimal *number)
{
    struct buffer *digits = &number->digits;
    size_t zeros = strspn(buffer_text(digits), "0");

    buffer_consume(digits, zeros);
    number->exponent -= (int64_t)zeros;
    while (digits->length && digits->data[digits->length - 1] == '0')
        digits->data[--digits->length] = '\0';
}

/* "nan", "snan" with diagnostic digits, "inf", "infinity". */
static bool read_special(const char *text, struct decimal *number)
{
    if (!strcasecmp(text, "inf") || !strcasecmp(text, "infinity")) {
        number->kind = DECIMAL_INFINITE;
        return true;
    }
    if (*text == 's' || *text == 'S')
        text++;
    if (strncasecmp(text, "nan", 3) != 0 || text[3 + strspn(text + 3, "0123456789")] != '\0')
        return false;
    number->kind = DECIMAL_NAN;
    return true;
}

/* Decimal(text): false when it is not a number, or beyond the exponents that Decimal has. */
static bool read_text(const char *source, struct decimal *number)
{
    AUTO(str) char *text = plain_text(source);
    const char *at = text;
    int64_t exponent;
    int64_t places;
    int64_t whole;
    bool seen;

    if (*at == '+' || *at == '-')
        number->negative = *at++ == '-';
    if (read_special(at, number))
        return true;
    whole = read_coefficient(&at, &number->digits, &seen);
    if (!seen || !read_exponent(&at, &exponent) || *at)
        return false;
    places = (int64_t)number->digits.length;
    number->exponent = exponent + whole;
    trim_zeros(number);
    if (exponent - (places - whole) < EXPONENT_MIN)
        return false;
    if (!number->digits.length)
        return exponent - (places - whole) <= EXPONENT_MAX;
    return number->exponent - 1 <= EXPONENT_MAX;
}

/* The exact value of a double: printf rounds nothing off within DOUBLE_DIGITS. */
static void read_double(double value, struct decimal *number)
{
    char text[DOUBLE_DIGITS + 32];
    const char *at = text;

    number->negative = signbit(value) != 0;
    snprintf(text, sizeof(text), "%.*e", DOUBLE_DIGITS - 1, fabs(value));
    for (; *at != 'e'; at++)
        if (isdigit((unsigned char)*at)) /* the point depends on the locale */
            buffer_add_char(&number->digits, *at);
    (void)read_exponent(&at, &number->exponent);
    number->exponent++;
    trim_zeros(number);
}

static const char *python_type(const json_t *value)
{
    switch (extended_kind(value)) {
    case EXTENDED_BYTES:
        return "bytes";
    case EXTENDED_DATE:
        return "datetime.date";
    case EXTENDED_DATETIME:
        return "datetime.datetime";
    case EXTENDED_NONE:
    case EXTENDED_INTEGER:
    case EXTENDED_NAN:
    case EXTENDED_INFINITY:
        break;
    }
    return json_is_object(value) ? "dict" : "NoneType";
}

static int read_string(const json_t *value, struct decimal *number, bool *ret_number,
                       struct chaos_error *err)
{
    switch (extended_kind(value)) {
    case EXTENDED_NONE:
        *ret_number = strlen(json_string_value(value)) == json_string_length(value) &&
                      read_text(json_string_value(value), number);
        return 0;
    case EXTENDED_INTEGER:
    case EXTENDED_NAN:
    case EXTENDED_INFINITY:
        *ret_number = read_text(extended_text(value), number);
        return 0;
    case EXTENDED_BYTES:
    case EXTENDED_DATE:
    case EXTENDED_DATETIME:
        break;
    }
    return chaos_error_set(err, CHAOS_E_INVALID, "conversion from %s to Decimal is not supported",
                           python_type(value));
}

/* Decimal(value) */
static int decimal_read(const json_t *value, struct decimal *number, bool *ret_number,
                        struct chaos_error *err)
{
    AUTO(str) char *text = NULL;

    *ret_number = true;
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        return read_string(value, number, ret_number, err);
    case JSON_REAL:
        read_double(json_real_value(value), number);
        return 0;
    case JSON_INTEGER:
        text = mem_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        *ret_number = read_text(text, number);
        return 0;
    case JSON_TRUE:
    case JSON_FALSE:
        *ret_number = read_text(json_is_true(value) ? "1" : "0", number);
        return 0;
    case JSON_ARRAY:
        return chaos_error_set(err, CHAOS_E_INVALID, "argument must be a sequence of length 3");
    case JSON_OBJECT:
    case JSON_NULL:
        break;
    }
    return chaos_error_set(err, CHAOS_E_INVALID, "conversion from %s to Decimal is not supported",
                           python_type(value));
}

static int sign(const struct decimal *number)
{
    if (number->kind == DECIMAL_FINITE && !number->digits.length)
        return 0;
    return number->negative ? -1 : 1;
}

/* < 0, 0, > 0 for |a| and |b|, neither of them zero or NaN. */
static int compare_magnitude(const struct decimal *a, const struct decimal *b)
{
    if (a->kind != b->kind)
        return a->kind == DECIMAL_INFINITE ? 1 : -1;
    if (a->kind == DECIMAL_INFINITE)
        return 0;
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    return strcmp(buffer_text(&a->digits), buffer_text(&b->digits));
}

static int at_most(const struct decimal *a, const struct decimal *b, bool *ret_holds,
                   struct chaos_error *err)
{
    int side = sign(a);

    if (a->kind == DECIMAL_NAN || b->kind == DECIMAL_NAN)
        return chaos_error_set(err, CHAOS_E_INVALID, "NaN cannot be compared with a range");
    if (side != sign(b))
        *ret_holds = side < sign(b);
    else
        *ret_holds = !side || compare_magnitude(a, b) * side <= 0;
    return 0;
}

static int read_bound(const json_t *value, const char *which, struct decimal *bound,
                      struct chaos_error *err)
{
    bool number;
    int r = decimal_read(value, bound, &number, err);

    if (r < 0)
        return chaos_error_prefix(err, "%s bound", which);
    if (!number)
        return chaos_error_set(err, CHAOS_E_INVALID, "%s bound: '%s' is not a number", which,
                               json_string_value(value));
    return 0;
}

/* Python evaluates lower <= value <= upper from the left: the upper bound is not even looked at
 * when the lower one decides. */
int decimal_in_range(const json_t *value, const json_t *lower, const json_t *upper,
                     bool *ret_inside, bool *ret_number, struct chaos_error *err)
{
    AUTO(decimal) struct decimal number = { 0 };
    AUTO(decimal) struct decimal low = { 0 };
    AUTO(decimal) struct decimal high = { 0 };
    bool is_number;
    bool inside = false;
    int r = decimal_read(value, &number, &is_number, err);

    if (!r && is_number)
        r = read_bound(lower, "lower", &low, err);
    if (!r && is_number)
        r = at_most(&low, &number, &inside, err);
    if (!r && inside)
        r = read_bound(upper, "upper", &high, err);
    if (!r && inside)
        r = at_most(&number, &high, &inside, err);
    if (r < 0)
        return r;
    *ret_number = is_number;
    *ret_inside = inside;
    return 0;
}
