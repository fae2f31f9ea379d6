// SPDX-License-Identifier: Apache-2.0
/* What is read can be written, and what is written reads as the same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/auto.h"
#include "value/json.h"
#include "value/pytext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json) json_t *value = NULL;
    AUTO(json) json_t *again = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer same = { 0 };
    AUTO(buffer) struct buffer shown = { 0 };
    enum json_style style = size ? (enum json_style)(data[size - 1] % 5) : JSON_STYLE_LINE;

    if (json_parse((const char *)data, size, &value, &err) < 0)
        return 0;
    json_write(&text, value, style);
    assert(json_parse(text.data, text.length, &again, &err) == 0);
    /* not by json_equal(): jansson looks keys up by what stands before their first NUL */
    json_write(&same, again, style);
    assert(same.length == text.length && memcmp(same.data, text.data, text.length) == 0);
    pytext_repr(&shown, value);
    return 0;
}
