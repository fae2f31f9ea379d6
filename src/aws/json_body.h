/* SPDX-License-Identifier: Apache-2.0 */
/* Values as the JSON protocols carry them: wire names, timestamps as the model says. */
#pragma once

#include "aws/model.h"

/* A new value in wire form. Null members are left out. */
MUST_USE int json_body_encode(const struct aws_member *member, const json_t *value,
                              json_t **ret_wire, struct chaos_error *err);
/* A new value with the model's names; what the model lacks is left out. */
MUST_USE int json_body_decode(const struct aws_member *member, const json_t *wire,
                              json_t **ret_value, struct chaos_error *err);
