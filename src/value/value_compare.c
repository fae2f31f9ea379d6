// SPDX-License-Identifier: Apache-2.0
/* Python's truth, equality and order of values. */
#include "value/pytext.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "value/datetime.h"
#include "value/extended.h"
#include "value/member.h"

/* What Python's types are to comparison. */
enum shape {
    SHAPE_NONE,
    SHAPE_NUMBER,
    SHAPE_TEXT,
    SHAPE_BYTES,
    SHAPE_DATE,
    SHAPE_DATETIME,
    SHAPE_LIST,
    SHAPE_DICT,
};

/* The order of what NaN is part of. */
#define UNORDERED 2

static enum shape string_shape(const json_t *value)
{
    switch (extended_kind(value)) {
    case EXTENDED_NONE:
        return SHAPE_TEXT;
    case EXTENDED_INTEGER:
    case EXTENDED_NAN:
    case EXTENDED_INFINITY:
        return SHAPE_NUMBER;
    case EXTENDED_BYTES:
        return SHAPE_BYTES;
    case EXTENDED_DATE:
        return SHAPE_DATE;
    case EXTENDED_DATETIME:
        return SHAPE_DATETIME;
    }
    return SHAPE_TEXT;
}

static enum shape shape_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return SHAPE_DICT;
    case JSON_ARRAY:
        return SHAPE_LIST;
    case JSON_STRING:
        return string_shape(value);
    case JSON_INTEGER:
    case JSON_REAL:
    case JSON_TRUE:
    case JSON_FALSE:
        return SHAPE_NUMBER;
    case JSON_NULL:
        return SHAPE_NONE;
    }
    return SHAPE_NONE;
}

const char *value_type_name(const json_t *value)
{
    static const char *const names[] = {
        [SHAPE_NONE] = "NoneType", [SHAPE_TEXT] = "str",          [SHAPE_BYTES] = "bytes",
        [SHAPE_DATE] = "date",     [SHAPE_DATETIME] = "datetime", [SHAPE_LIST] = "list",
        [SHAPE_DICT] = "dict",
    };
    enum extended_kind kind = extended_kind(value);
    enum shape shape = shape_of(value);

    if (shape != SHAPE_NUMBER)
        return names[shape];
    if (json_is_boolean(value))
        return "bool";
    return json_is_integer(value) || kind == EXTENDED_INTEGER ? "int" : "float";
}

bool value_is_true(const json_t *value)
{
    if (!value)
        return false;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return json_object_size(value) > 0;
    case JSON_ARRAY:
        return json_array_size(value) > 0;
    case JSON_STRING:
        if (extended_kind(value) == EXTENDED_BYTES)
            return *extended_text(value) != '\0';
        return json_string_length(value) > 0;
    case JSON_INTEGER:
        return json_integer_value(value) != 0;
    case JSON_REAL:
        return json_real_value(value) != 0;
    case JSON_TRUE:
        return true;
    case JSON_FALSE:
    case JSON_NULL:
        return false;
    }
    return false;
}

static int sign_of(double number)
{
    return (number > 0) - (number < 0);
}

/* The order of two whole numbers written in decimal. */
static int order_digits(const char *a, const char *b)
{
    bool a_negative = *a == '-';
    bool b_negative = *b == '-';
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    int order;

    if (a_negative != b_negative)
        return a_negative ? -1 : 1;
    order = a_length != b_length ? (a_length > b_length ? 1 : -1) : strcmp(a, b);
    order = (order > 0) - (order < 0);
    return a_negative ? -order : order;
}

static bool is_real(const json_t *value)
{
    enum extended_kind kind = extended_kind(value);

    return json_is_real(value) || kind == EXTENDED_NAN || kind == EXTENDED_INFINITY;
}

static double real_of(const json_t *value)
{
    if (json_is_real(value))
        return json_real_value(value);
    if (extended_kind(value) == EXTENDED_NAN)
        return (double)NAN;
    return extended_text(value)[0] == '-' ? -HUGE_VAL : HUGE_VAL;
}

/* A whole number in decimal; bool counts as 0 or 1. */
static char *digits_of(const json_t *value)
{
    if (json_is_string(value))
        return mem_strdup(extended_text(value));
    if (json_is_boolean(value))
        return mem_strdup(json_is_true(value) ? "1" : "0");
    return mem_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

/* Exact: the whole part of the real is written out, as large as it may be. */
static int order_whole_and_real(const json_t *whole, double real)
{
    AUTO(str) char *digits = NULL;
    AUTO(str) char *real_digits = NULL;
    double part;
    int order;

    if (isnan(real))
        return UNORDERED;
    if (isinf(real))
        return -sign_of(real);
    digits = digits_of(whole);
    real_digits = mem_printf("%.0f", trunc(real) + 0.0); /* + 0.0: no "-0" */
    order = order_digits(digits, real_digits);
    return order ? order : -sign_of(modf(real, &part));
}

static int order_numbers(const json_t *a, const json_t *b)
{
    AUTO(str) char *a_digits = NULL;
    AUTO(str) char *b_digits = NULL;
    int order;

    if (is_real(a) && is_real(b)) {
        double left = real_of(a);
        double right = real_of(b);

        return isnan(left) || isnan(right) ? UNORDERED : (left > right) - (left < right);
    }
    if (is_real(b))
        return order_whole_and_real(a, real_of(b));
    if (is_real(a)) {
        order = order_whole_and_real(b, real_of(a));
        return order == UNORDERED ? order : -order;
    }
    if (json_is_integer(a) && json_is_integer(b))
        return (json_integer_value(a) > json_integer_value(b)) -
               (json_integer_value(a) < json_integer_value(b));
    a_digits = digits_of(a);
    b_digits = digits_of(b);
    return order_digits(a_digits, b_digits);
}

/* UTF-8 sorts as its code points do, lower-case hexadecimal as its bytes, ISO dates as their days:
 * the bytes decide for them all. */
static int order_bytes(const json_t *a, const json_t *b)
{
    size_t a_length = json_string_length(a);
    size_t b_length = json_string_length(b);
    int order = memcmp(json_string_value(a), json_string_value(b),
                       a_length < b_length ? a_length : b_length);

    return order ? (order > 0) - (order < 0) : (a_length > b_length) - (a_length < b_length);
}

static bool equal_lists(const json_t *a, const json_t *b)
{
    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++)
        if (!value_equal(json_array_get(a, i), json_array_get(b, i)))
            return false;
    return true;
}

