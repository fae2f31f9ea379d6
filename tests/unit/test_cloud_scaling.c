// SPDX-License-Identifier: Apache-2.0
// Auto Scaling: what groups do by themselves. Time goes by when a test says so (paper_wait).
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "cloud/state.h"
#include "tests/support/paper_cloud.h"
#include "value/json.h"

#define SERVICE "autoscaling"
#define ZONES   "'AvailabilityZones': ['us-east-1a', 'us-east-1b', 'us-east-1c']"

/* With a launch configuration "node". */
static int open_paper(void **state)
{
    struct paper_cloud *paper;
    const char *image;

    if (paper_cloud_open(state, "{'pending': 0.1, 'shutting-down': 0.1, 'stopping': 0.1,"
                                " 'replace': 5, 'health-check': 2}") < 0)
        return -1;
    paper = *state;
    image = json_object_iter_key(json_object_iter(paper->cloud->tables[CLOUD_IMAGE]));
    assert_non_null(image);
    json_decref(paper_callf(paper, SERVICE, "CreateLaunchConfiguration",
                            "{'LaunchConfigurationName': 'node', 'ImageId': '%s',"
                            " 'InstanceType': 't3.micro', 'UserData': 'aGVsbG8='}",
                            image));
    return 0;
}

static void create(struct paper_cloud *paper, const char *sizes)
{
    json_decref(paper_callf(paper, SERVICE, "CreateAutoScalingGroup",
                            "{'AutoScalingGroupName': 'web', 'LaunchConfigurationName': 'node',"
                            " " ZONES ", %s}",
                            sizes));
}

static void call(struct paper_cloud *paper, const char *operation, const char *params)
{
    json_decref(paper_call(paper, SERVICE, operation, params));
}

/* The group as DescribeAutoScalingGroups shows it, borrowed from the state. */
static const json_t *web(const struct paper_cloud *paper)
{
    return cloud_item(json_object_get(cloud_scaling_groups(paper->cloud), "web"));
}

static const json_t *entry_at(const struct paper_cloud *paper, size_t index)
{
    const json_t *entry = json_array_get(json_object_get(web(paper), "Instances"), index);

    assert_non_null(entry);
    return entry;
}

static const char *id_at(const struct paper_cloud *paper, size_t index)
{
    return json_text_of(entry_at(paper, index), "InstanceId");
}

/* How many entries are in this state of their life. */
static int count(const struct paper_cloud *paper, const char *lifecycle)
{
    int found = 0;
    json_t *entry;
    size_t i;

    json_array_foreach (json_object_get(web(paper), "Instances"), i, entry)
        found += str_equal(json_text_of(entry, "LifecycleState"), lifecycle);
    return found;
}

static int count_in_zone(const struct paper_cloud *paper, const char *zone)
{
    int found = 0;
    json_t *entry;
    size_t i;

    json_array_foreach (json_object_get(web(paper), "Instances"), i, entry)
        found += str_equal(json_text_of(entry, "LifecycleState"), "InService") &&
                 str_equal(json_text_of(entry, "AvailabilityZone"), zone);
    return found;
}

static int wanted(const struct paper_cloud *paper)
{
    return (int)json_integer_value(json_object_get(web(paper), "DesiredCapacity"));
}

static const json_t *instance(const struct paper_cloud *paper, const char *id)
{
    return cloud_item(cloud_instance(paper->cloud, id));
}

static const char *state_of(const struct paper_cloud *paper, const char *id)
{
    return json_text_of(json_object_get(instance(paper, id), "State"), "Name");
}

/* How many activities have this status. */
static int activities(struct paper_cloud *paper, const char *status)
{
    AUTO(json) json_t *all = paper_call(paper, SERVICE, "DescribeScalingActivities", "{}");
    int found = 0;
    json_t *activity;
    size_t i;

    json_array_foreach (json_object_get(all, "Activities"), i, activity)
        found += str_equal(json_text_of(activity, "StatusCode"), status);
    return found;
}

static void terminate(struct paper_cloud *paper, const char *id)
{
    json_decref(paper_callf(paper, "ec2", "TerminateInstances", "{'InstanceIds': ['%s']}", id));
}

static void a_group_launches_what_it_wants(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 1, 'MaxSize': 5, 'DesiredCapacity': 3");
    assert_int_equal(count(paper, "Pending"), 3);
    assert_int_equal(activities(paper, "InProgress"), 3);
    paper_wait(paper, 1);
    assert_int_equal(count(paper, "InService"), 3);
    assert_int_equal(activities(paper, "Successful"), 3);
}

static void a_group_wants_its_minimum_when_nothing_is_said(void **state)
{
    create(*state, "'MinSize': 2, 'MaxSize': 5");
    assert_int_equal(wanted(*state), 2);
}

static void instances_are_spread_over_the_zones(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 6, 'MaxSize': 6");
    paper_wait(paper, 1);
    assert_int_equal(count_in_zone(paper, "us-east-1a"), 2);
    assert_int_equal(count_in_zone(paper, "us-east-1b"), 2);
    assert_int_equal(count_in_zone(paper, "us-east-1c"), 2);
}

static void an_instance_has_the_configurations_data_and_the_groups_tags(void **state)
{
    struct paper_cloud *paper = *state;
    const json_t *record;

    create(paper, "'MinSize': 1, 'MaxSize': 1, 'Tags': ["
                  "{'Key': 'Name', 'Value': 'node', 'PropagateAtLaunch': true},"
                  "{'Key': 'Cost', 'Value': '1', 'PropagateAtLaunch': false}]");
    record = cloud_instance(paper->cloud, id_at(paper, 0));
    assert_string_equal(json_text_of(record, "UserData"), "aGVsbG8=");
    assert_string_equal(json_text_of(cloud_item(record), "InstanceType"), "t3.micro");
    assert_string_equal(cloud_tag(cloud_item(record), "aws:autoscaling:groupName"), "web");
    assert_string_equal(cloud_tag(cloud_item(record), "Name"), "node");
    assert_null(cloud_tag(cloud_item(record), "Cost"));
}

