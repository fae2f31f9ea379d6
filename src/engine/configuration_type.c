// SPDX-License-Identifier: Apache-2.0
/* The types that a value of the configuration may be given. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/configuration.h"
#include "value/extended.h"
#include "value/json.h"
#include "value/pytext.h"

/* Python's int(): white space around, a sign, digits with single underscores between them. Gives
 * the digits without underscores, or NULL. */
static char *integer_digits(const char *text)
{
    AUTO(str) char *trimmed = str_trim(text);
    AUTO(buffer) struct buffer digits = { 0 };
    const char *at = trimmed;

    if (*at == '-')
        buffer_add_char(&digits, '-');
    if (*at == '-' || *at == '+')
        at++;
    if (!isdigit((unsigned char)*at))
        return NULL;
    for (; *at; at++) {
        if (*at == '_' && isdigit((unsigned char)at[1]) && isdigit((unsigned char)at[-1]))
            continue;
        if (!isdigit((unsigned char)*at))
            return NULL;
        buffer_add_char(&digits, *at);
    }
    return buffer_take(&digits);
}

static int convert_integer(const char *text, json_t **ret_value, struct chaos_error *err)
{
    AUTO(str) char *digits = integer_digits(text);
    AUTO(str) char *normal = NULL;
    const char *shown = digits;
    bool negative;
    long long number;

    if (!digits)
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not an integer", text);
    errno = 0;
    number = strtoll(digits, NULL, 10);
    if (errno != ERANGE) {
        *ret_value = json_integer(number);
        return 0;
    }
    negative = *shown == '-';
    shown += negative;
    while (*shown == '0')
        shown++;
    normal = mem_printf("%s%s", negative ? "-" : "", shown);
    *ret_value = extended_new(EXTENDED_INTEGER, normal);
    return 0;
}

static int convert_real(const char *text, json_t **ret_value, struct chaos_error *err)
{
    AUTO(str) char *trimmed = str_trim(text);
    char *end;
    double number;

    /* Python knows no hexadecimal reals here */
    number = strtod(trimmed, &end);
    if (!*trimmed || *end || strpbrk(trimmed, "xXpP("))
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not a number", text);
    *ret_value = extended_real(number);
    return 0;
}

static int convert_json(const char *text, json_t **ret_value, struct chaos_error *err)
{
    if (!*text) {
        *ret_value = json_string("");
        return 0;
    }
    if (json_parse(text, strlen(text), ret_value, err) < 0)
        return chaos_error_prefix(err, "not JSON");
    return 0;
}

enum type {
    TYPE_TEXT,
    TYPE_INTEGER,
    TYPE_REAL,
    TYPE_BYTES,
    TYPE_BOOL,
    TYPE_JSON,
};

static int find_type(const char *name, enum type *ret_type, struct chaos_error *err)
{
    static const struct {
        const char *name;
        enum type type;
    } types[] = {
        { "str", TYPE_TEXT },        { "string", TYPE_TEXT }, { "int", TYPE_INTEGER },
        { "integer", TYPE_INTEGER }, { "float", TYPE_REAL },  { "number", TYPE_REAL },
        { "bytes", TYPE_BYTES },     { "bool", TYPE_BOOL },   { "json", TYPE_JSON },
    };

    *ret_type = TYPE_TEXT;
    if (!name)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (strcmp(types[i].name, name) == 0) {
            *ret_type = types[i].type;
            return 0;
        }
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "variable type '%s' is not known: it can be bool, str, int, float, "
                           "bytes or json",
                           name);
}

static int convert_text(enum type type, const char *text, json_t **ret_value,
                        struct chaos_error *err)
{
    switch (type) {
    case TYPE_TEXT:
        break;
    case TYPE_INTEGER:
        return convert_integer(text, ret_value, err);
    case TYPE_REAL:
        return convert_real(text, ret_value, err);
    case TYPE_BYTES:
        *ret_value = extended_bytes(text, strlen(text));
        return 0;
    case TYPE_BOOL:
        *ret_value = json_boolean(strcasecmp(text, "false") != 0 && strcmp(text, "0") != 0 &&
                                  strcasecmp(text, "no") != 0);
        return 0;
    case TYPE_JSON:
        return convert_json(text, ret_value, err);
    }
    *ret_value = json_string(text);
    return 0;
}

int configuration_convert(const char *type, const char *text, json_t **ret_value,
                          struct chaos_error *err)
{
    enum type found;
    int r = find_type(type, &found, err);

    return r < 0 ? r : convert_text(found, text, ret_value, err);
}

/* The part before the point, as Python's int() takes it; NULL for NaN and the infinities. */
static json_t *whole_part(const json_t *value)
{
    double whole = trunc(json_real_value(value));
    AUTO(str) char *digits = NULL;

    if (!json_is_real(value))
        return NULL;
    if (whole > -0x1p63 && whole < 0x1p63)
        return json_integer((json_int_t)whole);
    digits = mem_printf("%.0f", whole);
    return extended_new(EXTENDED_INTEGER, digits);
}

/* NULL for what is no number. */
static json_t *to_integer(const json_t *value)
{
    if (json_is_boolean(value))
        return json_integer(json_is_true(value));
    if (json_is_integer(value) || extended_kind(value) == EXTENDED_INTEGER)
        return json_incref(json_walkable(value));
    return whole_part(value);
}

static json_t *to_real(const json_t *value)
{
    enum extended_kind kind = extended_kind(value);

    if (json_is_boolean(value))
        return json_real(json_is_true(value));
    if (json_is_integer(value))
        return json_real((double)json_integer_value(value));
    if (kind == EXTENDED_INTEGER)
        return extended_real(strtod(extended_text(value), NULL));
    if (json_is_real(value) || kind == EXTENDED_NAN || kind == EXTENDED_INFINITY)
        return json_incref(json_walkable(value));
    return NULL;
}

int configuration_convert_value(const char *type, const json_t *value, json_t **ret_value,
                                struct chaos_error *err)
{
    json_t *converted = NULL;
    enum type found;
    int r = find_type(type, &found, err);

    if (r < 0)
        return r;
    if (json_is_string(value) && extended_kind(value) == EXTENDED_NONE)
        return convert_text(found, json_string_value(value), ret_value, err);
    if (found == TYPE_TEXT || found == TYPE_JSON || (found == TYPE_BOOL && json_is_boolean(value)))
        converted = json_incref(json_walkable(value));
    else if (found == TYPE_INTEGER)
        converted = to_integer(value);
    else if (found == TYPE_REAL)
        converted = to_real(value);
    if (!converted)
        return chaos_error_set(err, CHAOS_E_INVALID, "a %s cannot be taken as '%s'",
                               value_type_name(value), type);
    *ret_value = converted;
    return 0;
}
