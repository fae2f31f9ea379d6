/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/ini.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

struct reader {
    json_t *sections;
    json_t *section; /* borrowed; NULL before the first */
    char *key;       /* the last key at the margin, owned */
    size_t line;
};

static int fail(const struct reader *reader, const char *what, struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_INVALID, "line %zu: %s", reader->line, what);
}

static int set_text(const struct reader *reader, json_t *object, const char *key, const char *value,
                    struct chaos_error *err)
{
    if (json_object_set_new(object, key, json_string(value)) < 0)
        return fail(reader, "text that is not UTF-8", err);
    return 0;
}

static int read_section(struct reader *reader, const char *text, struct chaos_error *err)
{
    const char *end = strchr(text, ']');
    AUTO(str) char *raw = end ? mem_strndup(text + 1, (size_t)(end - text - 1)) : NULL;
    AUTO(str) char *name = raw ? str_trim(raw) : NULL;
    AUTO(buffer) struct buffer plain = { 0 };

    if (!name || !*name)
        return fail(reader, "expected ']' after a section's name", err);
    /* [profile "my profile"] is [profile my profile]. */
    for (const char *p = name; *p; p++) {
        if (*p != '"' && *p != '\'')
            buffer_add_char(&plain, *p);
    }
    reader->section = json_object_get(reader->sections, buffer_text(&plain));
    if (!reader->section) {
        json_t *section = json_object();

        if (json_object_set_new(reader->sections, buffer_text(&plain), section) < 0)
            return fail(reader, "text that is not UTF-8", err);
        reader->section = section;
    }
    free(reader->key);
    reader->key = NULL;
    return 0;
}

/* Split "key = value"; false without a separator. Both owned. */
static bool split(const char *text, char **ret_key, char **ret_value)
{
    const char *mark = strpbrk(text, "=:");
    AUTO(str) char *key = mark ? mem_strndup(text, (size_t)(mark - text)) : NULL;

    if (!mark)
        return false;
    *ret_key = str_trim(key);
    *ret_value = str_trim(mark + 1);
    for (char *p = *ret_key; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return true;
}

/* A line that begins with a blank belongs to the key above it: a nested key, or more text. */
static int read_nested(struct reader *reader, const char *text, struct chaos_error *err)
{
    json_t *above = json_object_get(reader->section, reader->key);
    const char *old = json_string_value(above);
    AUTO(str) char *key = NULL, *value = NULL, *joined = NULL;

    if (json_is_object(above) || (old && !*old)) {
        if (!split(text, &key, &value))
            return fail(reader, "expected '=' in an indented line", err);
        if (!json_is_object(above)) {
            above = json_object();
            json_object_set_new(reader->section, reader->key, above);
        }
        return set_text(reader, above, key, value, err);
    }
    joined = mem_printf("%s\n%s", old ? old : "", text);
    return set_text(reader, reader->section, reader->key, joined, err);
}

static int read_line(struct reader *reader, const char *line, struct chaos_error *err)
{
    AUTO(str) char *text = str_trim(line);
    AUTO(str) char *key = NULL, *value = NULL;

    if (!*text || *text == '#' || *text == ';')
        return 0;
    if (*text == '[')
        return read_section(reader, text, err);
    if (!reader->section)
        return fail(reader, "expected a [section] first", err);
    if ((*line == ' ' || *line == '\t') && reader->key)
        return read_nested(reader, text, err);
    if (!split(text, &key, &value) || !*key)
        return fail(reader, "expected 'key = value'", err);
    free(reader->key);
    reader->key = mem_strdup(key);
    return set_text(reader, reader->section, key, value, err);
}

int ini_parse(const char *text, size_t length, json_t **ret_sections, struct chaos_error *err)
{
    AUTO(json) json_t *sections = json_object();
    struct reader reader = { .sections = sections };
    const char *end = text + length;
    int r = 0;

    if (memchr(text, '\0', length))
        return chaos_error_set(err, CHAOS_E_INVALID, "a NUL byte in the text");
    while (r == 0 && text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        AUTO(str) char *line = mem_strndup(text, (size_t)((stop ? stop : end) - text));

        reader.line++;
        r = read_line(&reader, line, err);
        text = stop ? stop + 1 : end;
    }
    free(reader.key);
    if (r < 0)
        return r;
    *ret_sections = STEAL(sections);
    return 0;
}
