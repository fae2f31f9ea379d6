/* SPDX-License-Identifier: Apache-2.0 */
/* The activities that undo: requests with exactly the resources an action will touch. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* The module of what one request alone cannot undo: ext_aws_inverses.c. */
#define AWS_INVERSES "chaos.aws.inverses"

/* An action chaos.aws.actions.put_back that makes one request with each of `params` (an array,
 * taken). The operation has a row in aws_look.h. NULL when there is none: nothing to undo. */
json_t *aws_inverse(const char *service, const char *operation, json_t *params);
/* The same with one request (an object, taken). */
json_t *aws_inverse_one(const char *service, const char *operation, json_t *params);

/* One request of aws_inverse_requests(). `params` (an object) is taken. `done`: the service's error
 * codes that say there is nothing left to undo, NULL-terminated; NULL: none. */
json_t *aws_undo(const char *service, const char *operation, json_t *params,
                 const char *const *done);
#define AWS_DONE(...) ((const char *const[]){ __VA_ARGS__, NULL })
/* `request` (taken), to be repeated while its answer says `state` at the JSON path `path`: what is
 * on its way there cannot be turned round yet. */
json_t *aws_undo_while(json_t *request, const char *path, const char *state);
/* An action chaos.aws.inverses.requests that makes all of `requests` (an array, taken) in turn.
 * NULL when there is none. */
json_t *aws_inverse_requests(json_t *requests);
/* An action `function` of chaos.aws.inverses; `arguments` (an object) is taken. */
json_t *aws_inverse_by(const char *function, json_t *arguments);
