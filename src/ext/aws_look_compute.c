// SPDX-License-Identifier: Apache-2.0
// How instances, volumes, groups and load balancers look once they are put back.
#include <string.h>

#include "base/json_walk.h"
#include "ext/aws_forward.h"
#include "ext/aws_groups.h"
#include "ext/aws_lists.h"
#include "ext/aws_look.h"

/* A machine takes its time to stop and to start. */
#define MACHINE_S 180

static const json_t *find_instance(const json_t *answer, const char *id)
{
    const json_t *found = NULL;
    json_t *reservation;
    size_t i;

    json_array_foreach (json_object_get(answer, "Reservations"), i, reservation)
        if (!found)
            found = aws_list_find(json_object_get(reservation, "Instances"), "InstanceId", id);
    return found;
}

static void see_instances(const json_t *answer, const json_t *request, const char *wanted,
                          struct aws_sight *sight)
{
    static const char *const on_its_way[] = { "pending", "stopping", NULL };
    json_t *id;
    size_t i;

    json_array_foreach (json_object_get(request, "InstanceIds"), i, id) {
        const char *name = json_string_value(id);
        const json_t *instance = find_instance(answer, name);

        aws_see_status(sight, name, json_text_of(json_object_get(instance, "State"), "Name"),
                       wanted, on_its_way);
    }
}

static void instances_run(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_instances(answer, request, "running", sight);
}

static void instances_are_stopped(const json_t *answer, const json_t *request,
                                  struct aws_sight *sight)
{
    see_instances(answer, request, "stopped", sight);
}

static const char *const attachment_on_its_way[] = { "attaching", "detaching", "busy", NULL };

static void volume_is_attached(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const json_t *volume = json_array_get(json_object_get(answer, "Volumes"), 0);
    const json_t *attachment = aws_list_find(json_object_get(volume, "Attachments"), "InstanceId",
                                             json_text_of(request, "InstanceId"));
    const char *name = json_text_of(request, "VolumeId");

    /* an attachment that is there without saying how is whole */
    aws_see_status(sight, name,
                   attachment && !json_text_of(attachment, "State")
                       ? "attached"
                       : json_text_of(attachment, "State"),
                   "attached", attachment_on_its_way);
    aws_see_value(sight, name, "Device", json_object_get(attachment, "Device"),
                  json_object_get(request, "Device"));
}

/* Gone with what it was attached to, it is as detached as can be. */
static void volume_is_detached(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const json_t *volume = json_array_get(json_object_get(answer, "Volumes"), 0);
    const json_t *attachment = aws_list_find(json_object_get(volume, "Attachments"), "InstanceId",
                                             json_text_of(request, "InstanceId"));
    const char *state = json_text_of(attachment, "State");

    if (attachment && !str_equal(state, "detached"))
        aws_sight_add(sight, str_in(state, attachment_on_its_way) ? AWS_ON_ITS_WAY : AWS_OTHERWISE,
                      "%s is '%s', not 'detached'", json_text_of(request, "VolumeId"),
                      state ? state : "attached");
}

static json_t *tags_of_resources(const json_t *request)
{
    return json_pack("{s:[{s:s, s:O}]}", "Filters", "Name", "resource-id", "Values",
                     json_object_get(request, "Resources"));
}

static const json_t *find_tag(const json_t *tags, const char *resource, const char *key)
{
    json_t *tag;
    size_t i;

    json_array_foreach (tags, i, tag)
        if (str_equal(json_text_of(tag, "ResourceId"), resource) &&
            str_equal(json_text_of(tag, "Key"), key))
            return tag;
    return NULL;
}

typedef void (*see_tag)(const char *id, const json_t *found, const json_t *tag,
                        struct aws_sight *sight);

/* `see` each tag of the request on each of its resources; `found` is NULL where it has none. */
static void see_tags(const json_t *answer, const json_t *request, see_tag see,
                     struct aws_sight *sight)
{
    json_t *id;
    json_t *tag;
    size_t i;
    size_t k;

    json_array_foreach (json_object_get(request, "Resources"), i, id)
        json_array_foreach (json_object_get(request, "Tags"), k, tag)
            see(json_string_value(id),
                find_tag(json_object_get(answer, "Tags"), json_string_value(id),
                         json_text_of(tag, "Key")),
                tag, sight);
}

