// SPDX-License-Identifier: Apache-2.0
// The form of a platform is a table of fields; what the table cannot say is checked after.
#include "labctl/platform_file.h"

#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/yaml.h"
#include "value/yaml_place.h"

#define FILE_MAX      (4 * 1024 * 1024)
#define USER_DATA_MAX (16 * 1024)

enum kind {
    KIND_TEXT,
    KIND_WHOLE, /* a number from 0 on */
    KIND_SECONDS,
    KIND_PORTS, /* 80, "80-90" */
    KIND_TEXTS,
    KIND_NAMED_TEXTS,   /* {NAME: text} */
    KIND_NAMED_SECONDS, /* {NAME: seconds} */
    KIND_OBJECTS,       /* a list of objects */
    KIND_NAMED_OBJECTS, /* {NAME: object} */
    KIND_COUNT
};

static const char *const kind_names[] = {
    [KIND_TEXT] = "a text",
    [KIND_WHOLE] = "a whole number from 0 to 500",
    [KIND_SECONDS] = "seconds, 0 or more",
    [KIND_PORTS] = "a port such as 5566, or ports such as 8000-8080",
    [KIND_TEXTS] = "a list of texts",
    [KIND_NAMED_TEXTS] = "names with texts",
    [KIND_NAMED_SECONDS] = "names with seconds",
    [KIND_OBJECTS] = "a list",
    [KIND_NAMED_OBJECTS] = "names with what they mean",
};
_Static_assert(ARRAY_SIZE(kind_names) == KIND_COUNT, "every kind has a name");

struct fields;

struct field {
    const char *name;
    enum kind kind;
    bool is_required;
    const struct fields *inner;
};

struct fields {
    const struct field *rows;
    size_t n_rows;
};

#define FIELDS(rows)                                                                               \
    {                                                                                              \
        rows, ARRAY_SIZE(rows)                                                                     \
    }

static const struct field allow_rows[] = {
    { "protocol", KIND_TEXT, true, NULL },
    { "ports", KIND_PORTS, false, NULL },
    { "from", KIND_TEXT, false, NULL },
};
static const struct fields allow_fields = FIELDS(allow_rows);
static const struct field group_rows[] = {
    { "allow", KIND_OBJECTS, false, &allow_fields },
};
static const struct fields group_fields = FIELDS(group_rows);
static const struct field template_rows[] = {
    { "image", KIND_TEXT, false, NULL },
    { "type", KIND_TEXT, false, NULL },
    { "user-data", KIND_TEXT, false, NULL },
    { "user-data-file", KIND_TEXT, false, NULL },
    { "security-groups", KIND_TEXTS, false, NULL },
    { "profile", KIND_TEXT, false, NULL },
    { "tags", KIND_NAMED_TEXTS, false, NULL },
};
static const struct fields template_fields = FIELDS(template_rows);
static const struct field instance_rows[] = {
    { "template", KIND_TEXT, true, NULL },         { "zone", KIND_TEXT, false, NULL },
    { "count", KIND_WHOLE, false, NULL },          { "tags", KIND_NAMED_TEXTS, false, NULL },
    { "private-address", KIND_TEXT, false, NULL },
};
static const struct fields instance_fields = FIELDS(instance_rows);
static const struct field scaling_rows[] = {
    { "template", KIND_TEXT, true, NULL }, { "min", KIND_WHOLE, true, NULL },
    { "max", KIND_WHOLE, true, NULL },     { "desired", KIND_WHOLE, true, NULL },
    { "zones", KIND_TEXTS, true, NULL },   { "tags", KIND_NAMED_TEXTS, false, NULL },
};
static const struct fields scaling_fields = FIELDS(scaling_rows);
static const struct field address_rows[] = {
    { "public", KIND_TEXT, false, NULL },
    { "instance", KIND_TEXT, false, NULL },
};
static const struct fields address_fields = FIELDS(address_rows);
static const struct field platform_rows[] = {
    { "name", KIND_TEXT, false, NULL },
    { "region", KIND_TEXT, false, NULL },
    { "zones", KIND_WHOLE, false, NULL },
    { "public-addresses", KIND_TEXTS, false, NULL },
    { "delays", KIND_NAMED_SECONDS, false, NULL },
    { "security-groups", KIND_NAMED_OBJECTS, false, &group_fields },
    { "templates", KIND_NAMED_OBJECTS, false, &template_fields },
    { "instances", KIND_OBJECTS, false, &instance_fields },
    { "scaling-groups", KIND_NAMED_OBJECTS, false, &scaling_fields },
    { "addresses", KIND_NAMED_OBJECTS, false, &address_fields },
};
static const struct fields platform_fields = FIELDS(platform_rows);