/* A template "node" with two versions, of which the first is the default one. */
static void create_template(struct paper_cloud *paper)
{
    const char *image = json_object_iter_key(json_object_iter(paper->cloud->tables[CLOUD_IMAGE]));

    json_decref(paper_callf(paper, "ec2", "CreateLaunchTemplate",
                            "{'LaunchTemplateName': 'node', 'LaunchTemplateData':"
                            " {'ImageId': '%s', 'InstanceType': 't3.micro',"
                            " 'UserData': 'aGVsbG8=', 'TagSpecifications': [{'ResourceType':"
                            " 'instance', 'Tags': [{'Key': 'Of', 'Value': 'template'}]}]}}",
                            image));
    json_decref(paper_callf(paper, "ec2", "CreateLaunchTemplateVersion",
                            "{'LaunchTemplateName': 'node', 'LaunchTemplateData':"
                            " {'ImageId': '%s', 'InstanceType': 't3.small'}}",
                            image));
}

static void an_instance_has_the_templates_data(void **state)
{
    struct paper_cloud *paper = *state;
    const json_t *record;

    create_template(paper);
    call(paper, "CreateAutoScalingGroup",
         "{'AutoScalingGroupName': 'web', 'LaunchTemplate': {'LaunchTemplateName': 'node'}, " ZONES
         ", 'MinSize': 1, 'MaxSize': 1, 'Tags': [{'Key': 'Name', 'Value': 'n',"
         " 'PropagateAtLaunch': true}]}");
    record = cloud_instance(paper->cloud, id_at(paper, 0));
    assert_string_equal(json_text_of(record, "UserData"), "aGVsbG8=");
    assert_string_equal(cloud_tag(cloud_item(record), "Of"), "template");
    assert_string_equal(cloud_tag(cloud_item(record), "Name"), "n");
    assert_string_equal(
        json_text_of(json_object_get(entry_at(paper, 0), "LaunchTemplate"), "Version"), "1");
}

static void a_group_follows_the_latest_version_when_told(void **state)
{
    struct paper_cloud *paper = *state;

    create_template(paper);
    call(paper, "CreateAutoScalingGroup",
         "{'AutoScalingGroupName': 'web', 'LaunchTemplate': {'LaunchTemplateName': 'node',"
         " 'Version': '$Latest'}, 'AvailabilityZones': ['us-east-1a'], 'MinSize': 0,"
         " 'MaxSize': 2, 'DesiredCapacity': 1}");
    assert_string_equal(json_text_of(entry_at(paper, 0), "InstanceType"), "t3.small");
    assert_string_equal(
        json_text_of(json_object_get(entry_at(paper, 0), "LaunchTemplate"), "Version"), "2");
}

static void by_default_the_oldest_version_goes(void **state)
{
    struct paper_cloud *paper = *state;

    create_template(paper);
    call(paper, "CreateAutoScalingGroup",
         "{'AutoScalingGroupName': 'web', 'LaunchTemplate': {'LaunchTemplateName': 'node',"
         " 'Version': '2'}, 'AvailabilityZones': ['us-east-1a'], 'MinSize': 0,"
         " 'MaxSize': 2, 'DesiredCapacity': 1}");
    call(paper, "UpdateAutoScalingGroup",
         "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 2,"
         " 'LaunchTemplate': {'LaunchTemplateName': 'node', 'Version': '1'}}");
    paper_wait(paper, 1);
    call(paper, "SetDesiredCapacity", "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 1}");
    paper_wait(paper, 1);
    assert_string_equal(json_text_of(entry_at(paper, 0), "InstanceType"), "t3.small");
}

static void a_lost_instance_is_replaced_after_the_delay(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 2, 'MaxSize': 2");
    paper_wait(paper, 1);
    terminate(paper, id_at(paper, 0));
    assert_int_equal(count(paper, "Terminating"), 1);
    paper_wait(paper, 4);
    assert_int_equal(json_array_size(json_object_get(web(paper), "Instances")), 1);
    paper_wait(paper, 2);
    assert_int_equal(count(paper, "InService"), 2);
}

static void two_losses_are_two_replacements(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 3, 'MaxSize': 3");
    paper_wait(paper, 1);
    terminate(paper, id_at(paper, 0));
    terminate(paper, id_at(paper, 1));
    paper_wait(paper, 7);
    assert_int_equal(count(paper, "InService"), 3);
    assert_int_equal(json_array_size(json_object_get(web(paper), "Instances")), 3);
    assert_int_equal(json_object_size(cloud_instances(paper->cloud)), 5);
}

static void a_stopped_instance_is_ended_and_replaced(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = NULL;

    create(paper, "'MinSize': 1, 'MaxSize': 1");
    paper_wait(paper, 1);
    id = mem_strdup(id_at(paper, 0));
    json_decref(paper_callf(paper, "ec2", "StopInstances", "{'InstanceIds': ['%s']}", id));
    assert_string_equal(json_text_of(entry_at(paper, 0), "HealthStatus"), "Unhealthy");
    paper_wait(paper, 1);
    assert_string_equal(state_of(paper, id), "stopped");
    paper_wait(paper, 2);
    assert_string_equal(state_of(paper, id), "terminated");
    paper_wait(paper, 6);
    assert_int_equal(count(paper, "InService"), 1);
    assert_string_not_equal(id_at(paper, 0), id);
}

static void an_instance_said_to_be_unhealthy_is_replaced(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = NULL;

    create(paper, "'MinSize': 1, 'MaxSize': 1");
    paper_wait(paper, 1);
    id = mem_strdup(id_at(paper, 0));
    json_decref(paper_callf(paper, SERVICE, "SetInstanceHealth",
                            "{'InstanceId': '%s', 'HealthStatus': 'Unhealthy'}", id));
    paper_wait(paper, 1);
    assert_string_equal(state_of(paper, id), "running");
    paper_wait(paper, 8);
    assert_string_equal(state_of(paper, id), "terminated");
    assert_int_equal(count(paper, "InService"), 1);
}

static void the_grace_period_is_respected_unless_told_otherwise(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 1, 'MaxSize': 1, 'HealthCheckGracePeriod': 600");
    paper_wait(paper, 1);
    json_decref(paper_callf(paper, SERVICE, "SetInstanceHealth",
                            "{'InstanceId': '%s', 'HealthStatus': 'Unhealthy'}", id_at(paper, 0)));
    assert_string_equal(json_text_of(entry_at(paper, 0), "HealthStatus"), "Healthy");
    json_decref(paper_callf(paper, SERVICE, "SetInstanceHealth",
                            "{'InstanceId': '%s', 'HealthStatus': 'Unhealthy',"
                            " 'ShouldRespectGracePeriod': false}",
                            id_at(paper, 0)));
    assert_string_equal(json_text_of(entry_at(paper, 0), "HealthStatus"), "Unhealthy");
}

