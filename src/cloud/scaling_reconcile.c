// SPDX-License-Identifier: Apache-2.0
// The reconciler. Instances tell what becomes of them (scaling_notice), callers what they want;
// both end in scaling_settle(). What takes time are timers of the group.
#include "cloud/scaling_reconcile.h"

#include <inttypes.h>
#include <string.h>

#include "cloud/instances.h"
#include "cloud/scaling.h"
#include "cloud/scaling_activity.h"
#include "cloud/scaling_group.h"
#include "cloud/scaling_launch.h"

static const char terminating[] = "Terminating EC2 instance";

static bool is_deleted(const json_t *group)
{
    return json_is_true(json_object_get(group, "IsDeleted"));
}

/* Between launches that fail: 1 s, 2 s, 4 s, .. to a minute. */
#define BACKOFF_MAX_S INT64_C(60)

static int64_t backoff(const json_t *group)
{
    int64_t failures = scaling_note(group, "Failures");
    int64_t seconds = INT64_C(1) << (failures < 1 ? 0 : failures > 7 ? 6 : failures - 1);

    return (seconds < BACKOFF_MAX_S ? seconds : BACKOFF_MAX_S) * CLOCK_NS_PER_S;
}

static void count_failure(json_t *group)
{
    scaling_set_note(group, "Failures", scaling_note(group, "Failures") + 1);
}

static void try_again(struct cloud *cloud, const char *name)
{
    json_t *group = cloud_find(cloud, CLOUD_SCALING_GROUP, name);

    if (group)
        scaling_settle_anew(cloud, group);
}

static bool launch(struct cloud *cloud, json_t *group, const json_t *places, const char *cause)
{
    if (scaling_launch(cloud, group, places, cause))
        return true;
    count_failure(group);
    json_object_set_new(group, "IsBlocked", json_true());
    cloud_after(cloud, backoff(group), try_again, scaling_name(group));
    return false;
}

static bool may_launch(const json_t *group)
{
    return scaling_runs(group, "Launch") && !json_object_get(group, "IsBlocked");
}

static void fill(struct cloud *cloud, json_t *group)
{
    int64_t wanted = scaling_number(group, "DesiredCapacity");

    while (may_launch(group)) {
        int64_t there = scaling_capacity(group);
        AUTO(json) json_t *places = NULL;
        AUTO(str) char *cause = NULL;

        if (there + scaling_note(group, "Owed") >= wanted)
            break;
        places = scaling_places(cloud, group);
        cause =
            mem_printf("the group had %" PRId64 " of the %" PRId64 " instances that it should have",
                       there, wanted);
        if (!launch(cloud, group, places, cause))
            break;
    }
}

static void shrink(struct cloud *cloud, json_t *group)
{
    int64_t wanted = scaling_number(group, "DesiredCapacity");
    int64_t spare = json_object_get(group, "Spare") ? 1 : 0;
    const json_t *victim;

    while (scaling_runs(group, "Terminate") && scaling_capacity(group) - spare > wanted &&
           (victim = scaling_victim(cloud, group))) {
        AUTO(str)
        char *cause = mem_printf("the group had %" PRId64 " instances, which should be %" PRId64,
                                 scaling_capacity(group), wanted);

        scaling_end(cloud, group, scaling_entry_id(victim), cause);
    }
}

static bool all_in_service(const json_t *group)
{
    json_t *entry;
    size_t i;

    json_array_foreach (scaling_entries(group), i, entry) {
        if (scaling_lifecycle(entry) == LIFECYCLE_PENDING)
            return false;
    }
    return true;
}

static bool may_balance(const json_t *group)
{
    return scaling_runs(group, "AZRebalance") && scaling_runs(group, "Terminate") &&
           may_launch(group) && scaling_note(group, "Owed") == 0 &&
           !json_object_get(group, "Spare") && all_in_service(group) &&
           scaling_capacity(group) == scaling_number(group, "DesiredCapacity");
}