struct reading {
    const char *text;
    size_t length;
    const char *dir;
    struct chaos_error *err;
};

static int wrong(const struct reading *reading, const char *pointer, const char *format, ...)
    PRINTF(3, 4);

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == '\x7f';
}

static bool has_control(const char *text)
{
    while (*text && !is_control(*text))
        text++;
    return *text != '\0';
}

/* Messages are one line, whatever they quote. */
static void flatten(char *text)
{
    for (; *text; text++)
        *text = is_control(*text) ? '?' : *text;
}

static int wrong(const struct reading *reading, const char *pointer, const char *format, ...)
{
    size_t line = yaml_line_of(reading->text, reading->length, pointer);
    AUTO(str) char *place = mem_strdup(*pointer ? pointer : "the platform");
    AUTO(str) char *what = NULL;
    va_list args;

    va_start(args, format);
    what = mem_vprintf(format, args);
    va_end(args);
    flatten(place);
    flatten(what);
    return chaos_error_set(reading->err, CHAOS_E_INVALID, "line %zu: %s: %s", line, place, what);
}

static char *below(const char *pointer, const char *name)
{
    struct buffer made = { 0 };

    buffer_printf(&made, "%s/", pointer);
    for (; *name; name++) {
        if (*name == '~' || *name == '/')
            buffer_add_text(&made, *name == '~' ? "~0" : "~1");
        else
            buffer_add_char(&made, *name);
    }
    return buffer_take(&made);
}

static int check_object(const struct reading *reading, const char *pointer, const json_t *value,
                        const struct fields *fields);

static bool is_seconds(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) >= 0 &&
           isfinite(json_number_value(value));
}

static bool is_ports(const json_t *value)
{
    int from;
    int to;
    char end;

    if (json_is_integer(value))
        return json_integer_value(value) >= 0 && json_integer_value(value) <= 65535;
    return json_is_string(value) &&
           sscanf(json_string_value(value), "%d-%d%c", &from, &to, &end) == 2 && from >= 0 &&
           from <= to && to <= 65535;
}

/* The largest number that makes sense anywhere in a platform: a lab's instances. */
#define WHOLE_MAX 500

static bool is_scalar_of(const json_t *value, enum kind kind)
{
    switch (kind) {
    case KIND_TEXT:
        return json_is_string(value);
    case KIND_WHOLE:
        return json_is_integer(value) && json_integer_value(value) >= 0 &&
               json_integer_value(value) <= WHOLE_MAX;
    case KIND_SECONDS:
        return is_seconds(value);
    case KIND_PORTS:
        return is_ports(value);
    case KIND_TEXTS:
    case KIND_OBJECTS:
        return json_is_array(value);
    case KIND_NAMED_TEXTS:
    case KIND_NAMED_SECONDS:
    case KIND_NAMED_OBJECTS:
        return json_is_object(value);
    case KIND_COUNT:
        break;
    }
    return false;
}

/* Names and texts of the API have none; only user data does. */
static int check_text(const struct reading *reading, const char *pointer, const char *text)
{
    if (text && has_control(text))
        return wrong(reading, pointer, "must not contain control characters");
    return 0;
}

