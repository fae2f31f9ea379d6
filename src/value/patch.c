// SPDX-License-Identifier: Apache-2.0
#include "value/patch.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "value/member.h"

/* The table of a longest common subsequence may have so many cells; longer lists are matched in
 * their order of appearance instead. */
#define CELLS_MAX ((size_t)1 << 18)

static void patch(json_t *target, const json_t *wanted);

static bool same_container(const json_t *a, const json_t *b)
{
    return json_typeof(a) == json_typeof(b) && (json_is_object(a) || json_is_array(a));
}

/* The value to stand where `old` stands: itself, changed, when its kind stays. New reference. */
static json_t *patched(json_t *old, const json_t *wanted)
{
    if (json_equal(old, wanted))
        return json_incref(old);
    if (!same_container(old, wanted))
        return json_deep_copy(wanted);
    patch(old, wanted);
    return json_incref(old);
}

static bool same_order(const json_t *target, const struct member *wanted, size_t count)
{
    size_t n_members;
    AUTO(mem) struct member *members = member_list(target, MEMBER_ORDER_OWN, &n_members);

    if (n_members != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (members[i].key_length != wanted[i].key_length ||
            memcmp(members[i].key, wanted[i].key, wanted[i].key_length) != 0)
            return false;
    return true;
}

/* The members are put in again when their names or the order of these changed, so that the object
 * ends up in the order of `wanted`. */
static void patch_object(json_t *target, const json_t *wanted)
{
    size_t count;
    AUTO(mem) struct member *members = member_list(wanted, MEMBER_ORDER_OWN, &count);
    AUTO(json) json_t *values = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *old = json_object_getn(target, members[i].key, members[i].key_length);

        json_array_append_new(values, old ? patched(old, members[i].value)
                                          : json_deep_copy(members[i].value));
    }
    if (!same_order(target, members, count))
        json_object_clear(target);
    for (size_t i = 0; i < count; i++)
        json_object_setn_nocheck(target, members[i].key, members[i].key_length,
                                 json_array_get(values, i));
}

/* Two lists between their common start and end. */
struct middle {
    const json_t *old;
    const json_t *wanted;
    size_t start;
    size_t n_old;
    size_t n_wanted;
};

static bool items_equal(const struct middle *m, size_t old, size_t wanted)
{
    return json_equal(json_array_get(m->old, m->start + old),
                      json_array_get(m->wanted, m->start + wanted));
}

/* kept[i]: the old item that wanted item i is, or SIZE_MAX. */
static void match_longest(const struct middle *m, size_t *kept)
{
    size_t width = m->n_wanted + 1;
    AUTO(mem) uint32_t *best = mem_zero((m->n_old + 1) * width, sizeof(*best));
    size_t i = 0;
    size_t j = 0;

    for (size_t row = m->n_old; row-- > 0;)
        for (size_t col = m->n_wanted; col-- > 0;) {
            uint32_t *cell = &best[row * width + col];

            *cell = cell[width] > cell[1] ? cell[width] : cell[1];
            if (items_equal(m, row, col) && cell[width + 1] + 1 > *cell)
                *cell = cell[width + 1] + 1;
        }
    while (i < m->n_old && j < m->n_wanted) {
        const uint32_t *cell = &best[i * width + j];

        if (cell[0] == cell[width])
            i++;
        else if (cell[0] == cell[1])
            j++;
        else
            kept[j++] = i++;
    }
}

/* Items that are equal at the same place: all that long lists get. */
static void match_places(const struct middle *m, size_t *kept)
{
    for (size_t i = 0; i < m->n_old && i < m->n_wanted; i++)
        if (items_equal(m, i, i))
            kept[i] = i;
}

static struct middle find_middle(const json_t *old, const json_t *wanted)
{
    struct middle m = { .old = old, .wanted = wanted };
    size_t n_old = json_array_size(old);
    size_t n_wanted = json_array_size(wanted);

    while (m.start < n_old && m.start < n_wanted && items_equal(&m, 0, 0))
        m.start++;
    m.n_old = n_old - m.start;
    m.n_wanted = n_wanted - m.start;
    while (m.n_old && m.n_wanted && items_equal(&m, m.n_old - 1, m.n_wanted - 1)) {
        m.n_old--;
        m.n_wanted--;
    }
    return m;
}

/* Append the wanted items of the middle. Between two kept ones, the old items that are left over
 * become the wanted ones in their order. */
