/* SPDX-License-Identifier: Apache-2.0 */
/* Undo with certainty: look, ask, and look again until it is so. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* chaos.aws.actions.put_back: make the `requests` of its arguments in turn, each a service, an
 * operation and parameters, and tell the effect (chaos_tell_effect()) that all of them agree on.
 * It asks also where it is as wanted already, since AWS may show yesterday's state for a while, and
 * asking twice does no harm: these operations say what shall be, not what shall change. So a
 * refusal counts only while it is not as wanted; it is asked again while that is on its way (an
 * instance that still stops cannot be started, a volume that is still detached not be attached).
 * *ret_output: the answers, one for each request; null for one that was refused or not needed. */
MUST_USE int aws_put_back(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err);