static void what_does_not_boot_is_tried_again_ever_more_seldom(void **state)
{
    struct paper_cloud *paper = *state;
    size_t launched;

    paper->boot_fails = true;
    create(paper, "'MinSize': 1, 'MaxSize': 1");
    paper_wait(paper, 300);
    launched = json_object_size(cloud_instances(paper->cloud));
    assert_in_range(launched, 5, 12);
    assert_true(activities(paper, "Failed") >= 4);
    paper->boot_fails = false;
    paper_wait(paper, 120);
    assert_int_equal(count(paper, "InService"), 1);
}

static void a_launch_that_cannot_be_is_a_failed_activity_with_its_reason(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *all = NULL;
    const json_t *first;

    json_object_clear(paper->cloud->tables[CLOUD_IMAGE]);
    create(paper, "'MinSize': 2, 'MaxSize': 2");
    paper_wait(paper, 100);
    assert_in_range(activities(paper, "Failed"), 5, 10);
    all = paper_call(paper, SERVICE, "DescribeScalingActivities",
                     "{'AutoScalingGroupName': 'web', 'MaxRecords': 1}");
    first = json_array_get(json_object_get(all, "Activities"), 0);
    assert_true(str_starts(json_text_of(first, "StatusMessage"), "InvalidAMIID.NotFound: "));
    assert_non_null(json_text_of(all, "NextToken"));
}

static void wanting_more_launches_and_wanting_less_ends(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 1, 'MaxSize': 6, 'DesiredCapacity': 2");
    paper_wait(paper, 1);
    call(paper, "SetDesiredCapacity", "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 6}");
    paper_wait(paper, 1);
    assert_int_equal(count(paper, "InService"), 6);
    call(paper, "SetDesiredCapacity", "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 3}");
    paper_wait(paper, 10);
    assert_int_equal(count(paper, "InService"), 3);
    assert_int_equal(count_in_zone(paper, "us-east-1a"), 1);
    assert_int_equal(count_in_zone(paper, "us-east-1b"), 1);
    assert_int_equal(count_in_zone(paper, "us-east-1c"), 1);
}

static void the_cooldown_is_honoured_when_asked(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 1, 'MaxSize': 6");
    call(paper, "SetDesiredCapacity",
         "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 2, 'HonorCooldown': true}");
    assert_string_equal(paper_refused(paper, SERVICE, "SetDesiredCapacity",
                                      "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 3,"
                                      " 'HonorCooldown': true}"),
                        "ScalingActivityInProgress");
    call(paper, "SetDesiredCapacity", "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 3}");
}

/* Which of the first and the last launched of one zone goes. */
static void ends_by(struct paper_cloud *paper, const char *policy, size_t victim)
{
    AUTO(str) char *id = NULL;

    json_decref(paper_callf(paper, SERVICE, "CreateAutoScalingGroup",
                            "{'AutoScalingGroupName': 'web', 'LaunchConfigurationName': 'node',"
                            " 'AvailabilityZones': ['us-east-1a'], 'MinSize': 0, 'MaxSize': 3,"
                            " 'DesiredCapacity': 3, 'TerminationPolicies': ['%s']}",
                            policy));
    paper_wait(paper, 1);
    id = mem_strdup(id_at(paper, victim));
    call(paper, "SetDesiredCapacity", "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 2}");
    assert_string_equal(state_of(paper, id), "shutting-down");
}

static void the_oldest_instance_goes_if_the_policy_says_so(void **state)
{
    ends_by(*state, "OldestInstance", 0);
}

static void the_newest_instance_goes_if_the_policy_says_so(void **state)
{
    ends_by(*state, "NewestInstance", 2);
}

static void by_default_the_oldest_configuration_goes(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *newer = NULL;

    create(paper, "'MinSize': 0, 'MaxSize': 3, 'DesiredCapacity': 1,"
                  " 'NewInstancesProtectedFromScaleIn': false");
    json_decref(paper_callf(paper, SERVICE, "CreateLaunchConfiguration",
                            "{'LaunchConfigurationName': 'later', 'ImageId': '%s',"
                            " 'InstanceType': 't3.small'}",
                            json_text_of(instance(paper, id_at(paper, 0)), "ImageId")));
    /* a second between them */
    cloud_set_text(cloud_item(cloud_find(paper->cloud, CLOUD_LAUNCH_CONFIGURATION, "node")),
                   "CreatedTime", "2020-01-01T00:00:00+00:00");
    call(paper, "UpdateAutoScalingGroup",
         "{'AutoScalingGroupName': 'web', 'LaunchConfigurationName': 'later',"
         " 'AvailabilityZones': ['us-east-1a'], 'DesiredCapacity': 2}");
    newer = mem_strdup(id_at(paper, 1));
    paper_wait(paper, 1);
    call(paper, "SetDesiredCapacity", "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 1}");
    paper_wait(paper, 1);
    assert_string_equal(id_at(paper, 0), newer);
    assert_string_equal(json_text_of(entry_at(paper, 0), "LaunchConfigurationName"), "later");
}

static void protected_instances_stay(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 0, 'MaxSize': 2, 'DesiredCapacity': 2,"
                  " 'NewInstancesProtectedFromScaleIn': true");
    paper_wait(paper, 1);
    call(paper, "SetDesiredCapacity", "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 0}");
    assert_int_equal(count(paper, "InService"), 2);
    json_decref(paper_callf(paper, SERVICE, "SetInstanceProtection",
                            "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s'],"
                            " 'ProtectedFromScaleIn': false}",
                            id_at(paper, 0)));
    assert_int_equal(count(paper, "InService"), 1);
    assert_string_equal(json_text_of(entry_at(paper, 0), "LifecycleState"), "Terminating");
}

