# SPDX-License-Identifier: Apache-2.0
"""States in which there is something to put back, and more than one thing, for test_aws_inverses.py.

CASES: (function, prepare(clients) -> arguments, observe(clients) -> all that must be as before[, a text
that the inverse, which is written down, must not hold]). What stands beside the targets is observed too.
CANNED: what moto lacks: function -> (arguments, the operation that both the action and its inverse are,
answers before and after both, answers between them).
"""
import json

from aws_state_cases import (AMI, BY_TAG, TAGS, ZONE, attached, buckets, fleet, function, functions,
                             given, groups, in_bucket, kubernetes, launch, layers,
                             log_attributes, log_bucket, lost_disk, on_layered_function, policy, service, services, volumes, zone, zones)

SECRET = "correct-horse-battery-staple"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def tags(clients):
    found = clients("ec2").describe_instances()["Reservations"]
    return sorted([i["InstanceId"], sorted((t["Key"], t["Value"]) for t in i.get("Tags", []))]
                  for r in found for i in r["Instances"])


def mixed_tags(clients):
    """One has another value, one has none, one has the value already; one is of no concern."""
    ids = launch(clients, 4)
    ec2 = clients("ec2")
    for instance, value in ((ids[0], "old"), (ids[1], "older"), (ids[2], "new")):
        ec2.create_tags(Resources=[instance], Tags=[{"Key": "a", "Value": value}])
    ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1, Placement={"AvailabilityZone": ZONE})
    return {"tags": [{"Key": "a", "Value": "new"}, {"Key": "b$$ ${c}", "Value": "${aws_region}"}],
            "filters": BY_TAG}


def attached_and_lost(clients):
    """A disk that was attached before, tag and all, is none of the action's."""
    ids = lost_disk(clients)
    ec2 = clients("ec2")
    for device, state in (("/dev/sdc", "attached"), ("/dev/sdd", "lost")):
        made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
        ec2.create_tags(Resources=[made], Tags=[
            {"Key": "ChaosToolkitDetached", "Value": f"DeviceName={device};InstanceId={ids[0]}"}])
        if state == "attached":
            ec2.attach_volume(VolumeId=made, InstanceId=ids[0], Device=device)
    return {"instance_ids": ids}


def group_attached_and_lost(clients):
    fleet(clients, 1)
    lost_disk(clients, "web")
    lost_disk(clients, "other")
    return {"asg_names": ["web"]}


def rules(clients):
    events = clients("events")
    members = ("Name", "ScheduleExpression", "EventPattern", "State", "Description", "RoleArn")
    found = sorted(events.list_rules()["Rules"], key=lambda r: r["Name"])
    return [({k: r.get(k) for k in members},
             sorted(events.list_targets_by_rule(Rule=r["Name"])["Targets"], key=lambda t: t["Id"]),
             events.list_tags_for_resource(ResourceARN=r["Arn"])["Tags"]) for r in found]


def described_rule(clients, **more):
    events = clients("events")
    for name in ("r", "beside"):
        events.put_rule(Name=name, EventPattern='{"source": ["a", "$.b", "${name}"]}',
                        State="DISABLED", Description="what ${it} is",
                        RoleArn="arn:aws:iam::123456789012:role/r", Tags=TAGS)
        events.put_targets(Rule=name, Targets=[
            {"Id": str(i), "Arn": f"arn:aws:lambda:us-east-1:1:function:f{i}",
             "InputTransformer": {"InputPathsMap": {"a": "$.detail.a"},
                                  "InputTemplate": '"${a} $$ <a>"'}} for i in range(3)])
    return {"rule_name": "r", **more}


def parameters(clients):
    ssm = clients("ssm")
    members = ("Name", "Type", "Description", "KeyId", "AllowedPattern", "Tier", "DataType")
    return [({k: p.get(k) for k in members}, ssm.get_parameter(
        Name=p["Name"], WithDecryption=True)["Parameter"]["Value"])
            for p in ssm.describe_parameters()["Parameters"]]


def parameter(clients, kind, **more):
    ssm = clients("ssm")
    for name in ("/a/n", "/a/beside"):
        for value in ("first", SECRET):
            ssm.put_parameter(Name=name, Value=value, Type=kind, Description="what it is",
                              Overwrite=True)
    return {"name": "/a/n", "value": "new", "type": kind, "overwrite": True, **more}


def policies(clients):
    return sorted([p["Arn"], p["DefaultVersionId"]]
                  for p in clients("iam").list_policies(Scope="Local")["Policies"])


def policy_beside(clients):
    clients("iam").create_policy(PolicyName="p", PolicyDocument=json.dumps(POLICY))
    return {"name": "p", "path": "/team/", "policy": POLICY}


def kubernetes_clusters(clients):
    eks = clients("eks")
    return [(name, eks.describe_cluster(name=name)["cluster"]["roleArn"])
            for name in eks.list_clusters()["clusters"]]


