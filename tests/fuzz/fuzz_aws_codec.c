/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a request or a response of any protocol are refused or decoded; what was decoded can
 * be encoded. The first byte chooses the protocol and the direction, the first line after it is the
 * target of a request or the status of a response, further lines up to an empty one are headers. */
#include <stdint.h>
#include <string.h>

#include "aws/codec.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const services[] = { "toy-ec2", "toy-query", "toy-json", "toy-rest-json",
                                        "toy-rest-xml" };

static struct aws_models *toys(void)
{
    static struct aws_models *models;
    const char *folder = getenv("FRACAS_BUILD_DIR");
    AUTO(str) char *path = mem_printf("%s/tests/support/aws-toy.bin", folder ? folder : ".");
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!models && aws_models_open(path, &models, &err) < 0) {
        fprintf(stderr, "%s (run in the build folder)\n", err.message);
        exit(1);
    }
    return models;
}

static char *take_line(const char **text, const char *end)
{
    const char *stop = memchr(*text, '\n', (size_t)(end - *text));
    char *line = mem_strndup(*text, (size_t)((stop ? stop : end) - *text));

    *text = stop ? stop + 1 : end;
    return line;
}

static void read_headers(const char **text, const char *end, struct uri_pairs *headers)
{
    while (*text < end) {
        AUTO(str) char *line = take_line(text, end);
        char *colon = strchr(line, ':');

        if (!*line)
            return;
        if (!colon)
            continue;
        *colon = '\0';
        uri_pairs_add(headers, line, colon + 1);
    }
}

static void try_request(const struct aws_service *service, const char *text, const char *end)
{
    AUTO(aws_request) struct aws_request request = { 0 };
    AUTO(aws_request) struct aws_request again = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *params = NULL;
    struct aws_operation operation;
    char *mark;

    request.method = mem_strdup("POST");
    request.path = take_line(&text, end);
    mark = strchr(request.path, '?');
    request.query = mem_strdup(mark ? mark + 1 : "");
    if (mark)
        *mark = '\0';
    read_headers(&text, end, &request.headers);
    buffer_add(&request.body, text, (size_t)(end - text));
    if (aws_request_decode(service, &request, &operation, &params, &err) < 0)
        return;
    if (aws_request_encode(&operation, params, &again, &err) < 0)
        chaos_error_clear(&err);
}

static void read_response(const char *text, const char *end, struct aws_response *response)
{
    AUTO(str) char *status = take_line(&text, end);

    response->status = (int)strtol(status, NULL, 10);
    read_headers(&text, end, &response->headers);
    buffer_add(&response->body, text, (size_t)(end - text));
}

/* The first list of what the operation returns; NULL: it has none. */
static const char *first_list(const struct aws_operation *operation)
{
    for (size_t i = 0; i < aws_shape_member_count(&operation->output.shape); i++) {
        struct aws_member member = aws_shape_member(&operation->output.shape, i);

        if (member.shape.type == AWS_TYPE_LIST)
            return member.name;
    }
    return NULL;
}

static void keep_item(void *data, json_t *item)
{
    json_array_append(data, item);
}

/* A list that is read item by item has the same items. */
static void try_sink(const struct aws_operation *operation, const char *text, const char *end,
                     const json_t *whole)
{
    AUTO(aws_response) struct aws_response response = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *value = NULL;
    AUTO(json) json_t *items = json_array();
    struct aws_item_sink sink = { first_list(operation), keep_item, items, 0 };
    int r;

    if (!sink.member)
        return;
    read_response(text, end, &response);
    r = aws_response_decode(operation, &response, &sink, &value, &err);
    if ((r == 0) != (whole != NULL) || sink.count != json_array_size(items))
        abort();
    if (sink.count && r == 0 && !json_equal(items, json_object_get(whole, sink.member)))
        abort();
}

static void try_response(const struct aws_service *service, const char *text, const char *end)
{
    static const char *const names[] = { "Echo", "ListToys", "Rest" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        AUTO(aws_response) struct aws_response response = { 0 };
        AUTO(aws_response) struct aws_response again = { 0 };
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(json) json_t *value = NULL;
        struct aws_operation operation;

        if (aws_operation_find(service, names[i], &operation, &err) < 0)
            abort();
        read_response(text, end, &response);
        if (aws_response_decode(&operation, &response, NULL, &value, &err) < 0)
            chaos_error_clear(&err);
        try_sink(&operation, text, end, value);
        if (value && !aws_response_is_error(&response) &&
            aws_response_encode(&operation, value, "id", &again, &err) < 0)
            chaos_error_clear(&err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *text = mem_strndup(size ? (const char *)data + 1 : "", size ? size - 1 : 0);
    struct aws_service service;

    if (size == 0)
        return 0;
    if (aws_service_find(toys(), services[data[0] / 2 % ARRAY_SIZE(services)], &service, &err) < 0)
        abort();
    if (data[0] % 2)
        try_response(&service, text, text + strnlen(text, size - 1));
    else
        try_request(&service, text, text + strnlen(text, size - 1));
    return 0;
}
