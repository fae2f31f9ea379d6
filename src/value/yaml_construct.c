// SPDX-License-Identifier: Apache-2.0
/* The values of scalars whose tag is known, as PyYAML's SafeConstructor makes them. Tags may be
 * forced on any text ("!!int abc"), so nothing here relies on what the resolver matched. */
#include "value/yaml_scalar.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "value/datetime.h"
#include "value/extended.h"
#include "value/utf8.h"
#include "value/whole.h"

/* Longer texts are no number that anybody meant. */
#define NUMBER_TEXT_MAX 20000
#define SIXTIES_MAX     64

/* Characters of a text that an error shows. */
#define EXCERPT_MAX 40

static int fail(struct chaos_error *err, const char *text, const char *what)
{
    AUTO(buffer) struct buffer excerpt = { 0 };

    for (int i = 0; i < EXCERPT_MAX && *text; i++) {
        uint32_t point = UTF8_REPLACEMENT;
        size_t taken = utf8_decode(text, strnlen(text, 4), &point);

        utf8_add(&excerpt, point < 0x20 ? ' ' : point);
        text += taken ? taken : 1;
    }
    return chaos_error_set(err, CHAOS_E_INVALID, "'%s%s' is not %s", buffer_text(&excerpt),
                           *text ? "..." : "", what);
}

static int construct_bool(const char *text, json_t **ret_value, struct chaos_error *err)
{
    static const char *const truths[] = { "yes", "true", "on" };
    static const char *const falsehoods[] = { "no", "false", "off" };

    for (size_t i = 0; i < ARRAY_SIZE(truths); i++) {
        if (strcasecmp(text, truths[i]) == 0 || strcasecmp(text, falsehoods[i]) == 0) {
            *ret_value = json_boolean(strcasecmp(text, truths[i]) == 0);
            return 0;
        }
    }
    return fail(err, text, "a boolean: yes, no, true, false, on or off");
}

/* The text of a number without blanks around it and underscores in it, NULL when it cannot be one.
 * Its sign is taken off. */
static char *number_text(const char *text, size_t length, bool *ret_negative)
{
    AUTO(buffer) struct buffer clean = { 0 };
    size_t start;

    if (length > NUMBER_TEXT_MAX || memchr(text, '\0', length))
        return NULL;
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    for (start = 0; start < length && isspace((unsigned char)text[start]); start++)
        ;
    *ret_negative = start < length && text[start] == '-';
    if (start < length && (text[start] == '-' || text[start] == '+'))
        start++;
    for (; start < length; start++)
        if (text[start] != '_')
            buffer_add_char(&clean, text[start]);
    return buffer_take(&clean);
}

static int digit_value(char digit)
{
    if (isdigit((unsigned char)digit))
        return digit - '0';
    return isalpha((unsigned char)digit) ? (digit | 0x20) - 'a' + 10 : 99;
}

static bool push_digits(struct whole *number, const char *digits, uint32_t base)
{
    if (!*digits)
        return false;
    for (; *digits; digits++) {
        int digit = digit_value(*digits);

        if (digit >= (int)base || !whole_push(number, base, (uint32_t)digit))
            return false;
    }
    return true;
}

/* 190:20:30, base 60 with decimal parts. */
static bool push_sixties(struct whole *number, char *text)
{
    char *colon = strchr(text, ':');

    *colon = '\0';
    if (!push_digits(number, text, 10))
        return false;
    for (text = colon + 1; text; text = colon ? colon + 1 : NULL) {
        char *end;
        unsigned long part;

        if (!isdigit((unsigned char)*text))
            return false;
        part = strtoul(text, &end, 10);
        colon = *end == ':' ? end : NULL;
        if ((*end && !colon) || part > UINT32_MAX || !whole_push(number, 60, (uint32_t)part))
            return false;
    }
    return true;
}

static bool push_number(struct whole *number, char *text)
{
    if (str_starts(text, "0b"))
        return push_digits(number, text + 2, 2);
    if (str_starts(text, "0x"))
        return push_digits(number, text + 2, 16);
    /* int(text, 8) takes its own prefix, which the resolver does not know: "!!int 0o17". */
    if (str_starts(text, "0o") || str_starts(text, "0O"))
        return push_digits(number, text + 2, 8);
    if (text[0] == '0')
        return push_digits(number, text, 8);
    if (strchr(text, ':'))
        return push_sixties(number, text);
    return push_digits(number, text, 10);
}

static int construct_int(const char *text, size_t length, json_t **ret_value,
                         struct chaos_error *err)
{
    bool negative = false;
    AUTO(str) char *clean = number_text(text, length, &negative);
    struct whole number = { .count = 0 };
    json_t *value = NULL;

    if (clean && push_number(&number, clean))
        value = whole_value(&number, negative);
    if (!value)
        return fail(err, text, "an integer (of 4300 digits at most)");
    *ret_value = value;
    return 0;
}

