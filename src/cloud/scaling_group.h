/* SPDX-License-Identifier: Apache-2.0 */
/* An Auto Scaling group as a record: its instances, processes and zones. Nothing here launches or
 * ends an instance.
 *
 * Beside "Item", a group's record has: "Failures" (launches that failed since the last good one),
 * "Owed" (replacements whose time has not come), "IsBlocked" (a failed launch waits for its next
 * try), "IsDeleted" (goes with its last instance), "CooldownEnds" (us), "Spare" (the instance that
 * a rebalancing launched ahead of the end of another one). */
#pragma once

#include "cloud/state.h"

enum lifecycle {
    LIFECYCLE_PENDING,
    LIFECYCLE_IN_SERVICE,
    LIFECYCLE_STANDBY,
    LIFECYCLE_TERMINATING,
    LIFECYCLE_COUNT
};

enum lifecycle scaling_lifecycle(const json_t *entry);
void scaling_enter(json_t *entry, enum lifecycle next);

/* The record of the group that an instance is in, NULL for none. */
json_t *scaling_group_of(const struct cloud *cloud, const char *instance_id);
const char *scaling_name(const json_t *group);
/* Its "Instances", and one of them or NULL. */
json_t *scaling_entries(const json_t *group);
json_t *scaling_entry(const json_t *group, const char *instance_id);
const char *scaling_entry_id(const json_t *entry);
/* Pending or in service: what counts as capacity. */
bool scaling_counts(const json_t *entry);
int64_t scaling_capacity(const json_t *group);
int64_t scaling_number(const json_t *group, const char *member);
void scaling_set_number(json_t *group, const char *member, int64_t value);
/* Numbers beside the item: "Failures", "Owed", "CooldownEnds"; of an instance "InServiceSince". */
int64_t scaling_note(const json_t *record, const char *name);
void scaling_set_note(json_t *record, const char *name, int64_t value);

/* The instance is the group's: an entry, and tags that propagate. Returned borrowed. */
json_t *scaling_adopt(struct cloud *cloud, json_t *group, json_t *instance, enum lifecycle state);
/* It is not any more. An instance that lives on loses the tag of the group. */
void scaling_release(struct cloud *cloud, json_t *group, const char *instance_id);

/* Whether a process ("Launch") is not suspended. */
bool scaling_runs(const json_t *group, const char *process);
extern const char *const scaling_processes[]; /* NULL-terminated */

/* Where it may launch: [{"Zone": .., "SubnetId": .. (perhaps)}, ..], a new reference, the place
 * with the fewest of its instances first. */
json_t *scaling_places(const struct cloud *cloud, const json_t *group);
/* Whether the zone is one of the group's own. */
bool scaling_has_zone(const json_t *group, const char *zone);
/* How many instances that count are in the zone. */
int64_t scaling_in_zone(const json_t *group, const char *zone);

/* The entry to end next when there are too many, borrowed; NULL when all are protected. */
const json_t *scaling_victim(const struct cloud *cloud, const json_t *group);
extern const char *const scaling_policies[]; /* NULL-terminated */
