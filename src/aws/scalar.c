/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/scalar.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "aws/base64.h"
#include "value/extended.h"
#include "value/json.h"

const char *scalar_json_type(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "mapping";
    case JSON_ARRAY:
        return "list";
    case JSON_STRING:
        return extended_kind(value) == EXTENDED_NONE ? "string" : "special value";
    case JSON_INTEGER:
        return "integer";
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

int scalar_mismatch(const struct aws_member *member, const json_t *value, struct chaos_error *err)
{
    if (member->shape.type == AWS_TYPE_NONE)
        return chaos_error_set(err, CHAOS_E_INVALID, "the AWS model file is damaged");
    return chaos_error_set(err, CHAOS_E_INVALID, "expected a value of type %s, found a %s",
                           aws_type_name(member->shape.type), scalar_json_type(value));
}

json_t *scalar_special_real(const char *text)
{
    if (strcmp(text, "NaN") == 0)
        return extended_real((double)NAN);
    if (strcmp(text, "Infinity") == 0)
        return extended_real((double)INFINITY);
    if (strcmp(text, "-Infinity") == 0)
        return extended_real(-(double)INFINITY);
    return NULL;
}

int scalar_time(const json_t *value, int64_t *ret_us, struct chaos_error *err)
{
    const char *text = json_string_value(value);
    bool good = false;

    switch (extended_kind(value)) {
    case EXTENDED_DATE:
    case EXTENDED_DATETIME:
        good = aws_timestamp_parse(extended_text(value), ret_us);
        break;
    case EXTENDED_NONE:
        if (text)
            good = aws_timestamp_parse(text, ret_us);
        else if (json_is_number(value))
            good = aws_timestamp_from_seconds(json_number_value(value), ret_us);
        break;
    case EXTENDED_INTEGER:
    case EXTENDED_NAN:
    case EXTENDED_INFINITY:
    case EXTENDED_BYTES:
        break;
    }
    if (good)
        return 0;
    if (text && extended_kind(value) == EXTENDED_NONE)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "'%.80s' is not a point in time such as 2026-11-22T12:00:00Z", text);
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "expected a point in time such as 2026-11-22T12:00:00Z, found a %s",
                           scalar_json_type(value));
}

json_t *scalar_time_json(int64_t us)
{
    AUTO(buffer) struct buffer text = { 0 };

    aws_timestamp_write(&text, us, AWS_TIME_RESULT);
    return json_string(buffer_text(&text));
}

static int number_to_text(const struct aws_member *member, const json_t *value, struct buffer *out,
                          struct chaos_error *err)
{
    bool is_real = member->shape.type == AWS_TYPE_FLOAT || member->shape.type == AWS_TYPE_DOUBLE;
    const char *text = json_string_value(value);
    AUTO(json) json_t *special = NULL;

    if (json_is_integer(value)) {
        buffer_printf(out, "%lld", (long long)json_integer_value(value));
        return 0;
    }
    if (is_real && json_is_real(value)) {
        json_write_real(out, json_real_value(value));
        return 0;
    }
    switch (extended_kind(value)) {
    case EXTENDED_NAN:
    case EXTENDED_INFINITY:
        if (!is_real)
            break;
        buffer_add_text(out, extended_text(value));
        return 0;
    case EXTENDED_INTEGER:
        buffer_add_text(out, extended_text(value));
        return 0;
    case EXTENDED_NONE:
    case EXTENDED_BYTES:
    case EXTENDED_DATE:
    case EXTENDED_DATETIME:
        break;
    }
    if (is_real && text)
        special = scalar_special_real(text);
    if (special) {
        buffer_add_text(out, text);
        return 0;
    }
    return scalar_mismatch(member, value, err);
}

int scalar_to_text(const struct aws_member *member, const json_t *value,
                   enum aws_time_format otherwise, struct buffer *out, struct chaos_error *err)
{
    const char *text = extended_kind(value) == EXTENDED_NONE ? json_string_value(value) : NULL;
    AUTO(buffer) struct buffer bytes = { 0 };
    int64_t us = 0;
    int r;

