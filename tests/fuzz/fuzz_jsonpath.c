// SPDX-License-Identifier: Apache-2.0
/* The path on the first line, the document behind it. */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "value/json.h"
#include "value/jsonpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(str) char *input = mem_strndup((const char *)data, size);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(jsonpath) struct jsonpath *path = NULL;
    AUTO(json) json_t *document = NULL;
    AUTO(json) json_t *values = NULL;
    char *text = memchr(input, '\n', size);

    if (!text)
        return 0;
    *text++ = '\0';
    if (jsonpath_parse(input, &path, &err) < 0)
        return 0;
    if (json_parse(text, (size_t)(input + size - text), &document, &err) < 0)
        return 0;
    if (!jsonpath_match(path, document, &values, &err) && !json_is_array(values))
        abort();
    return 0;
}