static void an_instance_is_ended_with_and_without_a_replacement(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *result = NULL;

    create(paper, "'MinSize': 1, 'MaxSize': 3, 'DesiredCapacity': 2");
    paper_wait(paper, 1);
    result = paper_callf(paper, SERVICE, "TerminateInstanceInAutoScalingGroup",
                         "{'InstanceId': '%s', 'ShouldDecrementDesiredCapacity': true}",
                         id_at(paper, 0));
    assert_string_equal(json_text_of(json_object_get(result, "Activity"), "StatusCode"),
                        "InProgress");
    paper_wait(paper, 10);
    assert_int_equal(count(paper, "InService"), 1);
    assert_int_equal(wanted(paper), 1);
    assert_string_equal(
        paper_refusedf(paper, SERVICE, "TerminateInstanceInAutoScalingGroup",
                       "{'InstanceId': '%s', 'ShouldDecrementDesiredCapacity': true}",
                       id_at(paper, 0)),
        "ValidationError");
    json_decref(paper_callf(paper, SERVICE, "TerminateInstanceInAutoScalingGroup",
                            "{'InstanceId': '%s', 'ShouldDecrementDesiredCapacity': false}",
                            id_at(paper, 0)));
    paper_wait(paper, 4);
    assert_int_equal(count(paper, "InService"), 0);
    paper_wait(paper, 3);
    assert_int_equal(count(paper, "InService"), 1);
}

static void a_detached_instance_lives_on_by_itself(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *result = NULL;
    AUTO(str) char *id = NULL;

    create(paper, "'MinSize': 1, 'MaxSize': 3, 'DesiredCapacity': 2");
    paper_wait(paper, 1);
    id = mem_strdup(id_at(paper, 0));
    result = paper_callf(paper, SERVICE, "DetachInstances",
                         "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s'],"
                         " 'ShouldDecrementDesiredCapacity': true}",
                         id);
    assert_int_equal(json_array_size(json_object_get(result, "Activities")), 1);
    paper_wait(paper, 10);
    assert_string_equal(state_of(paper, id), "running");
    assert_null(cloud_tag(instance(paper, id), "aws:autoscaling:groupName"));
    assert_int_equal(count(paper, "InService"), 1);
    terminate(paper, id);
    paper_wait(paper, 10);
    assert_int_equal(count(paper, "InService"), 1);
}

static void an_attached_instance_counts(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *run = NULL;
    const char *id;

    create(paper, "'MinSize': 1, 'MaxSize': 2, 'DesiredCapacity': 1");
    run =
        paper_callf(paper, "ec2", "RunInstances", "{'ImageId': '%s', 'MinCount': 1, 'MaxCount': 1}",
                    json_text_of(instance(paper, id_at(paper, 0)), "ImageId"));
    id = json_text_of(json_array_get(json_object_get(run, "Instances"), 0), "InstanceId");
    assert_string_equal(paper_refusedf(paper, SERVICE, "AttachInstances",
                                       "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s']}",
                                       id),
                        "ValidationError"); /* it is pending */
    paper_wait(paper, 1);
    json_decref(paper_callf(paper, SERVICE, "AttachInstances",
                            "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s']}", id));
    assert_int_equal(wanted(paper), 2);
    assert_int_equal(count(paper, "InService"), 2);
    assert_string_equal(cloud_tag(instance(paper, id), "aws:autoscaling:groupName"), "web");
    assert_string_equal(paper_refusedf(paper, SERVICE, "AttachInstances",
                                       "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s']}",
                                       id),
                        "ValidationError"); /* it is in the group */
}

static void an_instance_on_standby_is_left_alone(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = NULL;

    create(paper, "'MinSize': 0, 'MaxSize': 2, 'DesiredCapacity': 1");
    paper_wait(paper, 1);
    id = mem_strdup(id_at(paper, 0));
    json_decref(paper_callf(paper, SERVICE, "EnterStandby",
                            "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s'],"
                            " 'ShouldDecrementDesiredCapacity': true}",
                            id));
    assert_int_equal(wanted(paper), 0);
    json_decref(paper_callf(paper, "ec2", "StopInstances", "{'InstanceIds': ['%s']}", id));
    paper_wait(paper, 10);
    assert_string_equal(state_of(paper, id), "stopped");
    json_decref(paper_callf(paper, "ec2", "StartInstances", "{'InstanceIds': ['%s']}", id));
    paper_wait(paper, 1);
    json_decref(paper_callf(paper, SERVICE, "ExitStandby",
                            "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s']}", id));
    paper_wait(paper, 10);
    assert_int_equal(wanted(paper), 1);
    assert_string_equal(id_at(paper, 0), id);
    assert_int_equal(count(paper, "InService"), 1);
}

static void standby_without_one_less_is_replaced(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 1, 'MaxSize': 2, 'DesiredCapacity': 1");
    paper_wait(paper, 1);
    json_decref(paper_callf(paper, SERVICE, "EnterStandby",
                            "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s'],"
                            " 'ShouldDecrementDesiredCapacity': false}",
                            id_at(paper, 0)));
    paper_wait(paper, 1);
    assert_int_equal(count(paper, "Standby"), 1);
    assert_int_equal(count(paper, "InService"), 1);
}

#define SUSPEND(process) "{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['" process "']}"

static void nothing_is_launched_while_launch_is_suspended(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 1, 'MaxSize': 2, 'DesiredCapacity': 1");
    paper_wait(paper, 1);
    call(paper, "SuspendProcesses", SUSPEND("Launch"));
    terminate(paper, id_at(paper, 0));
    paper_wait(paper, 30);
    assert_int_equal(json_array_size(json_object_get(web(paper), "Instances")), 0);
    call(paper, "ResumeProcesses", SUSPEND("Launch"));
    paper_wait(paper, 1);
    assert_int_equal(count(paper, "InService"), 1);
}

static void nothing_is_ended_while_terminate_is_suspended(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 0, 'MaxSize': 2, 'DesiredCapacity': 2");
    paper_wait(paper, 1);
    call(paper, "SuspendProcesses", SUSPEND("Terminate"));
    call(paper, "SetDesiredCapacity", "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 0}");
    paper_wait(paper, 10);
    assert_int_equal(count(paper, "InService"), 2);
    call(paper, "ResumeProcesses", "{'AutoScalingGroupName': 'web'}");
    paper_wait(paper, 10);
    assert_int_equal(count(paper, "InService"), 0);
}

static void nobody_looks_while_health_checks_are_suspended(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 1, 'MaxSize': 1");
    paper_wait(paper, 1);
    call(paper, "SuspendProcesses", SUSPEND("HealthCheck"));
    terminate(paper, id_at(paper, 0));
    paper_wait(paper, 20);
    assert_string_equal(json_text_of(entry_at(paper, 0), "HealthStatus"), "Healthy");
    assert_int_equal(count(paper, "InService"), 1);
    call(paper, "ResumeProcesses", SUSPEND("HealthCheck"));
    paper_wait(paper, 7);
    assert_int_equal(count(paper, "InService"), 1);
    assert_string_equal(state_of(paper, id_at(paper, 0)), "running");
}

