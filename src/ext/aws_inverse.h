/* SPDX-License-Identifier: Apache-2.0 */
/* The activities that undo: requests with exactly the resources an action will touch. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* An action chaos.aws.actions.call that makes one request with each of `params` (an array, taken).
 * NULL when there is none: nothing to undo. */
json_t *aws_inverse(const char *service, const char *operation, json_t *params);
/* The same with one request (an object, taken). */
json_t *aws_inverse_one(const char *service, const char *operation, json_t *params);
