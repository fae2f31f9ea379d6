/* SPDX-License-Identifier: Apache-2.0 */
/* The form is first split at the dots into a tree of names, which is then read by the model. */
#include "aws/query.h"

#include <string.h>

#include "aws/query_name.h"
#include "aws/scalar.h"
#include "base/mem.h"

/* A name with more parts than this is no parameter of any model. */
#define PARTS_MAX 64

struct part {
    const char *name; /* inside the form's name; not terminated */
    size_t length;
    const char *value; /* NULL: only its children have one */
    struct part *first, *last, *next;
};

struct decoder {
    enum aws_protocol protocol;
    struct part *parts; /* all of them, [0] is the root */
    size_t count;
};

static bool has_name(const struct part *part, const char *name, size_t length)
{
    return part->length == length && memcmp(part->name, name, length) == 0;
}

/* The child of that name, made if need be. Parameters of one list come together, so that the last
 * child is tried first. */
static struct part *child_of(struct decoder *decoder, struct part *parent, const char *name,
                             size_t length)
{
    struct part *child = parent->last;

    if (child && has_name(child, name, length))
        return child;
    for (child = parent->first; child; child = child->next) {
        if (has_name(child, name, length))
            return child;
    }
    child = &decoder->parts[decoder->count++];
    *child = (struct part){ .name = name, .length = length };
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    return child;
}

static int grow_tree(struct decoder *decoder, const struct uri_pairs *form, struct chaos_error *err)
{
    size_t total = 1;

    for (size_t i = 0; i < form->count; i++) {
        size_t parts = 1;

        for (const char *dot = form->items[i].name; (dot = strchr(dot, '.')); dot++)
            parts++;
        if (parts > PARTS_MAX)
            return chaos_error_set(err, CHAOS_E_LIMIT, "a parameter name of %zu parts", parts);
        total += parts;
    }
    decoder->parts = mem_zero(total, sizeof(*decoder->parts));
    decoder->count = 1;
    for (size_t i = 0; i < form->count; i++) {
        const char *name = form->items[i].name;
        struct part *part = decoder->parts;

        for (;;) {
            size_t length = strcspn(name, ".");

            part = child_of(decoder, part, name, length);
            if (!name[length])
                break;
            name += length + 1;
        }
        part->value = form->items[i].value;
    }
    return 0;
}

static const struct part *find_part(const struct part *parent, const char *name)
{
    for (const struct part *child = parent->first; child; child = child->next) {
        if (has_name(child, name, strlen(name)))
            return child;
    }
    return NULL;
}

static long number_of(const struct part *part)
{
    long number = 0;

    if (part->length == 0 || part->length > 9)
        return -1;
    for (size_t i = 0; i < part->length; i++) {
        if (part->name[i] < '0' || part->name[i] > '9')
            return -1;
        number = number * 10 + (part->name[i] - '0');
    }
    return number;
}

static int compare_parts(const void *a, const void *b)
{
    long left = number_of(*(const struct part *const *)a);
    long right = number_of(*(const struct part *const *)b);

    return (left > right) - (left < right);
}

/* The numbered children in the order of their numbers; owned, *ret_count of them. */
static const struct part **numbered(const struct part *parent, size_t *ret_count)
{
    const struct part **list;
    size_t count = 0;

    for (const struct part *child = parent->first; child; child = child->next)
        count++;
    list = mem_zero(count + 1, sizeof(*list));
    count = 0;
    for (const struct part *child = parent->first; child; child = child->next) {
        if (number_of(child) >= 0)
            list[count++] = child;
    }
    qsort(list, count, sizeof(*list), compare_parts);
    *ret_count = count;
    return list;
}

static int decode_value(const struct decoder *decoder, const struct aws_member *member,
                        const struct part *part, json_t **ret_value, struct chaos_error *err);

static int decode_structure(const struct decoder *decoder, const struct aws_member *member,
                            const struct part *part, json_t **ret_value, struct chaos_error *err)
{
    AUTO(json) json_t *value = json_object();

    for (size_t i = 0; i < aws_shape_member_count(&member->shape); i++) {
        struct aws_member field = aws_shape_member(&member->shape, i);
        AUTO(str) char *name = query_member_name(decoder->protocol, &field);
        const struct part *child = find_part(part, name);
        json_t *decoded = NULL;
        int r;

        if (!child)
            continue;
        r = decode_value(decoder, &field, child, &decoded, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", field.name);
        json_object_set_new(value, field.name, decoded);
    }
    *ret_value = STEAL(value);
    return 0;
}

static int decode_list(const struct decoder *decoder, const struct aws_member *member,
                       const struct part *part, json_t **ret_value, struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&member->shape, 0);
    const char *name = query_item_name(decoder->protocol, member);
    const struct part *parent = name ? find_part(part, name) : part;
    AUTO(mem) const struct part **parts = NULL;
    AUTO(json) json_t *list = json_array();
    size_t count = 0;

    if (parent)
        parts = numbered(parent, &count);
    for (size_t i = 0; i < count; i++) {
        json_t *decoded = NULL;
        int r = decode_value(decoder, &item, parts[i], &decoded, err);

        if (r < 0)
            return chaos_error_prefix(err, "[%zu]", i);
        json_array_append_new(list, decoded);
    }
    *ret_value = STEAL(list);
    return 0;
}

static int decode_map(const struct decoder *decoder, const struct aws_member *member,
                      const struct part *part, json_t **ret_value, struct chaos_error *err)
{
    struct aws_member value_member = aws_shape_member(&member->shape, 1);
    const struct part *parent = query_map_is_flat(member) ? part : find_part(part, "entry");
    AUTO(mem) const struct part **parts = NULL;
    AUTO(json) json_t *map = json_object();
    size_t count = 0;

    if (parent)
        parts = numbered(parent, &count);
    for (size_t i = 0; i < count; i++) {
        const struct part *key = find_part(parts[i], query_key_name(member));
        const struct part *value = find_part(parts[i], query_value_name(member));
        json_t *decoded = NULL;
        int r;

        if (!key || !key->value || !value)
            return chaos_error_set(err, CHAOS_E_INVALID, "entry %zu lacks its %s", i + 1,
                                   value ? query_key_name(member) : query_value_name(member));
        r = decode_value(decoder, &value_member, value, &decoded, err);
        if (r < 0)
            return chaos_error_prefix(err, "['%s']", key->value);
        if (json_object_set_new(map, key->value, decoded) < 0)
            return chaos_error_set(err, CHAOS_E_INVALID, "a key that is not UTF-8");
    }
    *ret_value = STEAL(map);
    return 0;
}

static int decode_value(const struct decoder *decoder, const struct aws_member *member,
                        const struct part *part, json_t **ret_value, struct chaos_error *err)
{
    if (member->shape.type == AWS_TYPE_STRUCTURE)
        return decode_structure(decoder, member, part, ret_value, err);
    if (member->shape.type == AWS_TYPE_LIST)
        return decode_list(decoder, member, part, ret_value, err);
    if (member->shape.type == AWS_TYPE_MAP)
        return decode_map(decoder, member, part, ret_value, err);
    return scalar_from_text(member, part->value ? part->value : "", ret_value, err);
}

int query_decode(const struct aws_operation *operation, const struct uri_pairs *form,
                 json_t **ret_params, struct chaos_error *err)
{
    struct decoder decoder = { .protocol = operation->service.protocol };
    int r = grow_tree(&decoder, form, err);

    if (r == 0)
        r = decode_structure(&decoder, &operation->input, decoder.parts, ret_params, err);
    free(decoder.parts);
    return r;
}
