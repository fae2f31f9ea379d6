// SPDX-License-Identifier: Apache-2.0
#include "base/environment.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/json_walk.h"
#include "base/mem.h"

/* A table of ours. Readers may hold an older one, which is therefore kept and never freed. */
struct table {
    struct table *older;
    char *items[];
};

/* The newest of them, beside environ, which setenv(3) may move away from it. */
static struct table *newest;

static size_t count_of(char *const *items)
{
    size_t count = 0;

    while (items && items[count])
        count++;
    return count;
}

static bool is_name(const char *name)
{
    return *name && !strchr(name, '=');
}

/* Put `name` in place of what it was, behind the others, or nowhere. */
static void put(char **items, size_t *count, const char *name, const json_t *value)
{
    size_t length = strlen(name);
    size_t i = 0;

    while (i < *count && (strncmp(items[i], name, length) != 0 || items[i][length] != '='))
        i++;
    if (json_is_string(value)) {
        items[i] = mem_printf("%s=%s", name, json_string_value(value));
        *count += i == *count;
    } else if (json_is_null(value) && i < *count) {
        memmove(&items[i], &items[i + 1], (*count - i - 1) * sizeof(*items));
        (*count)--;
    }
}

static struct table *changed(char **before, const json_t *changes)
{
    size_t count = count_of(before);
    size_t room = count + json_object_size(changes) + 1;
    struct table *table = mem_zero(1, sizeof(*table) + room * sizeof(*table->items));
    const char *name;
    json_t *value;

    if (count)
        memcpy(table->items, before, count * sizeof(*before));
    json_object_foreach (json_walkable(changes), name, value)
        if (is_name(name))
            put(table->items, &count, name, value);
    table->items[count] = NULL;
    return table;
}

void environment_change(const json_t *changes)
{
    char **before = __atomic_load_n(&environ, __ATOMIC_ACQUIRE);
    struct table *table;

    if (!json_object_size(changes))
        return;
    table = changed(before, changes);
    while (!__atomic_compare_exchange_n(&environ, &before, table->items, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
        free(table); /* another thread was faster; the new texts stay, they are few */
        table = changed(before, changes);
    }
    table->older = __atomic_load_n(&newest, __ATOMIC_ACQUIRE);
    while (!__atomic_compare_exchange_n(&newest, &table->older, table, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
        ; /* the older one was read anew */
}
