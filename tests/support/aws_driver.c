// SPDX-License-Identifier: Apache-2.0
/* Lets scripts drive src/aws: one JSON request a line on stdin, one JSON answer a line on stdout.
 *
 * usage: aws_driver MODELS_FILE */
#include <string.h>

#include "aws/base64.h"
#include "aws/codec.h"
#include "aws/endpoint.h"
#include "aws/jmespath.h"
#include "aws/paginate.h"
#include "aws/sigv4.h"
#include "aws/sigv4_canonical.h"
#include "aws/timestamp.h"
#include "aws/validate.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "value/json.h"

struct task {
    const struct aws_models *models;
    const json_t *in;
    struct aws_service service;
    struct aws_operation operation;
};

typedef int (*run_task)(struct task *task, json_t **ret_out, struct chaos_error *err);

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static int find_operation(struct task *task, struct chaos_error *err)
{
    int r = aws_service_find(task->models, text_of(task->in, "service"), &task->service, err);

    return r < 0 ? r
                 : aws_operation_find(&task->service, text_of(task->in, "operation"),
                                      &task->operation, err);
}

static json_t *bytes_json(const struct buffer *bytes)
{
    AUTO(buffer) struct buffer text = { 0 };

    base64_encode(&text, bytes->data, bytes->length);
    return json_string(buffer_text(&text));
}

static json_t *headers_json(const struct uri_pairs *headers)
{
    json_t *object = json_object();

    for (size_t i = 0; i < headers->count; i++)
        json_object_set_new(object, headers->items[i].name, json_string(headers->items[i].value));
    return object;
}

static void read_message(const json_t *in, struct uri_pairs *headers, struct buffer *body)
{
    const char *name;
    json_t *value;

    json_object_foreach (json_walkable(json_object_get(in, "headers")), name, value)
        uri_pairs_add(headers, name, json_string_value(value));
    base64_decode(body, text_of(in, "body"));
}

static int encode_request(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    AUTO(aws_request) struct aws_request request = { 0 };
    int r = find_operation(task, err);

    if (r == 0)
        r = aws_request_encode(&task->operation, json_object_get(task->in, "params"), &request,
                               err);
    if (r < 0)
        return r;
    *ret_out = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "method", request.method, "host_prefix",
                         request.host_prefix ? request.host_prefix : "", "path", request.path,
                         "query", request.query, "headers", headers_json(&request.headers), "body",
                         bytes_json(&request.body));
    return 0;
}

static int decode_request(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    AUTO(aws_request) struct aws_request request = { 0 };
    json_t *params;
    int r = aws_service_find(task->models, text_of(task->in, "service"), &task->service, err);

    if (r < 0)
        return r;
    request.method = mem_strdup(text_of(task->in, "method"));
    request.path = mem_strdup(text_of(task->in, "path"));
    request.query = mem_strdup(text_of(task->in, "query"));
    read_message(task->in, &request.headers, &request.body);
    r = aws_request_decode(&task->service, &request, &task->operation, &params, err);
    if (r < 0)
        return r;
    *ret_out = json_pack("{s:s, s:o}", "operation", task->operation.name, "params", params);
    return 0;
}

static json_t *response_json(const struct aws_response *response)
{
    return json_pack("{s:i, s:o, s:o}", "status", response->status, "headers",
                     headers_json(&response->headers), "body", bytes_json(&response->body));
}

static int encode_response(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    AUTO(aws_response) struct aws_response response = { 0 };
    int r = find_operation(task, err);

    if (r == 0)
        r = aws_response_encode(&task->operation, json_object_get(task->in, "value"), "id-1",
                                &response, err);
    if (r == 0)
        *ret_out = response_json(&response);
    return r;
}

static int encode_fault(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    AUTO(aws_response) struct aws_response response = { 0 };
    struct aws_fault fault = {
        .code = text_of(task->in, "code"),
        .message = text_of(task->in, "message"),
        .members = json_object_get(task->in, "members"),
    };
    int r = find_operation(task, err);

    if (r == 0)
        r = aws_fault_encode(&task->operation, &fault, "id-1", &response, err);
    if (r == 0)
        *ret_out = response_json(&response);
    return r;
}

static int decode_response(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    AUTO(aws_response) struct aws_response response = { 0 };
    int r = find_operation(task, err);

    if (r < 0)
        return r;
    response.status = (int)json_integer_value(json_object_get(task->in, "status"));
    read_message(task->in, &response.headers, &response.body);
    return aws_response_decode(&task->operation, &response, NULL, ret_out, err);
}

