// SPDX-License-Identifier: Apache-2.0
/* Two JSON documents, a NUL between them: the first becomes the second. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/auto.h"
#include "value/json.h"
#include "value/patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *middle = size ? memchr(text, '\0', size) : NULL;
    AUTO(json) json_t *target = NULL;
    AUTO(json) json_t *wanted = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!middle || json_parse(text, (size_t)(middle - text), &target, &err) < 0 ||
        json_parse(middle + 1, size - (size_t)(middle + 1 - text), &wanted, &err) < 0)
        return 0;
    if (json_typeof(target) != json_typeof(wanted) ||
        !(json_is_object(target) || json_is_array(target)))
        return 0;
    value_patch(target, wanted);
    assert(json_equal(target, wanted));
    return 0;
}
