// SPDX-License-Identifier: Apache-2.0
// What undoes the actions on AWS: decided from what the services tell, with the exact resources.
#include "ext/aws_inverse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "base/str.h"
#include "ext/aws_pick.h"
#include "tests/support/aws_script.h"
#include "tests/support/quoted.h"

#define EXCHANGES_MAX 6

extern const struct chaos_extension ext_aws_asg_actions, ext_aws_ec2_actions, ext_aws_ecs_actions,
    ext_aws_elbv2_actions, ext_aws_iam_actions, ext_aws_lambda_actions, ext_aws_cloudwatch_actions,
    ext_aws_ssm, ext_aws_eks_actions, ext_aws_rds_actions, ext_aws_emr_actions, ext_aws_s3_actions;

struct inverse_case {
    const char *claim;
    const struct chaos_extension *extension;
    const char *function;
    const char *arguments;
    struct exchange exchanges[EXCHANGES_MAX];
    const char *inverse; /* its requests; NULL: there is none */
};

#define ONE_OF_TWO                                                                                 \
    "{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'State': {'Name': 'running'}},"        \
    " {'InstanceId': 'i-2', 'State': {'Name': 'stopped'}}]}]}"
#define WEB         "{'AutoScalingGroupName': 'web', 'SuspendedProcesses': [{'ProcessName': 'Launch'}]"
#define GROUP(more) "{'AutoScalingGroups': [" WEB more "}]}"
#define NAMED       "{'AutoScalingGroupNames': ['web']}"
#define LOST                                                                                       \
    "'Tags': [{'Key': 'ChaosToolkitDetached', 'Value': 'DeviceName=/dev/sdb;InstanceId=i-1'}]"
#define CALLER "{'Account': '123', 'Arn': 'arn:aws-cn:sts::123:assumed-role/r/s'}"
#define OF_NAME(n)                                                                                 \
    "{'ParameterFilters': [{'Key': 'Name', 'Option': 'Equals', 'Values': ['" n "']}]}"
#define GROUP_OF_JOB                                                                               \
    "{'InstanceGroups': [{'Id': 'g', 'RequestedInstanceCount': 2,"                                 \
    " 'ShrinkPolicy': {'DecommissionTimeout': 9}}]}"

