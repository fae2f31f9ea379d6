/* SPDX-License-Identifier: Apache-2.0 */
/* IpPermissions, as calls give them, become rules. */
#pragma once

#include "cloud/groups.h"

/* The rules that a call speaks of, in IpPermissions or in its flat parameters: a new reference to
 * an array of what group_add_rule_take() takes; NULL with the fault set. `group` is the one they
 * are for: what it is called by name is in its VPC. */
json_t *permissions_rules(struct cloud_call *call, const json_t *group,
                          enum group_direction direction);
