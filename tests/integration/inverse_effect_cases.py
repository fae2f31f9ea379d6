# SPDX-License-Identifier: Apache-2.0
"""States from which each function with an inverse changes something, so that there is something to
put back. Those of aws_state_cases.py do, but for these; and what moto lacks has canned answers.

STATES: function -> prepare(clients) -> arguments. CANNED: function -> (arguments, the operation that
both the action and its inverse are, answers before and after both, answers between them).
"""
import aws_state_cases as states


def suspended_fleet(clients):
    states.fleet(clients)
    clients("autoscaling").suspend_processes(AutoScalingGroupName="web",
                                             ScalingProcesses=["Launch", "Terminate"])
    return {"asg_names": ["web"]}


def disabled_rule(clients):
    states.rule(clients)
    clients("events").disable_rule(Name="r")
    return {"rule_name": "r"}


def tagged_service(clients):
    arn = states.service(clients)
    clients("ecs").tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "b"}])
    return {"resource_arn": arn, "tag_keys": ["a"]}


def attached_policy(clients):
    arn = states.policy(clients)
    clients("iam").attach_role_policy(RoleName="r", PolicyArn=arn)
    return {"arn": arn, "role_name": "r"}


def reserved_function(clients):
    states.function(clients)
    clients("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=3)
    return {"function_name": "f"}


def versioned_bucket(clients):
    states.bucket(clients)
    clients("s3").put_bucket_versioning(Bucket="bucket",
                                        VersioningConfiguration={"Status": "Enabled"})
    return {"bucket_name": "bucket", "status": "Suspended"}


def silent_balancer(clients):
    arguments = states.log_bucket(clients)
    clients("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=arguments["load_balancer_arn"],
        Attributes=[{"Key": "access_logs.s3.enabled", "Value": "false"}])
    return arguments


STATES = {
    "elbv2.actions.enable_access_log": silent_balancer,
    "asg.actions.resume_processes": suspended_fleet,
    "cloudwatch.actions.enable_rule": disabled_rule,
    "ecs.actions.untag_resource": tagged_service,
    "iam.actions.detach_role_policy": attached_policy,
    "awslambda.actions.delete_function_concurrency": reserved_function,
    "s3.actions.toggle_versioning": versioned_bucket,
}


def fleet_of(spot):
    return {"ListInstanceFleets": {"InstanceFleets": [
        {"Id": "if-1", "TargetSpotCapacity": spot, "TargetOnDemandCapacity": 1}]}}


def service_of(**more):
    return {"DescribeClusters": {"clusters": [{"clusterName": "c", "status": "ACTIVE"}]},
            "DescribeServices": {"services": [{"serviceName": "s", "desiredCount": 1, **more}]}}


SPREAD = [{"type": "spread", "field": "instanceId"}]
SERVICE = {"cluster": "c", "service": "s"}
CANNED = {
    "ecs.actions.set_service_deployment_configuration": (
        {**SERVICE, "maximum_percent": 100, "minimum_healthy_percent": 0}, "UpdateService",
        service_of(deploymentConfiguration={"maximumPercent": 200, "minimumHealthyPercent": 100}),
        service_of(deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 0})),
    "ecs.actions.set_service_placement_strategy": (
        {**SERVICE, "placement_type": "random", "placement_field": ""}, "UpdateService",
        service_of(placementStrategy=SPREAD), service_of(placementStrategy=[{"type": "random"}])),
    "emr.actions.modify_instance_fleet": (
        {"cluster_id": "j-1", "fleet_id": "if-1", "spot_capacity": 5}, "ModifyInstanceFleet",
        fleet_of(2), fleet_of(5)),
}
