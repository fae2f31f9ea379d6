/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a row of an extension (chaos/extension.h) as an activity: {"module", "func", "arguments",
 * "secrets"} in its provider, of type "native", or "python" where a row stands in for Python. */
#pragma once

#include <stdbool.h>

#include "chaos/extension.h"
#include "engine/provider.h"

/* Whether a value is of the type of a parameter. */
bool native_has_type(const json_t *value, enum chaos_type type);

/* Check the arguments of an activity against the row: names, presence, types, ranges. Those with a
 * ${pattern} in them have no value yet: native_call() checks them again. The error is one line
 * that names the argument, the function and the activity; -CHAOS_E_UNSUPPORTED when the row says
 * that it cannot run here. */
MUST_USE int native_check(const struct chaos_function *function, const json_t *activity,
                          struct chaos_error *err);

/* Check `arguments`, an object in which nothing is left to replace, against the row, and add the
 * defaults. */
MUST_USE int native_complete(const struct chaos_function *function, json_t *arguments,
                             struct chaos_error *err);

/* The groups of `secrets` that the provider of an activity or a control lists, merged in that
 * order; a group that is not there adds nothing. A new reference. */
json_t *native_secrets(const json_t *provider, const json_t *secrets);

/* Ask the row what would undo the call; *ret_activity stays NULL when there is nothing to undo. */
MUST_USE int native_inverse(const struct chaos_function *function, const struct provider_call *call,
                            json_t **ret_activity, struct chaos_error *err);

/* Call it: arguments substituted, checked and completed with defaults, secrets merged from the
 * groups that provider.secrets lists. */
void native_call(const struct chaos_function *function, const struct provider_call *call,
                 struct call_result *result);
