// SPDX-License-Identifier: Apache-2.0
// What answers of AWS mean for a request that puts something back: cases that moto does not show.
#include "ext/aws_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/quoted.h"

struct look_case {
    const char *claim;
    const char *service;
    const char *operation;
    const char *request;
    const char *answer;
    enum aws_state state;
    const char *what;
};

#define FUNCTION   "{'FunctionName': 'f', 'Environment': {'Variables': {'KEY': 'secret'}}}"
#define TAG(value) "{'Resources': ['i-1'], 'Tags': [{'Key': 'a', 'Value': '" value "'}]}"
#define TARGET     "{'TargetGroupArn': 'tg', 'Targets': [{'Id': 'i-1', 'Port': 80}]}"
#define HEALTH(port, state)                                                                        \
    "{'TargetHealthDescriptions': [{'Target': {'Id': 'i-1', 'Port': " port                         \
    "}, 'TargetHealth': {'State': '" state "'}}]}"

static const struct look_case cases[] = {
    { "the order of subnets does not matter", "autoscaling", "UpdateAutoScalingGroup",
      "{'AutoScalingGroupName': 'web', 'VPCZoneIdentifier': 'a,b'}",
      "{'AutoScalingGroups': [{'VPCZoneIdentifier': 'b,a'}]}", AWS_AS_WANTED, "" },
    { "a subnet too many is a difference", "autoscaling", "UpdateAutoScalingGroup",
      "{'AutoScalingGroupName': 'web', 'VPCZoneIdentifier': 'a'}",
      "{'AutoScalingGroups': [{'VPCZoneIdentifier': 'b,a'}]}", AWS_OTHERWISE,
      "VPCZoneIdentifier of web is [\"b\",\"a\"], not [\"a\"]" },
    { "an instance in another group is not back", "autoscaling", "AttachInstances",
      "{'AutoScalingGroupName': 'web', 'InstanceIds': ['i-1']}",
      "{'AutoScalingInstances': [{'InstanceId': 'i-1', 'AutoScalingGroupName': 'other', "
      "'LifecycleState': 'InService'}]}",
      AWS_OTHERWISE, "i-1 is not there" },
    { "an instance that joins is on its way", "autoscaling", "AttachInstances",
      "{'AutoScalingGroupName': 'web', 'InstanceIds': ['i-1']}",
      "{'AutoScalingInstances': [{'InstanceId': 'i-1', 'AutoScalingGroupName': 'web', "
      "'LifecycleState': 'Pending'}]}",
      AWS_ON_ITS_WAY, "i-1 is 'Pending', not 'InService'" },
    { "what is farthest from the wanted state is told", "ec2", "StartInstances",
      "{'InstanceIds': ['i-1', 'i-2', 'i-3']}",
      "{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'State': {'Name': 'pending'}}, "
      "{'InstanceId': 'i-2', 'State': {'Name': 'stopped'}}]}, {'Instances': [{'InstanceId': "
      "'i-3', 'State': {'Name': 'running'}}]}]}",
      AWS_OTHERWISE, "i-2 is 'stopped', not 'running'" },
    { "a volume at another device is not where it was", "ec2", "AttachVolume",
      "{'VolumeId': 'vol-1', 'InstanceId': 'i-1', 'Device': '/dev/sdb'}",
      "{'Volumes': [{'Attachments': [{'InstanceId': 'i-1', 'Device': '/dev/sdc', 'State': "
      "'attached'}]}]}",
      AWS_OTHERWISE, "Device of vol-1 is \"/dev/sdc\", not \"/dev/sdb\"" },
    { "a volume that is still being detached is on its way", "ec2", "AttachVolume",
      "{'VolumeId': 'vol-1', 'InstanceId': 'i-1', 'Device': '/dev/sdb'}",
      "{'Volumes': [{'Attachments': [{'InstanceId': 'i-1', 'Device': '/dev/sdb', 'State': "
      "'detaching'}]}]}",
      AWS_ON_ITS_WAY, "vol-1 is 'detaching', not 'attached'" },
    { "a target that is not healthy yet is registered", "elbv2", "RegisterTargets", TARGET,
      HEALTH("80", "initial"), AWS_AS_WANTED, "" },
    { "a target that is being drained is not registered", "elbv2", "RegisterTargets", TARGET,
      HEALTH("80", "draining"), AWS_OTHERWISE, "i-1 is not there" },
    { "the same instance at another port is another target", "elbv2", "RegisterTargets", TARGET,
      HEALTH("81", "healthy"), AWS_OTHERWISE, "i-1 is not there" },
    { "a rule that a trail manages is enabled", "events", "EnableRule", "{'Name': 'r'}",
      "{'State': 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'}", AWS_AS_WANTED, "" },
    { "versioning that was never on is suspended", "s3", "PutBucketVersioning",
      "{'Bucket': 'b', 'VersioningConfiguration': {'Status': 'Suspended'}}", "{}", AWS_AS_WANTED,
      "" },
    { "a service has its members, whatever else it has", "ecs", "UpdateService",
      "{'cluster': 'c', 'service': 's', 'deploymentConfiguration': {'maximumPercent': 200}}",
      "{'services': [{'deploymentConfiguration': {'maximumPercent': 200, 'alarms': {}}}]}",
      AWS_AS_WANTED, "" },
    { "a database that starts is on its way", "rds", "StartDBInstance",
      "{'DBInstanceIdentifier': 'd'}", "{'DBInstances': [{'DBInstanceStatus': 'starting'}]}",
      AWS_ON_ITS_WAY, "d is 'starting', not 'available'" },
    { "a function that is being updated is on its way", "lambda", "UpdateFunctionConfiguration",
      FUNCTION,
      "{'LastUpdateStatus': 'InProgress', 'Environment': {'Variables': {'KEY': 'secret'}}}",
      AWS_ON_ITS_WAY, "f is being updated" },
    { "a variable that is another one is a difference, whose value is not told", "lambda",
      "UpdateFunctionConfiguration", FUNCTION, "{'Environment': {'Variables': {'KEY': 'other'}}}",
      AWS_OTHERWISE, "the environment of f is another one" },
    { "a variable that was not there is a difference", "lambda", "UpdateFunctionConfiguration",
      "{'FunctionName': 'f', 'Environment': {'Variables': {'FAULT': null}}}",
      "{'Environment': {'Variables': {'FAULT': 'on'}}}", AWS_OTHERWISE,
      "the environment of f is another one" },
    { "variables that are not named do not matter", "lambda", "UpdateFunctionConfiguration",
      FUNCTION, "{'Environment': {'Variables': {'KEY': 'secret', 'LATER': 'x'}}}", AWS_AS_WANTED,
      "" },
    { "no environment is an empty one", "lambda", "UpdateFunctionConfiguration",
      "{'FunctionName': 'f', 'Layers': [], 'Environment': {'Variables': {'FAULT': null}}}", "{}",
      AWS_AS_WANTED, "" },
    { "a tag that has another value by now is left", "ec2", "DeleteTags", TAG("new"),
      "{'Tags': [{'ResourceId': 'i-1', 'Key': 'a', 'Value': 'other'}]}", AWS_AS_WANTED, "" },
    { "a tag with the value that was set is not gone", "ec2", "DeleteTags", TAG("new"),
      "{'Tags': [{'ResourceId': 'i-1', 'Key': 'a', 'Value': 'new'}]}", AWS_OTHERWISE,
      "i-1 has the tag a" },
    { "a volume that is being detached is on its way", "ec2", "DetachVolume",
      "{'VolumeId': 'vol-1', 'InstanceId': 'i-1'}",
      "{'Volumes': [{'Attachments': [{'InstanceId': 'i-1', 'State': 'detaching'}]}]}",
      AWS_ON_ITS_WAY, "vol-1 is 'detaching', not 'detached'" },
    { "a volume that somebody attached elsewhere is detached", "ec2", "DetachVolume",
      "{'VolumeId': 'vol-1', 'InstanceId': 'i-1'}",
      "{'Volumes': [{'Attachments': [{'InstanceId': 'i-2', 'State': 'attached'}]}]}", AWS_AS_WANTED,
      "" },
    { "a cluster that is still being made is on its way", "eks", "DeleteCluster", "{'name': 'c'}",
      "{'cluster': {'status': 'CREATING'}}", AWS_ON_ITS_WAY, "c is there, 'CREATING'" },
    { "a service that drains is on its way", "ecs", "CreateService", "{'serviceName': 's'}",
      "{'services': [{'status': 'DRAINING'}]}", AWS_ON_ITS_WAY, "s is 'DRAINING', not 'ACTIVE'" },
    { "a service of another definition is not the one that was", "ecs", "CreateService",
      "{'serviceName': 's', 'taskDefinition': 't:1'}",
      "{'services': [{'status': 'ACTIVE', 'taskDefinition': 't:2'}]}", AWS_OTHERWISE,
      "taskDefinition of s is \"t:2\", not \"t:1\"" },
    { "a shrink policy is looked at by itself", "emr", "ModifyInstanceGroups",
      "{'InstanceGroups': [{'InstanceGroupId': 'g', 'ShrinkPolicy': {'DecommissionTimeout': 9}}]}",
      "{'InstanceGroups': [{'Id': 'g', 'RequestedInstanceCount': 2, 'ShrinkPolicy':"
      " {'DecommissionTimeout': 60}}]}",
      AWS_OTHERWISE,
      "ShrinkPolicy of g is {\"DecommissionTimeout\":60}, not {\"DecommissionTimeout\":9}" },
    { "a reservation that is gone is no reservation", "lambda", "DeleteFunctionConcurrency",
      "{'FunctionName': 'f'}", "{}", AWS_AS_WANTED, "" },
    { "a reservation that is there is not gone", "lambda", "DeleteFunctionConcurrency",
      "{'FunctionName': 'f'}", "{'ReservedConcurrentExecutions': 3}", AWS_OTHERWISE,
      "ReservedConcurrentExecutions of f is 3, not null" },
    { "a mapping that is being disabled is on its way", "lambda", "UpdateEventSourceMapping",
      "{'UUID': 'u', 'Enabled': true}", "{'State': 'Disabling'}", AWS_ON_ITS_WAY,
      "u is 'Disabling', not 'Enabled'" },
};

static void check(void **state)
{
    const struct look_case *row = *state;
    const struct aws_look *look = aws_look_find(row->service, row->operation);
    AUTO(json) json_t *request = quoted_json(row->request);
    AUTO(json) json_t *answer = quoted_json(row->answer);
    AUTO(aws_sight) struct aws_sight sight = { 0 };

    assert_non_null(look);
    look->judge(answer, request, &sight);
    assert_int_equal(sight.state, row->state);
    assert_string_equal(buffer_text(&sight.what), row->what);
}

int main(void)
{
    static struct CMUnitTest rows[ARRAY_SIZE(cases)];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        rows[i] = (struct CMUnitTest){ .name = cases[i].claim,
                                       .test_func = check,
                                       .initial_state = (void *)(uintptr_t)&cases[i] };
    return cmocka_run_group_tests_name("looks at AWS", rows, NULL, NULL);
}
