/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/transport.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "aws/base64.h"
#include "aws/customize.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "config.h"

#define USER_AGENT "fracas/" FRACAS_VERSION
/* The longest answer that is kept in memory. */
#define BODY_LIMIT ((size_t)256 * 1024 * 1024)

void aws_answer_clear(struct aws_answer *answer)
{
    aws_response_clear(&answer->response);
    json_decref(answer->value);
    *answer = (struct aws_answer){ 0 };
}

static bool is_s3(const struct aws_service *service)
{
    return strcmp(service->name, "s3") == 0;
}

/* The bucket is part of S3's endpoint (in its host or its path), so it goes from the template:
 * "/{Bucket}/{Key+}" is "/{Key+}". Owned; NULL when there is nothing to take away. */
static char *uri_without_bucket(const struct aws_operation *operation)
{
    static const char bucket[] = "/{Bucket}";
    const char *rest;

    if (!is_s3(&operation->service) || !str_starts(operation->uri, bucket))
        return NULL;
    rest = operation->uri + strlen(bucket);
    return mem_printf("%s%s", *rest == '/' ? "" : "/", rest);
}

static bool is_address(const char *authority)
{
    AUTO(str) char *host = mem_strndup(authority, strcspn(authority, ":"));
    struct in_addr address;

    return *authority == '[' || inet_pton(AF_INET, host, &address) == 1;
}

/* Scheme and authority into `*ret_base` ("https://host:1"), the authority into the Host header, the
 * endpoint's path before that of the request. */
static int join_endpoint(const struct aws_endpoint *endpoint, struct aws_request *request,
                         char **ret_base, struct chaos_error *err)
{
    const char *mark = strstr(endpoint->url, "://");
    const char *authority = mark ? mark + 3 : "";
    size_t length = strcspn(authority, "/?#");
    AUTO(str) char *host = mem_strndup(authority, length);
    AUTO(str) char *path = mem_strndup(authority + length, strcspn(authority + length, "?#"));
    AUTO(str)
    char *scheme =
        mark ? mem_strndup(endpoint->url, (size_t)(mark - endpoint->url)) : mem_strdup("");
    char *joined;

    if (!*host || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the AWS endpoint '%s' is not an http:// or https:// address",
                               endpoint->url);
    if (request->host_prefix && !is_address(host)) {
        char *prefixed = mem_printf("%s%s", request->host_prefix, host);

        free(host);
        host = prefixed;
    }
    while (*path && path[strlen(path) - 1] == '/')
        path[strlen(path) - 1] = '\0';
    if (*path && strcmp(request->path, "/") == 0)
        joined = mem_strdup(path);
    else
        joined = mem_printf("%s%s", path, request->path);
    free(request->path);
    request->path = joined;
    aws_header_set(&request->headers, "Host", host);
    *ret_base = mem_printf("%s://%s", scheme, host);
    return 0;
}

static void add_endpoint_headers(const struct aws_endpoint *endpoint, struct aws_request *request)
{
    const char *name;
    json_t *values;

    json_object_foreach (endpoint->headers, name, values) {
        const char *value = json_string_value(json_array_get(values, 0));

        if (value)
            aws_header_set(&request->headers, name, value);
    }
}

static bool demands_checksum(const struct aws_operation *operation)
{
    struct aws_node checksum = aws_node_get(operation->traits, "httpChecksum");

    return aws_node_is_true(aws_node_get(operation->traits, "httpChecksumRequired")) ||
           aws_node_is_true(aws_node_get(checksum, "requestChecksumRequired"));
}

static ssize_t read_buffer(void *data, char *piece, size_t size, uint64_t offset,
                           struct chaos_error *err)
{
    const struct buffer *body = data;

    (void)err;
    memcpy(piece, body->data + offset, size);
    return (ssize_t)size;
}

/* Hash the body, wherever it is; an upload keeps its hashes for the next try. */
static int hash_body(const struct aws_call *call, struct aws_request *request, unsigned kinds,
                     struct payload_hash *ret_hash, struct chaos_error *err)
{
    struct http_source memory = { read_buffer, &request->body };
    struct http_source file = { 0 };
    int r;

    if (!call->upload) {
        *ret_hash = (struct payload_hash){ 0 };
        return payload_hash_add(ret_hash, kinds, &memory, request->body.length, err);
    }
    file = aws_upload_source(call->upload);
    r = payload_hash_add(&call->upload->hash, kinds, &file, call->upload->length, err);
    *ret_hash = call->upload->hash;
    return r;
}

static bool is_glacier_upload(const struct aws_operation *operation)
{
    return strcmp(operation->service.name, "glacier") == 0 && aws_has_raw_body(&operation->input);
}

/* The headers that are made of the body. With an upload one reading is to serve them and the
 * signature. */
