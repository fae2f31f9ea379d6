// SPDX-License-Identifier: Apache-2.0
// Calls about the instances of groups.
#include <inttypes.h>
#include <string.h>

#include "cloud/autoscaling.h"
#include "cloud/instances.h"
#include "cloud/scaling.h"
#include "cloud/scaling_activity.h"
#include "cloud/scaling_group.h"
#include "cloud/scaling_reconcile.h"

/* The group of the instance that a call names, and its entry; NULL with the fault set. */
static json_t *called_entry(struct cloud_call *call, json_t **ret_group)
{
    const char *id = cloud_text(call, "InstanceId");
    json_t *group = scaling_group_of(call->cloud, id);
    json_t *entry = group ? scaling_entry(group, id) : NULL;

    *ret_group = group;
    return entry ? entry
                 : cloud_refuse(call, "ValidationError",
                                "Instance Id not found - No managed instance found for instance "
                                "ID: %s",
                                id);
}

static json_t *details_of(const struct cloud *cloud, const json_t *group, const json_t *entry)
{
    const json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, scaling_entry_id(entry));
    json_t *item = json_copy(json_walkable(entry));

    cloud_set_text(item, "AutoScalingGroupName", scaling_name(group));
    cloud_set_text(item, "HealthStatus",
                   str_equal(json_text_of(entry, "HealthStatus"), "Healthy") ? "HEALTHY"
                                                                             : "UNHEALTHY");
    if (instance)
        json_object_set(item, "ImageId", json_object_get(cloud_item(instance), "ImageId"));
    return json_pack("{s:o}", "Item", item);
}

static bool is_wanted(const json_t *ids, const json_t *entry)
{
    json_t *id;
    size_t i;

    json_array_foreach (ids, i, id) {
        if (str_equal(json_string_value(id), scaling_entry_id(entry)))
            return true;
    }
    return !json_array_size(ids);
}

static json_t *describe_auto_scaling_instances(struct cloud_call *call)
{
    const json_t *ids = cloud_param(call, "InstanceIds");
    json_t *list = json_array();
    const char *name;
    json_t *group;
    json_t *entry;
    size_t i;

    json_object_foreach (call->cloud->tables[CLOUD_SCALING_GROUP], name, group) {
        json_array_foreach (scaling_entries(group), i, entry) {
            if (is_wanted(ids, entry))
                json_array_append_new(list, details_of(call->cloud, group, entry));
        }
    }
    return autoscaling_describe_take(call, list, &(struct cloud_filters){ 0 },
                                     "AutoScalingInstances", 50);
}

/* Whether the group may want `change` more; false with the fault set. */
static bool may_want(struct cloud_call *call, const json_t *group, int64_t change)
{
    int64_t wanted = scaling_number(group, "DesiredCapacity") + change;
    int64_t least = scaling_number(group, "MinSize");
    int64_t most = scaling_number(group, "MaxSize");

    if (wanted >= least && wanted <= most)
        return true;
    cloud_refuse(call, "ValidationError",
                 "AutoScalingGroup %s has min-size=%" PRId64 ", max-size=%" PRId64
                 ", and desired-size=%" PRId64 ": it cannot become %" PRId64,
                 scaling_name(group), least, most, scaling_number(group, "DesiredCapacity"),
                 wanted);
    return false;
}

static void change_wanted(json_t *group, int64_t change)
{
    scaling_set_number(group, "DesiredCapacity", scaling_number(group, "DesiredCapacity") + change);
}

static json_t *terminate_instance(struct cloud_call *call)
{
    bool is_less = cloud_flag(call, "ShouldDecrementDesiredCapacity", false);
    json_t *group;
    const json_t *entry = called_entry(call, &group);
    AUTO(json) json_t *activity = NULL;

    if (!entry || (is_less && !may_want(call, group, -1)))
        return NULL;
    if (scaling_lifecycle(entry) == LIFECYCLE_TERMINATING)
        return cloud_refuse(call, "ScalingActivityInProgress", "The instance %s is terminating",
                            scaling_entry_id(entry));
    if (is_less && scaling_counts(entry))
        change_wanted(group, -1);
    activity = json_incref(scaling_end(call->cloud, group, scaling_entry_id(entry),
                                       is_less ? "a user ended the instance, and the group wants "
                                                 "one less"
                                               : "a user ended the instance"));
    if (!is_less)
        scaling_replace_later(call->cloud, group, cloud_text(call, "InstanceId"));
    return json_pack("{s:O}", "Activity", cloud_item(activity));
}

