// SPDX-License-Identifier: Apache-2.0
#include "cloud/unobeyed.h"

#include <string.h>

static const struct {
    const char *operation;
    const char *path;
} rows[] = {
#define UNOBEYED(operation, path) { operation, path },
#include "cloud/unobeyed.list"
#undef UNOBEYED
};

/* false, 0, "", and what is made of these only, ask for nothing. */
static bool asks(const json_t *value)
{
    const char *key;
    json_t *item;
    size_t i;

    json_object_foreach (json_walkable(value), key, item) {
        if (asks(item))
            return true;
    }
    json_array_foreach (value, i, item) {
        if (asks(item))
            return true;
    }
    return json_is_true(value) || json_integer_value(value) != 0 ||
           (json_is_string(value) && *json_string_value(value));
}

static bool asks_at(const json_t *params, const char *path)
{
    size_t length = strcspn(path, ".[");
    AUTO(str) char *name = mem_strndup(path, length);
    const json_t *value = json_object_get(params, name);
    const char *rest = path + length;
    json_t *item;
    size_t i;

    if (*rest == '.')
        return asks_at(value, rest + 1);
    if (!*rest)
        return asks(value);
    json_array_foreach (value, i, item) {
        if (asks_at(item, rest + strlen("[].")))
            return true;
    }
    return false;
}

bool unobeyed_is_absent(struct cloud_call *call, const json_t *params)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (strcmp(rows[i].operation, call->operation->name) != 0 || !asks_at(params, rows[i].path))
            continue;
        cloud_refuse(call, "UnsupportedOperation",
                     "A lab does not do what the parameter %s asks for; see docs/lab-api.md",
                     rows[i].path);
        return false;
    }
    return true;
}