/* AWS: first one more in the zone that has too few, and when it is in service, one less where
 * there are too many. */
static void balance(struct cloud *cloud, json_t *group)
{
    AUTO(json) json_t *places = NULL;
    AUTO(json) json_t *poorest = NULL;
    const json_t *victim;
    const char *from;
    const char *to;

    if (!may_balance(group))
        return;
    victim = scaling_victim(cloud, group);
    places = scaling_places(cloud, group);
    from = json_text_of(victim, "AvailabilityZone");
    to = json_text_of(json_array_get(places, 0), "Zone");
    if (!from || !to ||
        (scaling_has_zone(group, from) &&
         scaling_in_zone(group, from) - scaling_in_zone(group, to) < 2))
        return;
    poorest = json_pack("[O]", json_array_get(places, 0));
    if (launch(cloud, group, poorest, "the zones of the group had become uneven")) {
        const json_t *entries = scaling_entries(group);
        const json_t *newest = json_array_get(entries, json_array_size(entries) - 1);

        cloud_set_text(group, "Spare", scaling_entry_id(newest));
    }
}

void scaling_settle(struct cloud *cloud, json_t *group)
{
    if (is_deleted(group))
        return;
    fill(cloud, group);
    shrink(cloud, group);
    balance(cloud, group);
}

void scaling_settle_anew(struct cloud *cloud, json_t *group)
{
    json_object_del(group, "IsBlocked");
    cloud_cancel(cloud, try_again, scaling_name(group));
    scaling_settle(cloud, group);
}

/* The timer's id is "GROUP\nINSTANCE". */
static void replace(struct cloud *cloud, const char *id)
{
    AUTO(str) char *name = mem_strndup(id, strcspn(id, "\n"));
    json_t *group = cloud_find(cloud, CLOUD_SCALING_GROUP, name);

    if (!group)
        return;
    if (scaling_note(group, "Owed") > 0)
        scaling_set_note(group, "Owed", scaling_note(group, "Owed") - 1);
    scaling_settle(cloud, group);
}

static void replace_after(struct cloud *cloud, json_t *group, const char *instance_id,
                          int64_t delay)
{
    AUTO(str) char *id = mem_printf("%s\n%s", scaling_name(group), instance_id);
    int64_t owed = scaling_note(group, "Owed");

    if (scaling_capacity(group) + owed < scaling_number(group, "DesiredCapacity"))
        scaling_set_note(group, "Owed", owed + 1);
    cloud_after(cloud, delay, replace, id);
}

void scaling_replace_later(struct cloud *cloud, json_t *group, const char *instance_id)
{
    replace_after(cloud, group, instance_id, cloud_delay(cloud, "replace"));
}

static void drop_if_empty(struct cloud *cloud, json_t *group)
{
    AUTO(str) char *name = mem_strdup(scaling_name(group));

    if (!is_deleted(group) || json_array_size(scaling_entries(group)) > 0 ||
        cloud_find(cloud, CLOUD_SCALING_GROUP, name) != group)
        return;
    cloud_drop(cloud, CLOUD_SCALING_GROUP, name);
    cloud_event(cloud, "group-deleted", name, NULL);
}

static void gone(struct cloud *cloud, json_t *group, const char *id)
{
    activity_end(activity_open(cloud, group, id), NULL);
    scaling_release(cloud, group, id);
    drop_if_empty(cloud, group);
}

json_t *scaling_end(struct cloud *cloud, json_t *group, const char *instance_id, const char *cause)
{
    AUTO(str) char *id = mem_strdup(instance_id);
    json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, id);
    json_t *activity;

    activity_end(activity_open(cloud, group, id), "the instance was not waited for");
    activity = activity_begin(cloud, group, id, terminating, cause);
    scaling_enter(scaling_entry(group, id), LIFECYCLE_TERMINATING);
    if (instance && instance_state(instance) != INSTANCE_TERMINATED)
        instance_terminate(cloud, instance, "Client.UserInitiatedShutdown",
                           "Client.UserInitiatedShutdown: User initiated shutdown");
    else
        gone(cloud, group, id);
    return activity;
}