/* The entries that InstanceIds names, a new reference; NULL with the fault set for one that is not
 * in the group or in none of the states. */
static json_t *called_entries(struct cloud_call *call, const json_t *group, unsigned states)
{
    AUTO(json) json_t *entries = json_array();
    json_t *id;
    size_t i;

    json_array_foreach (cloud_param(call, "InstanceIds"), i, id) {
        json_t *entry = scaling_entry(group, json_string_value(id));

        if (!entry)
            return cloud_refuse(call, "ValidationError",
                                "The instance %s is not part of Auto Scaling group %s.",
                                json_string_value(id), scaling_name(group));
        if (!(states & (1U << scaling_lifecycle(entry))))
            return cloud_refuse(call, "ValidationError",
                                "The instance %s is not in a state that this call can change: it "
                                "is %s",
                                json_string_value(id), json_text_of(entry, "LifecycleState"));
        json_array_append(entries, entry);
    }
    if (!json_array_size(entries))
        return cloud_refuse(call, "ValidationError", "At least one instance must be given");
    return STEAL(entries);
}

static bool can_attach(struct cloud_call *call, const json_t *group, const char *id)
{
    const json_t *instance = cloud_find(call->cloud, CLOUD_INSTANCE, id);
    const char *zone =
        json_text_of(json_object_get(cloud_item(instance), "Placement"), "AvailabilityZone");

    if (!instance)
        cloud_refuse(call, "ValidationError", "Invalid Instance ID: %s. It does not exist", id);
    else if (instance_state(instance) != INSTANCE_RUNNING)
        cloud_refuse(call, "ValidationError", "The instance %s is not running", id);
    else if (scaling_group_of(call->cloud, id))
        cloud_refuse(call, "ValidationError",
                     "The instance %s is already part of an Auto Scaling group", id);
    else if (!scaling_has_zone(group, zone))
        cloud_refuse(call, "ValidationError",
                     "The instance %s is in zone %s, which the group has not", id, zone);
    else
        return true;
    return false;
}

static void attach_one(struct cloud *cloud, json_t *group, const char *id)
{
    json_t *activity = activity_begin(cloud, group, id, "Attaching an existing EC2 instance",
                                      "a user attached the instance");

    scaling_adopt(cloud, group, cloud_find(cloud, CLOUD_INSTANCE, id), LIFECYCLE_IN_SERVICE);
    activity_end(activity, NULL);
}

static json_t *attach_instances(struct cloud_call *call)
{
    json_t *group = autoscaling_group(call);
    const json_t *ids = cloud_param(call, "InstanceIds");
    json_t *id;
    size_t i;

    if (!group)
        return NULL;
    json_array_foreach (ids, i, id) {
        if (!can_attach(call, group, json_string_value(id)))
            return NULL;
    }
    if (!may_want(call, group, (int64_t)json_array_size(ids)))
        return NULL;
    json_array_foreach (ids, i, id) {
        if (scaling_entry(group, json_string_value(id))) /* named twice */
            continue;
        attach_one(call->cloud, group, json_string_value(id));
        change_wanted(group, 1);
    }
    scaling_settle_anew(call->cloud, group);
    return json_object();
}

/* One change of each instance that a call names, with its activity. */
struct change {
    unsigned states;         /* from which it can be made */
    const char *description; /* of the activity */
    const char *cause;
    void (*apply)(struct cloud *cloud, json_t *group, const char *id);
};

static void detach(struct cloud *cloud, json_t *group, const char *id)
{
    scaling_release(cloud, group, id);
}

static void stand_by(struct cloud *cloud, json_t *group, const char *id)
{
    (void)cloud;
    scaling_enter(scaling_entry(group, id), LIFECYCLE_STANDBY);
}

static void serve_again(struct cloud *cloud, json_t *group, const char *id)
{
    scaling_enter(scaling_entry(group, id), LIFECYCLE_IN_SERVICE);
    scaling_notice(cloud, id); /* it may have stopped meanwhile */
}

/* A new reference to the list of activities. */
static json_t *apply_change(struct cloud *cloud, json_t *group, const json_t *entries,
                            const struct change *change)
{
    json_t *activities = json_array();
    json_t *entry;
    size_t i;

    json_array_foreach (entries, i, entry) {
        AUTO(str) char *id = mem_strdup(scaling_entry_id(entry));
        json_t *activity = activity_begin(cloud, group, id, change->description, change->cause);

        change->apply(cloud, group, id);
        activity_end(activity, NULL);
        json_array_append_new(activities, json_deep_copy(cloud_item(activity)));
    }
    return activities;
}