static void see_tagged(const char *id, const json_t *found, const json_t *tag,
                       struct aws_sight *sight)
{
    aws_see_value(sight, id, json_text_of(tag, "Key"), json_object_get(found, "Value"),
                  json_object_get(tag, "Value"));
}

/* DeleteTags leaves a tag that has another value by now. */
static void see_untagged(const char *id, const json_t *found, const json_t *tag,
                         struct aws_sight *sight)
{
    const json_t *value = json_object_get(tag, "Value");

    if (found && (!value || json_equal(json_object_get(found, "Value"), json_walkable(value))))
        aws_sight_add(sight, AWS_OTHERWISE, "%s has the tag %s", id, json_text_of(tag, "Key"));
}

static void resources_are_tagged(const json_t *answer, const json_t *request,
                                 struct aws_sight *sight)
{
    see_tags(answer, request, see_tagged, sight);
}

static void resources_lack_tags(const json_t *answer, const json_t *request,
                                struct aws_sight *sight)
{
    see_tags(answer, request, see_untagged, sight);
}

static void members_serve(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    static const char *const on_its_way[] = { "Pending", "Pending:Wait", "Pending:Proceed",
                                              "Detaching", NULL };
    const char *group = json_text_of(request, "AutoScalingGroupName");
    json_t *id;
    size_t i;

    json_array_foreach (json_object_get(request, "InstanceIds"), i, id) {
        const json_t *member = aws_list_find(json_object_get(answer, "AutoScalingInstances"),
                                             "InstanceId", json_string_value(id));
        bool is_here = str_equal(json_text_of(member, "AutoScalingGroupName"), group);

        aws_see_status(sight, json_string_value(id),
                       is_here ? json_text_of(member, "LifecycleState") : NULL, "InService",
                       on_its_way);
    }
}

static const json_t *first_group(const json_t *answer)
{
    return json_array_get(json_object_get(answer, "AutoScalingGroups"), 0);
}

static void see_processes(const json_t *answer, const json_t *request, bool are_suspended,
                          struct aws_sight *sight)
{
    const char *group = json_text_of(request, "AutoScalingGroupName");
    json_t *process;
    size_t i;

    aws_see_there(sight, group, first_group(answer) != NULL, true);
    json_array_foreach (json_object_get(request, "ScalingProcesses"), i, process)
        if (aws_group_suspends(first_group(answer), json_string_value(process)) != are_suspended)
            aws_sight_add(sight, AWS_OTHERWISE, "%s of %s is %s", json_string_value(process), group,
                          are_suspended ? "not suspended" : "suspended");
}

static void processes_run(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_processes(answer, request, false, sight);
}

static void processes_are_suspended(const json_t *answer, const json_t *request,
                                    struct aws_sight *sight)
{
    see_processes(answer, request, true, sight);
}

/* "a,b" as a list: their order is not kept. */
static json_t *split(const char *text)
{
    json_t *words = json_array();

    while (text && *text) {
        size_t length = strcspn(text, ",");

        json_array_append_new(words, json_stringn(text, length));
        text += length + (text[length] == ',');
    }
    return words;
}

static void group_has_subnets(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    static const char member[] = "VPCZoneIdentifier";
    AUTO(json) json_t *are = split(json_text_of(first_group(answer), member));
    AUTO(json) json_t *wanted = split(json_text_of(request, member));

    aws_see_value(sight, json_text_of(request, "AutoScalingGroupName"), member, are, wanted);
}

static void targets_are_registered(const json_t *answer, const json_t *request,
                                   struct aws_sight *sight)
{
    json_t *wanted;
    json_t *one;
    size_t i;
    size_t k;

    json_array_foreach (json_object_get(request, "Targets"), i, wanted) {
        bool is_there = false;

        json_array_foreach (json_object_get(answer, "TargetHealthDescriptions"), k, one) {
            const char *state = json_text_of(json_object_get(one, "TargetHealth"), "State");
            const json_t *target = json_object_get(one, "Target");
            const json_t *port = json_object_get(wanted, "Port");

            is_there =
                is_there ||
                (str_equal(json_text_of(target, "Id"), json_text_of(wanted, "Id")) &&
                 (!port || json_equal(json_object_get(target, "Port"), json_walkable(port))) &&
                 !str_equal(state, "draining"));
        }
        aws_see_there(sight, json_text_of(wanted, "Id"), is_there, true);
    }
}