static void the_unhealthy_stay_while_replacing_is_suspended(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = NULL;

    create(paper, "'MinSize': 1, 'MaxSize': 1");
    paper_wait(paper, 1);
    id = mem_strdup(id_at(paper, 0));
    call(paper, "SuspendProcesses", SUSPEND("ReplaceUnhealthy"));
    terminate(paper, id);
    paper_wait(paper, 20);
    assert_string_equal(json_text_of(entry_at(paper, 0), "HealthStatus"), "Unhealthy");
    call(paper, "ResumeProcesses", SUSPEND("ReplaceUnhealthy"));
    paper_wait(paper, 10);
    assert_string_not_equal(id_at(paper, 0), id);
    assert_int_equal(count(paper, "InService"), 1);
}

static void uneven_zones_are_evened_out_one_ahead(void **state)
{
    struct paper_cloud *paper = *state;

    json_decref(paper_call(paper, SERVICE, "CreateAutoScalingGroup",
                           "{'AutoScalingGroupName': 'web', 'LaunchConfigurationName': 'node',"
                           " 'AvailabilityZones': ['us-east-1a'], 'MinSize': 4, 'MaxSize': 4}"));
    paper_wait(paper, 1);
    call(paper, "UpdateAutoScalingGroup",
         "{'AutoScalingGroupName': 'web', 'AvailabilityZones': ['us-east-1a', 'us-east-1b']}");
    assert_int_equal(count(paper, "InService"), 4);
    assert_int_equal(count(paper, "Pending"), 1);
    paper_wait(paper, 10);
    assert_int_equal(count_in_zone(paper, "us-east-1a"), 2);
    assert_int_equal(count_in_zone(paper, "us-east-1b"), 2);
    call(paper, "UpdateAutoScalingGroup",
         "{'AutoScalingGroupName': 'web', 'AvailabilityZones': ['us-east-1c']}");
    paper_wait(paper, 10);
    assert_int_equal(count_in_zone(paper, "us-east-1c"), 4);
    assert_int_equal(json_array_size(json_object_get(web(paper), "Instances")), 4);
}

static void zones_stay_uneven_while_rebalancing_is_suspended(void **state)
{
    struct paper_cloud *paper = *state;

    json_decref(paper_call(paper, SERVICE, "CreateAutoScalingGroup",
                           "{'AutoScalingGroupName': 'web', 'LaunchConfigurationName': 'node',"
                           " 'AvailabilityZones': ['us-east-1a'], 'MinSize': 2, 'MaxSize': 2}"));
    paper_wait(paper, 1);
    call(paper, "SuspendProcesses", SUSPEND("AZRebalance"));
    call(paper, "UpdateAutoScalingGroup",
         "{'AutoScalingGroupName': 'web', 'AvailabilityZones': ['us-east-1a', 'us-east-1b']}");
    paper_wait(paper, 10);
    assert_int_equal(count_in_zone(paper, "us-east-1a"), 2);
}

static void a_full_zone_leaves_its_share_to_the_others(void **state)
{
    struct paper_cloud *paper = *state;
    json_t *subnet;
    const char *id;

    json_object_foreach (paper->cloud->tables[CLOUD_SUBNET], id, subnet) {
        if (str_equal(json_text_of(cloud_item(subnet), "AvailabilityZone"), "us-east-1a"))
            cloud_set_text(cloud_item(subnet), "CidrBlock", "10.0.0.0/30"); /* no free address */
    }
    create(paper, "'MinSize': 2, 'MaxSize': 2");
    paper_wait(paper, 1);
    assert_int_equal(count(paper, "InService"), 2);
    assert_int_equal(count_in_zone(paper, "us-east-1a"), 0);
}

static void a_group_is_deleted_with_force_and_its_instances(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = NULL;

    create(paper, "'MinSize': 2, 'MaxSize': 2");
    paper_wait(paper, 1);
    id = mem_strdup(id_at(paper, 0));
    assert_string_equal(
        paper_refused(paper, SERVICE, "DeleteAutoScalingGroup", "{'AutoScalingGroupName': 'web'}"),
        "ResourceInUse");
    call(paper, "DeleteAutoScalingGroup", "{'AutoScalingGroupName': 'web', 'ForceDelete': true}");
    assert_string_equal(json_text_of(web(paper), "Status"), "Delete in progress");
    assert_string_equal(paper_refused(paper, SERVICE, "SetDesiredCapacity",
                                      "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 0}"),
                        "ScalingActivityInProgress");
    paper_wait(paper, 10);
    assert_null(web(paper));
    assert_string_equal(state_of(paper, id), "terminated");
    assert_int_equal(json_object_size(cloud_instances(paper->cloud)), 2);
    assert_int_equal(activities(paper, "Successful"), 0); /* those of deleted groups are hidden */
}

static void an_empty_group_is_deleted_at_once(void **state)
{
    create(*state, "'MinSize': 0, 'MaxSize': 2");
    call(*state, "DeleteAutoScalingGroup", "{'AutoScalingGroupName': 'web'}");
    assert_null(web(*state));
    call(*state, "DeleteLaunchConfiguration", "{'LaunchConfigurationName': 'node'}");
}

static void groups_look_at_their_instances_after_a_restore(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *snapshot = NULL;

    create(paper, "'MinSize': 3, 'MaxSize': 3");
    paper_wait(paper, 1);
    terminate(paper, id_at(paper, 0));
    terminate(paper, id_at(paper, 1));
    snapshot = cloud_snapshot(paper->cloud);
    paper_cloud_close(state);
    paper_cloud_open(state, NULL);
    paper = *state;
    assert_int_equal(cloud_restore(paper->cloud, snapshot, &err), 0);
    paper_wait(paper, 1);
    assert_int_equal(count(paper, "InService"), 3);
    assert_int_equal(json_array_size(json_object_get(web(paper), "Instances")), 3);
}

/* The id of any entry of the group, NULL when it has none. */
static const char *any_id(const struct paper_cloud *paper, unsigned *seed)
{
    const json_t *entries = json_object_get(web(paper), "Instances");
    size_t n = json_array_size(entries);

    return n ? json_text_of(json_array_get(entries, (size_t)rand_r(seed) % n), "InstanceId") : NULL;
}

