// SPDX-License-Identifier: Apache-2.0
/* What a plain scalar is. Each function is one alternative of a regular expression of PyYAML's
 * resolver, which its comment quotes in short form. */
#include "value/yaml_scalar.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

#define DIGITS      "0123456789"
#define UNDERSCORED "0123456789_"

struct scan {
    const char *at;
    const char *end;
};

/* One character of `set`; NUL is in none. */
static bool one(struct scan *s, const char *set)
{
    if (s->at == s->end || !*s->at || !strchr(set, *s->at))
        return false;
    s->at++;
    return true;
}

/* As many characters of `set` as there are; whether there was any. */
static bool many(struct scan *s, const char *set)
{
    bool any = false;

    while (one(s, set))
        any = true;
    return any;
}

static bool at_end(const struct scan *s)
{
    return s->at == s->end;
}

/* (:[0-5]?[0-9])+ */
static bool sixties(struct scan *s)
{
    bool any = false;

    while (one(s, ":")) {
        bool low = s->end - s->at > 0 && *s->at >= '0' && *s->at <= '5';

        if (!one(s, DIGITS))
            return false;
        if (low)
            one(s, DIGITS);
        any = true;
    }
    return any;
}

/* [-+]? ( 0b[01_]+ | 0[0-7_]+ | 0 | 0x[0-9a-fA-F_]+ ) */
static bool is_zero_led(struct scan s)
{
    one(&s, "+-");
    if (!one(&s, "0"))
        return false;
    if (one(&s, "b"))
        return many(&s, "01_") && at_end(&s);
    if (one(&s, "x"))
        return many(&s, "0123456789abcdefABCDEF_") && at_end(&s);
    many(&s, "01234567_");
    return at_end(&s);
}

/* [-+]? [1-9][0-9_]* (:[0-5]?[0-9])* */
static bool is_decimal(struct scan s)
{
    one(&s, "+-");
    if (!one(&s, "123456789"))
        return false;
    many(&s, UNDERSCORED);
    return at_end(&s) || (sixties(&s) && at_end(&s));
}

/* ([eE][-+][0-9]+)? */
static bool exponent(struct scan *s)
{
    return !one(s, "eE") || (one(s, "+-") && many(s, DIGITS));
}

/* [-+]? [0-9][0-9_]* \. [0-9_]* exponent | [-+]? [0-9][0-9_]* (:[0-5]?[0-9])+ \. [0-9_]* */
static bool is_real(struct scan s)
{
    one(&s, "+-");
    if (!one(&s, DIGITS))
        return false;
    many(&s, UNDERSCORED);
    if (!at_end(&s) && *s.at == ':') {
        if (!sixties(&s) || !one(&s, "."))
            return false;
        many(&s, UNDERSCORED);
        return at_end(&s);
    }
    if (!one(&s, "."))
        return false;
    many(&s, UNDERSCORED);
    return exponent(&s) && at_end(&s);
}

/* \.[0-9][0-9_]* exponent: no sign may come before it */
static bool is_fraction(struct scan s)
{
    if (!one(&s, ".") || !one(&s, DIGITS))
        return false;
    many(&s, UNDERSCORED);
    return exponent(&s) && at_end(&s);
}

static bool is_word(const struct scan *s, const char *const *words)
{
    size_t length = (size_t)(s->end - s->at);

    for (; *words; words++)
        if (strlen(*words) == length && memcmp(s->at, *words, length) == 0)
            return true;
    return false;
}

static bool is_special_real(struct scan s)
{
    static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
    static const char *const infinities[] = { ".inf", ".Inf", ".INF", NULL };

    if (is_word(&s, nans))
        return true;
    one(&s, "+-");
    return is_word(&s, infinities);
}

/* Between `least` and `most` digits. */
static bool digits(struct scan *s, int least, int most)
{
    int count = 0;

    while (count < most && one(s, DIGITS))
        count++;
    return count >= least;
}

/* [0-9]{4}-[0-9]{2}-[0-9]{2} */
static bool is_date(struct scan s)
{
    return digits(&s, 4, 4) && one(&s, "-") && digits(&s, 2, 2) && one(&s, "-") &&
           digits(&s, 2, 2) && at_end(&s);
}

/* [0-9]{4}-[0-9][0-9]?-[0-9][0-9]? ([Tt]|[ \t]+) [0-9][0-9]?:[0-9]{2}:[0-9]{2} (\.[0-9]*)?
 * ([ \t]*(Z|[-+][0-9][0-9]?(:[0-9]{2})?))? */
static bool is_moment(struct scan s)
{
    if (!digits(&s, 4, 4) || !one(&s, "-") || !digits(&s, 1, 2) || !one(&s, "-") ||
        !digits(&s, 1, 2))
        return false;
    if (!one(&s, "Tt") && !many(&s, " \t"))
        return false;
    if (!digits(&s, 1, 2) || !one(&s, ":") || !digits(&s, 2, 2) || !one(&s, ":") ||
        !digits(&s, 2, 2))
        return false;
    if (one(&s, "."))
        many(&s, DIGITS);
    if (at_end(&s))
        return true;
    many(&s, " \t");
    if (one(&s, "Z"))
        return at_end(&s);
    if (!one(&s, "+-") || !digits(&s, 1, 2))
        return false;
    return at_end(&s) || (one(&s, ":") && digits(&s, 2, 2) && at_end(&s));
}

enum yaml_tag yaml_tag_resolve(const char *text, size_t length)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const bools[] = { "yes",  "Yes",  "YES",   "no",    "No",    "NO", "true",
                                         "True", "TRUE", "false", "False", "FALSE", "on", "On",
                                         "ON",   "off",  "Off",   "OFF",   NULL };
    struct scan s = { text, text + length };

    if (is_word(&s, nulls))
        return TAG_NULL;
    if (is_word(&s, bools))
        return TAG_BOOL;
    if (is_real(s) || is_fraction(s) || is_special_real(s))
        return TAG_FLOAT;
    if (is_zero_led(s) || is_decimal(s))
        return TAG_INT;
    if (is_date(s) || is_moment(s))
        return TAG_TIMESTAMP;
    if (length == 2 && memcmp(text, "<<", 2) == 0)
        return TAG_MERGE;
    if (length == 1 && *text == '=')
        return TAG_VALUE;
    return TAG_STR;
}

enum yaml_tag yaml_tag_parse(const char *name)
{
    static const char *const names[] = {
        [TAG_NULL] = "null",   [TAG_BOOL] = "bool",     [TAG_INT] = "int",
        [TAG_FLOAT] = "float", [TAG_BINARY] = "binary", [TAG_TIMESTAMP] = "timestamp",
        [TAG_STR] = "str",     [TAG_SEQ] = "seq",       [TAG_MAP] = "map",
        [TAG_OMAP] = "omap",   [TAG_PAIRS] = "pairs",   [TAG_SET] = "set",
        [TAG_MERGE] = "merge", [TAG_VALUE] = "value",
    };

    if (!str_starts(name, YAML_TAG_PREFIX))
        return TAG_UNKNOWN;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(name + strlen(YAML_TAG_PREFIX), names[i]) == 0)
            return (enum yaml_tag)i;
    return TAG_UNKNOWN;
}
