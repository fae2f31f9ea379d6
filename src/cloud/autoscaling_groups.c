// SPDX-License-Identifier: Apache-2.0
// Groups: made, changed, deleted, shown.
#include <inttypes.h>
#include <string.h>

#include "cloud/autoscaling.h"
#include "cloud/scaling_group.h"
#include "cloud/scaling_launch.h"
#include "cloud/scaling_reconcile.h"

#define GROUPS_MAX   500
#define CAPACITY_MAX 500 /* a lab is one machine */

/* What a lab obeys. */
static const char *const known[] = { "AutoScalingGroupName",
                                     "AvailabilityZones",
                                     "CapacityRebalance",
                                     "Context",
                                     "DefaultCooldown",
                                     "DefaultInstanceWarmup",
                                     "DesiredCapacity",
                                     "DesiredCapacityType",
                                     "HealthCheckGracePeriod",
                                     "HealthCheckType",
                                     "LaunchConfigurationName",
                                     "LaunchTemplate",
                                     "MaxInstanceLifetime",
                                     "MaxSize",
                                     "MinSize",
                                     "NewInstancesProtectedFromScaleIn",
                                     "ServiceLinkedRoleARN",
                                     "Tags",
                                     "TerminationPolicies",
                                     "VPCZoneIdentifier",
                                     NULL };

/* Values that ask for what a lab does not do. */
static bool values_are_possible(struct cloud_call *call)
{
    const char *check = cloud_text(call, "HealthCheckType");
    const char *type = cloud_text(call, "DesiredCapacityType");

    if (check && strcmp(check, "EC2") != 0 && strcmp(check, "ELB") != 0)
        cloud_refuse(call, "ValidationError",
                     "Invalid health check type: %s. A lab has EC2, and ELB, which is the same "
                     "without load balancers",
                     check);
    else if (type && strcmp(type, "units") != 0)
        cloud_refuse(call, "ValidationError", "DesiredCapacityType '%s': a lab counts units only",
                     type);
    else if (cloud_flag(call, "CapacityRebalance", false))
        cloud_refuse(call, "ValidationError", "CapacityRebalance: a lab has no Spot instances");
    else if (cloud_number(call, "MaxInstanceLifetime", 0) != 0)
        cloud_refuse(call, "ValidationError",
                     "MaxInstanceLifetime: a lab's groups do not end instances for their age");
    else
        return autoscaling_at_least(call, "DefaultCooldown", 0) &&
               autoscaling_at_least(call, "HealthCheckGracePeriod", 0) &&
               autoscaling_at_least(call, "MinSize", 0) &&
               autoscaling_at_least(call, "MaxSize", 0) &&
               autoscaling_at_least(call, "DesiredCapacity", 0);
    return false;
}

static bool policies_are_known(struct cloud_call *call)
{
    json_t *policy;
    size_t i;

    json_array_foreach (cloud_param(call, "TerminationPolicies"), i, policy) {
        if (!str_in(json_string_value(policy), scaling_policies)) {
            cloud_refuse(call, "ValidationError",
                         "The termination policy '%s' is not one of those that "
                         "DescribeTerminationPolicyTypes lists",
                         json_string_value(policy));
            return false;
        }
    }
    return true;
}

/* What is launched: exactly one of the two, and it is there. Sets it in `item`. */
static bool apply_source(struct cloud_call *call, json_t *item)
{
    const char *configuration = cloud_text(call, "LaunchConfigurationName");
    const json_t *template = cloud_param(call, "LaunchTemplate");
    json_t *complete;

    if (configuration && template) {
        cloud_refuse(call, "ValidationError",
                     "Valid requests must contain either LaunchTemplate or "
                     "LaunchConfigurationName, not both");
        return false;
    }
    if (configuration) {
        if (!cloud_find(call->cloud, CLOUD_LAUNCH_CONFIGURATION, configuration)) {
            cloud_refuse(call, "ValidationError", "Launch configuration name not found - %s",
                         configuration);
            return false;
        }
        cloud_set_text(item, "LaunchConfigurationName", configuration);
        json_object_del(item, "LaunchTemplate");
    }
    if (template) {
        complete = scaling_template(call, template);
        if (!complete)
            return false;
        json_object_set_new(item, "LaunchTemplate", complete);
        json_object_del(item, "LaunchConfigurationName");
    }
    return true;
}