static int check_item(const struct reading *reading, const char *pointer, const json_t *value,
                      const struct field *field)
{
    enum kind kind = field->kind == KIND_NAMED_SECONDS ? KIND_SECONDS : KIND_TEXT;

    if (field->inner)
        return check_object(reading, pointer, value, field->inner);
    if (!is_scalar_of(value, kind))
        return wrong(reading, pointer, "must be %s", kind_names[kind]);
    return check_text(reading, pointer, json_string_value(value));
}

static int check_field(const struct reading *reading, const char *pointer, const json_t *value,
                       const struct field *field)
{
    const char *name;
    json_t *item;
    size_t i;

    if (!is_scalar_of(value, field->kind))
        return wrong(reading, pointer, "must be %s", kind_names[field->kind]);
    if (strcmp(field->name, "user-data") != 0 &&
        check_text(reading, pointer, json_string_value(value)) < 0)
        return -CHAOS_E_INVALID;
    json_array_foreach (value, i, item) {
        AUTO(str) char *place = mem_printf("%s/%zu", pointer, i);

        if (check_item(reading, place, item, field) < 0)
            return -CHAOS_E_INVALID;
    }
    if (!json_is_object(value))
        return 0;
    json_object_foreach (json_walkable(value), name, item) {
        AUTO(str) char *place = below(pointer, name);

        if (check_text(reading, place, name) < 0 || check_item(reading, place, item, field) < 0)
            return -CHAOS_E_INVALID;
    }
    return 0;
}

static const struct field *find_field(const struct fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->n_rows; i++) {
        if (strcmp(fields->rows[i].name, name) == 0)
            return &fields->rows[i];
    }
    return NULL;
}

static int unknown_field(const struct reading *reading, const char *pointer, const char *name,
                         const struct fields *fields)
{
    AUTO(mem) const char **names = mem_zero(fields->n_rows + 1, sizeof(*names));
    AUTO(str) char *place = below(pointer, name);
    const char *close;

    for (size_t i = 0; i < fields->n_rows; i++)
        names[i] = fields->rows[i].name;
    close = str_suggest(name, names);
    if (close)
        return wrong(reading, place, "is not a known field: did you mean '%s'?", close);
    return wrong(reading, place, "is not a known field");
}

static int check_object(const struct reading *reading, const char *pointer, const json_t *value,
                        const struct fields *fields)
{
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return wrong(reading, pointer, "must be names with values");
    json_object_foreach (json_walkable(value), name, member) {
        const struct field *field = find_field(fields, name);
        AUTO(str) char *place = below(pointer, name);

        if (!field)
            return unknown_field(reading, pointer, name, fields);
        if (check_field(reading, place, member, field) < 0)
            return -CHAOS_E_INVALID;
    }
    for (size_t i = 0; i < fields->n_rows; i++) {
        if (fields->rows[i].is_required && !json_object_get(value, fields->rows[i].name))
            return wrong(reading, pointer, "lacks '%s', which must be %s", fields->rows[i].name,
                         kind_names[fields->rows[i].kind]);
    }
    return 0;
}

/* "template" of instances and groups must be one of the templates. */
static int check_template_name(const struct reading *reading, const json_t *platform,
                               const char *pointer, const json_t *user)
{
    const char *name = json_text_of(user, "template");
    AUTO(str) char *place = below(pointer, "template");

    if (json_object_get(json_object_get(platform, "templates"), name))
        return 0;
    return wrong(reading, place, "'%s' is not one of the templates", name);
}

