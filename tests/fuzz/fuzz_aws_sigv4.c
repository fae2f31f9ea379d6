/* SPDX-License-Identifier: Apache-2.0 */
/* No request makes the server's check crash, and none passes that was not signed with the key. The
 * input's lines: method, path, query, headers as "Name:value", an empty line, the body. */
#include <stdint.h>
#include <string.h>

#include "aws/sigv4.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *take_line(const char **text)
{
    size_t length = strcspn(*text, "\n");
    char *line = mem_strndup(*text, length);

    *text += length + ((*text)[length] == '\n');
    return line;
}

static const char *secret_of(void *data, const char *access_key, const char *token)
{
    (void)data;
    (void)token;
    return strcmp(access_key, "AKIDEXAMPLE") == 0 ? "a secret nobody guesses" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(str) char *copy = mem_strndup((const char *)data, size);
    AUTO(aws_request) struct aws_request request = { 0 };
    AUTO(sigv4_signer) struct sigv4_signer signer = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const char *text = copy;
    /* 2015-08-30T12:36:00Z, the time of the published suite */
    struct sigv4_verifier verifier = { .now_us = INT64_C(1440938160000000), .secret = secret_of };

    request.method = take_line(&text);
    request.path = take_line(&text);
    request.query = take_line(&text);
    for (;;) {
        AUTO(str) char *line = take_line(&text);
        char *colon = strchr(line, ':');

        if (!colon)
            break;
        *colon = '\0';
        uri_pairs_add(&request.headers, line, colon + 1);
    }
    buffer_add_text(&request.body, text);
    if (sigv4_verify(&verifier, &request, &signer, &err) == 0)
        abort();
    return 0;
}
