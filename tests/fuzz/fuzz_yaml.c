// SPDX-License-Identifier: Apache-2.0
/* What is read can be written, and what is written reads as the same. */
#include <assert.h>
#include <stdint.h>

#include "base/auto.h"
#include "value/pytext.h"
#include "value/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aliases may expand to more than is worth writing here. */
#define TEXT_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yaml_style style = { .indent = size % 2 ? 2 : 4, .sort_keys = size % 3 == 0 };
    AUTO(json) json_t *value = NULL;
    AUTO(json) json_t *again = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(str) char *before = NULL;
    AUTO(str) char *after = NULL;

    if (size > 4096 || yaml_parse((const char *)data, size, &value, &err) < 0)
        return 0;
    before = pytext_of(value);
    yaml_write(&text, value, &style);
    if (text.length > TEXT_MAX)
        return 0;
    assert(yaml_parse(text.data, text.length, &again, &err) == 0);
    after = pytext_of(again);
    assert(style.sort_keys || str_equal(before, after));
    return 0;
}
