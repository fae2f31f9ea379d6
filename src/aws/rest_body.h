/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of the REST protocols: a payload member alone, or all members that have no other place. */
#pragma once

#include "aws/message.h"
#include "aws/model.h"

/* Which side's message: each knows other places outside the body. */
enum rest_side {
    REST_REQUEST,
    REST_RESPONSE,
};

bool rest_is_in_body(enum rest_side side, const struct aws_member *member);
/* Where a body goes. */
struct rest_target {
    enum aws_protocol protocol;
    enum rest_side side;
    struct buffer *body;
    struct uri_pairs *headers;
};

/* Append the body of `value` and set its content type. `root` names the element around an XML
 * body. */
MUST_USE int rest_body_encode(const struct rest_target *to, const struct aws_member *structure,
                              const char *root, const json_t *value, struct chaos_error *err);
/* Put the members that the body carries into the object `value`. */
MUST_USE int rest_body_decode(enum aws_protocol protocol, const struct aws_member *structure,
                              const struct buffer *body, json_t *value, struct chaos_error *err);