static int add_checksums(const struct aws_call *call, bool is_body_signed,
                         struct aws_request *request, struct chaos_error *err)
{
    bool wants_md5 = demands_checksum(call->operation);
    bool wants_tree = is_glacier_upload(call->operation) &&
                      !aws_header_find(&request->headers, "x-amz-sha256-tree-hash");
    unsigned kinds = (wants_md5 ? PAYLOAD_MD5 : 0U) | (wants_tree ? PAYLOAD_TREE : 0U) |
                     (call->upload && is_body_signed ? PAYLOAD_SHA256 : 0U);
    AUTO(buffer) struct buffer text = { 0 };
    struct payload_hash hash = { 0 };
    int r = kinds ? hash_body(call, request, kinds, &hash, err) : 0;

    if (r < 0)
        return r;
    if (wants_tree)
        aws_header_set(&request->headers, "x-amz-sha256-tree-hash", hash.tree);
    if (wants_md5) {
        base64_encode(&text, hash.md5, sizeof(hash.md5));
        aws_header_set(&request->headers, "Content-MD5", buffer_text(&text));
    }
    return 0;
}

static bool is_unsigned(const struct aws_call *call)
{
    struct aws_node auth = aws_node_get(call->operation->traits, "auth");

    if (!call->credentials || !call->credentials->access_key)
        return true;
    for (size_t i = 0; i < aws_node_count(auth); i++) {
        if (str_equal(aws_node_text(aws_node_at(auth, i)), "smithy.api#noAuth"))
            return true;
    }
    return str_equal(aws_node_get_text(call->operation->traits, "authtype"), "none");
}

/* Where the model says so; compat: and what S3 gets behind TLS with another checksum. */
static bool is_body_unsigned(const struct aws_call *call, const struct aws_endpoint *endpoint,
                             const struct aws_request *request)
{
    const struct aws_node traits = call->operation->traits;

    if (str_starts(call->operation->service.signature_version, "s3") &&
        aws_has_raw_body(&call->operation->input) &&
        strncasecmp(endpoint->url, "https:", strlen("https:")) == 0 &&
        aws_header_find(&request->headers, "Content-MD5"))
        return true;
    return str_equal(aws_node_get_text(traits, "authtype"), "v4-unsigned-body") ||
           aws_node_is_true(aws_node_get(traits, "unsignedPayload"));
}

static struct sigv4_scope scope_of(const struct aws_call *call, const struct aws_endpoint *endpoint,
                                   const struct aws_request *request)
{
    struct sigv4_scope scope = {
        .region = endpoint->signing_region,
        .service = endpoint->signing_name,
        .time_us = call->time_us,
    };

    if (endpoint->is_path_signed_as_is)
        scope.flags |= SIGV4_PATH_AS_IS;
    if (str_starts(call->operation->service.signature_version, "s3") ||
        is_glacier_upload(call->operation))
        scope.flags |= SIGV4_CONTENT_HASH;
    if (is_body_unsigned(call, endpoint, request))
        scope.flags |= SIGV4_UNSIGNED_PAYLOAD;
    else if (call->upload)
        scope.body_hash = call->upload->hash.sha256;
    return scope;
}

/* All but the signature. */
static int build(const struct aws_call *call, struct aws_request *request,
                 struct aws_endpoint *endpoint, char **ret_base, struct chaos_error *err)
{
    AUTO(str) char *uri = uri_without_bucket(call->operation);
    struct aws_operation operation = *call->operation;
    int r;

    if (strcmp(operation.service.signature_version, "bearer") == 0)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                               "AWS service '%s' wants bearer tokens, which are not supported",
                               operation.service.name);
    if (uri)
        operation.uri = uri;
    r = aws_request_encode(&operation, call->params, request, err);
    if (r == 0)
        r = aws_endpoint_resolve(call->operation, call->params, &call->endpoint, endpoint, err);
    if (r == 0)
        r = join_endpoint(endpoint, request, ret_base, err);
    if (r < 0)
        return r;
    add_endpoint_headers(endpoint, request);
    customize_request(call->operation, request);
    return add_checksums(call, !is_unsigned(call) && !is_body_unsigned(call, endpoint, request),
                         request, err);
}

int aws_call_prepare(const struct aws_call *call, struct aws_request *request, char **ret_url,
                     struct chaos_error *err)
{
    AUTO(aws_endpoint) struct aws_endpoint endpoint = { 0 };
    AUTO(str) char *base = NULL;
    int r = build(call, request, &endpoint, &base, err);

    if (r == 0 && !is_unsigned(call)) {
        struct sigv4_key key = aws_credentials_key(call->credentials);
        struct sigv4_scope scope = scope_of(call, &endpoint, request);

        r = sigv4_sign(&key, &scope, request, err);
    }
    if (r < 0)
        return r;
    aws_header_set(&request->headers, "User-Agent", USER_AGENT);
    *ret_url = mem_printf("%s%s", base, request->path);
    return 0;
}

/* Of a form, the parameters themselves become the query of a GET. */
static int form_to_query(const char *base, struct aws_request *request, struct chaos_error *err)
{
    AUTO(uri_pairs) struct uri_pairs form = { 0 };
    AUTO(buffer) struct buffer query = { 0 };
    int r = uri_pairs_parse(&form, buffer_text(&request->body), request->body.length,
                            URI_ESCAPE_FORM, err);

    if (r < 0)
        return r;
    uri_pairs_write(&query, &form, URI_ESCAPE_ALL);
    buffer_reset(&request->body);
    free(request->query);
    request->query = buffer_take(&query);
    free(request->method);
    request->method = mem_strdup("GET");
    uri_pairs_clear(&request->headers);
    aws_header_set(&request->headers, "Host", strstr(base, "://") + 3);
    return 0;
}