static void add_once(json_t *zones, const char *zone)
{
    json_t *own;
    size_t i;

    json_array_foreach (zones, i, own) {
        if (strcmp(json_string_value(own), zone) == 0)
            return;
    }
    json_array_append_new(zones, json_string(zone));
}

/* The zones of a list of subnets, a new reference; NULL with the fault set. */
static json_t *zones_of_subnets(struct cloud_call *call, const char *list)
{
    AUTO(json) json_t *zones = json_array();

    while (*list) {
        size_t length = strcspn(list, ",");
        AUTO(str) char *part = mem_strndup(list, length);
        AUTO(str) char *id = str_trim(part);
        const json_t *subnet = cloud_find(call->cloud, CLOUD_SUBNET, id);

        if (!subnet)
            return cloud_refuse(call, "ValidationError", "The subnet ID '%s' does not exist", id);
        add_once(zones, json_text_of(cloud_item(subnet), "AvailabilityZone"));
        list += length + (list[length] == ',');
    }
    return STEAL(zones);
}

static bool zones_exist(struct cloud_call *call, const json_t *zones)
{
    json_t *zone;
    size_t i;

    json_array_foreach (zones, i, zone) {
        if (cloud_zone_index(call->cloud, json_string_value(zone)) < 0) {
            cloud_refuse(call, "ValidationError",
                         "One or more availability zones do not exist: '%s'",
                         json_string_value(zone));
            return false;
        }
    }
    return true;
}

static bool zones_match(struct cloud_call *call, const json_t *given, const json_t *of_subnets)
{
    json_t *zone;
    size_t i;
    size_t found = 0;

    json_array_foreach (given, i, zone) {
        json_t *own;
        size_t j;

        json_array_foreach (of_subnets, j, own)
            found += json_equal(own, zone);
    }
    if (found == json_array_size(given) && found == json_array_size(of_subnets))
        return true;
    cloud_refuse(call, "ValidationError",
                 "The availability zones of the specified subnets and the Auto Scaling group do "
                 "not match");
    return false;
}

/* Where it launches; an empty VPCZoneIdentifier takes the subnets away. */
static bool apply_places(struct cloud_call *call, json_t *item)
{
    const char *subnets = cloud_text(call, "VPCZoneIdentifier");
    const json_t *given = cloud_param(call, "AvailabilityZones");
    AUTO(json) json_t *zones = NULL;

    if (!json_array_size(given))
        given = NULL;
    if (!zones_exist(call, given))
        return false;
    if (subnets && *subnets) {
        zones = zones_of_subnets(call, subnets);
        if (!zones || (given && !zones_match(call, given, zones)))
            return false;
        json_object_set(item, "AvailabilityZones", zones);
    } else if (given) {
        json_object_set_new(item, "AvailabilityZones", json_deep_copy(given));
    }
    if (subnets || given)
        cloud_set_text(item, "VPCZoneIdentifier", subnets ? subnets : "");
    return true;
}

static void apply_values(const struct cloud_call *call, json_t *item)
{
    static const char *const plain[] = { "Context",
                                         "DefaultCooldown",
                                         "DefaultInstanceWarmup",
                                         "DesiredCapacityType",
                                         "HealthCheckGracePeriod",
                                         "HealthCheckType",
                                         "NewInstancesProtectedFromScaleIn",
                                         "ServiceLinkedRoleARN" };
    const json_t *policies = cloud_param(call, "TerminationPolicies");

    for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
        json_t *value = json_object_get(call->params, plain[i]);

        if (value && !json_is_null(value))
            json_object_set(item, plain[i], value);
    }
    if (json_array_size(policies))
        json_object_set_new(item, "TerminationPolicies", json_deep_copy(policies));
}

