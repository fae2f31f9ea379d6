// SPDX-License-Identifier: Apache-2.0
#include "net/http_exchange.h"

#include <strings.h>

#include "base/mem.h"

void http_answer_header(struct http_answer *answer, const char *name, const char *value)
{
    if (answer->n_headers < ARRAY_SIZE(answer->headers))
        answer->headers[answer->n_headers++] =
            (struct http_header){ .name = name, .value = mem_strdup(value) };
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_headers; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    }
    return NULL;
}
