/* SPDX-License-Identifier: Apache-2.0 */
/* What jansson's API lacks. */
#pragma once

#include <stdint.h>

#include "base/auto.h"

/* jansson walks objects through a pointer that is not const, though it does not change them. */
static inline json_t *json_walkable(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

/* The text of a member, or NULL. */
static inline const char *json_text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}