/* Somebody else ended it, or it did not come up. */
static void lost(struct cloud *cloud, json_t *group, json_t *entry, const json_t *instance)
{
    AUTO(str) char *id = mem_strdup(scaling_entry_id(entry));
    const char *reason =
        json_text_of(json_object_get(cloud_item(instance), "StateReason"), "Message");
    bool was_pending = scaling_lifecycle(entry) == LIFECYCLE_PENDING;
    int64_t delay = cloud_delay(cloud, "replace");
    AUTO(str)
    char *cause = mem_printf("the instance was found to be gone (%s)",
                             reason ? reason : "nothing is known of it");

    activity_end(activity_open(cloud, group, id), reason ? reason : "the instance is gone");
    activity_begin(cloud, group, id, terminating, cause);
    cloud_set_text(entry, "HealthStatus", "Unhealthy");
    scaling_enter(entry, LIFECYCLE_TERMINATING);
    if (was_pending)
        count_failure(group);
    if (was_pending && backoff(group) > delay)
        delay = backoff(group);
    replace_after(cloud, group, id, delay);
    if (!instance || instance_state(instance) == INSTANCE_TERMINATED)
        gone(cloud, group, id);
}

static bool is_dead(const json_t *instance)
{
    enum instance_state state = instance_state(instance);

    return state == INSTANCE_SHUTTING_DOWN || state == INSTANCE_TERMINATED;
}

static void check_one(struct cloud *cloud, json_t *group, const char *instance_id)
{
    json_t *entry = scaling_entry(group, instance_id);
    const json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, instance_id);

    if (!scaling_counts(entry) || !scaling_runs(group, "ReplaceUnhealthy") ||
        str_equal(json_text_of(entry, "HealthStatus"), "Healthy"))
        return;
    if (!instance || is_dead(instance)) {
        lost(cloud, group, entry, instance);
    } else if (scaling_runs(group, "Terminate")) {
        scaling_end(cloud, group, instance_id, "the instance was found to be unhealthy");
        scaling_replace_later(cloud, group, instance_id);
    }
}

/* Ending an instance changes the list: go through a copy. */
static json_t *ids_of(const json_t *group)
{
    json_t *ids = json_array();
    json_t *entry;
    size_t i;

    json_array_foreach (scaling_entries(group), i, entry)
        json_array_append(ids, json_object_get(entry, "InstanceId"));
    return ids;
}

static void check(struct cloud *cloud, const char *name)
{
    json_t *group = cloud_find(cloud, CLOUD_SCALING_GROUP, name);
    AUTO(json) json_t *ids = group && !is_deleted(group) ? ids_of(group) : NULL;
    json_t *id;
    size_t i;

    json_array_foreach (ids, i, id)
        check_one(cloud, group, json_string_value(id));
}

void scaling_check_later(struct cloud *cloud, const json_t *group)
{
    cloud_after(cloud, cloud_delay(cloud, "health-check"), check, scaling_name(group));
}

static void in_service(struct cloud *cloud, json_t *group, json_t *entry)
{
    const char *id = scaling_entry_id(entry);
    json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, id);

    if (scaling_lifecycle(entry) != LIFECYCLE_PENDING)
        return;
    scaling_enter(entry, LIFECYCLE_IN_SERVICE);
    scaling_set_note(instance, "InServiceSince", clock_wall() / CLOCK_NS_PER_US);
    activity_end(activity_open(cloud, group, id), NULL);
    scaling_set_note(group, "Failures", 0);
    if (str_equal(json_text_of(group, "Spare"), id))
        json_object_del(group, "Spare");
    cloud_event(cloud, "group-instance-in-service", scaling_name(group), "instance", id, NULL);
    scaling_settle(cloud, group);
}

