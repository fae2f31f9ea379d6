/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/validate.h"

#include <stdarg.h>
#include <string.h>

#include "aws/base64.h"
#include "aws/scalar.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/extended.h"
#include "value/json.h"
#include "value/pytext.h"

struct report {
    struct buffer lines;
    struct buffer path; /* ".Tags[0].Key" */
};

static void check(struct report *report, const struct aws_member *member, const json_t *value);

static const char *place(const struct report *report)
{
    const char *path = buffer_text(&report->path);

    return *path == '.' ? path + 1 : *path ? path : "input";
}

static void add(struct report *report, const char *format, ...) PRINTF(2, 3);

static void add(struct report *report, const char *format, ...)
{
    AUTO(str) char *line = NULL;
    va_list args;

    va_start(args, format);
    line = mem_vprintf(format, args);
    va_end(args);
    if (report->lines.length)
        buffer_add_char(&report->lines, '\n');
    buffer_add_text(&report->lines, line);
}

static void pop_to(struct report *report, size_t length)
{
    report->path.length = length;
    if (report->path.data)
        report->path.data[length] = '\0';
}

static const char *valid_types(enum aws_type type)
{
    static const char *const names[AWS_TYPE_COUNT] = {
        [AWS_TYPE_STRUCTURE] = "<class 'dict'>",
        [AWS_TYPE_MAP] = "<class 'dict'>",
        [AWS_TYPE_LIST] = "<class 'list'>, <class 'tuple'>",
        [AWS_TYPE_STRING] = "<class 'str'>",
        [AWS_TYPE_INTEGER] = "<class 'int'>",
        [AWS_TYPE_LONG] = "<class 'int'>",
        [AWS_TYPE_FLOAT] = "<class 'float'>, <class 'decimal.Decimal'>, <class 'int'>",
        [AWS_TYPE_DOUBLE] = "<class 'float'>, <class 'decimal.Decimal'>, <class 'int'>",
        [AWS_TYPE_BOOLEAN] = "<class 'bool'>",
        [AWS_TYPE_TIMESTAMP] = "<class 'datetime.datetime'>, timestamp-string",
        [AWS_TYPE_BLOB] = "<class 'bytes'>, <class 'bytearray'>, file-like object",
    };

    return names[type] ? names[type] : "none";
}

static void add_wrong_type(struct report *report, const struct aws_member *member,
                           const json_t *value)
{
    AUTO(str) char *text = pytext_of(value);

    add(report, "Invalid type for parameter %s, value: %s, type: <class '%s'>, valid types: %s",
        place(report), text, value_type_name(value), valid_types(member->shape.type));
}

static bool has_type(const struct aws_member *member, const json_t *value)
{
    enum extended_kind kind = extended_kind(value);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int64_t us = 0;

    switch (member->shape.type) {
    case AWS_TYPE_STRUCTURE:
    case AWS_TYPE_MAP:
        return json_is_object(value);
    case AWS_TYPE_LIST:
        return json_is_array(value);
    case AWS_TYPE_STRING:
    case AWS_TYPE_BLOB:
        return json_is_string(value) && kind == EXTENDED_NONE;
    case AWS_TYPE_INTEGER:
    case AWS_TYPE_LONG:
        return json_is_integer(value) || kind == EXTENDED_INTEGER;
    case AWS_TYPE_FLOAT:
    case AWS_TYPE_DOUBLE:
        return json_is_number(value) || kind == EXTENDED_INTEGER || kind == EXTENDED_NAN ||
               kind == EXTENDED_INFINITY;
    case AWS_TYPE_BOOLEAN:
        return json_is_boolean(value);
    case AWS_TYPE_TIMESTAMP:
        return scalar_time(value, &us, &err) == 0;
    case AWS_TYPE_NONE:
    case AWS_TYPE_COUNT:
        break;
    }
    return false;
}

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void write_number(struct buffer *out, const json_t *number)
{
    if (json_is_integer(number))
        buffer_printf(out, "%lld", (long long)json_integer_value(number));
    else
        json_write_real(out, json_real_value(number));
}

/* `size` is a length, or a number itself; `what` says which. */
static void check_least(struct report *report, const struct aws_member *member, const json_t *size,
                        const char *what)
{
    struct aws_node least = aws_member_trait(member, "min");
    AUTO(json) json_t *limit = NULL;
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer limit_text = { 0 };

    if (aws_node_type(least) == AWS_NODE_REAL)
        limit = json_real(aws_node_real(least));
    else if (aws_node_type(least) == AWS_NODE_INTEGER)
        limit = json_integer(aws_node_integer(least));
    else if (member->flags & AWS_HOST_LABEL)
        limit = json_integer(1);
    if (!limit || json_number_value(size) >= json_number_value(limit))
        return;
    write_number(&text, size);
    write_number(&limit_text, limit);
    add(report, "Invalid %s for parameter %s, value: %s, valid min %s: %s", what, place(report),
        buffer_text(&text), what, buffer_text(&limit_text));
}

static void check_length(struct report *report, const struct aws_member *member, size_t length)
{
    AUTO(json) json_t *size = json_integer((json_int_t)length);

    check_least(report, member, size, "length");
}