static int validate(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    AUTO(str) char *report = NULL;
    int r = find_operation(task, err);

    if (r < 0)
        return r;
    report = aws_validate(&task->operation, json_object_get(task->in, "params"));
    *ret_out = json_pack("{s:s?}", "report", report);
    return 0;
}

static int endpoint(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    struct aws_endpoint_options options = {
        .region = json_string_value(json_object_get(task->in, "region")),
        .url = json_string_value(json_object_get(task->in, "url")),
        .flags = (unsigned)json_integer_value(json_object_get(task->in, "flags")),
    };
    AUTO(aws_endpoint) struct aws_endpoint found = { 0 };
    int r = find_operation(task, err);

    if (r == 0)
        r = aws_endpoint_resolve(&task->operation, json_object_get(task->in, "params"), &options,
                                 &found, err);
    if (r == 0)
        *ret_out = json_pack("{s:s, s:s, s:s}", "url", found.url, "region", found.signing_region,
                             "name", found.signing_name);
    return r;
}

static int search(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    AUTO(jmespath) struct jmespath *path = NULL;
    json_t *found;
    int r = jmespath_parse(text_of(task->in, "expression"), &path, err);

    if (r == 0)
        r = jmespath_search(path, json_object_get(task->in, "value"), &found, err);
    if (r == 0)
        *ret_out = json_pack("{s:o}", "found", found);
    return r;
}

static const char *option_of(const json_t *in, const char *key)
{
    return json_string_value(json_object_get(json_object_get(in, "session"), key));
}

/* One call, all pages, a wait or an address, through a session of its own. */
static int with_session(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    const json_t *params = json_object_get(task->in, "params");
    const char *kind = text_of(task->in, "do");
    struct aws_session_options options = {
        .models = task->models,
        .profile = option_of(task->in, "profile"),
        .region = option_of(task->in, "region"),
        .endpoint_url = option_of(task->in, "endpoint_url"),
        .access_key = option_of(task->in, "access_key"),
        .secret_key = option_of(task->in, "secret_key"),
        .session_token = option_of(task->in, "session_token"),
        .role_arn = option_of(task->in, "role_arn"),
        .read_timeout_ms = 2000,
        .seed = 1,
    };
    struct aws_waiter_options waiter = { .delay_s = 1, .max_attempts = 3 };
    AUTO(aws_session) struct aws_session *session = NULL;
    AUTO(chaos_error) struct chaos_error why = { 0 };
    AUTO(json) json_t *value = NULL;
    AUTO(str) char *url = NULL;
    int r = find_operation(task, err);

    if (r == 0)
        r = aws_session_new(&options, &session, err);
    if (r < 0)
        return r;
    if (strcmp(kind, "pages") == 0)
        r = aws_call_all_pages(session, &task->operation, params, &value, &why);
    else if (strcmp(kind, "wait") == 0)
        r = aws_wait(session, &task->service, text_of(task->in, "waiter"), params, &waiter, &why);
    else if (strcmp(kind, "presign") == 0)
        r = aws_session_presign(session, &task->operation, params, 60, &url, &why);
    else
        r = aws_session_call(session, &task->operation, params, &value, &why);
    *ret_out = json_pack("{s:O?, s:s?, s:s?, s:i}", "value", value, "url", url, "error",
                         r < 0 ? why.message : NULL, "code", -r);
    return 0;
}

/* Headers as pairs: a name may come twice. */
static void read_signable(const json_t *in, struct aws_request *request)
{
    size_t index;
    json_t *pair;

    request->method = mem_strdup(text_of(in, "method"));
    request->path = mem_strdup(text_of(in, "path"));
    request->query = mem_strdup(text_of(in, "query"));
    base64_decode(&request->body, text_of(in, "body"));
    json_array_foreach (json_object_get(in, "headers"), index, pair)
        uri_pairs_add(&request->headers, json_string_value(json_array_get(pair, 0)),
                      json_string_value(json_array_get(pair, 1)));
}

static json_t *signed_json(const struct aws_request *request)
{
    json_t *headers = json_array();

    for (size_t i = 0; i < request->headers.count; i++)
        json_array_append_new(headers, json_pack("[s,s]", request->headers.items[i].name,
                                                 request->headers.items[i].value));
    return json_pack("{s:o, s:s}", "headers", headers, "query", request->query);
}

