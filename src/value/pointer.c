// SPDX-License-Identifier: Apache-2.0
#include "value/pointer.h"

#include <stdlib.h>

#include "base/str.h"

/* The next part of a pointer (RFC 6901), unescaped, or an index; *at moves behind it. NULL at the
 * end. */
static json_t *next_step(const char **at, const json_t *value)
{
    AUTO(buffer) struct buffer part = { 0 };

    if (**at != '/')
        return NULL;
    for (++*at; **at && **at != '/'; ++*at) {
        if (**at == '~' && ((*at)[1] == '0' || (*at)[1] == '1'))
            buffer_add_char(&part, *++*at == '0' ? '~' : '/');
        else
            buffer_add_char(&part, **at);
    }
    if (json_is_array(value))
        return json_integer(strtol(buffer_text(&part), NULL, 10));
    return json_string(buffer_text(&part));
}

json_t *pointer_find(json_t *value, const char *pointer)
{
    while (value && *pointer == '/') {
        AUTO(json) json_t *step = next_step(&pointer, value);

        value = json_is_integer(step) ? json_array_get(value, (size_t)json_integer_value(step))
                                      : json_object_get(value, json_string_value(step));
    }
    return value;
}
