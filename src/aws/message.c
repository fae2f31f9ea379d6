/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/message.h"

#include <strings.h>

#include "base/mem.h"

void aws_request_clear(struct aws_request *request)
{
    free(request->method);
    free(request->host_prefix);
    free(request->path);
    free(request->query);
    uri_pairs_clear(&request->headers);
    buffer_clear(&request->body);
    *request = (struct aws_request){ 0 };
}

void aws_response_clear(struct aws_response *response)
{
    uri_pairs_clear(&response->headers);
    buffer_clear(&response->body);
    *response = (struct aws_response){ 0 };
}

static struct uri_pair *find(const struct uri_pairs *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (strcasecmp(headers->items[i].name, name) == 0)
            return &headers->items[i];
    }
    return NULL;
}

const char *aws_header_find(const struct uri_pairs *headers, const char *name)
{
    const struct uri_pair *pair = find(headers, name);

    return pair ? pair->value : NULL;
}

void aws_header_set(struct uri_pairs *headers, const char *name, const char *value)
{
    struct uri_pair *pair = find(headers, name);

    if (!pair) {
        uri_pairs_add(headers, name, value);
        return;
    }
    char *copy = mem_strdup(value); /* `value` may be the old one */

    free(pair->value);
    pair->value = copy;
}