int aws_call_presign(const struct aws_call *call, int64_t expires_s, char **ret_url,
                     struct chaos_error *err)
{
    enum aws_protocol protocol = call->operation->service.protocol;
    AUTO(aws_request) struct aws_request request = { 0 };
    AUTO(aws_endpoint) struct aws_endpoint endpoint = { 0 };
    AUTO(str) char *base = NULL;
    struct sigv4_scope scope;
    struct sigv4_key key;
    int r = build(call, &request, &endpoint, &base, err);

    if (r == 0 && is_unsigned(call))
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "presigning needs AWS credentials");
    if (r == 0 && (protocol == AWS_PROTOCOL_QUERY || protocol == AWS_PROTOCOL_EC2))
        r = form_to_query(base, &request, err);
    if (r < 0)
        return r;
    key = aws_credentials_key(call->credentials);
    scope = scope_of(call, &endpoint, &request);
    if (scope.flags & SIGV4_CONTENT_HASH)
        scope.flags |= SIGV4_UNSIGNED_PAYLOAD;
    r = sigv4_presign(&key, &scope, expires_s, &request, err);
    if (r == 0)
        *ret_url = mem_printf("%s%s?%s", base, request.path, request.query);
    return r;
}

static void keep_response(const struct http_response *http, struct aws_response *response)
{
    response->status = (int)http->status;
    for (size_t i = 0; i < http->n_headers; i++)
        uri_pairs_add(&response->headers, http->headers[i].name, http->headers[i].value);
}

/* compat: S3 is asked for leave before a file is sent. */
static bool wants_leave(const struct aws_call *call)
{
    return call->upload && is_s3(&call->operation->service);
}

/* Where bodies are that are not in memory. */
static int attach_files(const struct aws_call *call, struct http_source *source,
                        struct http_request *http, struct chaos_error *err)
{
    if (call->upload) {
        *source = aws_upload_source(call->upload);
        http->source = source;
        http->body = NULL;
        http->body_length = call->upload->length;
    }
    if (!call->download)
        return 0;
    http->sink_fd = call->download->fd;
    return call->download->is_direct ? 0 : draft_rewind(call->download, err);
}

static int send_request(const struct aws_call *call, const struct aws_request *request,
                        const char *url, struct aws_answer *answer, struct chaos_error *err)
{
    AUTO(str)
    char *full = *request->query ? mem_printf("%s?%s", url, request->query) : mem_strdup(url);
    AUTO(mem) struct http_header *headers = mem_zero(request->headers.count + 3, sizeof(*headers));
    AUTO(http_response) struct http_response response = { 0 };
    struct http_source source;
    struct http_request http = {
        .method = request->method,
        .url = full,
        .headers = headers,
        .body = request->body.length ? request->body.data : NULL,
        .body_length = request->body.length,
        .connect_timeout_ms = call->connect_timeout_ms,
        .read_timeout_ms = call->read_timeout_ms,
        .deadline = call->deadline,
        .flags = HTTP_NO_REDIRECTS | HTTP_RAW | HTTP_PATH_AS_IS,
        .body_limit = BODY_LIMIT,
        .ca_path = call->ca_path,
    };
    int r;

    for (size_t i = 0; i < request->headers.count; i++)
        headers[http.n_headers++] =
            (struct http_header){ request->headers.items[i].name, request->headers.items[i].value };
    if (!aws_header_find(&request->headers, "Content-Type"))
        headers[http.n_headers++] = (struct http_header){ "Content-Type", NULL };
    if (wants_leave(call))
        headers[http.n_headers++] = (struct http_header){ "Expect", "100-continue" };
    answer->failure = HTTP_FAILED_OTHER;
    r = attach_files(call, &source, &http, err);
    if (r == 0)
        r = http_request(call->http, &http, call->cancel, &response, &answer->failure, err);
    if (r == -CHAOS_E_IO && call->download && answer->failure == HTTP_FAILED_OTHER)
        return chaos_error_prefix(err, "'%s'", call->download->path);
    if (r < 0)
        return r;
    keep_response(&response, &answer->response);
    answer->response.body = response.body;
    response.body = (struct buffer){ 0 };
    return 0;
}

int aws_call_send(const struct aws_call *call, struct aws_answer *answer, struct chaos_error *err)
{
    AUTO(aws_request) struct aws_request request = { 0 };
    AUTO(str) char *url = NULL;
    int r = aws_call_prepare(call, &request, &url, err);

    if (r == 0)
        r = send_request(call, &request, url, answer, err);
    if (r == 0)
        r = aws_response_decode(call->operation, &answer->response, call->sink, &answer->value,
                                err);
    if (r == 0 && call->download && !aws_response_is_error(&answer->response))
        json_object_del(answer->value, aws_shape_payload(&call->operation->output.shape).name);
    return r;
}