static const struct inverse_case inverse_cases[] = {
    { "what stop_instances stops is started, not what was off",
      &ext_aws_ec2_actions,
      "stop_instances",
      "{'instance_ids': ['i-1', 'i-2']}",
      { { "ec2", "DescribeInstances", "{'InstanceIds': ['i-1', 'i-2']}", ONE_OF_TWO } },
      "[{'service': 'ec2', 'operation': 'StartInstances', 'parameters': {'InstanceIds': "
      "['i-1']}}]" },
    { "stopping what is off has no inverse",
      &ext_aws_ec2_actions,
      "stop_instances",
      "{'instance_ids': ['i-2']}",
      { { "ec2", "DescribeInstances", "{'InstanceIds': ['i-2']}",
          "{'Reservations': [{'Instances': [{'InstanceId': 'i-2', 'State': {'Name': "
          "'stopped'}}]}]}" } },
      NULL },
    { "what start_instances starts is stopped, not what was on",
      &ext_aws_ec2_actions,
      "start_instances",
      "{'instance_ids': ['i-1', 'i-2']}",
      { { "ec2", "DescribeInstances", "{'InstanceIds': ['i-1', 'i-2']}", ONE_OF_TWO } },
      "[{'service': 'ec2', 'operation': 'StopInstances', 'parameters': {'InstanceIds': "
      "['i-2']}}]" },
    { "a detached volume is attached where it was",
      &ext_aws_ec2_actions,
      "detach_random_volume",
      "{'instance_ids': ['i-1']}",
      { { "ec2", "DescribeInstances", "{'InstanceIds': ['i-1']}",
          "{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'RootDeviceName': '/dev/sda',"
          " 'BlockDeviceMappings': [{'DeviceName': '/dev/sda', 'Ebs': {'VolumeId': 'vol-0'}},"
          " {'DeviceName': '/dev/sdb', 'Ebs': {'VolumeId': 'vol-1'}}]}]}]}" } },
      "[{'service': 'ec2', 'operation': 'AttachVolume', 'parameters': {'Device': '/dev/sdb', "
      "'InstanceId': 'i-1', 'VolumeId': 'vol-1'}}, {'service': 'ec2', 'operation': "
      "'DeleteTags', 'parameters': {'Resources': ['vol-1'], 'Tags': [{'Key': "
      "'ChaosToolkitDetached', 'Value': 'DeviceName=/dev/sdb;InstanceId=i-1'}]}}]" },
    { "a volume that was attached before stays attached",
      &ext_aws_ec2_actions,
      "attach_volume",
      "{}",
      { { "ec2", "DescribeVolumes",
          "{'Filters': [{'Name': 'tag-key', 'Values': ['ChaosToolkitDetached']}]}",
          "{'Volumes': [{'VolumeId': 'vol-1', 'State': 'available', " LOST "},"
          " {'VolumeId': 'vol-2', 'State': 'in-use', " LOST "}]}" } },
      "[{'service': 'ec2', 'operation': 'DetachVolume', 'parameters': {'Device': '/dev/sdb', "
      "'InstanceId': 'i-1', 'VolumeId': 'vol-1'}}]" },
    { "a tag gets its former value, goes where there was none, and stays where it was so",
      &ext_aws_ec2_actions,
      "set_tags_on_instances",
      "{'tags': 'a=new', 'percentage': 100}",
      { { "ec2", "DescribeInstances", "{'Filters': []}",
          "{'Reservations': [{'Instances': ["
          "{'InstanceId': 'i-1', 'Tags': [{'Key': 'a', 'Value': 'old'}]}, {'InstanceId': 'i-2'},"
          " {'InstanceId': 'i-3', 'Tags': [{'Key': 'a', 'Value': 'new'}]}]}]}" } },
      "[{'service': 'ec2', 'operation': 'CreateTags', 'parameters': {'Resources': ['i-1'], "
      "'Tags': [{'Key': 'a', 'Value': 'old'}]}}, {'service': 'ec2', 'operation': "
      "'DeleteTags', 'parameters': {'Resources': ['i-2'], 'Tags': [{'Key': 'a', 'Value': "
      "'new'}]}}]" },
    { "tags that are removed are set again where they were",
      &ext_aws_ec2_actions,
      "remove_tags_from_instances",
      "{'tags': 'a=b'}",
      { { "ec2", "DescribeInstances", "{'Filters': [{'Name': 'tag:a', 'Values': ['b']}]}",
          ONE_OF_TWO } },
      "[{'service': 'ec2', 'operation': 'CreateTags', 'parameters': {'Resources': ['i-1', "
      "'i-2'], 'Tags': [{'Key': 'a', 'Value': 'b'}]}}]" },
    { "only processes that were not suspended are resumed",
      &ext_aws_asg_actions,
      "suspend_processes",
      "{'asg_names': ['web'], 'process_names': ['Launch', 'Terminate']}",
      { { "autoscaling", "DescribeAutoScalingGroups", NAMED, GROUP("") } },
      "[{'service': 'autoscaling', 'operation': 'ResumeProcesses', 'parameters': "
      "{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['Terminate']}}]" },
    { "only processes that were suspended are suspended again",
      &ext_aws_asg_actions,
      "resume_processes",
      "{'asg_names': ['web']}",
      { { "autoscaling", "DescribeAutoScalingGroups", NAMED, GROUP("") } },
      "[{'service': 'autoscaling', 'operation': 'SuspendProcesses', 'parameters': "
      "{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['Launch']}}]" },
    { "a group goes back to its subnets",
      &ext_aws_asg_actions,
      "change_subnets",
      "{'asg_names': ['web'], 'subnets': ['b']}",
      { { "autoscaling", "DescribeAutoScalingGroups", NAMED,
          GROUP(", 'VPCZoneIdentifier': 'a,c'") } },
      "[{'service': 'autoscaling', 'operation': 'UpdateAutoScalingGroup', 'parameters': "
      "{'AutoScalingGroupName': 'web', 'VPCZoneIdentifier': 'a,c'}}]" },
    { "a service gets its tasks back",
      &ext_aws_ecs_actions,
      "update_desired_count",
      "{'cluster': 'c', 'service': 's', 'desired_count': 0}",
      { { "ecs", "DescribeServices", "{'cluster': 'c', 'services': ['s']}",
          "{'services': [{'desiredCount': 4}]}" } },
      "[{'service': 'ecs', 'operation': 'UpdateService', 'parameters': {'cluster': 'c', "
      "'service': 's', 'desiredCount': 4}}]" },
    { "a target is registered again with its port",
      &ext_aws_elbv2_actions,
      "deregister_target",
      "{'tg_name': 'tg'}",
      { { "elbv2", "DescribeTargetGroups", "{'Names': ['tg']}",
          "{'TargetGroups': [{'TargetGroupName': 'tg', 'TargetGroupArn': 'arn:tg'}]}" },
        { "elbv2", "DescribeTargetHealth", "{'TargetGroupArn': 'arn:tg'}",
          "{'TargetHealthDescriptions': [{'Target': {'Id': 'i-1', 'Port': 80}}]}" } },
      "[{'service': 'elbv2', 'operation': 'RegisterTargets', 'parameters': "
      "{'TargetGroupArn': 'arn:tg', 'Targets': [{'Id': 'i-1', 'Port': 80}]}}]" },
    { "a function gets its layers and variables back",
      &ext_aws_lambda_actions,
      "add_layer",
      "{'function_name': 'f', 'layer': 'new'}",
      { { "lambda", "GetFunctionConfiguration", "{'FunctionName': 'f'}",
          "{'Layers': [{'Arn': 'old'}], 'Environment': {'Variables': {'A': 'b'}}}" } },
      "[{'service': 'lambda', 'operation': 'UpdateFunctionConfiguration', 'parameters': "
      "{'FunctionName': 'f', 'Layers': ['old']}}]" },
    { "of a function's variables only those of the fault are noted",
      &ext_aws_lambda_actions,
      "add_latency",
      "{'function_name': 'f', 'layer': 'new'}",
      { { "lambda", "GetFunctionConfiguration", "{'FunctionName': 'f'}",
          "{'Environment': {'Variables': {'PASSWORD': 'x', 'CHAOSTOOLKIT_EXPERIMENT': 'mine'}}}" } },
      "[{'service': 'lambda', 'operation': 'UpdateFunctionConfiguration', 'parameters': "
      "{'FunctionName': 'f', 'Layers': [], 'Environment': {'Variables': "
      "{'AWS_LAMBDA_EXEC_WRAPPER': null, 'CHAOSTOOLKIT_EXPERIMENT': 'mine', "
      "'CHAOS_EXTENSION__LAMBDA__ENABLE_LATENCY': null, "
      "'CHAOS_EXTENSION__LAMBDA__LATENCY_VALUE': null, "
      "'CHAOS_EXTENSION__LAMBDA__LATENCY_PROBABILITY': null}}}}]" },
    { "concurrency that was not reserved is given up again",
      &ext_aws_lambda_actions,
      "put_function_concurrency",
      "{'function_name': 'f', 'concurrent_executions': 0}",
      { { "lambda", "GetFunctionConcurrency", "{'FunctionName': 'f'}", "{}" } },
      "[{'service': 'lambda', 'operation': 'DeleteFunctionConcurrency', 'parameters': "
      "{'FunctionName': 'f'}}]" },
    { "a policy that was attached already stays attached",
      &ext_aws_iam_actions,
      "attach_role_policy",
      "{'arn': 'p', 'role_name': 'r'}",
      { { "iam", "ListAttachedRolePolicies", "{'RoleName': 'r'}",
          "{'AttachedPolicies': [{'PolicyArn': 'p'}]}" } },
      NULL },
    { "only the targets that are removed are put back",
      &ext_aws_cloudwatch_actions,
      "remove_rule_targets",
      "{'rule_name': 'r', 'target_ids': ['2']}",
      { { "events", "ListTargetsByRule", "{'Rule': 'r'}",
          "{'Targets': [{'Id': '1', 'Arn': 'a'}, {'Id': '2', 'Arn': 'b'}]}" } },
      "[{'service': 'events', 'operation': 'PutTargets', 'parameters': {'Rule': 'r', "
      "'Targets': [{'Id': '2', 'Arn': 'b'}]}}]" },
    { "a new rule is deleted",
      &ext_aws_cloudwatch_actions,
      "put_rule",
      "{'rule_name': 'r'}",
      { { "events", "DescribeRule", "{'Name': 'r'}", "!ResourceNotFoundException: no" } },
      "[{'service': 'events', 'operation': 'DeleteRule', 'parameters': {'Name': 'r'}}]" },
    { "a rule that is changed gets all that it had",
      &ext_aws_cloudwatch_actions,
      "put_rule",
      "{'rule_name': 'r', 'state': 'DISABLED'}",
      { { "events", "DescribeRule", "{'Name': 'r'}",
          "{'Name': 'r', 'Arn': 'arn:r', 'EventPattern': '{}', 'State': 'ENABLED', 'Description':"
          " 'd', 'RoleArn': 'arn:role', 'EventBusName': 'default', 'CreatedBy': '123'}" } },
      "[{'service': 'events', 'operation': 'PutRule', 'parameters': {'Name': 'r', "
      "'EventPattern': '{}', 'State': 'ENABLED', 'Description': 'd', 'RoleArn': 'arn:role'}}]" },
    { "a deleted rule comes back with its tags and targets",
      &ext_aws_cloudwatch_actions,
      "delete_rule",
      "{'rule_name': 'r', 'force': true}",
      { { "events", "DescribeRule", "{'Name': 'r'}", "{'Name': 'r', 'Arn': 'arn:r'}" },
        { "events", "ListTagsForResource", "{'ResourceARN': 'arn:r'}",
          "{'Tags': [{'Key': 'a', 'Value': 'b'}]}" },
        { "events", "ListTargetsByRule", "{'Rule': 'r'}", "{'Targets': [{'Id': '1'}]}" } },
      "[{'service': 'events', 'operation': 'PutRule', 'parameters': {'Name': 'r', 'Tags': "
      "[{'Key': 'a', 'Value': 'b'}]}}, {'service': 'events', 'operation': 'PutTargets', "
      "'parameters': {'Rule': 'r', 'Targets': [{'Id': '1'}]}}]" },
    { "a rule with targets that is not forced stays, so nothing undoes it",
      &ext_aws_cloudwatch_actions,
      "delete_rule",
      "{'rule_name': 'r', 'force': false}",
      { { "events", "DescribeRule", "{'Name': 'r'}", "{'Name': 'r'}" },
        { "events", "ListTargetsByRule", "{'Rule': 'r'}", "{'Targets': [{'Id': '1'}]}" } },
      NULL },
    { "a parameter that is changed is named by its version, without its value",
      &ext_aws_ssm,
      "put_parameter",
      "{'name': 'n', 'value': 'v', 'overwrite': true}",
      { { "ssm", "DescribeParameters", OF_NAME("n"),
          "{'Parameters': [{'Name': 'n', 'Type': 'SecureString', 'KeyId': 'k', 'Version': 7,"
          " 'Tier': 'Standard', 'LastModifiedUser': 'u', 'Policies': [{'PolicyText': '{}'},"
          " {'PolicyText': '{}'}]}]}" } },
      "[{'service': 'ssm', 'operation': 'PutParameter', 'parameters': {'Name': 'n', 'Type': "
      "'SecureString', 'KeyId': 'k', 'Policies': '[{}, {}]', 'Version': 7}}]" },
    { "a new parameter is deleted",
      &ext_aws_ssm,
      "put_parameter",
      "{'name': 'n', 'value': 'v'}",
      { { "ssm", "DescribeParameters", OF_NAME("n"), "{'Parameters': []}" } },
      "[{'service': 'ssm', 'operation': 'DeleteParameter', 'parameters': {'Name': 'n'}}]" },
    { "a parameter that may not be overwritten stays, so nothing undoes it",
      &ext_aws_ssm,
      "put_parameter",
      "{'name': 'n', 'value': 'v', 'overwrite': false}",
      { { "ssm", "DescribeParameters", OF_NAME("n"),
          "{'Parameters': [{'Name': 'n', 'Version': 1}]}" } },
      NULL },
    { "a document that was there is not deleted",
      &ext_aws_ssm,
      "create_document",
      "{'name': 'd'}",
      { { "ssm", "DescribeDocument", "{'Name': 'd'}", "{'Document': {}}" } },
      NULL },
    { "a new policy is deleted by the ARN that it will have",
      &ext_aws_iam_actions,
      "create_policy",
      "{'name': 'p', 'path': '/team/', 'policy': {}}",
      { { "sts", "GetCallerIdentity", "{}", CALLER },
        { "iam", "GetPolicy", "{'PolicyArn': 'arn:aws-cn:iam::123:policy/team/p'}",
          "!NoSuchEntity: no" } },
      "[{'service': 'iam', 'operation': 'DeletePolicy', 'parameters': {'PolicyArn': "
      "'arn:aws-cn:iam::123:policy/team/p'}}]" },
    { "a policy that was there is not deleted",
      &ext_aws_iam_actions,
      "create_policy",
      "{'name': 'p', 'path': '/', 'policy': {}}",
      { { "sts", "GetCallerIdentity", "{}", CALLER },
        { "iam", "GetPolicy", "{'PolicyArn': 'arn:aws-cn:iam::123:policy/p'}", "{'Policy': {}}" } },
      NULL },
    { "a new cluster is deleted once it is there",
      &ext_aws_eks_actions,
      "create_cluster",
      "{'name': 'k'}",
      { { "eks", "DescribeCluster", "{'name': 'k'}", "!ResourceNotFoundException: no" } },
      "[{'service': 'eks', 'operation': 'DeleteCluster', 'parameters': {'name': 'k'}}]" },
    { "a cluster that was there is not deleted",
      &ext_aws_eks_actions,
      "create_cluster",
      "{'name': 'k'}",
      { { "eks", "DescribeCluster", "{'name': 'k'}", "{'cluster': {'status': 'ACTIVE'}}" } },
      NULL },
    { "a deleted service is created as it was, once its tasks are gone",
      &ext_aws_ecs_actions,
      "delete_service",
      "{'cluster': 'c', 'service': 's'}",
      { { "ecs", "DescribeServices", "{'cluster': 'c', 'services': ['s'], 'include': ['TAGS']}",
          "{'services': [{'serviceName': 's', 'status': 'ACTIVE', 'desiredCount': 2,"
          " 'taskDefinition': 't:1', 'roleArn': 'arn:aws:iam::1:role/mine', 'loadBalancers':"
          " [{'containerPort': 80}], 'healthCheckGracePeriodSeconds': 9, 'placementStrategy': [],"
          " 'runningCount': 2, 'deploymentConfiguration': {'maximumPercent': 200}, 'deployments':"
          " [{'status': 'ACTIVE'}, {'status': 'PRIMARY', 'serviceConnectConfiguration':"
          " {'enabled': true}}]}]}" } },
      "[{'service': 'ecs', 'operation': 'CreateService', 'parameters': {'cluster': 'c', "
      "'serviceName': 's', 'desiredCount': 2, 'taskDefinition': 't:1', 'role': "
      "'arn:aws:iam::1:role/mine', 'loadBalancers': [{'containerPort': 80}], "
      "'healthCheckGracePeriodSeconds': 9, 'deploymentConfiguration': {'maximumPercent': "
      "200}, 'serviceConnectConfiguration': {'enabled': true}}}, {'service': 'ecs', "
      "'operation': 'UpdateService', 'parameters': {'cluster': 'c', 'service': 's', "
      "'desiredCount': 2, 'deploymentConfiguration': {'maximumPercent': 200}}}]" },
    { "what only the service may name is not given when a service is created",
      &ext_aws_ecs_actions,
      "delete_service",
      "{'cluster': 'c', 'service': 's'}",
      { { "ecs", "DescribeServices", "{'cluster': 'c', 'services': ['s'], 'include': ['TAGS']}",
          "{'services': [{'serviceName': 's', 'status': 'ACTIVE', 'schedulingStrategy': 'DAEMON',"
          " 'desiredCount': 3, 'roleArn': 'arn:aws:iam::1:role/aws-service-role/ecs',"
          " 'healthCheckGracePeriodSeconds': 0}]}" } },
      "[{'service': 'ecs', 'operation': 'CreateService', 'parameters': {'cluster': 'c', "
      "'serviceName': 's', 'schedulingStrategy': 'DAEMON'}}, {'service': 'ecs', 'operation': "
      "'UpdateService', 'parameters': {'cluster': 'c', 'service': 's'}}]" },
    { "a service that is gone already is not created",
      &ext_aws_ecs_actions,
      "delete_service",
      "{'cluster': 'c', 'service': 's'}",
      { { "ecs", "DescribeServices", "{'cluster': 'c', 'services': ['s'], 'include': ['TAGS']}",
          "{'services': [{'serviceName': 's', 'status': 'INACTIVE'}]}" } },
      NULL },
    { "an object of a bucket without versions is gone",
      &ext_aws_s3_actions,
      "delete_object",
      "{'bucket_name': 'b', 'object_key': 'k'}",
      { { "s3", "HeadObject", "{'Bucket': 'b', 'Key': 'k'}", "{'VersionId': 'null'}" } },
      NULL },
    { "a version that is named is gone",
      &ext_aws_s3_actions,
      "delete_object",
      "{'bucket_name': 'b', 'object_key': 'k', 'version_id': 'v'}",
      { { 0 } },
      NULL },
    { "a database that is off is not started",
      &ext_aws_rds_actions,
      "stop_db_instance",
      "{'db_instance_identifier': 'd'}",
      { { "rds", "DescribeDBInstances", "{'DBInstanceIdentifier': 'd'}",
          "{'DBInstances': [{'DBInstanceStatus': 'stopped'}]}" } },
      NULL },
    { "a group gets its shrink policy back",
      &ext_aws_emr_actions,
      "modify_instance_groups_shrink_policy",
      "{'cluster_id': 'j', 'group_id': 'g', 'decommission_timeout': 60}",
      { { "emr", "ListInstanceGroups", "{'ClusterId': 'j'}", GROUP_OF_JOB } },
      "[{'service': 'emr', 'operation': 'ModifyInstanceGroups', 'parameters': {'ClusterId': "
      "'j', 'InstanceGroups': [{'InstanceGroupId': 'g', 'ShrinkPolicy': "
      "{'DecommissionTimeout': 9}}]}}]" },
    { "a fleet gets its capacity back",
      &ext_aws_emr_actions,
      "modify_instance_fleet",
      "{'cluster_id': 'j', 'fleet_id': 'f', 'spot_capacity': 0}",
      { { "emr", "ListInstanceFleets", "{'ClusterId': 'j'}",
          "{'InstanceFleets': [{'Id': 'f', 'TargetSpotCapacity': 3, 'TargetOnDemandCapacity': 1}]}" } },
      "[{'service': 'emr', 'operation': 'ModifyInstanceFleet', 'parameters': {'ClusterId': "
      "'j', 'InstanceFleet': {'InstanceFleetId': 'f', 'TargetSpotCapacity': 3, "
      "'TargetOnDemandCapacity': 1}}}]" },
};

