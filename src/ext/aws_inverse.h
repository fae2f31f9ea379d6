/* SPDX-License-Identifier: Apache-2.0 */
/* The activities that undo: requests with exactly the resources an action will touch. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* One request of an inverse; `params` (an object) is taken. Its operation has a row in aws_look.h,
 * which tells what the parameters may be beside those of the service. */
json_t *aws_undo(const char *service, const char *operation, json_t *params);
/* An action chaos.aws.actions.put_back that makes all of `requests` (an array, taken) in turn.
 * NULL when there is none: nothing to undo. */
json_t *aws_inverse(json_t *requests);
/* The same with one request. */
json_t *aws_inverse_one(const char *service, const char *operation, json_t *params);
/* The same with one request with each of `params` (an array, taken). */
json_t *aws_inverse_each(const char *service, const char *operation, json_t *params);
