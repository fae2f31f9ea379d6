/* SPDX-License-Identifier: Apache-2.0 */
/* Values as the XML protocols carry them: request bodies of rest-xml, and responses of rest-xml,
 * query and ec2. */
#pragma once

#include "aws/model.h"
#include "aws/xml.h"

/* Append the value as elements called `name` (a flattened list: one for each item). */
MUST_USE int xml_body_encode(const struct aws_member *member, const char *name,
                             const json_t *value, struct buffer *out, struct chaos_error *err);
/* Append only the children of the structure's element. */
MUST_USE int xml_body_encode_members(const struct aws_member *member, const json_t *value,
                                     struct buffer *out, struct chaos_error *err);
/* The value of an element; *ret_value is a new reference. Members of a structure that travel in a
 * header or the status are not looked for. */
MUST_USE int xml_body_decode(const struct aws_member *member, const struct xml_node *node,
                             json_t **ret_value, struct chaos_error *err);
