// SPDX-License-Identifier: Apache-2.0
/* Three lines of text: a value and the bounds it is compared with; each is a number of JSON if it
 * reads as one, else text. */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "value/decimal.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The line at *at, which moves behind it. */
static json_t *next_value(char **at)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    char *line = strsep(at, "\n");
    json_t *value = NULL;

    if (!line)
        return json_null();
    if (json_parse(line, strlen(line), &value, &err) < 0)
        return json_string(line); /* NULL when it is not UTF-8 */
    return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(str) char *input = mem_strndup((const char *)data, size);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    char *at = input;
    AUTO(json) json_t *value = next_value(&at);
    AUTO(json) json_t *lower = next_value(&at);
    AUTO(json) json_t *upper = next_value(&at);
    bool inside;
    bool number;

    if (!decimal_in_range(value, lower, upper, &inside, &number, &err) && inside && !number)
        abort();
    return 0;
}