static const struct chaos_function *find(const struct chaos_extension *extension, const char *name)
{
    for (size_t i = 0; i < extension->n_functions; i++)
        if (str_equal(extension->functions[i].name, name))
            return &extension->functions[i];
    fail_msg("no function %s", name);
    return NULL;
}

static const json_t *requests_of(const json_t *inverse)
{
    const json_t *provider = json_object_get(inverse, "provider");

    assert_string_equal(json_string_value(json_object_get(provider, "func")), "put_back");
    return json_object_get(json_object_get(provider, "arguments"), "requests");
}

static void check_inverse(void **state)
{
    const struct inverse_case *row = *state;
    struct chaos_context context = { .activity = "a" };
    AUTO(json) json_t *arguments = quoted_json(row->arguments);
    AUTO(json) json_t *activity = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct chaos_call call = { .arguments = arguments, .context = &context };

    script = row->exchanges;
    if (find(row->extension, row->function)->inverse(&call, &activity, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    assert_null(script->service);
    if (row->inverse)
        assert_json(requests_of(activity), row->inverse);
    else
        assert_null(activity);
}

static void the_inverse_names_what_the_action_draws(void **state)
{
    static const struct exchange exchanges[] = {
        { "ec2", "DescribeInstances",
          "{'Filters': [{'Name': 'availability-zone', 'Values': ['a']}]}",
          "{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'State': {'Name': 'running'}},"
          " {'InstanceId': 'i-2', 'State': {'Name': 'running'}}, {'InstanceId': 'i-3', 'State':"
          " {'Name': 'running'}}]}]}" },
        { 0 },
    };
    struct chaos_context context = { .activity = "a" };
    AUTO(json) json_t *arguments = quoted_json("{'az': 'a', 'force': false}");
    struct chaos_call call = { .arguments = arguments, .context = &context };
    AUTO(json) json_t *candidates = quoted_json("['i-3', 'i-1', 'i-2']");
    AUTO(json) json_t *activity = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const json_t *params;
    const json_t *ids;

    (void)state;
    script = exchanges;
    assert_int_equal(find(&ext_aws_ec2_actions, "stop_instance")->inverse(&call, &activity, &err),
                     0);
    params = json_object_get(json_array_get(requests_of(activity), 0), "parameters");
    ids = json_object_get(params, "InstanceIds");
    assert_int_equal(json_array_size(ids), 1);
    assert_string_equal(json_string_value(json_array_get(ids, 0)), aws_pick_one(&call, candidates));
}

int main(void)
{
    static struct CMUnitTest rows[ARRAY_SIZE(inverse_cases)];
    const struct CMUnitTest singles[] = {
        cmocka_unit_test(the_inverse_names_what_the_action_draws),
    };
    int failed;

    setenv("CHAOS_SEED", "1234", 1);
    for (size_t i = 0; i < ARRAY_SIZE(inverse_cases); i++)
        rows[i] = (struct CMUnitTest){ .name = inverse_cases[i].claim,
                                       .test_func = check_inverse,
                                       .initial_state = (void *)(uintptr_t)&inverse_cases[i] };
    failed = cmocka_run_group_tests_name("inverses of AWS functions", rows, NULL, NULL);
    return failed + cmocka_run_group_tests_name("inverses of what is drawn", singles, NULL, NULL);
}
