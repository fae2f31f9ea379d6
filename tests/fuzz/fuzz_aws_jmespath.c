/* SPDX-License-Identifier: Apache-2.0 */
/* A JMESPath is refused or gives a value for any document. */
#include <stdint.h>

#include "aws/jmespath.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(str) char *text = mem_strndup((const char *)data, size);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(jmespath) struct jmespath *path = NULL;
    AUTO(json)
    json_t *document =
        json_pack("{s:{s:{s:i}}, s:[i,i,i], s:s, s:[{s:i, s:[{s:i},{s:i}]}, {s:n}]}", "a", "b", "c",
                  1, "b", 1, 2, 3, "s", "hello", "c", "d", 1, "e", "f", 1, "f", 2, "d");
    AUTO(json) json_t *found = NULL;

    if (jmespath_parse(text, &path, &err) < 0)
        return 0;
    if (jmespath_search(path, document, &found, &err) == 0 && !found)
        abort();
    return 0;
}
