// SPDX-License-Identifier: Apache-2.0
/* An answer as a server may send it: head lines, an empty line, a body. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "net/http_head.h"
#include "net/http_text.h"
#include "providers/http_form.h"
#include "providers/http_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Take the head from `text`; where the body starts. */
static const char *take_head(const char *text, const char *end, struct http_response *response)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct http_head head = { 0 };

    while (text < end && !head.complete) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *next = newline ? newline + 1 : end;

        if (http_head_add(&head, response, text, (size_t)(next - text), &err) < 0)
            return end;
        text = next;
    }
    return text;
}

static void check_urls(const char *text)
{
    AUTO(str) char *quoted = http_url_quote(text);
    AUTO(str) char *again = http_url_quote(quoted);
    AUTO(str) char *masked = http_url_masked(text);
    AUTO(buffer) struct buffer plus = { 0 };

    assert(strcmp(quoted, again) == 0); /* what is fit stays */
    http_quote_plus(&plus, text);
    for (const char *c = buffer_text(&plus); *c; c++)
        assert((unsigned char)*c > ' ' && (unsigned char)*c < 0x7f);
    assert(strlen(masked) <= strlen(text) + 4);
}

static void check_form(const json_t *value)
{
    AUTO(buffer) struct buffer form = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)!http_form_encode(&form, value, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(http_response) struct http_response response = { 0 };
    AUTO(str) char *text = mem_strndup((const char *)data, size);
    AUTO(buffer) struct buffer body = { 0 };
    AUTO(json) json_t *result = NULL;
    AUTO(str) char *warning = NULL;
    const char *end = (const char *)data + size;
    const char *start = take_head((const char *)data, end, &response);

    buffer_add(&response.body, start, (size_t)(end - start));
    http_text_decode(&body, http_header_find(&response, "Content-Type"), start,
                     (size_t)(end - start));
    assert(str_is_utf8(buffer_text(&body), body.length));
    result = http_result_new(&response, &warning);
    assert(json_object_get(result, "body") && json_object_get(result, "headers"));
    check_urls(text);
    check_form(json_object_get(result, "body"));
    return 0;
}
