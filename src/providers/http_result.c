// SPDX-License-Identifier: Apache-2.0
#include "providers/http_result.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "net/http_client.h"
#include "net/http_text.h"
#include "value/json.h"

static bool is_same_name(const struct http_header *a, const struct http_header *b)
{
    return strcasecmp(a->name, b->name) == 0;
}

/* As ISO-8859-1 (compat: never as UTF-8). */
static json_t *text_to_json(const char *text, size_t length)
{
    AUTO(buffer) struct buffer converted = { 0 };

    if (str_is_ascii(text, length))
        return json_stringn_nocheck(text, length);
    http_text_latin1(&converted, text, length);
    return json_stringn_nocheck(converted.data, converted.length);
}

/* The value of headers[at], and those of the same name after it. */
static json_t *values_to_json(const struct http_response *response, size_t at)
{
    const struct http_header *first = &response->headers[at];
    AUTO(buffer) struct buffer joined = { 0 };

    for (size_t i = at + 1; i < response->n_headers; i++) {
        if (!is_same_name(first, &response->headers[i]))
            continue;
        buffer_add_text(&joined, joined.length ? "" : first->value);
        buffer_add_text(&joined, ", ");
        buffer_add_text(&joined, response->headers[i].value);
    }
    if (joined.data)
        return text_to_json(joined.data, joined.length);
    return text_to_json(first->value, strlen(first->value));
}

static bool is_repeated(const struct http_response *response, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (is_same_name(&response->headers[i], &response->headers[at]))
            return true;
    return false;
}

static json_t *headers_to_json(const struct http_response *response)
{
    json_t *headers = json_object();

    for (size_t i = 0; i < response->n_headers; i++) {
        const char *name = response->headers[i].name;
        AUTO(json) json_t *shown = NULL;

        if (is_repeated(response, i))
            continue;
        shown = text_to_json(name, strlen(name));
        json_object_set_new_nocheck(headers, json_string_value(shown), values_to_json(response, i));
    }
    return headers;
}

static json_t *body_to_json(const struct http_response *response, char **ret_warning)
{
    const char *type = http_header_find(response, "Content-Type");
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    http_text_decode(&text, type, buffer_text(&response->body), response->body.length);
    if (!str_equal(type, "application/json") || !text.length)
        return json_stringn(buffer_text(&text), text.length);
    if (json_parse(text.data, text.length, &value, &err) == 0)
        return value;
    *ret_warning = mem_printf("the body is not the JSON that its Content-Type announces: %s",
                              chaos_error_text(&err));
    return json_stringn(buffer_text(&text), text.length);
}

json_t *http_result_new(const struct http_response *response, char **ret_warning)
{
    json_t *result = json_object();

    *ret_warning = NULL;
    json_object_set_new(result, "status", json_integer(response->status));
    json_object_set_new(result, "headers", headers_to_json(response));
    json_object_set_new(result, "body", body_to_json(response, ret_warning));
    return result;
}
