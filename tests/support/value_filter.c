// SPDX-License-Identifier: Apache-2.0
/* Passes documents through src/value/, for the scripts that compare it with Python. Input: records
 * of a line with the length in bytes, then so many bytes. Output: the same, a record each; those
 * that start with '!' are errors. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "value/json.h"
#include "value/pytext.h"
#include "value/substitute.h"
#include "value/yaml.h"

typedef int (*filter)(const struct buffer *in, struct buffer *out, struct chaos_error *err);

static int json_to_json(const struct buffer *in, struct buffer *out, struct chaos_error *err)
{
    AUTO(json) json_t *value = NULL;
    int code = json_parse(buffer_text(in), in->length, &value, err);

    if (code < 0)
        return code;
    json_write(out, value, JSON_STYLE_INDENT_2);
    return 0;
}

static int json_to_canonical(const struct buffer *in, struct buffer *out, struct chaos_error *err)
{
    AUTO(json) json_t *value = NULL;
    int code = json_parse(buffer_text(in), in->length, &value, err);

    if (code < 0)
        return code;
    json_write(out, value, JSON_STYLE_CANONICAL);
    return 0;
}

static int json_to_repr(const struct buffer *in, struct buffer *out, struct chaos_error *err)
{
    AUTO(json) json_t *value = NULL;
    int code = json_parse(buffer_text(in), in->length, &value, err);

    if (code < 0)
        return code;
    pytext_repr(out, value);
    return 0;
}

static int yaml_to_repr(const struct buffer *in, struct buffer *out, struct chaos_error *err)
{
    AUTO(json) json_t *value = NULL;
    int code = yaml_parse(buffer_text(in), in->length, &value, err);

    if (code < 0)
        return code;
    pytext_repr(out, value);
    return 0;
}

static int yaml_to_yaml(const struct buffer *in, struct buffer *out, struct chaos_error *err)
{
    AUTO(json) json_t *value = NULL;
    int code = yaml_parse(buffer_text(in), in->length, &value, err);

    if (code < 0)
        return code;
    yaml_write(out, value, &(struct yaml_style){ .indent = 2 });
    return 0;
}

static int json_to_yaml(const struct buffer *in, struct buffer *out, struct chaos_error *err,
                        const struct yaml_style *style)
{
    AUTO(json) json_t *value = NULL;
    int code = json_parse(buffer_text(in), in->length, &value, err);

    if (code < 0)
        return code;
    yaml_write(out, value, style);
    return 0;
}

static int json_to_yaml_2(const struct buffer *in, struct buffer *out, struct chaos_error *err)
{
    return json_to_yaml(in, out, err, &(struct yaml_style){ .indent = 2 });
}

static int json_to_yaml_4(const struct buffer *in, struct buffer *out, struct chaos_error *err)
{
    return json_to_yaml(in, out, err, &(struct yaml_style){ .indent = 4, .sort_keys = true });
}

/* [left, right] to "equal order" or "equal !message". */
static int json_to_order(const struct buffer *in, struct buffer *out, struct chaos_error *err)
{
    AUTO(json) json_t *pair = NULL;
    AUTO(chaos_error) struct chaos_error no_order = { 0 };
    const json_t *left;
    const json_t *right;
    int order;
    int code = json_parse(buffer_text(in), in->length, &pair, err);

    if (code < 0)
        return code;
    left = json_array_get(pair, 0);
    right = json_array_get(pair, 1);
    buffer_printf(out, "%d %d ", value_is_true(left), value_equal(left, right));
    if (value_compare(left, right, &order, &no_order) < 0)
        buffer_printf(out, "!%s", chaos_error_text(&no_order));
    else
        buffer_printf(out, "%d", order);
    return 0;
}

/* [data, configuration, secrets] to the repr() of the result. */
static int json_to_substituted(const struct buffer *in, struct buffer *out, struct chaos_error *err)
{
    AUTO(json) json_t *all = NULL;
    AUTO(json) json_t *result = NULL;
    int code = json_parse(buffer_text(in), in->length, &all, err);

    if (code < 0)
        return code;
    code = substitute(json_array_get(all, 0), json_array_get(all, 1), json_array_get(all, 2),
                      &result, err);
    if (code < 0)
        return code;
    pytext_repr(out, result);
    return 0;
}

static const struct {
    const char *name;
    filter run;
} filters[] = {
    { "json", json_to_json },      { "canonical", json_to_canonical },
    { "repr", json_to_repr },      { "yaml-repr", yaml_to_repr },
    { "yaml2", json_to_yaml_2 },   { "yaml4-sorted", json_to_yaml_4 },
    { "order", json_to_order },    { "substitute", json_to_substituted },
    { "yaml-yaml", yaml_to_yaml },
};

static bool read_record(struct buffer *record)
{
    char line[32];
    size_t length;

    if (!fgets(line, sizeof(line), stdin))
        return false;
    length = strtoul(line, NULL, 10);
    buffer_reset(record);
    buffer_reserve(record, length);
    if (fread(record->data, 1, length, stdin) != length)
        return false;
    record->length = length;
    record->data[length] = '\0';
    return true;
}

int main(int argc, char **argv)
{
    AUTO(buffer) struct buffer in = { 0 };
    filter run = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
        if (argc == 2 && str_equal(argv[1], filters[i].name))
            run = filters[i].run;
    if (!run) {
        fprintf(stderr, "usage: value_filter FILTER\n");
        return 2;
    }
    while (read_record(&in)) {
        AUTO(buffer) struct buffer out = { 0 };
        AUTO(chaos_error) struct chaos_error err = { 0 };

        if (run(&in, &out, &err) < 0) {
            buffer_reset(&out);
            buffer_printf(&out, "!%s", chaos_error_text(&err));
        }
        printf("%zu\n", out.length);
        fwrite(buffer_text(&out), 1, out.length, stdout);
        fflush(stdout);
    }
    return 0;
}
