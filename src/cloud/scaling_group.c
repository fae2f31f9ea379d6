// SPDX-License-Identifier: Apache-2.0
#include "cloud/scaling_group.h"

#include <string.h>

#include "cloud/instances.h"

static const char *const lifecycles[] = {
    [LIFECYCLE_PENDING] = "Pending",
    [LIFECYCLE_IN_SERVICE] = "InService",
    [LIFECYCLE_STANDBY] = "Standby",
    [LIFECYCLE_TERMINATING] = "Terminating",
};
_Static_assert(ARRAY_SIZE(lifecycles) == LIFECYCLE_COUNT, "every state has a name");

const char *const scaling_processes[] = {
    "AZRebalance", "AddToLoadBalancer", "AlarmNotification", "HealthCheck", "InstanceRefresh",
    "Launch",      "ReplaceUnhealthy",  "ScheduledActions",  "Terminate",   NULL
};

enum lifecycle scaling_lifecycle(const json_t *entry)
{
    const char *name = json_text_of(entry, "LifecycleState");

    for (size_t i = 0; i < ARRAY_SIZE(lifecycles); i++) {
        if (str_equal(name, lifecycles[i]))
            return (enum lifecycle)i;
    }
    return LIFECYCLE_TERMINATING;
}

void scaling_enter(json_t *entry, enum lifecycle next)
{
    cloud_set_text(entry, "LifecycleState", lifecycles[next]);
}

json_t *scaling_group_of(const struct cloud *cloud, const char *instance_id)
{
    const json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, instance_id);
    const char *name = json_text_of(instance, "ScalingGroup");

    return name ? cloud_find(cloud, CLOUD_SCALING_GROUP, name) : NULL;
}

const char *scaling_name(const json_t *group)
{
    return json_text_of(cloud_item(group), "AutoScalingGroupName");
}

json_t *scaling_entries(const json_t *group)
{
    return json_object_get(cloud_item(group), "Instances");
}

const char *scaling_entry_id(const json_t *entry)
{
    return json_text_of(entry, "InstanceId");
}

json_t *scaling_entry(const json_t *group, const char *instance_id)
{
    json_t *entry;
    size_t i;

    json_array_foreach (scaling_entries(group), i, entry) {
        if (str_equal(scaling_entry_id(entry), instance_id))
            return entry;
    }
    return NULL;
}

bool scaling_counts(const json_t *entry)
{
    enum lifecycle state = scaling_lifecycle(entry);

    return state == LIFECYCLE_PENDING || state == LIFECYCLE_IN_SERVICE;
}

int64_t scaling_capacity(const json_t *group)
{
    int64_t count = 0;
    json_t *entry;
    size_t i;

    json_array_foreach (scaling_entries(group), i, entry)
        count += scaling_counts(entry);
    return count;
}

int64_t scaling_number(const json_t *group, const char *member)
{
    return json_integer_value(json_object_get(cloud_item(group), member));
}

void scaling_set_number(json_t *group, const char *member, int64_t value)
{
    json_object_set_new(cloud_item(group), member, json_integer(value));
}

int64_t scaling_note(const json_t *record, const char *name)
{
    return json_integer_value(json_object_get(record, name));
}

void scaling_set_note(json_t *record, const char *name, int64_t value)
{
    json_object_set_new(record, name, json_integer(value));
}

static void propagate_tags(const json_t *group, json_t *instance)
{
    json_t *tag;
    size_t i;

    json_array_foreach (json_object_get(cloud_item(group), "Tags"), i, tag) {
        if (json_is_true(json_object_get(tag, "PropagateAtLaunch")))
            cloud_tag_set(cloud_item(instance), json_text_of(tag, "Key"),
                          json_text_of(tag, "Value"));
    }
}

#define GROUP_TAG "aws:autoscaling:groupName"

json_t *scaling_adopt(struct cloud *cloud, json_t *group, json_t *instance, enum lifecycle state)
{
    const json_t *item = cloud_item(instance);
    bool is_protected =
        json_is_true(json_object_get(cloud_item(group), "NewInstancesProtectedFromScaleIn"));
    json_t *entry = json_pack(
        "{s:O, s:O, s:O, s:s, s:s, s:b}", "InstanceId", json_object_get(item, "InstanceId"),
        "InstanceType", json_object_get(item, "InstanceType"), "AvailabilityZone",
        json_object_get(json_object_get(item, "Placement"), "AvailabilityZone"), "LifecycleState",
        lifecycles[state], "HealthStatus", "Healthy", "ProtectedFromScaleIn", (int)is_protected);

    propagate_tags(group, instance);
    cloud_tag_set(cloud_item(instance), GROUP_TAG, scaling_name(group));
    cloud_set_text(instance, "ScalingGroup", scaling_name(group));
    json_array_append_new(scaling_entries(group), entry);
    cloud_event(cloud, "group-instance-added", scaling_name(group), "instance",
                json_text_of(item, "InstanceId"), NULL);
    return entry;
}

