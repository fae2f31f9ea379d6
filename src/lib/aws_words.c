// SPDX-License-Identifier: Apache-2.0
#include "lib/aws_words.h"

#include <errno.h>
#include <string.h>

#include "aws/base64.h"
#include "aws/scalar.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/json.h"

#define FILE_MAX ((size_t)256 << 20)
#define TEXT_OF  "file://"
#define BYTES_OF "fileb://"

static int parse_json(const char *text, json_t **ret_value, struct chaos_error *err)
{
    int r = json_parse(text, strlen(text), ret_value, err);

    return r < 0 ? chaos_error_prefix(err, "not JSON") : r;
}

/* The word, or what is in the file it names; a blob's bytes become base64. */
static int read_word(const char *word, struct buffer *text, struct chaos_error *err)
{
    AUTO(buffer) struct buffer bytes = { 0 };
    int r;

    if (str_starts(word, TEXT_OF))
        return file_read(word + strlen(TEXT_OF), text, FILE_MAX, err);
    if (!str_starts(word, BYTES_OF)) {
        buffer_add_text(text, word);
        return 0;
    }
    r = file_read(word + strlen(BYTES_OF), &bytes, FILE_MAX, err);
    if (r == 0)
        base64_encode(text, buffer_text(&bytes), bytes.length);
    return r;
}

static int parse_scalar(const struct aws_member *member, const char *text, json_t **ret_value,
                        struct chaos_error *err)
{
    if (member->flags & (AWS_DOCUMENT | AWS_JSON_VALUE))
        return parse_json(text, ret_value, err);
    switch (member->shape.type) {
    case AWS_TYPE_STRING:
    case AWS_TYPE_BLOB:
    case AWS_TYPE_TIMESTAMP:
        *ret_value = json_string(text);
        if (!*ret_value)
            return chaos_error_set(err, CHAOS_E_INVALID, "the text is not UTF-8");
        return 0;
    case AWS_TYPE_BOOLEAN:
        if (!str_equal(text, "true") && !str_equal(text, "false"))
            return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is neither true nor false", text);
        *ret_value = json_boolean(str_equal(text, "true"));
        return 0;
    default:
        return scalar_from_text(member, text, ret_value, err);
    }
}

/* The member that a piece "Name=value" of a structure begins, or a map's value; the value's place
 * in *ret_value. False when the piece goes on with the values of the one before. */
static bool begins_pair(const struct aws_shape *shape, const char *piece, char **ret_name,
                        struct aws_member *ret_member, const char **ret_value)
{
    const char *sign = strchr(piece, '=');
    AUTO(str) char *name = sign ? mem_strndup(piece, (size_t)(sign - piece)) : NULL;
    size_t hint = 0;
    size_t at;

    if (!name)
        return false;
    at = shape->type == AWS_TYPE_MAP ? 1 : aws_shape_find(shape, name, &hint);
    if (at == SIZE_MAX)
        return false;
    *ret_member = aws_shape_member(shape, at);
    *ret_value = sign + 1;
    *ret_name = STEAL(name);
    return true;
}

static int fail_shorthand(const struct aws_shape *shape, const char *piece, struct chaos_error *err)
{
    AUTO(buffer) struct buffer names = { 0 };

    for (size_t i = 0; shape->type == AWS_TYPE_STRUCTURE && i < aws_shape_member_count(shape); i++)
        buffer_printf(&names, "%s%s", i ? ", " : "", aws_shape_member(shape, i).name);
    if (!names.length)
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is neither key=value nor JSON", piece);
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "'%s' is neither JSON nor Name=value with one of the names %s", piece,
                           buffer_text(&names));
}

