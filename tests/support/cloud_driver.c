// SPDX-License-Identifier: Apache-2.0
/* Lets scripts talk to a cloud of paper: one JSON request a line on stdin ({"service": .., "body":
 * the form}), one JSON answer a line on stdout ({"status": .., "body": the XML}). No delay takes
 * any time: what a call began is over before the next one.
 *
 * usage: cloud_driver MODELS_FILE */
#include <string.h>

#include "aws/codec.h"
#include "base/clock.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "cloud/cloud.h"
#include "value/json.h"

struct driver {
    struct aws_models *models;
    struct cloud *cloud;
};

static const struct cloud_caller owner = { .access_key = "AKIALAB",
                                           .arn = "arn:aws:iam::000000000000:root",
                                           .user_id = "000000000000",
                                           .source_ip = "127.0.0.1" };

static int perform(struct driver *driver, const struct aws_operation *operation,
                   const json_t *params, struct aws_response *response, struct chaos_error *err)
{
    AUTO(cloud_fault) struct cloud_fault fault = { 0 };
    AUTO(json) json_t *result = cloud_call(driver->cloud, &owner, operation, params, &fault);
    struct aws_fault told = { .code = fault.code, .message = fault.message };

    if (result)
        return aws_response_encode(operation, result, "id-1", response, err);
    told.status = fault.status;
    return aws_fault_encode(operation, &told, "id-1", response, err);
}

static int answer(struct driver *driver, const json_t *in, json_t **ret_out,
                  struct chaos_error *err)
{
    AUTO(aws_request) struct aws_request request = { 0 };
    AUTO(aws_response) struct aws_response response = { 0 };
    AUTO(json) json_t *params = NULL;
    const char *service_name = json_text_of(in, "service");
    const char *body = json_text_of(in, "body");
    struct aws_service service;
    struct aws_operation operation;
    int r = aws_service_find(driver->models, service_name ? service_name : "", &service, err);

    if (r < 0)
        return r;
    request.method = mem_strdup("POST");
    request.path = mem_strdup("/");
    request.query = mem_strdup("");
    buffer_add_text(&request.body, body ? body : "");
    uri_pairs_add(&request.headers, "Content-Type", "application/x-www-form-urlencoded");
    while (cloud_tick(driver->cloud, clock_now()) <= clock_now())
        ;
    r = aws_request_decode(&service, &request, &operation, &params, err);
    if (r == 0)
        r = perform(driver, &operation, params, &response, err);
    if (r == 0)
        *ret_out =
            json_pack("{s:i, s:s}", "status", response.status, "body", buffer_text(&response.body));
    return r;
}

static json_t *answer_line(struct driver *driver, const char *line)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *in = NULL;
    json_t *out = NULL;

    if (json_parse(line, strlen(line), &in, &err) < 0 || answer(driver, in, &out, &err) < 0)
        return json_pack("{s:s}", "error", chaos_error_text(&err));
    return out;
}

static int serve(struct driver *driver)
{
    AUTO(str) char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        AUTO(json) json_t *out = answer_line(driver, line);

        json_dumpf(out, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv)
{
    AUTO(aws_models) struct aws_models *models = NULL;
    AUTO(cloud) struct cloud *cloud = NULL;
    AUTO(json) json_t *delays = json_object();
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct cloud_options options = { .delays = delays, .account = "123456789012" };
    struct driver driver;

    for (size_t i = 0; cloud_delay_names[i]; i++)
        json_object_set_new(delays, cloud_delay_names[i], json_integer(0));
    json_object_set_new(delays, "terminated", json_integer(3600));
    if (argc != 2 || aws_models_open(argv[1], &models, &err) < 0) {
        fprintf(stderr, "usage: cloud_driver MODELS_FILE\n%s\n", chaos_error_text(&err));
        return 2;
    }
    options.models = models;
    if (cloud_new(&options, &cloud, &err) < 0) {
        fprintf(stderr, "%s\n", chaos_error_text(&err));
        return 2;
    }
    driver = (struct driver){ models, cloud };
    return serve(&driver);
}
