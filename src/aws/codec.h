/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and responses of AWS operations, as values with boto3's names and shapes and as HTTP
 * messages, in both directions. Timestamps are ISO 8601 text (2026-11-22T12:00:00+00:00 in
 * results), blobs base64 text.
 *
 * Protocols: ec2, query, json, rest-json, rest-xml. A service that only speaks another one, and
 * operations with event streams, are CHAOS_E_UNSUPPORTED. */
#pragma once

#include "aws/message.h"
#include "aws/model.h"

/* The client's side: `params` is an object or NULL; it should have been validated. `request` is
 * empty before. */
MUST_USE int aws_request_encode(const struct aws_operation *operation, const json_t *params,
                                struct aws_request *request, struct chaos_error *err);

/* Whether a response is an error: then its value has "Error". */
bool aws_response_is_error(const struct aws_response *response);
/* *ret_value is what boto3 returns, with ResponseMetadata: RequestId where the service gave one,
 * HTTPStatusCode, HTTPHeaders. Of an error it is what botocore keeps in ClientError.response:
 * {"Error": {"Code": .., "Message": ..}, "ResponseMetadata": ..} and the members that the model
 * has for that error. The body may be used up. `sink` may be NULL. */
MUST_USE int aws_response_decode(const struct aws_operation *operation,
                                 struct aws_response *response, struct aws_item_sink *sink,
                                 json_t **ret_value, struct chaos_error *err);

/* The server's side. */
MUST_USE int aws_request_decode(const struct aws_service *service,
                                const struct aws_request *request,
                                struct aws_operation *ret_operation, json_t **ret_params,
                                struct chaos_error *err);
/* `value` is an object or NULL; "ResponseMetadata" in it is left alone. With ec2, query and
 * rest-xml members that the models do not have are left out. */
MUST_USE int aws_response_encode(const struct aws_operation *operation, const json_t *value,
                                 const char *request_id, struct aws_response *response,
                                 struct chaos_error *err);

/* An error a server answers with. */
struct aws_fault {
    const char *code;
    const char *message;
    const json_t *members; /* of the model's shape for the code; NULL: none */
    int status;            /* 0: what the model says, else 400 */
};

MUST_USE int aws_fault_encode(const struct aws_operation *operation, const struct aws_fault *fault,
                              const char *request_id, struct aws_response *response,
                              struct chaos_error *err);
