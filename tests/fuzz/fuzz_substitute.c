// SPDX-License-Identifier: Apache-2.0
/* Any text can be substituted; without a '$' it stays. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/auto.h"
#include "value/substitute.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json) json_t *text = json_stringn((const char *)data, size);
    AUTO(json) json_t *configuration = json_pack("{s:i,s:[b],s:n}", "a", 1, "b", 1, "_c");
    AUTO(json) json_t *secrets = json_pack("{s:{s:s}}", "group", "d", "${a}");
    AUTO(json) json_t *result = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!text) /* not UTF-8 */
        return 0;
    assert(substitute(text, configuration, secrets, &result, &err) == 0);
    assert(memchr(data, '$', size) || json_equal(text, result));
    return 0;
}