static bool equal_dicts(const json_t *a, const json_t *b)
{
    size_t count;
    AUTO(mem) struct member *members = member_list(a, MEMBER_ORDER_OWN, &count);

    if (count != json_object_size(b))
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *other = json_object_getn(b, members[i].key, members[i].key_length);

        if (!other || !value_equal(members[i].value, other))
            return false;
    }
    return true;
}

/* Those with a zone are instants; one without is never equal to them. */
static bool equal_datetimes(const struct datetime *a, const struct datetime *b)
{
    return a->has_zone == b->has_zone && datetime_instant(a) == datetime_instant(b);
}

bool value_equal(const json_t *value, const json_t *other)
{
    enum shape shape = shape_of(value);
    struct datetime a;
    struct datetime b;

    if (shape != shape_of(other))
        return false;
    switch (shape) {
    case SHAPE_NONE:
        return true;
    case SHAPE_NUMBER:
        return order_numbers(value, other) == 0;
    case SHAPE_TEXT:
    case SHAPE_BYTES:
    case SHAPE_DATE:
        return order_bytes(value, other) == 0;
    case SHAPE_DATETIME:
        datetime_read(extended_text(value), &a);
        datetime_read(extended_text(other), &b);
        return equal_datetimes(&a, &b);
    case SHAPE_LIST:
        return equal_lists(value, other);
    case SHAPE_DICT:
        return equal_dicts(value, other);
    }
    return false;
}

/* Python names the types of a module in full here. */
static const char *full_type_name(const json_t *value)
{
    switch (shape_of(value)) {
    case SHAPE_DATE:
        return "datetime.date";
    case SHAPE_DATETIME:
        return "datetime.datetime";
    default:
        return value_type_name(value);
    }
}

static int fail_types(const json_t *value, const json_t *other, struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "'<=' not supported between instances of '%s' and '%s'",
                           full_type_name(value), full_type_name(other));
}

static int compare_datetimes(const json_t *value, const json_t *other, int *ret_order,
                             struct chaos_error *err)
{
    struct datetime a;
    struct datetime b;
    int64_t left;
    int64_t right;

    datetime_read(extended_text(value), &a);
    datetime_read(extended_text(other), &b);
    if (a.has_zone != b.has_zone)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "can't compare offset-naive and offset-aware datetimes");
    left = datetime_instant(&a);
    right = datetime_instant(&b);
    *ret_order = (left > right) - (left < right);
    return 0;
}

/* The first items that differ decide. */
static int compare_lists(const json_t *value, const json_t *other, int *ret_order,
                         struct chaos_error *err)
{
    size_t a_length = json_array_size(value);
    size_t b_length = json_array_size(other);

    for (size_t i = 0; i < a_length && i < b_length; i++) {
        const json_t *a = json_array_get(value, i);
        const json_t *b = json_array_get(other, i);

        if (!value_equal(a, b))
            return value_compare(a, b, ret_order, err);
    }
    *ret_order = (a_length > b_length) - (a_length < b_length);
    return 0;
}

int value_compare(const json_t *value, const json_t *other, int *ret_order, struct chaos_error *err)
{
    enum shape a = shape_of(value);
    enum shape b = shape_of(other);

    if ((a == SHAPE_DATETIME && b == SHAPE_DATE) || (a == SHAPE_DATE && b == SHAPE_DATETIME))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "can't compare datetime.datetime to datetime.date");
    if (a != b)
        return fail_types(value, other, err);
    switch (a) {
    case SHAPE_NUMBER:
        *ret_order = order_numbers(value, other);
        return 0;
    case SHAPE_TEXT:
    case SHAPE_BYTES:
    case SHAPE_DATE:
        *ret_order = order_bytes(value, other);
        return 0;
    case SHAPE_DATETIME:
        return compare_datetimes(value, other, ret_order, err);
    case SHAPE_LIST:
        return compare_lists(value, other, ret_order, err);
    case SHAPE_NONE:
    case SHAPE_DICT:
        break;
    }
    return fail_types(value, other, err);
}
