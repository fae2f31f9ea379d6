// SPDX-License-Identifier: Apache-2.0
#include "tests/support/quoted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "value/json.h"

json_t *quoted_json(const char *text)
{
    AUTO(str) char *copy = mem_strdup(text);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    for (char *at = copy; *at; at++)
        if (*at == '\'')
            *at = '"';
    if (json_parse(copy, strlen(copy), &value, &err) < 0)
        fail_msg("%s: %s", chaos_error_text(&err), text);
    return value;
}
