/* SPDX-License-Identifier: Apache-2.0 */
/* A config file is refused with its line, or becomes sections of texts and mappings of texts. */
#include <stdint.h>

#include "aws/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_texts(json_t *object, int depth)
{
    const char *key;
    json_t *value;

    json_object_foreach (object, key, value) {
        if (json_is_object(value) && depth > 0)
            check_texts(value, depth - 1);
        else if (!json_is_string(value))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *sections = NULL;

    if (ini_parse((const char *)data, size, &sections, &err) == 0)
        check_texts(sections, 2);
    return 0;
}
