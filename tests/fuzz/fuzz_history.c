// SPDX-License-Identifier: Apache-2.0
/* Any two documents as journals: they are compared without a crash, and none differs from itself.
 */
#include <stdint.h>
#include <string.h>

#include "lib/history.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *parse(const char *text, size_t length)
{
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    json_t *value = NULL;

    return json_parse(text, length, &value, &ignored) == 0 ? value : json_null();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = size ? (const char *)data : "";
    const char *end = memchr(text, '\n', size);
    size_t length = end ? (size_t)(end - text) : size;
    AUTO(json) json_t *a = parse(text, length);
    AUTO(json) json_t *b = end ? parse(end + 1, size - length - 1) : json_null();
    AUTO(json) json_t *found = history_differences(a, b);
    AUTO(json) json_t *same = history_differences(a, a);

    if (!json_is_array(found) || json_array_size(same))
        abort();
    return 0;
}
