/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the query and ec2 protocols: a form of dotted names. */
#pragma once

#include "aws/model.h"
#include "aws/uri.h"

/* Append the parameters of a request; Action and Version are the caller's. `params` is an object.
 * The protocol is that of the operation's service: query or ec2. */
MUST_USE int query_encode(const struct aws_operation *operation, const json_t *params,
                          struct uri_pairs *form, struct chaos_error *err);
/* The other way round; names that the model lacks are ignored. */
MUST_USE int query_decode(const struct aws_operation *operation, const struct uri_pairs *form,
                          json_t **ret_params, struct chaos_error *err);