void scaling_release(struct cloud *cloud, json_t *group, const char *instance_id)
{
    AUTO(str) char *id = mem_strdup(instance_id);
    json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, id);
    json_t *entries = scaling_entries(group);

    for (size_t i = json_array_size(entries); i-- > 0;) {
        if (str_equal(scaling_entry_id(json_array_get(entries, i)), id))
            json_array_remove(entries, i);
    }
    if (str_equal(json_text_of(group, "Spare"), id))
        json_object_del(group, "Spare");
    if (instance) {
        json_object_del(instance, "ScalingGroup");
        if (instance_state(instance) != INSTANCE_TERMINATED)
            cloud_tag_remove(cloud_item(instance), GROUP_TAG);
    }
    cloud_event(cloud, "group-instance-removed", scaling_name(group), "instance", id, NULL);
}

bool scaling_runs(const json_t *group, const char *process)
{
    json_t *suspended;
    size_t i;

    json_array_foreach (json_object_get(cloud_item(group), "SuspendedProcesses"), i, suspended) {
        if (str_equal(json_text_of(suspended, "ProcessName"), process))
            return false;
    }
    return true;
}

bool scaling_has_zone(const json_t *group, const char *zone)
{
    json_t *own;
    size_t i;

    json_array_foreach (json_object_get(cloud_item(group), "AvailabilityZones"), i, own) {
        if (str_equal(json_string_value(own), zone))
            return true;
    }
    return false;
}

int64_t scaling_in_zone(const json_t *group, const char *zone)
{
    int64_t count = 0;
    json_t *entry;
    size_t i;

    json_array_foreach (scaling_entries(group), i, entry)
        count += scaling_counts(entry) && str_equal(json_text_of(entry, "AvailabilityZone"), zone);
    return count;
}

static int64_t in_subnet(const struct cloud *cloud, const json_t *group, const char *subnet)
{
    int64_t count = 0;
    json_t *entry;
    size_t i;

    json_array_foreach (scaling_entries(group), i, entry) {
        const json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, scaling_entry_id(entry));

        count += scaling_counts(entry) &&
                 str_equal(json_text_of(cloud_item(instance), "SubnetId"), subnet);
    }
    return count;
}

/* All places in the order of the group's own lists. */
static json_t *listed_places(const struct cloud *cloud, const json_t *group)
{
    const char *subnets = json_text_of(cloud_item(group), "VPCZoneIdentifier");
    json_t *places = json_array();
    json_t *zone;
    size_t i;

    while (subnets && *subnets) {
        size_t length = strcspn(subnets, ",");
        AUTO(str) char *part = mem_strndup(subnets, length);
        AUTO(str) char *id = str_trim(part);
        const json_t *item = cloud_item(cloud_find(cloud, CLOUD_SUBNET, id));

        if (item)
            json_array_append_new(places, json_pack("{s:O, s:s}", "Zone",
                                                    json_object_get(item, "AvailabilityZone"),
                                                    "SubnetId", id));
        subnets += length + (subnets[length] == ',');
    }
    if (json_array_size(places))
        return places;
    json_array_foreach (json_object_get(cloud_item(group), "AvailabilityZones"), i, zone)
        json_array_append_new(places, json_pack("{s:O}", "Zone", zone));
    return places;
}

/* By instances in the zone, then in the subnet. */
static int64_t crowd(const struct cloud *cloud, const json_t *group, const json_t *place)
{
    const char *subnet = json_text_of(place, "SubnetId");

    return (scaling_in_zone(group, json_text_of(place, "Zone")) << 20) +
           (subnet ? in_subnet(cloud, group, subnet) : 0);
}

json_t *scaling_places(const struct cloud *cloud, const json_t *group)
{
    AUTO(json) json_t *listed = listed_places(cloud, group);
    json_t *sorted = json_array();
    json_t *place;
    size_t i;
    size_t at;

    json_array_foreach (listed, i, place) {
        int64_t own = crowd(cloud, group, place);

        for (at = 0; at < json_array_size(sorted); at++) {
            if (crowd(cloud, group, json_array_get(sorted, at)) > own)
                break;
        }
        json_array_insert(sorted, at, place);
    }
    return sorted;
}