static void append_middle(json_t *items, const struct middle *m, const size_t *kept)
{
    size_t next_old = 0;
    size_t next_kept = 0; /* the first wanted item from here on that is an old one */

    for (size_t i = 0; i < m->n_wanted; i++) {
        const json_t *wanted = json_array_get(m->wanted, m->start + i);
        json_t *old = NULL;

        if (kept[i] != SIZE_MAX) {
            next_old = kept[i] + 1;
            json_array_append(items, json_array_get(m->old, m->start + kept[i]));
            continue;
        }
        while (next_kept < m->n_wanted && (next_kept < i || kept[next_kept] == SIZE_MAX))
            next_kept++;
        if (next_old < (next_kept < m->n_wanted ? kept[next_kept] : m->n_old))
            old = json_array_get(m->old, m->start + next_old++);
        json_array_append_new(items, old ? patched(old, wanted) : json_deep_copy(wanted));
    }
}

static void patch_array(json_t *target, const json_t *wanted)
{
    struct middle m = find_middle(target, wanted);
    AUTO(mem) size_t *kept = mem_alloc((m.n_wanted + 1) * sizeof(*kept));
    AUTO(json) json_t *items = json_array();

    memset(kept, 0xff, (m.n_wanted + 1) * sizeof(*kept));
    if (m.n_old + 1 <= CELLS_MAX / (m.n_wanted + 1))
        match_longest(&m, kept);
    else
        match_places(&m, kept);

    for (size_t i = 0; i < m.start; i++)
        json_array_append(items, json_array_get(target, i));
    append_middle(items, &m, kept);
    for (size_t i = m.start + m.n_old; i < json_array_size(target); i++)
        json_array_append(items, json_array_get(target, i));
    json_array_clear(target);
    json_array_extend(target, items);
}

static void patch(json_t *target, const json_t *wanted)
{
    if (json_is_object(target))
        patch_object(target, wanted);
    else
        patch_array(target, wanted);
}

/* A container that the target holds in two places (an alias of YAML) cannot become two different
 * values: give each place its own copy where that happened. */
static void part_shared(json_t *target, const json_t *wanted)
{
    size_t count;
    AUTO(mem) struct member *members = member_list(wanted, MEMBER_ORDER_OWN, &count);

    for (size_t i = 0; i < count; i++)
        if (!json_equal(json_object_getn(target, members[i].key, members[i].key_length),
                        members[i].value))
            json_object_setn_new_nocheck(target, members[i].key, members[i].key_length,
                                         json_deep_copy(members[i].value));
    for (size_t i = 0; i < json_array_size(wanted); i++)
        if (!json_equal(json_array_get(target, i), json_array_get(wanted, i)))
            json_array_set_new(target, i, json_deep_copy(json_array_get(wanted, i)));
}

void value_patch(json_t *target, const json_t *wanted)
{
    if (target == wanted || json_equal(target, wanted))
        return;
    patch(target, wanted);
    part_shared(target, wanted);
}

/* What the step of a path leads to; NULL when it leads nowhere. */
static json_t *step_into(const json_t *value, const json_t *step)
{
    if (json_is_object(value) && json_is_string(step))
        return json_object_getn(value, json_string_value(step), json_string_length(step));
    if (json_is_array(value) && json_is_integer(step) && json_integer_value(step) >= 0)
        return json_array_get(value, (size_t)json_integer_value(step));
    return NULL;
}

static void put(json_t *parent, const json_t *step, const json_t *wanted)
{
    json_t *old = step_into(parent, step);

    if (old && same_container(old, wanted))
        value_patch(old, wanted);
    else if (json_is_object(parent) && json_is_string(step))
        json_object_setn_new_nocheck(parent, json_string_value(step), json_string_length(step),
                                     json_deep_copy(wanted));
    else if (old)
        json_array_set_new(parent, (size_t)json_integer_value(step), json_deep_copy(wanted));
}

static void amend_once(json_t *target, const json_t *path, const json_t *wanted)
{
    size_t length = json_array_size(path);
    const json_t *last = json_array_get(path, length - 1);
    json_t *parent = target;

    if (!length) {
        if (wanted && same_container(target, wanted))
            value_patch(target, wanted);
        return;
    }
    for (size_t i = 0; parent && i + 1 < length; i++)
        parent = step_into(parent, json_array_get(path, i));
    if (wanted)
        put(parent, last, wanted);
    else if (json_is_object(parent) && json_is_string(last))
        json_object_deln(parent, json_string_value(last), json_string_length(last));
}

void value_amend(json_t *target, const json_t *changes)
{
    size_t i;
    json_t *change;

    json_array_foreach (changes, i, change)
        if (json_is_array(json_array_get(change, 0)))
            amend_once(target, json_array_get(change, 0), json_array_get(change, 1));
}