    switch (member->shape.type) {
    case AWS_TYPE_STRING:
        if (!text)
            return scalar_mismatch(member, value, err);
        buffer_add_text(out, text);
        return 0;
    case AWS_TYPE_BLOB:
        if (!text || !base64_decode(&bytes, text))
            return chaos_error_set(err, CHAOS_E_INVALID, "expected bytes in base64");
        base64_encode(out, bytes.data, bytes.length);
        return 0;
    case AWS_TYPE_BOOLEAN:
        if (!json_is_boolean(value))
            return scalar_mismatch(member, value, err);
        buffer_add_text(out, json_is_true(value) ? "true" : "false");
        return 0;
    case AWS_TYPE_TIMESTAMP:
        r = scalar_time(value, &us, err);
        if (r < 0)
            return r;
        otherwise = aws_time_format_parse(
            aws_node_text(aws_member_trait(member, "timestampFormat")), otherwise);
        aws_timestamp_write(out, us, otherwise);
        return 0;
    case AWS_TYPE_INTEGER:
    case AWS_TYPE_LONG:
    case AWS_TYPE_FLOAT:
    case AWS_TYPE_DOUBLE:
        return number_to_text(member, value, out, err);
    case AWS_TYPE_NONE:
    case AWS_TYPE_STRUCTURE:
    case AWS_TYPE_LIST:
    case AWS_TYPE_MAP:
    case AWS_TYPE_COUNT:
        break;
    }
    return scalar_mismatch(member, value, err);
}

static int integer_from_text(const char *text, json_t **ret_value, struct chaos_error *err)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (end == text || errno)
        return chaos_error_set(err, CHAOS_E_INVALID, "'%.80s' is not an integer", text);
    end += strspn(end, " \t\r\n");
    if (*end)
        return chaos_error_set(err, CHAOS_E_INVALID, "'%.80s' is not an integer", text);
    *ret_value = json_integer(number);
    return 0;
}

static int real_from_text(const char *text, json_t **ret_value, struct chaos_error *err)
{
    json_t *special = scalar_special_real(text);
    char *end;
    double number;

    if (special) {
        *ret_value = special;
        return 0;
    }
    number = strtod(text, &end);
    if (end == text || *(end + strspn(end, " \t\r\n")))
        return chaos_error_set(err, CHAOS_E_INVALID, "'%.80s' is not a number", text);
    *ret_value = extended_real(number);
    return 0;
}

int scalar_from_text(const struct aws_member *member, const char *text, json_t **ret_value,
                     struct chaos_error *err)
{
    int64_t us;

    switch (member->shape.type) {
    case AWS_TYPE_STRING:
    case AWS_TYPE_BLOB:
        *ret_value = json_string(text);
        if (!*ret_value)
            return chaos_error_set(err, CHAOS_E_INVALID, "text that is not UTF-8");
        return 0;
    case AWS_TYPE_BOOLEAN:
        *ret_value = json_boolean(strcmp(text, "true") == 0 || strcmp(text, "True") == 0);
        return 0;
    case AWS_TYPE_TIMESTAMP:
        if (!aws_timestamp_parse(text, &us))
            return chaos_error_set(err, CHAOS_E_INVALID, "'%.80s' is not a point in time", text);
        *ret_value = scalar_time_json(us);
        return 0;
    case AWS_TYPE_INTEGER:
    case AWS_TYPE_LONG:
        return integer_from_text(text, ret_value, err);
    case AWS_TYPE_FLOAT:
    case AWS_TYPE_DOUBLE:
        return real_from_text(text, ret_value, err);
    case AWS_TYPE_NONE:
    case AWS_TYPE_STRUCTURE:
    case AWS_TYPE_LIST:
    case AWS_TYPE_MAP:
    case AWS_TYPE_COUNT:
        break;
    }
    return chaos_error_set(err, CHAOS_E_INVALID, "expected a value of type %s, found text",
                           aws_type_name(member->shape.type));
}
