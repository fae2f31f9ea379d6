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

static void try_response(const struct aws_service *service, const char *text, const char *end)
{
    static const char *const names[] = { "Echo", "ListToys", "Rest" };
    AUTO(str) char *status = take_line(&text, end);
    AUTO(aws_response) struct aws_response response = { .status = (int)strtol(status, NULL, 10) };

    read_headers(&text, end, &response.headers);
    buffer_add(&response.body, text, (size_t)(end - text));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        AUTO(aws_response) struct aws_response again = { 0 };
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(json) json_t *value = NULL;
        struct aws_operation operation;

        if (aws_operation_find(service, names[i], &operation, &err) < 0)
            abort();
        if (aws_response_decode(&operation, &response, &value, &err) < 0)
            continue;
        if (!aws_response_is_error(&response) &&
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
