/* SPDX-License-Identifier: Apache-2.0 */
/* Any request to the daemon is answered: at the API, whatever its signature claims, and at the
 * metadata service, where it comes from an instance or from nobody. The input is a kind (a: API,
 * m: metadata of an instance, o: metadata of another address), then lines: "METHOD URI", headers,
 * an empty line, the body. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "labd/api.h"
#include "labd/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADERS_MAX 32

struct lab {
    struct cloud *cloud;
    struct metadata *metadata;
    struct api api;
};

static void must(int r, const struct chaos_error *err)
{
    if (r < 0) {
        fprintf(stderr, "%s\n", chaos_error_text(err));
        exit(1);
    }
}

/* One instance with a role, at 10.0.0.4. */
static struct lab *the_lab(void)
{
    static struct lab lab;
    struct aws_models *models;
    struct cloud_options options = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *result = NULL;
    AUTO(json)
    json_t *params =
        json_pack("{s:s, s:i, s:i, s:s, s:{s:s}, s:[{s:s, s:[{s:s, s:s}]}]}", "ImageId",
                  "ami-00000000000000001", "MinCount", 1, "MaxCount", 1, "UserData",
                  "IyEvYmluL3NoCg==", "IamInstanceProfile", "Name", "role", "TagSpecifications",
                  "ResourceType", "instance", "Tags", "Key", "Name", "Value", "a");

    if (lab.cloud)
        return &lab;
    must(aws_models_open_own(&models, &err), &err);
    options.models = models;
    must(cloud_new(&options, &lab.cloud, &err), &err);
    must(cloud_do(lab.cloud, "ec2", "RunInstances", params, &result, &err), &err);
    lab.metadata = metadata_new(lab.cloud);
    lab.api = (struct api){ .cloud = lab.cloud, .models = models };
    return &lab;
}

/* Cut the next line off; NULL when there is none. */
static char *next_line(char **text)
{
    char *line = *text;
    char *end;

    if (!line || !*line)
        return NULL;
    end = strchr(line, '\n');
    *text = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return line;
}

static size_t take_headers(char **text, struct http_header headers[HEADERS_MAX])
{
    size_t n = 0;
    char *line;

    while ((line = next_line(text)) && *line) {
        char *colon = strchr(line, ':');

        if (!colon || n == HEADERS_MAX)
            continue;
        *colon = '\0';
        headers[n++] = (struct http_header){ line, colon + 1 + strspn(colon + 1, " ") };
    }
    return n;
}

static void serve(char kind, const struct http_request *request)
{
    struct lab *lab = the_lab();
    struct http_answer answer = { 0 };

    if (kind == 'a')
        api_serve(&lab->api, request, &answer);
    else
        metadata_serve(lab->metadata, request, &answer);
    if (answer.status < 200 || answer.status > 599)
        abort();
    for (size_t i = 0; i < answer.n_headers; i++)
        free((char *)(uintptr_t)answer.headers[i].value);
    buffer_clear(&answer.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(str) char *copy = mem_strndup((const char *)data, size);
    struct http_header headers[HEADERS_MAX];
    struct http_request request = { .headers = headers, .query = "" };
    char *rest = copy + (*copy != '\0');
    char *line = next_line(&rest);
    char *uri = line ? strchr(line, ' ') : NULL;
    char *query;

    if (!uri || uri[1] != '/') /* the HTTP library lets no other one through */
        return 0;
    *uri++ = '\0';
    query = strchr(uri, '?');
    if (query)
        *query++ = '\0';
    request.method = line;
    request.path = uri;
    request.query = query ? query : "";
    request.n_headers = take_headers(&rest, headers);
    request.body = rest ? rest : "";
    request.body_length = strlen(request.body);
    inet_pton(AF_INET, *copy == 'm' ? "10.0.0.4" : "10.0.0.5", &request.peer);
    serve(*copy, &request);
    return 0;
}