/* digits[.digits][e[sign]digits] or .digits and so on, without a sign. */
static bool is_decimal_real(const char *at)
{
    size_t whole = strspn(at, "0123456789");
    size_t part = 0;

    at += whole;
    if (*at == '.') {
        part = strspn(at + 1, "0123456789");
        at += 1 + part;
    }
    if (!whole && !part)
        return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        if (!isdigit((unsigned char)*at))
            return false;
        at += strspn(at, "0123456789");
    }
    return *at == '\0';
}

/* Summed from the last part on, as PyYAML does: the rounding shows in the last digit. */
static bool read_sixties(char *text, double *ret_number)
{
    double parts[SIXTIES_MAX];
    size_t count = 0;
    double base = 1;
    char *next = text;

    while (next && count < SIXTIES_MAX) {
        char *part = strsep(&next, ":");

        if (!is_decimal_real(part))
            return false;
        parts[count++] = strtod(part, NULL);
    }
    if (next)
        return false;
    *ret_number = 0;
    while (count-- > 0) {
        *ret_number += parts[count] * base;
        base *= 60;
    }
    return true;
}

static bool read_real(char *text, double *ret_number)
{
    static const char *const infinities[] = { ".inf", "inf", "infinity", NULL };

    for (char *at = text; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    if (strchr(text, ':'))
        return read_sixties(text, ret_number);
    if (str_in(text, infinities))
        *ret_number = __builtin_inf();
    else if (str_equal(text, ".nan") || str_equal(text, "nan"))
        *ret_number = __builtin_nan("");
    else if (is_decimal_real(text))
        *ret_number = strtod(text, NULL);
    else
        return false;
    return true;
}

static int construct_float(const char *text, size_t length, json_t **ret_value,
                           struct chaos_error *err)
{
    bool negative = false;
    AUTO(str) char *clean = number_text(text, length, &negative);
    double number;

    if (!clean || !read_real(clean, &number))
        return fail(err, text, "a number");
    *ret_value = extended_real(negative ? -number : number);
    return 0;
}

static int base64_value(unsigned char c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(alphabet, c) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

/* As Python's binascii: what is not of the alphabet is skipped, padding must be complete and ends
 * the data. */
static int construct_binary(const char *text, size_t length, json_t **ret_value,
                            struct chaos_error *err)
{
    AUTO(buffer) struct buffer data = { 0 };
    uint32_t bits = 0;
    unsigned place = 0; /* within a group of four */
    unsigned pads = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        int value = base64_value(c);

        if (c >= 0x80)
            return chaos_error_set(err, CHAOS_E_INVALID, "base64 data must be ASCII");
        if (c == '=' && place >= 2 && place + ++pads >= 4) {
            place = 0;
            break;
        }
        if (value < 0)
            continue;
        pads = 0;
        bits = bits << 6 | (uint32_t)value;
        place = (place + 1) % 4;
        if (place != 1)
            buffer_add_char(&data, (char)(bits >> (place == 0 ? 0 : 8 - 2 * place)));
    }
    if (place)
        return chaos_error_set(err, CHAOS_E_INVALID, "base64 data ends within a group of four");
    *ret_value = extended_bytes(buffer_text(&data), data.length);
    return 0;
}

static int construct_timestamp(const char *text, size_t length, json_t **ret_value,
                               struct chaos_error *err)
{
    AUTO(buffer) struct buffer iso = { 0 };
    struct datetime moment;

    switch (datetime_parse(text, length, &moment)) {
    case DATETIME_MALFORMED:
        return fail(err, text, "a timestamp such as 2026-11-22 or 2026-11-22T12:00:00Z");
    case DATETIME_OUT_OF_RANGE:
        return fail(err, text, "a date and time that exists (quote it when it is meant as text)");
    case DATETIME_OK:
        break;
    }
    datetime_write(&iso, &moment);
    *ret_value = extended_new(moment.has_time ? EXTENDED_DATETIME : EXTENDED_DATE, iso.data);
    return 0;
}

int yaml_scalar_value(enum yaml_tag tag, const char *text, size_t length, json_t **ret_value,
                      struct chaos_error *err)
{
    switch (tag) {
    case TAG_NULL:
        *ret_value = json_null();
        return 0;
    case TAG_BOOL:
        return construct_bool(text, ret_value, err);
    case TAG_INT:
        return construct_int(text, length, ret_value, err);
    case TAG_FLOAT:
        return construct_float(text, length, ret_value, err);
    case TAG_BINARY:
        return construct_binary(text, length, ret_value, err);
    case TAG_TIMESTAMP:
        return construct_timestamp(text, length, ret_value, err);
    default:
        *ret_value = json_stringn_nocheck(text, length);
        return 0;
    }
}
