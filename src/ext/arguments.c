// SPDX-License-Identifier: Apache-2.0
#include "ext/arguments.h"

#include "value/pytext.h"

json_t *argument(const struct chaos_call *call, const char *name)
{
    json_t *value = json_object_get(call->arguments, name);

    return json_is_null(value) ? NULL : value;
}

const char *argument_text(const struct chaos_call *call, const char *name)
{
    return json_string_value(json_object_get(call->arguments, name));
}

int64_t argument_integer(const struct chaos_call *call, const char *name)
{
    return json_integer_value(json_object_get(call->arguments, name));
}

double argument_number(const struct chaos_call *call, const char *name)
{
    return json_number_value(json_object_get(call->arguments, name));
}

bool argument_flag(const struct chaos_call *call, const char *name)
{
    return json_is_true(json_object_get(call->arguments, name));
}

bool argument_given(const struct chaos_call *call, const char *name)
{
    return value_is_true(json_object_get(call->arguments, name));
}