def reserved(clients):
    function(clients)
    clients("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=3)
    return {"function_name": "f"}


def suspended(clients):
    fleet(clients)
    clients("autoscaling").suspend_processes(AutoScalingGroupName="web",
                                             ScalingProcesses=["Launch", "Terminate"])
    return {"asg_names": ["web"], "process_names": ["Launch", "HealthCheck"]}


def tagged_service(clients, **more):
    arn = service(clients)
    clients("ecs").tag_resource(resourceArn=arn, tags=[
        {"key": "a", "value": "b"}, {"key": "beside", "value": "c"}])
    return {"resource_arn": arn, **more}


def placed_service(clients):
    service(clients)
    ecs = clients("ecs")
    ecs.update_service(cluster="c", service="s",
                       placementStrategy=[{"type": "binpack", "field": "memory"}])
    ecs.update_service(cluster="c", service="s", deploymentConfiguration={
        "maximumPercent": 150, "minimumHealthyPercent": 50})
    return {"cluster": "c", "service": "s"}


def deployments(clients):
    found = clients("ecs").describe_services(cluster="c", services=["s"])["services"]
    return [s["deploymentConfiguration"] for s in found] + services(clients)


def many_versions(clients):
    bucket = in_bucket(object_key="k")(clients)
    s3 = clients("s3")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    for key in ("k", "k beside"):
        for content in (b"old", b"new"):
            s3.put_object(Bucket="bucket", Key=key, Body=content)
    s3.delete_object(Bucket="bucket", Key="k beside")
    return bucket


def objects(clients):
    found = clients("s3").list_object_versions(Bucket="bucket")
    return [[(v["Key"], v["VersionId"], v["IsLatest"]) for v in found.get(kind, [])]
            for kind in ("Versions", "DeleteMarkers")]


def made_cluster(clients):
    ecs = clients("ecs")
    for name in ("c", "beside"):
        ecs.create_cluster(clusterName=name, tags=[{"key": "a", "value": "b"}], settings=[
            {"name": "containerInsights", "value": "enabled"}], capacityProviders=["FARGATE"],
            defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1, "base": 0}])
    return {"cluster": "c"}


def made_clusters(clients):
    members = ("clusterName", "status", "settings", "capacityProviders", "tags",
               "defaultCapacityProviderStrategy")
    found = clients("ecs").describe_clusters(clusters=["c", "beside"], include=["SETTINGS", "TAGS"])
    return [{k: c.get(k) for k in members} for c in found["clusters"] if c["status"] == "ACTIVE"]


def running_services(clients):
    """Without their placement, which moto forgets to create them with."""
    ecs = clients("ecs")
    members = ("serviceName", "desiredCount", "taskDefinition", "deploymentConfiguration", "tags",
               "schedulingStrategy")
    found = ecs.describe_services(cluster="c", services=["s", "beside"], include=["TAGS"])["services"]
    return [{k: s.get(k) for k in members} for s in found if s["status"] == "ACTIVE"]


def two_services(clients, **more):
    arguments = placed_service(clients)
    clients("ecs").create_service(cluster="c", serviceName="beside", taskDefinition="t", desiredCount=1)
    clients("ecs").tag_resource(tags=[{"key": "a", "value": "b"}], resourceArn=clients(
        "ecs").describe_services(cluster="c", services=["s"])["services"][0]["serviceArn"])
    return {**arguments, **more}


def attached_policy(clients):
    arn = policy(clients)
    clients("iam").attach_role_policy(PolicyArn=arn, RoleName="r")
    return {"arn": arn, "role_name": "r"}


def zone_of_two(clients):
    """Route 53 keeps the last one."""
    arguments = zone(clients)
    more = clients("ec2").create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
    clients("route53").associate_vpc_with_hosted_zone(
        HostedZoneId=arguments["zone_id"], VPC={"VPCRegion": "us-east-1", "VPCId": more})
    return arguments


def versioned(clients):
    arguments = in_bucket(status="Suspended")(clients)
    clients("s3").put_bucket_versioning(Bucket="bucket",
                                        VersioningConfiguration={"Status": "Enabled"})
    return arguments


def logged(clients):
    arguments = log_bucket(clients)
    clients("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=arguments["load_balancer_arn"], Attributes=[
            {"Key": "access_logs.s3.enabled", "Value": "true"},
            {"Key": "access_logs.s3.bucket", "Value": "logs"}])
    return {**arguments, "enable": False}


def secretive(is_on, **more):
    """A function whose variables are its own business."""
    def prepare(clients):
        arguments = on_layered_function(is_on, **more)(clients)
        now = clients("lambda").get_function_configuration(FunctionName="f")["Environment"]["Variables"]
        clients("lambda").update_function_configuration(FunctionName="f", Environment={
            "Variables": {**now, "PASSWORD": SECRET, "CHAOSTOOLKIT_EXPERIMENT": "mine"}})
        return arguments
    return prepare


