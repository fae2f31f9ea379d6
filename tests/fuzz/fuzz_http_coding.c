// SPDX-License-Identifier: Apache-2.0
/* A body under a chain of codings either comes out within its limit or is refused. The first line
 * is the value of Content-Encoding. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "net/http_coding.h"

#define LIMIT ((size_t)1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer before = { 0 };
    AUTO(str) char *coding = NULL;
    struct http_header header = { .name = "Content-Encoding" };
    struct http_response response = { .headers = &header, .n_headers = 1 };
    int r;

    if (!newline)
        return 0;
    coding = mem_strndup((const char *)data, (size_t)(newline - data));
    header.value = coding;
    buffer_add(&response.body, newline + 1, size - (size_t)(newline + 1 - data));
    buffer_add(&before, newline + 1, size - (size_t)(newline + 1 - data));
    r = http_coding_undo(&response, LIMIT, &err);
    assert(r == 0 || chaos_error_text(&err)[0]);
    if (r == 0)
        assert(response.body.length <= LIMIT || response.body.length == before.length);
    buffer_clear(&response.body);
    return 0;
}
