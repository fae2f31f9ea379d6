/* SPDX-License-Identifier: Apache-2.0 */
/* Values of members that travel in headers, both directions. */
#pragma once

#include "aws/message.h"
#include "aws/model.h"

/* Add the header, or the headers of a map with a prefix. */
MUST_USE int rest_header_encode(const struct aws_member *member, const json_t *value,
                                struct uri_pairs *headers, struct chaos_error *err);
/* *ret_value is NULL when the header is not there. */
MUST_USE int rest_header_decode(const struct aws_member *member, const struct uri_pairs *headers,
                                json_t **ret_value, struct chaos_error *err);