/* Minimum, maximum and what is wanted: without the last one as close to now's as the two allow. */
static bool apply_sizes(struct cloud_call *call, json_t *item)
{
    int64_t least =
        cloud_number(call, "MinSize", json_integer_value(json_object_get(item, "MinSize")));
    int64_t most =
        cloud_number(call, "MaxSize", json_integer_value(json_object_get(item, "MaxSize")));
    int64_t now = json_integer_value(json_object_get(item, "DesiredCapacity"));
    int64_t close = now < least ? least : now > most ? most : now;
    int64_t wanted = cloud_number(call, "DesiredCapacity", close);

    if (least > most)
        cloud_refuse(call, "ValidationError",
                     "Max bound, %" PRId64 ", must be greater than or equal to min bound, %" PRId64,
                     most, least);
    else if (wanted < least || wanted > most)
        cloud_refuse(call, "ValidationError",
                     "Desired capacity:%" PRId64 " must be between the specified min size:%" PRId64
                     " and max size:%" PRId64,
                     wanted, least, most);
    else if (wanted > CAPACITY_MAX)
        cloud_refuse(call, "ValidationError", "Desired capacity:%" PRId64 ": a lab holds %d",
                     wanted, CAPACITY_MAX);
    else {
        json_object_set_new(item, "MinSize", json_integer(least));
        json_object_set_new(item, "MaxSize", json_integer(most));
        json_object_set_new(item, "DesiredCapacity", json_integer(wanted));
        return true;
    }
    return false;
}

static bool apply_all(struct cloud_call *call, json_t *item)
{
    if (!autoscaling_obeys(call, known) || !values_are_possible(call) ||
        !policies_are_known(call) || !apply_source(call, item) || !apply_places(call, item) ||
        !apply_sizes(call, item))
        return false;
    apply_values(call, item);
    return true;
}

static json_t *new_item(struct cloud_call *call, const char *name)
{
    AUTO(str) char *arn = autoscaling_arn(call->cloud, "autoScalingGroup", name);
    AUTO(str) char *now = cloud_iso_now();
    AUTO(str)
    char *role = mem_printf("arn:aws:iam::%s:role/aws-service-role/autoscaling.amazonaws.com/"
                            "AWSServiceRoleForAutoScaling",
                            call->cloud->account);

    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:[], s:[], s:[], s:s, s:i, s:[], s:s, s:[],"
                     " s:s, s:[], s:[], s:[s], s:b, s:b, s:s}",
                     "AutoScalingGroupName", name, "AutoScalingGroupARN", arn, "MinSize", 0,
                     "MaxSize", 0, "DesiredCapacity", 0, "DefaultCooldown", 300,
                     "AvailabilityZones", "LoadBalancerNames", "TargetGroupARNs", "HealthCheckType",
                     "EC2", "HealthCheckGracePeriod", 0, "Instances", "CreatedTime", now,
                     "SuspendedProcesses", "VPCZoneIdentifier", "", "EnabledMetrics", "Tags",
                     "TerminationPolicies", "Default", "NewInstancesProtectedFromScaleIn", 0,
                     "CapacityRebalance", 0, "ServiceLinkedRoleARN", role);
}

static bool name_is_free(struct cloud_call *call, const char *name)
{
    const json_t *groups = call->cloud->tables[CLOUD_SCALING_GROUP];

    if (json_object_get(groups, name)) {
        cloud_refuse(call, "AlreadyExists",
                     "AutoScalingGroup by this name already exists - A group already exists with "
                     "the name %s",
                     name);
        return false;
    }
    if (json_object_size(groups) >= GROUPS_MAX) {
        cloud_refuse(call, "LimitExceeded", "A lab has at most %d groups", GROUPS_MAX);
        return false;
    }
    return true;
}

static bool is_complete(struct cloud_call *call, const json_t *item)
{
    if (!json_object_get(item, "LaunchConfigurationName") &&
        !json_object_get(item, "LaunchTemplate")) {
        cloud_refuse(call, "ValidationError",
                     "Valid requests must contain either LaunchTemplate or "
                     "LaunchConfigurationName");
        return false;
    }
    if (!json_array_size(json_object_get(item, "AvailabilityZones"))) {
        cloud_refuse(call, "ValidationError",
                     "At least one Availability Zone or VPC Subnet is required.");
        return false;
    }
    return true;
}

