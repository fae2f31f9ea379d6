/* SPDX-License-Identifier: Apache-2.0 */
/* Security groups and their rules. A rule is a record of its own, with its API shape (of a
 * SecurityGroupRule) under "Item"; the permissions that a group shows are made of its rules. */
#pragma once

#include "cloud/state.h"

enum group_direction {
    GROUP_INGRESS,
    GROUP_EGRESS
};

/* A new group with the rule that lets everything out; a borrowed record. `tags` is borrowed, or
 * NULL. */
json_t *group_create(struct cloud *cloud, const char *vpc_id, const char *name,
                     const char *description, json_t *tags);
/* The default group of a VPC: its members may talk to each other. */
void group_create_default(struct cloud *cloud, const char *vpc_id);
/* A group by its id or, when that is NULL, by its name in the VPC; NULL with the fault set. */
json_t *group_called(struct cloud_call *call, const char *id, const char *name, const char *vpc_id);
/* Forget the group and its rules. */
void group_remove(struct cloud *cloud, const char *group_id);

/* The rules of a group, a new reference to an array of records. */
json_t *group_rules(const struct cloud *cloud, const char *group_id);
/* Add a rule: `rule` has the members of a SecurityGroupRule that say what it allows, and is taken.
 * group_show() must follow. A borrowed record. */
json_t *group_add_rule_take(struct cloud *cloud, const char *group_id, json_t *rule,
                            const json_t *tags);
/* The rules of a group are other ones now: show them, and secure its members at once. */
void group_show(struct cloud *cloud, json_t *group);
/* Whether two rules of one group allow the same. */
bool group_rule_equals(const json_t *rule, const json_t *other);

/* Whether an instance that is not gone is a member, or another group's rule names it. */
bool group_is_used(const struct cloud *cloud, const char *group_id);
/* An instance joined or left these groups (its "SecurityGroups"): who lets their members in is
 * secured anew, at the next tick. */
void groups_members_changed(struct cloud *cloud, const json_t *groups);
