/* SPDX-License-Identifier: Apache-2.0 */
/* What members are called in a form: shared by both directions. */
#pragma once

#include "aws/model.h"

/* The name of a structure's member, owned. compat: a flattened list of the query protocol goes by
 * the name of its items where they have one. */
char *query_member_name(enum aws_protocol protocol, const struct aws_member *member);
/* Between a list's name and the number of an item; NULL when nothing is. */
const char *query_item_name(enum aws_protocol protocol, const struct aws_member *list);
bool query_map_is_flat(const struct aws_member *map);
const char *query_key_name(const struct aws_member *map);
const char *query_value_name(const struct aws_member *map);
