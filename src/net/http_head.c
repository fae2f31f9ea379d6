// SPDX-License-Identifier: Apache-2.0
#include "net/http_head.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* Fields are `const` for their readers; they are owned here. */
static void free_text(const char *text)
{
    free((void *)(uintptr_t)text); // NOLINT(performance-no-int-to-ptr): takes the const away
}

static void forget_headers(struct http_response *response)
{
    for (size_t i = 0; i < response->n_headers; i++) {
        free_text(response->headers[i].name);
        free_text(response->headers[i].value);
    }
    free(response->headers);
    response->headers = NULL;
    response->n_headers = 0;
    free(response->reason);
    response->reason = NULL;
    response->status = 0;
}

void http_response_clear(struct http_response *response)
{
    forget_headers(response);
    buffer_clear(&response->body);
    free(response->url);
    *response = (struct http_response){ 0 };
}

const char *http_header_find(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->n_headers; i++)
        if (strcasecmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    return NULL;
}

/* "HTTP/1.1 404 Not Found" */
static void take_status_line(struct http_response *response, const char *line, size_t length)
{
    AUTO(str) char *text = mem_strndup(line, length);
    char *rest = text + strcspn(text, " ");

    forget_headers(response);
    response->status = strtol(rest, &rest, 10);
    response->reason = str_trim(rest);
}

static void take_field(struct http_response *response, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    size_t count = response->n_headers;
    AUTO(str) char *value = NULL;

    if (!colon || colon == line)
        return;
    value = mem_strndup(colon + 1, length - (size_t)(colon + 1 - line));
    if ((count & (count + 1)) == 0) /* full at 0, 1, 3, 7, ... */
        response->headers =
            mem_resize(response->headers, (2 * count + 1) * sizeof(*response->headers));
    response->headers[count] = (struct http_header){
        .name = mem_strndup(line, (size_t)(colon - line)),
        .value = str_trim(value),
    };
    response->n_headers++;
}

/* A value that goes on in the next line (obs-fold, RFC 9112 section 5.2). */
static void continue_field(struct http_response *response, const char *line, size_t length)
{
    struct http_header *last;
    AUTO(str) char *more = NULL;
    AUTO(str) char *text = NULL;
    char *joined;

    if (!response->n_headers)
        return;
    last = &response->headers[response->n_headers - 1];
    text = mem_strndup(line, length);
    more = str_trim(text);
    joined = mem_printf("%s %s", last->value, more);
    free_text(last->value);
    last->value = joined;
}

int http_head_add(struct http_head *head, struct http_response *response, const char *line,
                  size_t length, struct chaos_error *err)
{
    while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        *head = (struct http_head){ .size = length };
        take_status_line(response, line, length);
        return 0;
    }
    if (head->complete)
        return 0;
    head->size += length + 2;
    if (length && (line[0] == ' ' || line[0] == '\t'))
        head->folded++;
    if (head->size > HTTP_HEAD_MAX || head->folded > HTTP_FOLDED_MAX ||
        response->n_headers >= HTTP_FIELDS_MAX)
        return chaos_error_set(err, CHAOS_E_LIMIT,
                               "the head of the answer is larger than %zu KiB, %d fields or %d "
                               "continued lines",
                               HTTP_HEAD_MAX / 1024, HTTP_FIELDS_MAX, HTTP_FOLDED_MAX);
    if (!length)
        head->complete = response->status >= 200;
    else if (line[0] == ' ' || line[0] == '\t')
        continue_field(response, line, length);
    else
        take_field(response, line, length);
    return 0;
}