static int sign(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    const char *token = text_of(task->in, "token");
    const char *hash = text_of(task->in, "canonical_hash");
    struct sigv4_key key = { text_of(task->in, "access_key"), text_of(task->in, "secret_key"),
                             *token ? token : NULL };
    struct sigv4_scope scope = {
        .region = text_of(task->in, "region"),
        .service = text_of(task->in, "signing_name"),
        .flags = (unsigned)json_integer_value(json_object_get(task->in, "flags")),
    };
    int64_t expires_s = json_integer_value(json_object_get(task->in, "expires"));
    AUTO(aws_request) struct aws_request request = { 0 };
    AUTO(buffer) struct buffer canonical = { 0 };
    AUTO(str) char *names = NULL;
    int r;

    aws_timestamp_parse(text_of(task->in, "time"), &scope.time_us);
    read_signable(task->in, &request);
    if (*hash) {
        names = sigv4_signed_headers(&request.headers);
        sigv4_canonical_request(&request, scope.flags, names, hash, &canonical);
        *ret_out = json_string(buffer_text(&canonical));
        return 0;
    }
    r = expires_s ? sigv4_presign(&key, &scope, expires_s, &request, err)
                  : sigv4_sign(&key, &scope, &request, err);
    if (r == 0)
        *ret_out = signed_json(&request);
    return r;
}

static const char *secret_of(void *data, const char *access_key, const char *token)
{
    const json_t *in = data;

    (void)token;
    return str_equal(access_key, text_of(in, "access_key")) ? text_of(in, "secret_key") : NULL;
}

static int verify(struct task *task, json_t **ret_out, struct chaos_error *err)
{
    AUTO(aws_request) struct aws_request request = { 0 };
    AUTO(sigv4_signer) struct sigv4_signer signer = { 0 };
    AUTO(chaos_error) struct chaos_error why = { 0 };
    int64_t now_us = 0;
    int r;

    (void)err; /* a refusal is an answer */
    aws_timestamp_parse(text_of(task->in, "time"), &now_us);
    read_signable(task->in, &request);
    r = sigv4_verify(&(struct sigv4_verifier){ .flags = (unsigned)json_integer_value(
                                                   json_object_get(task->in, "flags")),
                                               .now_us = now_us,
                                               .secret = secret_of,
                                               .data = json_walkable(task->in) },
                     &request, &signer, &why);
    *ret_out = r < 0 ? json_pack("{s:s?, s:s}", "refusal", signer.refusal, "why", why.message)
                     : json_pack("{s:s, s:s, s:s}", "access_key", signer.access_key, "region",
                                 signer.region, "service", signer.service);
    return 0;
}

static const struct {
    const char *name;
    run_task run;
} tasks[] = {
    { "encode_request", encode_request },
    { "decode_request", decode_request },
    { "encode_response", encode_response },
    { "decode_response", decode_response },
    { "encode_fault", encode_fault },
    { "validate", validate },
    { "endpoint", endpoint },
    { "search", search },
    { "call", with_session },
    { "pages", with_session },
    { "wait", with_session },
    { "presign", with_session },
    { "sign", sign },
    { "verify", verify },
};

static int run_line(const struct aws_models *models, const char *line, size_t length,
                    json_t **ret_out, struct chaos_error *err)
{
    AUTO(json) json_t *in = NULL;
    struct task task = { .models = models };
    int r = json_parse(line, length, &in, err);

    if (r < 0)
        return r;
    task.in = in;
    for (size_t i = 0; i < ARRAY_SIZE(tasks); i++) {
        if (strcmp(tasks[i].name, text_of(in, "do")) == 0)
            return tasks[i].run(&task, ret_out, err);
    }
    return chaos_error_set(err, CHAOS_E_INVALID, "no task '%s'", text_of(in, "do"));
}

int main(int argc, char **argv)
{
    AUTO(aws_models) struct aws_models *models = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *line = NULL;
    size_t capacity = 0;
    ssize_t length;

    if (argc != 2 || aws_models_open(argv[1], &models, &err) < 0) {
        fprintf(stderr, "aws_driver: %s\n", argc == 2 ? err.message : "usage: aws_driver MODELS");
        return 2;
    }
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        AUTO(json) json_t *out = NULL;
        AUTO(str) char *text = NULL;

        if (run_line(models, line, (size_t)length, &out, &err) < 0) {
            out = json_pack("{s:i, s:s}", "code", (int)err.code, "error", err.message);
            chaos_error_clear(&err);
        }
        text = json_text(out, JSON_STYLE_COMPACT);
        puts(text);
        fflush(stdout);
    }
    return 0;
}
