// SPDX-License-Identifier: Apache-2.0
/* The pattern on the first line, the text behind it. */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "value/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(str) char *input = mem_strndup((const char *)data, size);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(regex) struct regex *regex = NULL;
    char *text = memchr(input, '\n', size);
    bool found;

    if (!text || size > 400)
        return 0;
    *text++ = '\0';
    if (regex_compile(input, &regex, &err) < 0)
        return 0;
    if (regex_search(regex, text, (size_t)(input + size - text), &found, &err) < 0 &&
        err.code == CHAOS_E_INTERNAL)
        abort();
    return 0;
}
