/* SPDX-License-Identifier: Apache-2.0 */
/* The REST bindings: which members travel in path, query, headers, status and body. */
#pragma once

#include "aws/message.h"
#include "aws/model.h"

MUST_USE int rest_encode_request(const struct aws_operation *operation, const json_t *params,
                                 struct aws_request *request, struct chaos_error *err);
/* The operation whose method and path the request has; -CHAOS_E_NOT_FOUND for none. */
MUST_USE int rest_find_operation(const struct aws_service *service,
                                 const struct aws_request *request,
                                 struct aws_operation *ret_operation, struct chaos_error *err);
MUST_USE int rest_decode_request(const struct aws_operation *operation,
                                 const struct aws_request *request, json_t **ret_params,
                                 struct chaos_error *err);
/* Encode a structure (an output or an error) into headers, status and body. `root` is the name of
 * an XML body's outermost element. */
MUST_USE int rest_encode_response(enum aws_protocol protocol, const struct aws_member *output,
                                  const char *root, const json_t *value,
                                  struct aws_response *response, struct chaos_error *err);
MUST_USE int rest_decode_response(enum aws_protocol protocol, const struct aws_member *output,
                                  const struct aws_response *response, json_t **ret_value,
                                  struct chaos_error *err);