/* Calls with an instance of the group; some of them are refused, as its state has it. */
static const struct {
    const char *service;
    const char *operation;
    const char *params; /* "%s" stands for the instance */
} deeds[] = {
    { "ec2", "TerminateInstances", "{'InstanceIds': ['%s']}" },
    { "ec2", "StopInstances", "{'InstanceIds': ['%s'], 'Force': true}" },
    { "ec2", "StartInstances", "{'InstanceIds': ['%s']}" },
    { "ec2", "RebootInstances", "{'InstanceIds': ['%s']}" },
    { SERVICE, "SetInstanceHealth", "{'InstanceId': '%s', 'HealthStatus': 'Unhealthy'}" },
    { SERVICE, "TerminateInstanceInAutoScalingGroup",
      "{'InstanceId': '%s', 'ShouldDecrementDesiredCapacity': false}" },
    { SERVICE, "TerminateInstanceInAutoScalingGroup",
      "{'InstanceId': '%s', 'ShouldDecrementDesiredCapacity': true}" },
    { SERVICE, "EnterStandby",
      "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s'],"
      " 'ShouldDecrementDesiredCapacity': false}" },
    { SERVICE, "ExitStandby", "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s']}" },
    { SERVICE, "DetachInstances",
      "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s'],"
      " 'ShouldDecrementDesiredCapacity': true}" },
    { SERVICE, "AttachInstances", "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s']}" },
    { SERVICE, "SetInstanceProtection",
      "{'AutoScalingGroupName': 'web', 'InstanceIds': ['%s'], 'ProtectedFromScaleIn': false}" },
};

static const char *const turns[] = {
    "{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['Launch']}",
    "{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['Terminate', 'AZRebalance']}",
    "{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['HealthCheck']}",
    "{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['ReplaceUnhealthy']}",
};

/* One call out of all, whether it is refused or not. */
static void do_anything(struct paper_cloud *paper, unsigned *seed)
{
    size_t pick = (size_t)rand_r(seed) % (ARRAY_SIZE(deeds) + 4);
    const char *id = any_id(paper, seed);
    const char *turn = turns[(size_t)rand_r(seed) % ARRAY_SIZE(turns)];

    paper->boot_fails = rand_r(seed) % 8 == 0;
    if (pick == ARRAY_SIZE(deeds))
        json_decref(paper_try(paper, SERVICE, "SuspendProcesses", turn));
    else if (pick == ARRAY_SIZE(deeds) + 1)
        json_decref(paper_try(paper, SERVICE, "ResumeProcesses", turn));
    else if (pick == ARRAY_SIZE(deeds) + 2 || !id)
        json_decref(paper_try(paper, SERVICE, "SetDesiredCapacity",
                              rand_r(seed) % 2
                                  ? "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 5}"
                                  : "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 2}"));
    else if (pick == ARRAY_SIZE(deeds) + 3)
        json_decref(paper_try(paper, SERVICE, "UpdateAutoScalingGroup",
                              rand_r(seed) % 2 ? "{'AutoScalingGroupName': 'web', " ZONES "}"
                                               : "{'AutoScalingGroupName': 'web',"
                                                 " 'AvailabilityZones': ['us-east-1c']}"));
    else {
        struct buffer params = { 0 };
        const char *hole = strstr(deeds[pick].params, "%s");

        buffer_add(&params, deeds[pick].params, (size_t)(hole - deeds[pick].params));
        buffer_add_text(&params, id);
        buffer_add_text(&params, hole + 2);
        json_decref(
            paper_try(paper, deeds[pick].service, deeds[pick].operation, buffer_text(&params)));
        buffer_clear(&params);
    }
}

static void whatever_happens_a_group_ends_up_with_what_it_wants(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 0, 'MaxSize': 6, 'DesiredCapacity': 3");
    for (unsigned round = 1; round <= 60; round++) {
        unsigned seed = round;

        for (int i = 0; i < 25; i++) {
            do_anything(paper, &seed);
            paper_wait(paper, rand_r(&seed) % 4 == 0 ? 7 : 0.05);
        }
        paper->boot_fails = false;
        call(paper, "ResumeProcesses", "{'AutoScalingGroupName': 'web'}");
        paper_wait(paper, 300);
        if (count(paper, "InService") != wanted(paper) || count(paper, "Pending") ||
            count(paper, "Terminating"))
            fail_msg("round %u: %d of %d in service, %d pending, %d terminating", round,
                     count(paper, "InService"), wanted(paper), count(paper, "Pending"),
                     count(paper, "Terminating"));
    }
}

static size_t described(struct paper_cloud *paper, const char *params)
{
    AUTO(json) json_t *result = paper_call(paper, SERVICE, "DescribeAutoScalingGroups", params);

    return json_array_size(json_object_get(result, "AutoScalingGroups"));
}

static void groups_are_found_by_name_and_by_tag(void **state)
{
    struct paper_cloud *paper = *state;

    create(paper, "'MinSize': 0, 'MaxSize': 2,"
                  " 'Tags': [{'Key': 'Env', 'Value': 'prod', 'ResourceId': 'web'}]");
    assert_int_equal(described(paper, "{}"), 1);
    assert_int_equal(described(paper, "{'AutoScalingGroupNames': ['web', 'other']}"), 1);
    assert_int_equal(described(paper, "{'AutoScalingGroupNames': ['other']}"), 0);
    assert_int_equal(described(paper, "{'Filters': [{'Name': 'tag:Env', 'Values': ['prod']}]}"), 1);
    assert_int_equal(described(paper, "{'Filters': [{'Name': 'tag:Env', 'Values': ['dev']}]}"), 0);
    assert_int_equal(described(paper, "{'Filters': [{'Name': 'tag-key', 'Values': ['Env']}]}"), 1);
}