CASES = [
    *((f"awslambda.actions.{verb}_{fault}", secretive(verb == "remove"), layers, SECRET)
      for verb in ("add", "remove") for fault in ("layer", "latency", "error")),
    ("awslambda.actions.delete_function_concurrency", reserved, functions),
    ("awslambda.actions.put_function_concurrency",
     lambda clients: {**reserved(clients), "concurrent_executions": 0}, functions),
    ("awslambda.actions.put_function_concurrency",
     given(function, {"function_name": "f", "concurrent_executions": 0}), functions),
    ("asg.actions.resume_processes", suspended, groups),
    ("asg.actions.suspend_processes", suspended, groups),
    ("ecs.actions.tag_resource", lambda clients: tagged_service(
        clients, tags=[{"key": "a", "value": "new"}, {"key": "d", "value": "e"}]), services),
    ("ecs.actions.untag_resource",
     lambda clients: tagged_service(clients, tag_keys=["a", "d"]), services),
    ("ecs.actions.set_service_placement_strategy", lambda clients: {
        **placed_service(clients), "placement_type": "spread", "placement_field": "instanceId"},
     deployments),
    ("ecs.actions.set_service_deployment_configuration", placed_service, deployments),
    ("ecs.actions.delete_cluster", made_cluster, made_clusters),
    ("ecs.actions.delete_service", two_services, running_services),
    ("ecs.actions.delete_service",
     lambda clients: two_services(clients, service=None, service_pattern="/s$"), running_services),
    ("s3.actions.delete_object", many_versions, objects),
    ("s3.actions.delete_object",
     given(many_versions, {"bucket_name": "bucket", "object_key": "none"}), buckets),
    ("iam.actions.attach_role_policy",
     lambda clients: {"arn": policy(clients), "role_name": "r"}, attached),
    ("iam.actions.detach_role_policy", attached_policy, attached),
    ("route53.actions.associate_vpc_with_zone", zone_of_two, zones),
    ("s3.actions.toggle_versioning", versioned, buckets),
    ("elbv2.actions.enable_access_log", logged, log_attributes),
    ("cloudwatch.actions.enable_rule", described_rule, rules),
    ("cloudwatch.actions.put_rule_targets", lambda clients: described_rule(clients, targets=[
        {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:1:q"},
        {"Id": "new", "Arn": "arn:aws:sqs:us-east-1:1:q"}]), rules),
    ("ec2.actions.set_tags_on_instances", mixed_tags, tags),
    ("ec2.actions.set_tags_on_instances",
     lambda clients: {**mixed_tags(clients), "percentage": 50}, tags),
    ("ec2.actions.attach_volume", attached_and_lost, volumes),
    ("asg.actions.attach_volume", group_attached_and_lost, volumes),
    ("cloudwatch.actions.put_rule", lambda clients: described_rule(
        clients, schedule_expression="rate(1 minute)", state="ENABLED"), rules),
    ("cloudwatch.actions.put_rule",
     given(described_rule, {"rule_name": "new", "schedule_expression": "rate(1 minute)"}), rules),
    ("cloudwatch.actions.delete_rule", lambda clients: described_rule(clients, force=True), rules),
    ("cloudwatch.actions.remove_rule_targets",
     lambda clients: described_rule(clients, target_ids=["1"]), rules),
    ("ssm.actions.put_parameter", lambda clients: parameter(clients, "SecureString"), parameters,
     SECRET),
    ("ssm.actions.put_parameter", lambda clients: parameter(
        clients, "String", value=SECRET, description="another"), parameters),
    ("ssm.actions.put_parameter", given(lambda clients: parameter(clients, "String"),
                                        {"name": "b", "value": "v", "type": "String"}), parameters),
    ("iam.actions.create_policy", policy_beside, policies),
    ("eks.actions.create_cluster", given(kubernetes, {
        "name": "new", "role_arn": "arn:aws:iam::123456789012:role/r",
        "vpc_config": {"subnetIds": ["subnet-1"]}}), kubernetes_clusters),
]


def fleet_of(spot):
    return {"ListInstanceFleets": {"InstanceFleets": [
        {"Id": "if-1", "TargetSpotCapacity": spot, "TargetOnDemandCapacity": 1}]}}


def group_of(timeout):
    return {"ListInstanceGroups": {"InstanceGroups": [
        {"Id": "ig-1", "RequestedInstanceCount": 2, "ShrinkPolicy": {"DecommissionTimeout": timeout}}]}}


CANNED = {
    "emr.actions.modify_instance_fleet": (
        {"cluster_id": "j-1", "fleet_id": "if-1", "spot_capacity": 5}, "ModifyInstanceFleet",
        fleet_of(2), fleet_of(5)),
    "emr.actions.modify_instance_groups_shrink_policy": (
        {"cluster_id": "j-1", "group_id": "ig-1", "decommission_timeout": 60}, "ModifyInstanceGroups",
        group_of(9), group_of(60)),
}
