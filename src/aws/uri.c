/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/uri.h"

#include <string.h>

#include "base/mem.h"

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void uri_escape(struct buffer *out, const char *text, size_t length, enum uri_escape mode)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        if (is_unreserved(c) || (c == '/' && mode == URI_ESCAPE_KEEP_PATH)) {
            buffer_add_char(out, c);
        } else if (c == ' ' && mode == URI_ESCAPE_FORM) {
            buffer_add_char(out, '+');
        } else {
            char escaped[3] = { '%', digits[(unsigned char)c >> 4], digits[(unsigned char)c & 15] };

            buffer_add(out, escaped, sizeof(escaped));
        }
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void uri_unescape(struct buffer *out, const char *text, size_t length, enum uri_escape mode)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        if (c == '%' && i + 2 < length && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            c = (char)(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
            i += 2;
        } else if (c == '+' && mode == URI_ESCAPE_FORM) {
            c = ' ';
        }
        if (c == '\0')
            buffer_add_text(out, "\xef\xbf\xbd");
        else
            buffer_add_char(out, c);
    }
}

static char *unescaped(const char *text, size_t length, enum uri_escape mode)
{
    AUTO(buffer) struct buffer out = { 0 };

    uri_unescape(&out, text, length, mode);
    return buffer_take(&out);
}

static void add_take(struct uri_pairs *pairs, char *name, char *value)
{
    if (pairs->count == pairs->capacity) {
        pairs->capacity = pairs->capacity ? pairs->capacity * 2 : 8;
        pairs->items = mem_resize(pairs->items, pairs->capacity * sizeof(*pairs->items));
    }
    pairs->items[pairs->count++] = (struct uri_pair){ name, value };
}

void uri_pairs_add(struct uri_pairs *pairs, const char *name, const char *value)
{
    add_take(pairs, mem_strdup(name), mem_strdup(value));
}

const char *uri_pairs_find(const struct uri_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    }
    return NULL;
}

int uri_pairs_parse(struct uri_pairs *pairs, const char *text, size_t length, enum uri_escape mode,
                    struct chaos_error *err)
{
    const char *end = text + length;

    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        const char *equals;

        if (!stop)
            stop = end;
        equals = memchr(text, '=', (size_t)(stop - text));
        if (pairs->count >= URI_PAIRS_MAX)
            return chaos_error_set(err, CHAOS_E_LIMIT, "more than %d parameters", URI_PAIRS_MAX);
        if (stop > text && equals)
            add_take(pairs, unescaped(text, (size_t)(equals - text), mode),
                     unescaped(equals + 1, (size_t)(stop - equals - 1), mode));
        else if (stop > text)
            add_take(pairs, unescaped(text, (size_t)(stop - text), mode), mem_strdup(""));
        text = stop + 1;
    }
    return 0;
}

void uri_pairs_write(struct buffer *out, const struct uri_pairs *pairs, enum uri_escape mode)
{
    for (size_t i = 0; i < pairs->count; i++) {
        const struct uri_pair *pair = &pairs->items[i];

        if (i > 0)
            buffer_add_char(out, '&');
        uri_escape(out, pair->name, strlen(pair->name), mode);
        buffer_add_char(out, '=');
        uri_escape(out, pair->value, strlen(pair->value), mode);
    }
}

void uri_pairs_clear(struct uri_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->items[i].name);
        free(pairs->items[i].value);
    }
    free(pairs->items);
    *pairs = (struct uri_pairs){ 0 };
}

/* A label "{Name}" or "{Name+}" at `text`; its end, or NULL when there is none. */
static const char *label_end(const char *text)
{
    return *text == '{' ? strchr(text, '}') : NULL;
}

static char *label_name(const char *text, const char *end, bool *ret_greedy)
{
    size_t length = (size_t)(end - text - 1);

    *ret_greedy = length > 0 && end[-1] == '+';
    return mem_strndup(text + 1, *ret_greedy ? length - 1 : length);
}

int uri_template_expand(const char *path_template, const struct uri_pairs *labels,
                        struct buffer *out, struct chaos_error *err)
{
    for (const char *p = path_template; *p; p++) {
        const char *end = label_end(p);
        bool greedy;

        if (!end) {
            buffer_add_char(out, *p);
            continue;
        }
        AUTO(str) char *name = label_name(p, end, &greedy);
        const char *value = uri_pairs_find(labels, name);

        if (!value || !*value)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "parameter '%s' is part of the address and must not be empty",
                                   name);
        uri_escape(out, value, strlen(value), greedy ? URI_ESCAPE_KEEP_PATH : URI_ESCAPE_ALL);
        p = end;
    }
    return 0;
}

/* Where the label's value ends in `path`: a plain one at the next slash, a greedy one where the
 * rest of the template still fits the end of the path. */
static const char *value_end(const char *path, const char *rest, bool greedy)
{
    size_t rest_length = strcspn(rest, "?");
    size_t path_length = strlen(path);

    if (!greedy)
        return path + strcspn(path, "/");
    return path_length > rest_length ? path + path_length - rest_length : path;
}

bool uri_template_match(const char *path_template, const char *path, struct uri_pairs *labels)
{
    while (*path_template && *path_template != '?') {
        const char *end = label_end(path_template);
        const char *stop;
        bool greedy;

        if (!end) {
            if (*path_template != *path)
                return false;
            path_template++;
            path++;
            continue;
        }
        AUTO(str) char *name = label_name(path_template, end, &greedy);

        stop = value_end(path, end + 1, greedy);
        if (stop == path)
            return false;
        add_take(labels, STEAL(name), unescaped(path, (size_t)(stop - path), URI_ESCAPE_ALL));
        path_template = end + 1;
        path = stop;
    }
    return *path == '\0';
}
