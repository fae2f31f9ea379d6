/* SPDX-License-Identifier: Apache-2.0 */
/* Values as the XML protocols carry them: request bodies of rest-xml, and responses of rest-xml,
 * query and ec2. */
#pragma once

#include "aws/message.h"
#include "aws/model.h"
#include "aws/xml.h"

/* Whose elements are written. compat: the elements of a flattened list have the name of the list in
 * a request; in a response that of its items, where those have one. Both are understood. */
enum xml_side {
    XML_REQUEST,
    XML_RESPONSE,
};

struct xml_target {
    struct buffer *out;
    enum xml_side side;
};

/* Append the value as elements called `name` (a flattened list: one for each item). */
MUST_USE int xml_body_encode(const struct aws_member *member, const char *name, const json_t *value,
                             const struct xml_target *to, struct chaos_error *err);
/* Append only the children of the structure's element. */
MUST_USE int xml_body_encode_members(const struct aws_member *member, const json_t *value,
                                     const struct xml_target *to, struct chaos_error *err);
/* The value of an element; *ret_value is a new reference. Members of a structure that travel in a
 * header or the status are not looked for. */
MUST_USE int xml_body_decode(const struct aws_member *member, const struct xml_node *node,
                             json_t **ret_value, struct chaos_error *err);
/* The same, of a structure: the list that the sink names goes there. `sink` may be NULL. */
MUST_USE int xml_body_decode_into(const struct aws_member *member, const struct xml_node *node,
                                  struct aws_item_sink *sink, json_t **ret_value,
                                  struct chaos_error *err);