static int check_references(const struct reading *reading, const json_t *platform)
{
    const char *name;
    json_t *user;
    json_t *group;
    size_t i;

    json_array_foreach (json_object_get(platform, "instances"), i, user) {
        AUTO(str) char *pointer = mem_printf("/instances/%zu", i);

        if (check_template_name(reading, platform, pointer, user) < 0)
            return -CHAOS_E_INVALID;
    }
    json_object_foreach (json_object_get(platform, "scaling-groups"), name, user) {
        AUTO(str) char *pointer = below("/scaling-groups", name);

        if (check_template_name(reading, platform, pointer, user) < 0)
            return -CHAOS_E_INVALID;
    }
    json_object_foreach (json_object_get(platform, "templates"), name, user) {
        json_array_foreach (json_object_get(user, "security-groups"), i, group) {
            AUTO(str) char *pointer = below("/templates", name);
            AUTO(str) char *place = mem_printf("%s/security-groups/%zu", pointer, i);

            if (!json_object_get(json_object_get(platform, "security-groups"),
                                 json_string_value(group)))
                return wrong(reading, place, "'%s' is not one of the security-groups",
                             json_string_value(group));
        }
    }
    return 0;
}

static int read_user_data(const struct reading *reading, const char *pointer, json_t *template)
{
    const char *file = json_text_of(template, "user-data-file");
    AUTO(str) char *place = below(pointer, "user-data-file");
    AUTO(str) char *path = NULL;
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!file)
        return 0;
    if (json_object_get(template, "user-data"))
        return wrong(reading, pointer, "has both user-data and user-data-file: one is enough");
    path = file[0] == '/' ? mem_strdup(file) : mem_printf("%s/%s", reading->dir, file);
    if (file_read(path, &text, USER_DATA_MAX, &err) < 0)
        return wrong(reading, place, "%s", chaos_error_text(&err));
    if (!str_is_utf8(buffer_text(&text), text.length))
        return wrong(reading, place, "'%s' is not UTF-8 text", path);
    json_object_set_new(template, "user-data", json_stringn(buffer_text(&text), text.length));
    json_object_del(template, "user-data-file");
    return 0;
}

static void set_default(json_t *object, const char *name, json_t *value)
{
    if (json_object_get(object, name))
        json_decref(value);
    else
        json_object_set_new(object, name, value);
}

static int complete(const struct reading *reading, json_t *platform)
{
    const char *name;
    json_t *template;

    json_object_foreach (json_object_get(platform, "templates"), name, template) {
        AUTO(str) char *pointer = below("/templates", name);

        if (read_user_data(reading, pointer, template) < 0)
            return -CHAOS_E_INVALID;
    }
    set_default(platform, "region", json_string("us-east-1"));
    set_default(platform, "zones", json_integer(3));
    set_default(platform, "public-addresses", json_pack("[s]", "203.0.113.0/24"));
    return 0;
}

json_t *platform_empty(void)
{
    const struct reading reading = { .text = "", .dir = "." };
    json_t *platform = json_object();

    (void)complete(&reading, platform);
    return platform;
}

int platform_parse(const char *text, size_t length, const char *dir, json_t **ret_platform,
                   struct chaos_error *err)
{
    const struct reading reading = { .text = text, .length = length, .dir = dir, .err = err };
    AUTO(json) json_t *shared = NULL;
    AUTO(json) json_t *platform = NULL;

    if (yaml_parse(text, length, &shared, err) < 0)
        return -(int)err->code;
    platform = json_deep_copy(shared); /* aliases share values, which are changed below */
    if (check_object(&reading, "", platform, &platform_fields) < 0 ||
        check_references(&reading, platform) < 0 || complete(&reading, platform) < 0)
        return -(int)err->code;
    *ret_platform = STEAL(platform);
    return 0;
}

int platform_file_load(const char *path, json_t **ret_platform, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(str) char *copy = mem_strdup(path);

    if (file_read(path, &text, FILE_MAX, err) < 0)
        return -(int)err->code;
    if (platform_parse(buffer_text(&text), text.length, dirname(copy), ret_platform, err) < 0)
        return chaos_error_prefix(err, "%s", path);
    return 0;
}
