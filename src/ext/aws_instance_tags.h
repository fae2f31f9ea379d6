/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of instances: the two actions of chaosaws.ec2.actions that set and remove them, and what
 * undoes them. Each function is a row's, as chaos/extension.h says. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

MUST_USE int set_tags_on_instances(const struct chaos_call *call, json_t **ret_output,
                                   struct chaos_error *err);
MUST_USE int undo_set_tags(const struct chaos_call *call, json_t **ret_activity,
                           struct chaos_error *err);
MUST_USE int remove_tags_from_instances(const struct chaos_call *call, json_t **ret_output,
                                        struct chaos_error *err);
MUST_USE int undo_remove_tags(const struct chaos_call *call, json_t **ret_activity,
                              struct chaos_error *err);