static json_t *create_auto_scaling_group(struct cloud_call *call)
{
    const char *name = cloud_text(call, "AutoScalingGroupName");
    AUTO(json) json_t *item = NULL;
    AUTO(json) json_t *tags = NULL;
    json_t *group;
    json_t *tag;
    size_t i;

    if (!autoscaling_name_is_sound(call, "AutoScalingGroupName", name) || !name_is_free(call, name))
        return NULL;
    item = new_item(call, name);
    tags = autoscaling_tags(call, name);
    if (!tags || !apply_all(call, item) || !is_complete(call, item))
        return NULL;
    group = cloud_add(call->cloud, CLOUD_SCALING_GROUP, name, json_pack("{s:O}", "Item", item));
    json_array_foreach (tags, i, tag)
        autoscaling_tag_set(group, tag);
    cloud_event(call->cloud, "group-created", name, NULL);
    scaling_settle(call->cloud, group);
    return json_object();
}

/* On a copy: a refused call changes nothing. */
static json_t *update_auto_scaling_group(struct cloud_call *call)
{
    json_t *group = autoscaling_group(call);
    AUTO(json) json_t *item = group ? json_copy(cloud_item(group)) : NULL;

    if (!group || !apply_all(call, item))
        return NULL;
    json_object_set(group, "Item", item);
    scaling_settle_anew(call->cloud, group);
    return json_object();
}

static json_t *delete_auto_scaling_group(struct cloud_call *call)
{
    json_t *group = autoscaling_group(call);
    size_t count = json_array_size(scaling_entries(group));

    if (!group)
        return NULL;
    if (count > 0 && !cloud_flag(call, "ForceDelete", false))
        return cloud_refuse(call, "ResourceInUse",
                            "You cannot delete an AutoScalingGroup while there are instances or "
                            "pending Spot instance request(s) still in the group.");
    scaling_delete(call->cloud, group);
    return json_object();
}

static json_t *describe_auto_scaling_groups(struct cloud_call *call)
{
    return autoscaling_describe_take(
        call, autoscaling_choose(call, CLOUD_SCALING_GROUP, "AutoScalingGroupNames"),
        &(struct cloud_filters){ 0 }, "AutoScalingGroups", 100);
}

static bool bounds_allow(struct cloud_call *call, const json_t *group, int64_t wanted)
{
    int64_t least = scaling_number(group, "MinSize");
    int64_t most = scaling_number(group, "MaxSize");

    if (wanted >= least && wanted <= most && wanted <= CAPACITY_MAX)
        return true;
    cloud_refuse(call, "ValidationError",
                 "New SetDesiredCapacity value %" PRId64 " is %s value %" PRId64
                 " for the AutoScalingGroup.",
                 wanted, wanted < least ? "below min" : "above max",
                 wanted < least        ? least
                 : most < CAPACITY_MAX ? most
                                       : CAPACITY_MAX);
    return false;
}

static json_t *set_desired_capacity(struct cloud_call *call)
{
    json_t *group = autoscaling_group(call);
    int64_t wanted = cloud_number(call, "DesiredCapacity", 0);
    int64_t now = clock_wall() / CLOCK_NS_PER_US;
    int64_t cooldown_us = scaling_number(group, "DefaultCooldown") * INT64_C(1000000);

    if (!group || !bounds_allow(call, group, wanted))
        return NULL;
    if (cloud_flag(call, "HonorCooldown", false) && now < scaling_note(group, "CooldownEnds"))
        return cloud_refuse(call, "ScalingActivityInProgress",
                            "The group %s is in its cooldown period", scaling_name(group));
    if (wanted != scaling_number(group, "DesiredCapacity"))
        scaling_set_note(group, "CooldownEnds", now + cooldown_us);
    scaling_set_number(group, "DesiredCapacity", wanted);
    scaling_settle_anew(call->cloud, group);
    return json_object();
}

static const struct cloud_action actions[] = {
    { "CreateAutoScalingGroup", create_auto_scaling_group },
    { "DeleteAutoScalingGroup", delete_auto_scaling_group },
    { "DescribeAutoScalingGroups", describe_auto_scaling_groups },
    { "SetDesiredCapacity", set_desired_capacity },
    { "UpdateAutoScalingGroup", update_auto_scaling_group },
};

const struct cloud_family cloud_family_autoscaling_groups = { "autoscaling", actions,
                                                              ARRAY_SIZE(actions) };