static int64_t count_capacity(const json_t *entries)
{
    int64_t count = 0;
    json_t *entry;
    size_t i;

    json_array_foreach (entries, i, entry)
        count += scaling_counts(entry);
    return count;
}

static json_t *take_out(struct cloud_call *call, const struct change *change)
{
    json_t *group = autoscaling_group(call);
    AUTO(json) json_t *entries = group ? called_entries(call, group, change->states) : NULL;
    bool is_less = cloud_flag(call, "ShouldDecrementDesiredCapacity", false);
    int64_t fewer = is_less ? count_capacity(entries) : 0;
    json_t *activities;

    if (!entries || (fewer && !may_want(call, group, -fewer)))
        return NULL;
    change_wanted(group, -fewer);
    activities = apply_change(call->cloud, group, entries, change);
    scaling_settle_anew(call->cloud, group);
    return json_pack("{s:o}", "Activities", activities);
}

#define FROM(state) (1U << (state))

static json_t *detach_instances(struct cloud_call *call)
{
    return take_out(call, &(struct change){ FROM(LIFECYCLE_IN_SERVICE) | FROM(LIFECYCLE_STANDBY),
                                            "Detaching EC2 instance",
                                            "a user detached the instance", detach });
}

static json_t *enter_standby(struct cloud_call *call)
{
    return take_out(call,
                    &(struct change){ FROM(LIFECYCLE_IN_SERVICE), "Moving EC2 instance to Standby",
                                      "a user moved the instance to standby", stand_by });
}

static json_t *exit_standby(struct cloud_call *call)
{
    static const struct change change = { FROM(LIFECYCLE_STANDBY),
                                          "Moving EC2 instance out of Standby",
                                          "a user moved the instance out of standby", serve_again };
    json_t *group = autoscaling_group(call);
    AUTO(json) json_t *entries = group ? called_entries(call, group, change.states) : NULL;
    int64_t more = (int64_t)json_array_size(entries);
    json_t *activities;

    if (!entries || !may_want(call, group, more))
        return NULL;
    change_wanted(group, more);
    activities = apply_change(call->cloud, group, entries, &change);
    scaling_settle_anew(call->cloud, group);
    return json_pack("{s:o}", "Activities", activities);
}

static bool is_in_grace(const struct cloud *cloud, const json_t *group, const json_t *entry)
{
    const json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, scaling_entry_id(entry));
    int64_t grace_us = scaling_number(group, "HealthCheckGracePeriod") * INT64_C(1000000);
    int64_t since = scaling_note(instance, "InServiceSince");

    return clock_wall() / CLOCK_NS_PER_US < since + grace_us;
}

static json_t *set_instance_health(struct cloud_call *call)
{
    const char *status = cloud_text(call, "HealthStatus");
    json_t *group;
    json_t *entry = called_entry(call, &group);

    if (!entry)
        return NULL;
    if (strcmp(status, "Healthy") != 0 && strcmp(status, "Unhealthy") != 0)
        return cloud_refuse(call, "ValidationError",
                            "The health status must be Healthy or Unhealthy, not '%s'", status);
    if (cloud_flag(call, "ShouldRespectGracePeriod", true) &&
        is_in_grace(call->cloud, group, entry))
        return json_object();
    cloud_set_text(entry, "HealthStatus", status);
    scaling_check_later(call->cloud, group);
    return json_object();
}

static json_t *set_instance_protection(struct cloud_call *call)
{
    json_t *group = autoscaling_group(call);
    bool is_protected = cloud_flag(call, "ProtectedFromScaleIn", false);
    AUTO(json) json_t *entries = group ? called_entries(call, group, ~0U) : NULL;
    json_t *entry;
    size_t i;

    json_array_foreach (entries, i, entry)
        json_object_set_new(entry, "ProtectedFromScaleIn", json_boolean(is_protected));
    if (!entries)
        return NULL;
    scaling_settle(call->cloud, group);
    return json_object();
}

static const struct cloud_action actions[] = {
    { "AttachInstances", attach_instances },
    { "DescribeAutoScalingInstances", describe_auto_scaling_instances },
    { "DetachInstances", detach_instances },
    { "EnterStandby", enter_standby },
    { "ExitStandby", exit_standby },
    { "SetInstanceHealth", set_instance_health },
    { "SetInstanceProtection", set_instance_protection },
    { "TerminateInstanceInAutoScalingGroup", terminate_instance },
};

const struct cloud_family cloud_family_autoscaling_instances = { "autoscaling", actions,
                                                                 ARRAY_SIZE(actions) };
