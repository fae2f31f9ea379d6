// SPDX-License-Identifier: Apache-2.0
#include "lib/aws_names.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static char lower(char c)
{
    return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

/* Where an acronym in the plural begins that ends the name ("ListHITs": 4); its length if none. */
static size_t plural_at(const char *name)
{
    size_t length = strlen(name);
    size_t at = length;

    if (length < 3 || name[length - 1] != 's')
        return length;
    for (at = length - 1; at > 0 && is_upper(name[at - 1]);)
        at--;
    return length - 1 - at >= 2 ? at : length;
}

/* A word begins at a capital after something small, and at one before something small. */
static bool begins_word(const char *name, size_t at)
{
    char before = name[at - 1];

    if (!is_upper(name[at]) || before == '-' || before == '_')
        return false;
    return is_lower(before) || (before >= '0' && before <= '9') || is_lower(name[at + 1]);
}

char *aws_name_dashed(const char *name)
{
    AUTO(buffer) struct buffer out = { 0 };
    size_t plural = plural_at(name);

    for (size_t i = 0; name[i]; i++) {
        if (i > 0 && (i == plural || (i < plural && begins_word(name, i))))
            buffer_add_char(&out, '-');
        buffer_add_char(&out, name[i] == '_' ? '-' : lower(name[i]));
    }
    return buffer_take(&out);
}

static const char *skip_dashes(const char *text)
{
    while (*text == '-' || *text == '_')
        text++;
    return text;
}

bool aws_name_matches(const char *text, const char *name)
{
    for (;; text++, name++) {
        text = skip_dashes(text);
        name = skip_dashes(name);
        if (lower(*text) != lower(*name))
            return false;
        if (!*text)
            return true;
    }
}

/* The names among which one was not found; they are owned. */
struct names {
    char **items;
    size_t count;
};

static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

AUTO_CLEAR(names, struct names)

static void names_add(struct names *names, const char *name)
{
    names->items[names->count++] = aws_name_dashed(name);
}

static int fail_unknown(const char *what, const char *text, const struct names *names,
                        struct chaos_error *err)
{
    const char *near = str_suggest(text, (const char *const *)names->items);

    for (size_t i = 0; i < names->count && strlen(text) > 2 && !near; i++)
        if (str_starts(names->items[i], text))
            near = names->items[i];
    if (near)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "%s '%s'; did you mean '%s'?", what, text,
                               near);
    return chaos_error_set(err, CHAOS_E_NOT_FOUND, "%s '%s'", what, text);
}

int aws_name_operation(const struct aws_service *service, const char *text,
                       struct aws_operation *ret_operation, struct chaos_error *err)
{
    AUTO(names) struct names names = { 0 };
    AUTO(str) char *what = NULL;
    size_t count = aws_operation_count(service);

    for (size_t i = 0; i < count; i++) {
        struct aws_operation operation = aws_operation_at(service, i);

        if (aws_name_matches(text, operation.name)) {
            *ret_operation = operation;
            return 0;
        }
    }
    names.items = mem_zero(count + 1, sizeof(*names.items));
    for (size_t i = 0; i < count; i++)
        names_add(&names, aws_operation_at(service, i).name);
    what = mem_printf("AWS service '%s' has no operation", service->name);
    return fail_unknown(what, text, &names, err);
}

int aws_name_waiter(const struct aws_service *service, const char *text, const char **ret_name,
                    struct chaos_error *err)
{
    AUTO(names) struct names names = { 0 };
    AUTO(str) char *what = NULL;
    size_t count = aws_node_count(service->waiters);

    for (size_t i = 0; i < count; i++) {
        *ret_name = aws_node_key_at(service->waiters, i);
        if (aws_name_matches(text, *ret_name))
            return 0;
    }
    names.items = mem_zero(count + 1, sizeof(*names.items));
    for (size_t i = 0; i < count; i++)
        names_add(&names, aws_node_key_at(service->waiters, i));
    what = mem_printf("AWS service '%s' has no waiter", service->name);
    return fail_unknown(what, text, &names, err);
}

int aws_name_parameter(const struct aws_operation *operation, const char *text,
                       struct aws_member *ret_member, struct chaos_error *err)
{
    const struct aws_shape *shape = &operation->input.shape;
    AUTO(names) struct names names = { 0 };
    AUTO(str) char *what = NULL;
    size_t count = aws_shape_member_count(shape);

    for (size_t i = 0; i < count; i++) {
        struct aws_member member = aws_shape_member(shape, i);

        if (aws_name_matches(text, member.name)) {
            *ret_member = member;
            return 0;
        }
    }
    names.items = mem_zero(count + 1, sizeof(*names.items));
    for (size_t i = 0; i < count; i++)
        names_add(&names, aws_shape_member(shape, i).name);
    what = mem_printf("%s.%s has no parameter", operation->service.name, operation->name);
    return fail_unknown(what, text, &names, err);
}