/* "Name=a,Values=b,c" with the commas as NULs, from `at` to `end`. */
static int parse_pairs(const struct aws_shape *shape, const char *at, const char *end,
                       json_t *object, struct chaos_error *err)
{
    AUTO(mem) const char **values = mem_zero((size_t)(end - at) + 2, sizeof(*values));

    while (at <= end) {
        AUTO(str) char *name = NULL;
        AUTO(str) char *ignored = NULL;
        struct aws_member member, next;
        const char *value;
        json_t *parsed;
        size_t count = 0;
        int r;

        if (!begins_pair(shape, at, &name, &member, &value))
            return fail_shorthand(shape, at, err);
        values[count++] = value;
        at += strlen(at) + 1;
        while (at <= end && !begins_pair(shape, at, &ignored, &next, &value)) {
            values[count++] = at;
            at += strlen(at) + 1;
        }
        r = aws_words_parse(&member, values, count, &parsed, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", name);
        json_object_set_new(object, name, parsed);
    }
    return 0;
}

static int parse_object(const struct aws_shape *shape, char *text, json_t **ret_value,
                        struct chaos_error *err)
{
    AUTO(json) json_t *object = NULL;
    size_t length = strlen(text);
    int r;

    if (text[strspn(text, " \t\r\n")] == '{')
        return parse_json(text, ret_value, err);
    for (size_t i = 0; i < length; i++)
        if (text[i] == ',')
            text[i] = '\0';
    object = json_object();
    r = parse_pairs(shape, text, text + length, object, err);
    if (r == 0)
        *ret_value = STEAL(object);
    return r;
}

/* A body that is sent from its file, which must be there. */
static int name_file(const char *word, json_t **ret_value, struct chaos_error *err)
{
    const char *path = word;

    if (str_starts(word, TEXT_OF))
        path += strlen(TEXT_OF);
    else if (str_starts(word, BYTES_OF))
        path += strlen(BYTES_OF);
    else if (str_equal(word, "-"))
        path = "/dev/stdin";
    if (access(path, R_OK) < 0)
        return chaos_error_set_errno(err, errno, "cannot open '%s'", path);
    *ret_value = json_pack("{s:s}", "file", path);
    return *ret_value ? 0 : chaos_error_set(err, CHAOS_E_INVALID, "the path is not UTF-8");
}

static int parse_word(const struct aws_member *member, const char *word, json_t **ret_value,
                      struct chaos_error *err)
{
    enum aws_type type = member->shape.type;
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(str) char *owned = NULL;
    int r;

    if (type == AWS_TYPE_BLOB && member->flags & AWS_STREAMING)
        return name_file(word, ret_value, err);
    r = read_word(word, &text, err);
    if (r < 0)
        return r;
    if (type == AWS_TYPE_LIST)
        return parse_json(buffer_text(&text), ret_value, err);
    if (member->flags & AWS_DOCUMENT || (type != AWS_TYPE_STRUCTURE && type != AWS_TYPE_MAP))
        return parse_scalar(member, buffer_text(&text), ret_value, err);
    owned = buffer_take(&text);
    return parse_object(&member->shape, owned, ret_value, err);
}

static int parse_list(const struct aws_shape *shape, const char *const *words, size_t count,
                      json_t **ret_value, struct chaos_error *err)
{
    AUTO(json) json_t *list = json_array();
    struct aws_member item = aws_shape_member(shape, 0);

    for (size_t i = 0; i < count; i++) {
        json_t *value;
        int r = parse_word(&item, words[i], &value, err);

        if (r < 0)
            return chaos_error_prefix(err, "[%zu]", i);
        json_array_append_new(list, value);
    }
    *ret_value = STEAL(list);
    return 0;
}

int aws_words_parse(const struct aws_member *member, const char *const *words, size_t count,
                    json_t **ret_value, struct chaos_error *err)
{
    enum aws_type type = member->shape.type;

    if (type == AWS_TYPE_LIST) {
        bool is_whole = count == 1 && (*words[0] == '[' || str_starts(words[0], TEXT_OF));

        return is_whole ? parse_word(member, words[0], ret_value, err)
                        : parse_list(&member->shape, words, count, ret_value, err);
    }
    if (!count && type == AWS_TYPE_BOOLEAN) {
        *ret_value = json_true();
        return 0;
    }
    if (count != 1)
        return chaos_error_set(err, CHAOS_E_INVALID, "takes one value (%s), %zu given",
                               aws_type_name(type), count);
    return parse_word(member, words[0], ret_value, err);
}
