// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/mem.h"
#include "ext/ext_net.h"
#include "net/http_client.h"

/* The mapping `headers` of the arguments as an array; its texts are borrowed. */
static int read_headers(const struct chaos_call *call, struct http_header **ret_headers,
                        size_t *ret_count, struct chaos_error *err)
{
    json_t *mapping = json_object_get(call->arguments, "headers");
    AUTO(mem) struct http_header *headers = mem_zero(json_object_size(mapping), sizeof(*headers));
    size_t count = 0;
    const char *name;
    json_t *value;

    json_object_foreach (mapping, name, value) {
        if (!json_is_string(value))
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "header '%s' of argument 'headers' must be a string", name);
        headers[count++] = (struct http_header){ .name = name, .value = json_string_value(value) };
    }
    *ret_headers = STEAL(headers);
    *ret_count = count;
    return 0;
}

static void add_header(json_t *headers, const struct http_header *header)
{
    AUTO(str) char *name = mem_strdup(header->name);
    AUTO(json) json_t *value = outside_text(header->value, strlen(header->value));
    const char *before;

    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    before = json_string_value(json_object_get(headers, name));
    if (before)
        json_object_set_new(headers, name,
                            json_sprintf("%s, %s", before, json_string_value(value)));
    else
        json_object_set(headers, name, value);
}

static json_t *response_value(const struct http_response *response)
{
    json_t *value = json_pack("{s:I}", "status", (json_int_t)response->status);
    json_t *headers = json_object();
    const char *url = response->url ? response->url : "";

    for (size_t i = 0; i < response->n_headers; i++)
        add_header(headers, &response->headers[i]);
    json_object_set_new(value, "headers", headers);
    json_object_set_new(value, "body_bytes", json_integer((json_int_t)response->body.length));
    json_object_set_new(value, "url", outside_text(url, strlen(url)));
    json_object_set_new(value, "connect_ms", milliseconds(response->connect_ns));
    json_object_set_new(value, "tls_ms",
                        response->tls_ns ? milliseconds(response->tls_ns) : json_null());
    json_object_set_new(value, "first_byte_ms", milliseconds(response->first_byte_ns));
    json_object_set_new(value, "total_ms", milliseconds(response->total_ns));
    return value;
}

int net_http_get(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(http_response) struct http_response response = { 0 };
    AUTO(mem) struct http_header *headers = NULL;
    struct http_request request = {
        .method = "GET",
        .url = argument_text(call, "url"),
        .deadline = clock_deadline(argument_number(call, "timeout")),
        .flags = HTTP_FRESH_CONNECTION,
        .body_limit = (size_t)argument_integer(call, "max_bytes"),
    };
    int r;

    if (!argument_flag(call, "verify_tls"))
        request.flags |= HTTP_NO_VERIFY_TLS;
    if (!argument_flag(call, "follow"))
        request.flags |= HTTP_NO_REDIRECTS;
    r = read_headers(call, &headers, &request.n_headers, err);
    request.headers = headers;
    if (r == 0) {
        client = http_client_new();
        r = http_request(client, &request, call->context->cancel, &response, NULL, err);
    }
    if (r < 0)
        return explain_failure(call, -1, err);
    *ret_output = response_value(&response);
    return 0;
}