static void tags_are_set_changed_listed_and_deleted(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *listed = NULL;
    AUTO(json) json_t *left = NULL;
    const json_t *tag;

    create(paper, "'MinSize': 0, 'MaxSize': 2");
    call(paper, "CreateOrUpdateTags",
         "{'Tags': [{'ResourceId': 'web', 'ResourceType': 'auto-scaling-group', 'Key': 'a',"
         " 'Value': '1', 'PropagateAtLaunch': true}]}");
    call(paper, "CreateOrUpdateTags",
         "{'Tags': [{'ResourceId': 'web', 'ResourceType': 'auto-scaling-group', 'Key': 'a',"
         " 'Value': '2', 'PropagateAtLaunch': false}]}");
    listed = paper_call(paper, SERVICE, "DescribeTags",
                        "{'Filters': [{'Name': 'key', 'Values': ['a']}]}");
    assert_int_equal(json_array_size(json_object_get(listed, "Tags")), 1);
    tag = json_array_get(json_object_get(listed, "Tags"), 0);
    assert_string_equal(json_text_of(tag, "Value"), "2");
    assert_true(json_is_false(json_object_get(tag, "PropagateAtLaunch")));
    call(paper, "DeleteTags",
         "{'Tags': [{'ResourceId': 'web', 'ResourceType': 'auto-scaling-group', 'Key': 'a'}]}");
    left = paper_call(paper, SERVICE, "DescribeTags", "{}");
    assert_int_equal(json_array_size(json_object_get(left, "Tags")), 0);
}

static void instances_are_described_with_their_group(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *all = NULL;
    AUTO(json) json_t *one = NULL;
    const json_t *first;

    create(paper, "'MinSize': 2, 'MaxSize': 2");
    all = paper_call(paper, SERVICE, "DescribeAutoScalingInstances", "{}");
    assert_int_equal(json_array_size(json_object_get(all, "AutoScalingInstances")), 2);
    one = paper_callf(paper, SERVICE, "DescribeAutoScalingInstances", "{'InstanceIds': ['%s']}",
                      id_at(paper, 1));
    first = json_array_get(json_object_get(one, "AutoScalingInstances"), 0);
    assert_string_equal(json_text_of(first, "AutoScalingGroupName"), "web");
    assert_string_equal(json_text_of(first, "InstanceId"), id_at(paper, 1));
    assert_string_equal(json_text_of(first, "HealthStatus"), "HEALTHY");
}

static void a_configuration_in_use_cannot_be_deleted(void **state)
{
    create(*state, "'MinSize': 0, 'MaxSize': 2");
    assert_string_equal(paper_refused(*state, SERVICE, "DeleteLaunchConfiguration",
                                      "{'LaunchConfigurationName': 'node'}"),
                        "ResourceInUse");
}

static void a_refused_update_changes_nothing(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *before = NULL;

    create(paper, "'MinSize': 1, 'MaxSize': 2");
    before = json_deep_copy(web(paper));
    assert_string_equal(paper_refused(paper, SERVICE, "UpdateAutoScalingGroup",
                                      "{'AutoScalingGroupName': 'web', 'DefaultCooldown': 7,"
                                      " 'AvailabilityZones': ['us-east-1b'],"
                                      " 'DesiredCapacity': 3}"),
                        "ValidationError");
    assert_true(json_equal(before, web(paper)));
}

static void limits_and_types_are_told(void **state)
{
    AUTO(json) json_t *limits = paper_call(*state, SERVICE, "DescribeAccountLimits", "{}");
    AUTO(json)
    json_t *policies = paper_call(*state, SERVICE, "DescribeTerminationPolicyTypes", "{}");
    AUTO(json) json_t *processes = paper_call(*state, SERVICE, "DescribeScalingProcessTypes", "{}");

    assert_int_equal(json_integer_value(json_object_get(limits, "NumberOfLaunchConfigurations")),
                     1);
    assert_int_equal(json_array_size(json_object_get(policies, "TerminationPolicyTypes")), 6);
    assert_int_equal(json_array_size(json_object_get(processes, "Processes")), 9);
}

struct refusal {
    const char *claim;
    const char *operation;
    const char *params;
    const char *code;
};

#define NEW       "'AutoScalingGroupName': 'new', 'MinSize': 0, 'MaxSize': 1"
#define WITH_NODE "'LaunchConfigurationName': 'node'"