static const json_t *first_balancer(const json_t *answer)
{
    return json_array_get(json_object_get(answer, "LoadBalancers"), 0);
}

static void balancer_has_groups(const json_t *answer, const json_t *request,
                                struct aws_sight *sight)
{
    static const char member[] = "SecurityGroups";

    aws_see_value(sight, json_text_of(request, "LoadBalancerArn"), member,
                  json_object_get(first_balancer(answer), member),
                  json_object_get(request, member));
}

static void balancer_has_subnets(const json_t *answer, const json_t *request,
                                 struct aws_sight *sight)
{
    AUTO(json)
    json_t *are =
        aws_list_of(json_object_get(first_balancer(answer), "AvailabilityZones"), "SubnetId");

    aws_see_value(sight, json_text_of(request, "LoadBalancerArn"), "Subnets", are,
                  json_object_get(request, "Subnets"));
}

static void balancer_has_attributes(const json_t *answer, const json_t *request,
                                    struct aws_sight *sight)
{
    json_t *wanted;
    size_t i;

    json_array_foreach (json_object_get(request, "Attributes"), i, wanted) {
        const char *key = json_text_of(wanted, "Key");
        const json_t *found = aws_list_find(json_object_get(answer, "Attributes"), "Key", key);

        aws_see_value(sight, json_text_of(request, "LoadBalancerArn"), key,
                      json_object_get(found, "Value"), json_object_get(wanted, "Value"));
    }
}

#define INSTANCES .describe = "DescribeInstances", .pairs = AWS_PAIRS("InstanceIds", "InstanceIds")
#define VOLUME                                                                                     \
    .describe = "DescribeVolumes", .pairs = AWS_PAIRS("VolumeIds[]", "VolumeId"),                  \
    .absent = "InvalidVolume.NotFound"
#define TAGS .describe = "DescribeTags", .params = tags_of_resources
#define GROUP                                                                                      \
    .describe = "DescribeAutoScalingGroups",                                                       \
    .pairs = AWS_PAIRS("AutoScalingGroupNames[]", "AutoScalingGroupName")
#define BALANCER                                                                                   \
    .describe = "DescribeLoadBalancers", .pairs = AWS_PAIRS("LoadBalancerArns[]", "LoadBalancerArn")

const struct aws_look aws_looks_compute[] = {
    AWS_LOOK("ec2", "StartInstances", INSTANCES, .judge = instances_run, .patience_s = MACHINE_S),
    AWS_LOOK("ec2", "StopInstances", INSTANCES, .judge = instances_are_stopped,
             .patience_s = MACHINE_S),
    AWS_LOOK("ec2", "AttachVolume", VOLUME, .judge = volume_is_attached, .patience_s = MACHINE_S),
    AWS_LOOK("ec2", "DetachVolume", VOLUME, .judge = volume_is_detached, .patience_s = MACHINE_S),
    AWS_LOOK("ec2", "CreateTags", TAGS, .judge = resources_are_tagged),
    AWS_LOOK("ec2", "DeleteTags", TAGS, .judge = resources_lack_tags),
    AWS_LOOK("autoscaling", "AttachInstances", .describe = "DescribeAutoScalingInstances",
             .pairs = AWS_PAIRS("InstanceIds", "InstanceIds"), .judge = members_serve,
             .patience_s = MACHINE_S),
    AWS_LOOK("autoscaling", "ResumeProcesses", GROUP, .judge = processes_run),
    AWS_LOOK("autoscaling", "SuspendProcesses", GROUP, .judge = processes_are_suspended),
    AWS_LOOK("autoscaling", "UpdateAutoScalingGroup", GROUP, .judge = group_has_subnets),
    AWS_LOOK("elbv2", "RegisterTargets", .describe = "DescribeTargetHealth",
             .pairs = AWS_PAIRS("TargetGroupArn", "TargetGroupArn"),
             .judge = targets_are_registered),
    AWS_LOOK("elbv2", "SetSecurityGroups", BALANCER, .judge = balancer_has_groups),
    AWS_LOOK("elbv2", "SetSubnets", BALANCER, .judge = balancer_has_subnets),
    AWS_LOOK("elbv2", "ModifyLoadBalancerAttributes", .describe = "DescribeLoadBalancerAttributes",
             .pairs = AWS_PAIRS("LoadBalancerArn", "LoadBalancerArn"),
             .judge = balancer_has_attributes),
    { 0 },
};
