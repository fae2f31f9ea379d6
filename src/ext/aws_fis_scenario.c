// SPDX-License-Identifier: Apache-2.0
// What an interrupted zone is made of: each part is one target and one action on it.
#include "ext/aws_fis.h"

#include "base/str.h"
#include "ext/arguments.h"
#include "value/json.h"

/* JSON texts with {az} and {duration} in them, which are replaced in values. */
struct part {
    const char *argument; /* the one that turns it on */
    const char *target_name;
    const char *target;
    const char *action_name;
    const char *action;
};

#define RUNNING_IN_ZONE                                                                            \
    "\"filters\": [{\"path\": \"State.Name\", \"values\": [\"running\"]},"                         \
    " {\"path\": \"Placement.AvailabilityZone\", \"values\": [\"{az}\"]}],"                        \
    " \"selectionMode\": \"ALL\""
#define STOP                                                                                       \
    "\"actionId\": \"aws:ec2:stop-instances\", \"parameters\":"                                    \
    " {\"completeIfInstancesTerminated\": \"true\", \"startInstancesAfterDuration\": "             \
    "\"{duration}\"}"
#define NO_CAPACITY                                                                                \
    "\"parameters\": {\"availabilityZoneIdentifiers\": \"{az}\", \"duration\": \"{duration}\","    \
    " \"percentage\": \"100\"}"

static const struct part parts[] = {
    { "target_iam_roles", "IAM-role",
      "{\"resourceType\": \"aws:iam:role\", \"selectionMode\": \"ALL\"}", "Pause-Instance-Launches",
      "{\"actionId\": \"aws:ec2:api-insufficient-instance-capacity-error\", " NO_CAPACITY
      ", \"targets\": {\"Roles\": \"IAM-role\"}}" },
    { "target_ebs_volumes", "EBS-Volumes",
      "{\"resourceType\": \"aws:ec2:ebs-volume\","
      " \"resourceTags\": {\"AzImpairmentPower\": \"ApiPauseVolume\"},"
      " \"selectionMode\": \"COUNT(1)\", \"parameters\": {\"availabilityZoneIdentifier\": "
      "\"{az}\"},"
      " \"filters\": [{\"path\": \"Attachments.DeleteOnTermination\", \"values\": [\"false\"]}]}",
      "Pause-EBS-IO",
      "{\"actionId\": \"aws:ebs:pause-volume-io\", \"parameters\": {\"duration\": \"{duration}\"},"
      " \"targets\": {\"Volumes\": \"EBS-Volumes\"}}" },
    { "target_ec2_instances", "EC2-Instances",
      "{\"resourceType\": \"aws:ec2:instance\","
      " \"resourceTags\": {\"AzImpairmentPower\": \"StopInstances\"}, " RUNNING_IN_ZONE "}",
      "Stop-Instances", "{" STOP ", \"targets\": {\"Instances\": \"EC2-Instances\"}}" },
    { "target_asg", "ASG",
      "{\"resourceType\": \"aws:ec2:autoscaling-group\","
      " \"resourceTags\": {\"AzImpairmentPower\": \"IceAsg\"}, \"selectionMode\": \"ALL\"}",
      "Pause-ASG-Scaling",
      "{\"actionId\": \"aws:ec2:asg-insufficient-instance-capacity-error\", " NO_CAPACITY
      ", \"targets\": {\"AutoScalingGroups\": \"ASG\"}}" },
    { "target_asg_ec2_instances", "ASG-EC2-Instances",
      "{\"resourceType\": \"aws:ec2:instance\","
      " \"resourceTags\": {\"AzImpairmentPower\": \"IceAsg\"}, " RUNNING_IN_ZONE "}",
      "Stop-ASG-Instances", "{" STOP ", \"targets\": {\"Instances\": \"ASG-EC2-Instances\"}}" },
    { "target_rds_cluster", "RDS-Cluster",
      "{\"resourceType\": \"aws:rds:cluster\","
      " \"resourceTags\": {\"AzImpairmentPower\": \"DisruptRds\"}, \"selectionMode\": \"ALL\","
      " \"parameters\": {\"writerAvailabilityZoneIdentifiers\": \"{az}\"}}",
      "Failover-RDS",
      "{\"actionId\": \"aws:rds:failover-db-cluster\", \"parameters\": {},"
      " \"targets\": {\"Clusters\": \"RDS-Cluster\"}}" },
    { "target_easticache_cluster", "ElastiCache-Cluster",
      "{\"resourceType\": \"aws:elasticache:redis-replicationgroup\","
      " \"resourceTags\": {\"AzImpairmentPower\": \"DisruptElasticache\"},"
      " \"selectionMode\": \"ALL\", \"parameters\": {\"availabilityZoneIdentifier\": \"{az}\"}}",
      "Pause-ElastiCache",
      "{\"actionId\": \"aws:elasticache:interrupt-cluster-az-power\","
      " \"parameters\": {\"duration\": \"{duration}\"},"
      " \"targets\": {\"ReplicationGroups\": \"ElastiCache-Cluster\"}}" },
    { "target_subnet", "Subnet",
      "{\"resourceType\": \"aws:ec2:subnet\","
      " \"resourceTags\": {\"AzImpairmentPower\": \"DisruptSubnet\"},"
      " \"filters\": [{\"path\": \"AvailabilityZone\", \"values\": [\"{az}\"]}],"
      " \"selectionMode\": \"ALL\", \"parameters\": {}}",
      "Pause-network-connectivity",
      "{\"actionId\": \"aws:network:disrupt-connectivity\","
      " \"parameters\": {\"duration\": \"PT2M\", \"scope\": \"all\"},"
      " \"targets\": {\"Subnets\": \"Subnet\"}}" },
};