static void unhealthy(struct cloud *cloud, json_t *group, json_t *entry)
{
    if (!scaling_counts(entry) || !scaling_runs(group, "HealthCheck"))
        return;
    cloud_set_text(entry, "HealthStatus", "Unhealthy");
    scaling_check_later(cloud, group);
}

static void ended(struct cloud *cloud, json_t *group, json_t *entry, const json_t *instance)
{
    enum lifecycle state = scaling_lifecycle(entry);
    bool is_over = instance_state(instance) == INSTANCE_TERMINATED;

    if (state == LIFECYCLE_TERMINATING || state == LIFECYCLE_STANDBY) {
        if (is_over)
            gone(cloud, group, json_text_of(cloud_item(instance), "InstanceId"));
    } else if (scaling_runs(group, "HealthCheck")) {
        cloud_set_text(entry, "HealthStatus", "Unhealthy");
        if (scaling_runs(group, "ReplaceUnhealthy"))
            lost(cloud, group, entry, instance);
    }
}

void scaling_notice(struct cloud *cloud, const char *instance_id)
{
    json_t *group = scaling_group_of(cloud, instance_id);
    json_t *entry = group ? scaling_entry(group, instance_id) : NULL;
    const json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, instance_id);

    if (!entry)
        return;
    switch (instance_state(instance)) {
    case INSTANCE_RUNNING:
        in_service(cloud, group, entry);
        break;
    case INSTANCE_STOPPING:
    case INSTANCE_STOPPED:
        unhealthy(cloud, group, entry);
        break;
    case INSTANCE_SHUTTING_DOWN:
    case INSTANCE_TERMINATED:
        ended(cloud, group, entry, instance);
        break;
    case INSTANCE_PENDING:
    case INSTANCE_STATE_COUNT:
        break;
    }
}

void scaling_look_again(struct cloud *cloud, json_t *group)
{
    AUTO(json) json_t *ids = ids_of(group);
    json_t *id;
    size_t i;

    json_array_foreach (ids, i, id) {
        json_t *entry = scaling_entry(group, json_string_value(id));

        if (!cloud_find(cloud, CLOUD_INSTANCE, json_string_value(id)))
            cloud_set_text(entry, "HealthStatus", "Unhealthy");
        else
            scaling_notice(cloud, json_string_value(id));
    }
    scaling_check_later(cloud, group);
    scaling_settle_anew(cloud, group);
}

/* What was owed and what waited are timers, which no snapshot has. */
void scaling_revive(struct cloud *cloud)
{
    AUTO(json) json_t *groups = json_copy(cloud->tables[CLOUD_SCALING_GROUP]);
    const char *name;
    json_t *group;

    json_object_foreach (groups, name, group) {
        scaling_set_note(group, "Owed", 0);
        json_object_del(group, "Spare");
        scaling_look_again(cloud, group);
    }
}

void scaling_delete(struct cloud *cloud, json_t *group)
{
    AUTO(json) json_t *kept UNUSED = json_incref(group);
    AUTO(json) json_t *ids = ids_of(group);
    json_t *id;
    size_t i;

    json_object_set_new(group, "IsDeleted", json_true());
    cloud_set_text(cloud_item(group), "Status", "Delete in progress");
    scaling_set_number(group, "DesiredCapacity", 0);
    scaling_set_number(group, "MinSize", 0);
    cloud_cancel(cloud, try_again, scaling_name(group));
    cloud_cancel(cloud, check, scaling_name(group));
    json_array_foreach (ids, i, id) {
        json_t *entry = scaling_entry(group, json_string_value(id));

        if (entry && scaling_lifecycle(entry) != LIFECYCLE_TERMINATING)
            scaling_end(cloud, group, json_string_value(id), "the group was deleted");
    }
    drop_if_empty(cloud, group);
}
