// SPDX-License-Identifier: Apache-2.0
#include "labd/api.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "aws/codec.h"
#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/mem.h"

/* The services of the lab, by the name that requests are signed for. */
static const char *const services[] = { "ec2", "autoscaling", "sts", NULL };

struct exchange {
    struct api *api;
    struct aws_request request;
    struct aws_service service;
    struct aws_operation operation;
    struct cloud_caller caller;
    char request_id[37];
    char peer[INET_ADDRSTRLEN];
};

static void fill_request(const struct http_request *http, struct aws_request *request)
{
    request->method = mem_strdup(http->method);
    request->path = mem_strdup(http->path);
    request->query = mem_strdup(http->query);
    for (size_t i = 0; i < http->n_headers; i++)
        uri_pairs_add(&request->headers, http->headers[i].name, http->headers[i].value);
    buffer_add(&request->body, http->body, http->body_length);
}

/* "Credential=AKIA../20261122/us-east-1/ec2/aws4_request, ..": the service; owned, or NULL. */
static char *scope_service(const char *credential)
{
    const char *part = credential;

    for (int slash = 0; slash < 3; slash++) {
        part = strchr(part, '/');
        if (!part)
            return NULL;
        part++;
    }
    return mem_strndup(part, strcspn(part, "/, "));
}

static char *signed_service(const struct aws_request *request)
{
    const char *header = aws_header_find(&request->headers, "Authorization");
    const char *found = header ? strstr(header, "Credential=") : NULL;
    AUTO(uri_pairs) struct uri_pairs pairs = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (found)
        return scope_service(found);
    if (uri_pairs_parse(&pairs, request->query, strlen(request->query), URI_ESCAPE_FORM, &err) < 0)
        return NULL;
    found = uri_pairs_find(&pairs, "X-Amz-Credential");
    return found ? scope_service(found) : NULL;
}

static void send_response(struct http_answer *answer, struct aws_response *response)
{
    answer->status = response->status;
    for (size_t i = 0; i < response->headers.count; i++)
        http_answer_header(answer,
                           strcasecmp(response->headers.items[i].name, "content-type") == 0
                               ? "Content-Type"
                               : "x-amzn-RequestId",
                           response->headers.items[i].value);
    buffer_add(&answer->body, response->body.data, response->body.length);
}

/* An error, in the form of the service's protocol. */
static void send_fault(struct exchange *x, const struct aws_fault *fault,
                       struct http_answer *answer)
{
    AUTO(aws_response) struct aws_response response = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_operation operation = x->operation;

    if (!operation.name)
        operation = aws_operation_at(&x->service, 0);
    if (aws_fault_encode(&operation, fault, x->request_id, &response, &err) < 0) {
        answer->status = 500;
        return;
    }
    send_response(answer, &response);
}

/* What EC2 says of a signature that does not hold, and what the query services say. */
static void send_refusal(struct exchange *x, const char *refusal, const char *text,
                         struct http_answer *answer)
{
    bool is_ec2 = x->service.protocol == AWS_PROTOCOL_EC2;
    struct aws_fault fault = { .code = refusal, .message = text, .status = 403 };

    if (is_ec2 && strcmp(refusal, "RequestExpired") == 0) {
        fault.message = "Request has expired.";
        fault.status = 400;
    } else if (is_ec2 && strcmp(refusal, "MissingAuthenticationToken") != 0) {
        fault.code = "AuthFailure";
        fault.message = "AWS was not able to validate the provided access credentials";
        fault.status = 401;
    } else if (strcmp(refusal, "MissingAuthenticationToken") == 0) {
        fault.message = "Request is missing Authentication Token";
    } else if (strcmp(refusal, "InvalidClientTokenId") == 0) {
        fault.message = "The security token included in the request is invalid.";
    } else if (strcmp(refusal, "RequestExpired") == 0) {
        fault.code = "SignatureDoesNotMatch";
    }
    send_fault(x, &fault, answer);
}

static const char *secret_of(void *data, const char *access_key, const char *token)
{
    struct exchange *x = data;

    return cloud_secret(x->api->cloud, access_key, token, &x->caller);
}

static bool is_authentic(struct exchange *x, struct http_answer *answer)
{
    AUTO(sigv4_signer) struct sigv4_signer signer = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct sigv4_verifier verifier = { .now_us = clock_wall() / CLOCK_NS_PER_US,
                                       .secret = secret_of,
                                       .data = x };

    if (sigv4_verify(&verifier, &x->request, &signer, &err) == 0)
        return true;
    send_refusal(x, signer.refusal ? signer.refusal : "SignatureDoesNotMatch",
                 chaos_error_text(&err), answer);
    return false;
}

static bool find_service(struct exchange *x)
{
    AUTO(str) char *name = signed_service(&x->request);
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!name || !str_in(name, services)) {
        (void)!aws_service_find(x->api->models, "ec2", &x->service, &err);
        return !name;
    }
    return aws_service_find(x->api->models, name, &x->service, &err) == 0;
}

static void call(struct exchange *x, struct http_answer *answer)
{
    AUTO(json) json_t *params = NULL;
    AUTO(json) json_t *result = NULL;
    AUTO(cloud_fault) struct cloud_fault fault = { 0 };
    AUTO(aws_response) struct aws_response response = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_operation operation;

    if (aws_request_decode(&x->service, &x->request, &operation, &params, &err) < 0) {
        bool is_unknown = err.code == CHAOS_E_NOT_FOUND || err.code == CHAOS_E_UNSUPPORTED;

        send_fault(
            x,
            &(struct aws_fault){ .code = is_unknown ? "InvalidAction" : "MalformedQueryString",
                                 .message = chaos_error_text(&err) },
            answer);
        return;
    }
    x->operation = operation;
    result = cloud_call(x->api->cloud, &x->caller, &operation, params, &fault);
    if (!result) {
        send_fault(x,
                   &(struct aws_fault){
                       .code = fault.code, .message = fault.message, .status = fault.status },
                   answer);
        return;
    }
    if (aws_response_encode(&operation, result, x->request_id, &response, &err) < 0) {
        send_fault(x,
                   &(struct aws_fault){
                       .code = "InternalError", .message = chaos_error_text(&err), .status = 500 },
                   answer);
        return;
    }
    send_response(answer, &response);
}

static void exchange_clear(struct exchange *x)
{
    aws_request_clear(&x->request);
}

AUTO_CLEAR(exchange, struct exchange)

/* Unique within the lab; the form of AWS' ids. */
static void make_id(struct api *api, char id[37])
{
    uint64_t now = (uint64_t)clock_wall();

    snprintf(id, 37, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(now >> 32),
             (unsigned)(now >> 16) & 0xffffU, (unsigned)now & 0xfffU, (unsigned)(now >> 4) & 0xfffU,
             (unsigned long long)(++api->requests & 0xffffffffffffULL));
}

void api_serve(void *data, const struct http_request *request, struct http_answer *answer)
{
    struct api *api = data;
    AUTO(exchange) struct exchange x = { .api = api };

    make_id(api, x.request_id);
    fill_request(request, &x.request);
    inet_ntop(AF_INET, &request->peer, x.peer, sizeof(x.peer));
    if (!find_service(&x)) {
        send_fault(&x,
                   &(struct aws_fault){ .code = "UnsupportedOperation",
                                        .message = "This lab has EC2, Auto Scaling and STS only",
                                        .status = 501 },
                   answer);
        return;
    }
    if (!is_authentic(&x, answer))
        return;
    x.caller.source_ip = x.peer;
    call(&x, answer);
}