static char *member_names(const struct aws_shape *shape)
{
    AUTO(buffer) struct buffer names = { 0 };

    for (size_t i = 0; i < aws_shape_member_count(shape); i++) {
        if (i > 0)
            buffer_add_text(&names, ", ");
        buffer_add_text(&names, aws_shape_member(shape, i).name);
    }
    return buffer_take(&names);
}

static void check_union(struct report *report, const struct aws_member *member, const json_t *value)
{
    AUTO(str) char *names = NULL;
    size_t count = json_object_size(value);

    if (!(member->flags & AWS_UNION) || count == 1)
        return;
    names = member_names(&member->shape);
    if (count == 0)
        /* compat: botocore's words lack that blank */
        add(report, "Must set one of the following keys for tagged unionstructure %s: %s.",
            place(report), names);
    else
        add(report,
            "Invalid number of parameters set for tagged union structure %s. Can only set one of "
            "the following keys: %s.",
            place(report), names);
}

static void check_structure(struct report *report, const struct aws_member *member,
                            const json_t *value)
{
    size_t length = report->path.length;
    size_t hint = 0;
    const char *key;
    json_t *item;

    check_union(report, member, value);
    for (size_t i = 0; i < aws_shape_member_count(&member->shape); i++) {
        struct aws_member field = aws_shape_member(&member->shape, i);

        if (field.flags & AWS_REQUIRED && !json_object_get(value, field.name))
            add(report, "Missing required parameter in %s: \"%s\"", place(report), field.name);
    }
    json_object_foreach (json_walkable(value), key, item) {
        AUTO(str) char *names = NULL;

        if (aws_shape_find(&member->shape, key, &hint) != SIZE_MAX)
            continue;
        names = member_names(&member->shape);
        add(report, "Unknown parameter in %s: \"%s\", must be one of: %s", place(report), key,
            names);
    }
    hint = 0;
    json_object_foreach (json_walkable(value), key, item) {
        size_t index = aws_shape_find(&member->shape, key, &hint);
        struct aws_member field = aws_shape_member(&member->shape, index);

        if (index == SIZE_MAX)
            continue;
        buffer_printf(&report->path, ".%s", key);
        check(report, &field, item);
        pop_to(report, length);
    }
}

static void check_list(struct report *report, const struct aws_member *member, const json_t *value)
{
    struct aws_member item = aws_shape_member(&member->shape, 0);
    size_t length = report->path.length;
    size_t index;
    json_t *child;

    check_length(report, member, json_array_size(value));
    json_array_foreach (value, index, child) {
        buffer_printf(&report->path, "[%zu]", index);
        check(report, &item, child);
        pop_to(report, length);
    }
}

static void check_map(struct report *report, const struct aws_member *member, const json_t *value)
{
    struct aws_member key_member = aws_shape_member(&member->shape, 0);
    struct aws_member value_member = aws_shape_member(&member->shape, 1);
    size_t length = report->path.length;
    const char *key;
    json_t *item;

    json_object_foreach (json_walkable(value), key, item) {
        AUTO(json) json_t *key_value = json_string(key);

        buffer_printf(&report->path, " (key: %s)", key);
        check(report, &key_member, key_value);
        pop_to(report, length);
        buffer_printf(&report->path, ".%s", key);
        check(report, &value_member, item);
        pop_to(report, length);
    }
}

static void check_scalar(struct report *report, const struct aws_member *member,
                         const json_t *value)
{
    AUTO(buffer) struct buffer bytes = { 0 };

    switch (member->shape.type) {
    case AWS_TYPE_STRING:
        check_length(report, member, characters(json_string_value(value)));
        break;
    case AWS_TYPE_INTEGER:
    case AWS_TYPE_LONG:
    case AWS_TYPE_FLOAT:
    case AWS_TYPE_DOUBLE:
        if (json_is_number(value))
            check_least(report, member, value, "value");
        break;
    case AWS_TYPE_BLOB:
        if (!base64_decode(&bytes, json_string_value(value)))
            add(report, "Invalid value for parameter %s: bytes are given in base64", place(report));
        break;
    case AWS_TYPE_NONE:
    case AWS_TYPE_STRUCTURE:
    case AWS_TYPE_LIST:
    case AWS_TYPE_MAP:
    case AWS_TYPE_BOOLEAN:
    case AWS_TYPE_TIMESTAMP:
    case AWS_TYPE_COUNT:
        break;
    }
}

static void check(struct report *report, const struct aws_member *member, const json_t *value)
{
    bool is_json_header = member->flags & AWS_JSON_VALUE && member->location == AWS_IN_HEADER;

    /* Any JSON value will do for these. */
    if (is_json_header ||
        (member->shape.type == AWS_TYPE_STRUCTURE && member->flags & AWS_DOCUMENT))
        return;
    if (!has_type(member, value)) {
        add_wrong_type(report, member, value);
        return;
    }
    if (member->shape.type == AWS_TYPE_STRUCTURE)
        check_structure(report, member, value);
    else if (member->shape.type == AWS_TYPE_LIST)
        check_list(report, member, value);
    else if (member->shape.type == AWS_TYPE_MAP)
        check_map(report, member, value);
    else
        check_scalar(report, member, value);
}

char *aws_validate(const struct aws_operation *operation, const json_t *params)
{
    struct report report = { 0 };

    if (operation->input.shape.type != AWS_TYPE_NONE)
        check(&report, &operation->input, params);
    buffer_clear(&report.path);
    return report.lines.length ? buffer_take(&report.lines) : NULL;
}
