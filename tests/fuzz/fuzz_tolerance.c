// SPDX-License-Identifier: Apache-2.0
/* A JSON list: a tolerance, a value, and perhaps a configuration and secrets. */
#include <stdint.h>

#include "engine/tolerance.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(chaos_error) struct chaos_error form = { 0 };
    AUTO(json) json_t *input = NULL;
    const json_t *tolerance;
    bool met;

    if (json_parse((const char *)data, size, &input, &err) < 0 || json_array_size(input) < 2)
        return 0;
    tolerance = json_array_get(input, 0);
    (void)!tolerance_validate(tolerance, &form);
    (void)!tolerance_check(tolerance, json_array_get(input, 1), json_array_get(input, 2),
                           json_array_get(input, 3), &met, &err);
    return 0;
}
