/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint rules that services publish, as they stand in the model file.
 * https://smithy.io/2.0/additional-specs/rules-engine/specification.html */
#pragma once

#include "aws/model.h"

/* Evaluate a ruleset. `params` has the values of its parameters by their names; defaults are
 * filled in. *ret_endpoint is a new object: {"url": text, "properties": {..}, "headers": {..}}.
 * -CHAOS_E_INVALID with the ruleset's own words when it has no endpoint for these parameters. */
MUST_USE int ruleset_evaluate(struct aws_node ruleset, struct aws_node partitions,
                              const json_t *params, json_t **ret_endpoint, struct chaos_error *err);