static const struct refusal refusals[] = {
    { "a group's name is used once", "CreateAutoScalingGroup",
      "{'AutoScalingGroupName': 'web', 'MinSize': 0, 'MaxSize': 1, " WITH_NODE ", " ZONES "}",
      "AlreadyExists" },
    { "a group launches something", "CreateAutoScalingGroup", "{" NEW ", " ZONES "}",
      "ValidationError" },
    { "a group is somewhere", "CreateAutoScalingGroup", "{" NEW ", " WITH_NODE "}",
      "ValidationError" },
    { "a zone must be there", "CreateAutoScalingGroup",
      "{" NEW ", " WITH_NODE ", 'AvailabilityZones': ['us-east-1z']}", "ValidationError" },
    { "a subnet must be there", "CreateAutoScalingGroup",
      "{" NEW ", " WITH_NODE ", 'VPCZoneIdentifier': 'subnet-0'}", "ValidationError" },
    { "a configuration must be there", "CreateAutoScalingGroup",
      "{" NEW ", " ZONES ", 'LaunchConfigurationName': 'other'}", "ValidationError" },
    { "a template must be there", "CreateAutoScalingGroup",
      "{" NEW ", " ZONES ", 'LaunchTemplate': {'LaunchTemplateId': 'lt-0123456789abcdef0'}}",
      "ValidationError" },
    { "a template is named by its id or its name", "CreateAutoScalingGroup",
      "{" NEW ", " ZONES ", 'LaunchTemplate': {'LaunchTemplateId': 'lt-0123456789abcdef0',"
      " 'LaunchTemplateName': 'node'}}",
      "ValidationError" },
    { "a group does not want more than its maximum", "CreateAutoScalingGroup",
      "{" NEW ", " WITH_NODE ", " ZONES ", 'DesiredCapacity': 2}", "ValidationError" },
    { "the minimum is not above the maximum", "UpdateAutoScalingGroup",
      "{'AutoScalingGroupName': 'web', 'MinSize': 3}", "ValidationError" },
    { "a size is not negative", "UpdateAutoScalingGroup",
      "{'AutoScalingGroupName': 'web', 'MinSize': -1}", "ValidationError" },
    { "mixed instances are not obeyed, so refused", "CreateAutoScalingGroup",
      "{" NEW ", " ZONES ", 'MixedInstancesPolicy': {}}", "ValidationError" },
    { "load balancers are not there", "CreateAutoScalingGroup",
      "{" NEW ", " WITH_NODE ", " ZONES ", 'LoadBalancerNames': ['front']}", "ValidationError" },
    { "a policy must be known", "UpdateAutoScalingGroup",
      "{'AutoScalingGroupName': 'web', 'TerminationPolicies': ['AllocationStrategy']}",
      "ValidationError" },
    { "a process must be known", "SuspendProcesses",
      "{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['Lunch']}", "ValidationError" },
    { "a group must be there", "SuspendProcesses", "{'AutoScalingGroupName': 'other'}",
      "ValidationError" },
    { "the capacity is not above the maximum", "SetDesiredCapacity",
      "{'AutoScalingGroupName': 'web', 'DesiredCapacity': 3}", "ValidationError" },
    { "an unmanaged instance is not ended", "TerminateInstanceInAutoScalingGroup",
      "{'InstanceId': 'i-0123456789abcdef0', 'ShouldDecrementDesiredCapacity': true}",
      "ValidationError" },
    { "an instance of another group is not detached", "DetachInstances",
      "{'AutoScalingGroupName': 'web', 'InstanceIds': ['i-0123456789abcdef0'],"
      " 'ShouldDecrementDesiredCapacity': true}",
      "ValidationError" },
    { "health is one of two words", "SetInstanceHealth",
      "{'InstanceId': 'i-0123456789abcdef0', 'HealthStatus': 'Ill'}", "ValidationError" },
    { "a configuration's name is used once", "CreateLaunchConfiguration",
      "{'LaunchConfigurationName': 'node', 'ImageId': 'ami-1', 'InstanceType': 't3.micro'}",
      "AlreadyExists" },
    { "a configuration has an image", "CreateLaunchConfiguration",
      "{'LaunchConfigurationName': 'other', 'InstanceType': 't3.micro'}", "ValidationError" },
    { "an image must be there", "CreateLaunchConfiguration",
      "{'LaunchConfigurationName': 'other', 'ImageId': 'ami-0123456789abcdef0',"
      " 'InstanceType': 't3.micro'}",
      "ValidationError" },
    { "a configuration must be there to be deleted", "DeleteLaunchConfiguration",
      "{'LaunchConfigurationName': 'other'}", "ValidationError" },
    { "a page has a record at least", "DescribeAutoScalingGroups", "{'MaxRecords': 0}",
      "ValidationError" },
    { "a page has 100 records at most", "DescribeAutoScalingGroups", "{'MaxRecords': 101}",
      "ValidationError" },
    { "a token is one of ours", "DescribeAutoScalingGroups", "{'NextToken': 'other'}",
      "InvalidNextToken" },
    { "a filter must be known", "DescribeAutoScalingGroups",
      "{'Filters': [{'Name': 'colour', 'Values': ['red']}]}", "ValidationError" },
    { "a tag's group must be there", "CreateOrUpdateTags",
      "{'Tags': [{'ResourceId': 'other', 'ResourceType': 'auto-scaling-group', 'Key': 'a'}]}",
      "ValidationError" },
    { "a tag's key does not begin with aws:", "CreateOrUpdateTags",
      "{'Tags': [{'ResourceId': 'web', 'Key': 'aws:a'}]}", "ValidationError" },
};

static void each_refusal_has_its_code(void **state)
{
    create(*state, "'MinSize': 0, 'MaxSize': 2");
    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        const struct refusal *refusal = &refusals[i];
        const char *code = paper_refused(*state, SERVICE, refusal->operation, refusal->params);

        if (strcmp(code, refusal->code) != 0)
            fail_msg("%s: %s", refusal->claim, code);
    }
}

#define CLAIM(function) cmocka_unit_test_setup_teardown(function, open_paper, paper_cloud_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(a_group_launches_what_it_wants),
        CLAIM(a_group_wants_its_minimum_when_nothing_is_said),
        CLAIM(instances_are_spread_over_the_zones),
        CLAIM(an_instance_has_the_configurations_data_and_the_groups_tags),
        CLAIM(an_instance_has_the_templates_data),
        CLAIM(a_group_follows_the_latest_version_when_told),
        CLAIM(by_default_the_oldest_version_goes),
        CLAIM(a_lost_instance_is_replaced_after_the_delay),
        CLAIM(two_losses_are_two_replacements),
        CLAIM(a_stopped_instance_is_ended_and_replaced),
        CLAIM(an_instance_said_to_be_unhealthy_is_replaced),
        CLAIM(the_grace_period_is_respected_unless_told_otherwise),
        CLAIM(what_does_not_boot_is_tried_again_ever_more_seldom),
        CLAIM(a_launch_that_cannot_be_is_a_failed_activity_with_its_reason),
        CLAIM(wanting_more_launches_and_wanting_less_ends),
        CLAIM(the_cooldown_is_honoured_when_asked),
        CLAIM(the_oldest_instance_goes_if_the_policy_says_so),
        CLAIM(the_newest_instance_goes_if_the_policy_says_so),
        CLAIM(by_default_the_oldest_configuration_goes),
        CLAIM(protected_instances_stay),
        CLAIM(an_instance_is_ended_with_and_without_a_replacement),
        CLAIM(a_detached_instance_lives_on_by_itself),
        CLAIM(an_attached_instance_counts),
        CLAIM(an_instance_on_standby_is_left_alone),
        CLAIM(standby_without_one_less_is_replaced),
        CLAIM(nothing_is_launched_while_launch_is_suspended),
        CLAIM(nothing_is_ended_while_terminate_is_suspended),
        CLAIM(nobody_looks_while_health_checks_are_suspended),
        CLAIM(the_unhealthy_stay_while_replacing_is_suspended),
        CLAIM(uneven_zones_are_evened_out_one_ahead),
        CLAIM(zones_stay_uneven_while_rebalancing_is_suspended),
        CLAIM(a_full_zone_leaves_its_share_to_the_others),
        CLAIM(a_group_is_deleted_with_force_and_its_instances),
        CLAIM(an_empty_group_is_deleted_at_once),
        CLAIM(groups_look_at_their_instances_after_a_restore),
        CLAIM(whatever_happens_a_group_ends_up_with_what_it_wants),
        CLAIM(groups_are_found_by_name_and_by_tag),
        CLAIM(tags_are_set_changed_listed_and_deleted),
        CLAIM(instances_are_described_with_their_group),
        CLAIM(a_configuration_in_use_cannot_be_deleted),
        CLAIM(a_refused_update_changes_nothing),
        CLAIM(limits_and_types_are_told),
        CLAIM(each_refusal_has_its_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
