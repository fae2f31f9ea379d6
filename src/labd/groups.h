/* SPDX-License-Identifier: Apache-2.0 */
/* Security groups of the cloud as packet rules: each group is put when an instance needs it, and
 * again when its rules have changed since. What was deleted goes with the next change. */
#pragma once

#include "cloud/cloud.h"
#include "lab/netfilter.h"

struct groups;

struct groups *groups_new(struct netfilter *netfilter);
void groups_free(struct groups *groups);
AUTO_FREE(groups, struct groups)

/* Let the machine in with the groups of `item` (an instance in its API shape). */
MUST_USE int groups_apply(struct groups *groups, const struct cloud *cloud, const json_t *item,
                          struct netfilter_machine *machine, struct chaos_error *err);