static json_t *replaced(const struct chaos_call *call, json_t *value)
{
    const char *key;
    json_t *item;
    size_t i;

    if (str_equal(json_string_value(value), "{az}"))
        return json_incref(argument(call, "az"));
    if (str_equal(json_string_value(value), "{duration}"))
        return json_incref(argument(call, "duration"));
    json_array_foreach (value, i, item)
        json_array_set_new(value, i, replaced(call, item));
    json_object_foreach (value, key, item)
        json_object_set_new(value, key, replaced(call, item));
    return json_incref(value);
}

static json_t *read_part(const struct chaos_call *call, const char *text)
{
    AUTO(json) json_t *value = json_loads(text, 0, NULL);

    return replaced(call, value);
}

static bool is_on(const struct chaos_call *call, const struct part *part)
{
    return argument_flag(call, part->argument) &&
           (!str_equal(part->argument, "target_iam_roles") || argument_given(call, "iam_roles"));
}

json_t *aws_fis_targets(const struct chaos_call *call)
{
    json_t *targets = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (is_on(call, &parts[i]))
            json_object_set_new(targets, parts[i].target_name, read_part(call, parts[i].target));
    if (json_object_get(targets, "IAM-role"))
        json_object_set(json_object_get(targets, "IAM-role"), "resourceArns",
                        argument(call, "iam_roles"));
    return targets;
}

json_t *aws_fis_actions(const struct chaos_call *call)
{
    static const char *const stops[] = { "Stop-Instances", "Stop-ASG-Instances", NULL };
    json_t *actions = json_object();
    json_t *after = json_array();

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (is_on(call, &parts[i]))
            json_object_set_new(actions, parts[i].action_name, read_part(call, parts[i].action));
    /* A template may only name actions that it has. */
    for (const char *const *stop = stops; *stop; stop++)
        if (json_object_get(actions, *stop))
            json_array_append_new(after, json_string(*stop));
    if (json_array_size(after))
        json_object_set(json_object_get(actions, "Pause-EBS-IO"), "startAfter", after);
    json_decref(after);
    return actions;
}
