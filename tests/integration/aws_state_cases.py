# SPDX-License-Identifier: Apache-2.0
"""States that moto can be put into, and what the functions of the AWS extension do to them.

CASES: (function, prepare(clients) -> arguments, observe(clients) -> what the state is afterwards).
"""
import io
import json
import zipfile

AMI = "ami-12c6146b"
ZONE = "us-east-1a"
TAGS = [{"Key": "app", "Value": "web"}]
BY_TAG = [{"Name": "tag:app", "Values": ["web"]}]


def launch(clients, count=2):
    made = clients("ec2").run_instances(
        ImageId=AMI, MinCount=count, MaxCount=count, Placement={"AvailabilityZone": ZONE},
        TagSpecifications=[{"ResourceType": "instance", "Tags": TAGS}])
    return [i["InstanceId"] for i in made["Instances"]]


def stopped(clients):
    ids = launch(clients)
    clients("ec2").stop_instances(InstanceIds=ids[:1])
    return ids


def states(clients):
    found = clients("ec2").describe_instances()["Reservations"]
    return [(i["InstanceId"], i["State"]["Name"], sorted(t["Key"] for t in i.get("Tags", [])))
            for r in found for i in r["Instances"]]


def fleet(clients, count=2):
    ec2, asg = clients("ec2"), clients("autoscaling")
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]][:2]
    asg.create_launch_configuration(LaunchConfigurationName="lc", ImageId=AMI,
                                    InstanceType="t2.micro")
    asg.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchConfigurationName="lc", MinSize=0, MaxSize=9,
        DesiredCapacity=count, VPCZoneIdentifier=",".join(subnets),
        Tags=[{**TAGS[0], "ResourceId": "web", "ResourceType": "auto-scaling-group",
               "PropagateAtLaunch": True}])
    return subnets


def groups(clients):
    found = clients("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return [(g["AutoScalingGroupName"], g["VPCZoneIdentifier"], len(g["Instances"]),
             sorted(p["ProcessName"] for p in g["SuspendedProcesses"])) for g in found]


def in_fleet(**arguments):
    def prepare(clients):
        fleet(clients)
        return {"asg_names": ["web"], **arguments}
    return prepare


def tagged_fleet(**arguments):
    def prepare(clients):
        fleet(clients)
        return {"tags": TAGS, **arguments}
    return prepare


def balancer(clients):
    ec2, elb = clients("ec2"), clients("elbv2")
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]][:3]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = elb.create_load_balancer(Name="front", Subnets=subnets[:2])["LoadBalancers"][0]
    target = elb.create_target_group(Name="tg", Protocol="HTTP", Port=80, VpcId=vpc)
    arn = target["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": launch(clients, 1)[0], "Port": 80}])
    return made["LoadBalancerArn"], arn, subnets, vpc


def balancers(clients):
    elb = clients("elbv2")
    return [[(b["LoadBalancerName"], sorted(b.get("SecurityGroups", [])),
              sorted(z["SubnetId"] for z in b["AvailabilityZones"]))
             for b in elb.describe_load_balancers()["LoadBalancers"]],
            [len(elb.describe_target_health(TargetGroupArn=g["TargetGroupArn"])
                 ["TargetHealthDescriptions"])
             for g in elb.describe_target_groups()["TargetGroups"]]]


def new_group(clients):
    _, _, _, vpc = balancer(clients)
    group = clients("ec2").create_security_group(GroupName="g", Description="g", VpcId=vpc)
    return {"load_balancer_names": ["front"], "security_group_ids": [group["GroupId"]]}


def service(clients):
    ecs = clients("ecs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="t", containerDefinitions=[
        {"name": "a", "image": "a", "cpu": 1, "memory": 4, "essential": True}])
    made = ecs.create_service(cluster="c", serviceName="s", taskDefinition="t", desiredCount=2)
    return made["service"]["serviceArn"]


def services(clients):
    ecs = clients("ecs")
    found = ecs.describe_services(cluster="c", services=["s"])["services"]
    return [(s["serviceName"], s["status"], s["desiredCount"], s.get("placementStrategy"),
             ecs.list_tags_for_resource(resourceArn=s["serviceArn"])["tags"]) for s in found]


def in_service(**arguments):
    def prepare(clients):
        arn = service(clients)
        return {k: arn if v == "@arn" else v for k, v in arguments.items()}
    return prepare


def function(clients):
    role = clients("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(zipfile.ZipInfo("a.py"), "def a(*x): pass")
    clients("lambda").create_function(FunctionName="f", Runtime="python3.11", Role=role,
                                      Handler="a.a", Code={"ZipFile": packed.getvalue()},
                                      Environment={"Variables": {"A": "b"}})


def functions(clients):
    made = clients("lambda").get_function_configuration(FunctionName="f")
    reserved = clients("lambda").get_function_concurrency(FunctionName="f")
    return [made["Timeout"], made["MemorySize"], made["Environment"],
            reserved.get("ReservedConcurrentExecutions")]


def on_function(**arguments):
    def prepare(clients):
        function(clients)
        return {"function_name": "f", **arguments}
    return prepare


def rule(clients):
    clients("events").put_rule(Name="r", ScheduleExpression="rate(5 minutes)")
    clients("events").put_targets(Rule="r", Targets=[
        {"Id": "1", "Arn": "arn:aws:lambda:us-east-1:1:function:f"}])


def rules(clients):
    events = clients("events")
    return [(r["Name"], r["State"], events.list_targets_by_rule(Rule=r["Name"])["Targets"])
            for r in events.list_rules()["Rules"]]


def on_rule(**arguments):
    def prepare(clients):
        rule(clients)
        return {"rule_name": "r", **arguments}
    return prepare


def policy(clients):
    made = clients("iam").create_policy(PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*",
                                                 "Resource": "*"}]}))
    clients("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    return made["Policy"]["Arn"]


def attached(clients):
    return clients("iam").list_attached_role_policies(RoleName="r")["AttachedPolicies"]


def bucket(clients):
    clients("s3").create_bucket(Bucket="bucket")
    clients("s3").put_object(Bucket="bucket", Key="k/a b", Body=b"x")


def buckets(clients):
    s3 = clients("s3")
    return [[o["Key"] for o in s3.list_objects_v2(Bucket="bucket").get("Contents", [])],
            s3.get_bucket_versioning(Bucket="bucket").get("Status")]


def in_bucket(**arguments):
    def prepare(clients):
        bucket(clients)
        return {"bucket_name": "bucket", **arguments}
    return prepare


def database(clients):
    clients("rds").create_db_instance(DBInstanceIdentifier="d", Engine="postgres",
                                      DBInstanceClass="db.t3.micro", MasterUsername="u",
                                      MasterUserPassword="password", AllocatedStorage=10)
    return {"db_instance_identifier": "d"}


def databases(clients):
    return [(d["DBInstanceIdentifier"], d["DBInstanceStatus"])
            for d in clients("rds").describe_db_instances()["DBInstances"]]


def nothing(clients):
    return None


def given(prepare, arguments):
    def both(clients):
        prepare(clients)
        return arguments
    return both


def of_ids(prepare, name="instance_ids", one=False, **more):
    def both(clients):
        ids = prepare(clients)
        return {name: ids[0] if one else ids, **more}
    return both


CASES = [
    ("ec2.probes.count_instances", given(lambda c: launch(c, 1), {"filters": BY_TAG}), nothing),
    ("ec2.probes.count_min_instances", given(launch, {"filters": BY_TAG, "min_count": 3}), nothing),
    ("ec2.probes.describe_instances", given(launch, {"filters": BY_TAG}), nothing),
    ("ec2.probes.instance_state", of_ids(launch, state="running"), nothing),
    ("ec2.actions.stop_instance", of_ids(launch, "instance_id", True), states),
    ("ec2.actions.stop_instances", given(launch, {"filters": BY_TAG}), states),
    ("ec2.actions.start_instances", of_ids(stopped), states),
    ("ec2.actions.restart_instances", of_ids(launch), states),
    ("ec2.actions.terminate_instance", of_ids(launch, "instance_id", True), states),
    ("ec2.actions.terminate_instances", given(launch, {"az": ZONE}), states),
    ("ec2.actions.set_tags_on_instances", given(launch, {"tags": "a=b", "filters": BY_TAG}),
     states),
    ("ec2.actions.remove_tags_from_instances", given(launch, {"tags": "app=web"}), states),
    ("asg.probes.describe_auto_scaling_groups", tagged_fleet(), nothing),
    ("asg.probes.desired_equals_healthy", in_fleet(), nothing),
    ("asg.probes.desired_equals_healthy_tags", tagged_fleet(), nothing),
    ("asg.probes.wait_desired_equals_healthy", in_fleet(timeout=5), nothing),
    ("asg.probes.wait_desired_equals_healthy_tags", tagged_fleet(timeout=5), nothing),
    ("asg.probes.is_scaling_in_progress", tagged_fleet(), nothing),
    ("asg.probes.process_is_suspended", in_fleet(process_names=["Launch"]), nothing),
    ("asg.probes.has_subnets", in_fleet(subnets=["subnet-1"]), nothing),
    ("asg.probes.instance_count_by_health", in_fleet(), nothing),
    ("asg.actions.suspend_processes", in_fleet(process_names=["Launch"]), groups),
    ("asg.actions.resume_processes", tagged_fleet(), groups),
    ("asg.actions.stop_random_instances", in_fleet(instance_percent=100), states),
    ("asg.actions.terminate_random_instances", in_fleet(instance_count=2), states),
    ("asg.actions.detach_random_instances", in_fleet(instance_count=2, decrement_capacity=True),
     groups),
    ("asg.actions.change_subnets",
     lambda c: {"asg_names": ["web"], "subnets": fleet(c)[:1]}, groups),
    ("elbv2.probes.targets_health_count", given(balancer, {"tg_names": ["tg"]}), nothing),
    ("elbv2.probes.all_targets_healthy", given(balancer, {"tg_names": ["tg"]}), nothing),
    ("elbv2.probes.is_access_log_enabled", lambda c: {"load_balancer_arn": balancer(c)[0]},
     nothing),
    ("elbv2.actions.deregister_target", given(balancer, {"tg_name": "tg"}), balancers),
    ("elbv2.actions.set_security_groups", new_group, balancers),
    ("elbv2.actions.set_subnets",
     lambda c: {"load_balancer_names": ["front"], "subnet_ids": balancer(c)[2][1:]}, balancers),
    ("elbv2.actions.delete_load_balancer", given(balancer, {"load_balancer_names": ["front"]}),
     balancers),
    ("ecs.probes.service_is_deploying", in_service(cluster="c", service="s"), nothing),
    ("ecs.probes.are_all_desired_tasks_running", in_service(cluster="c", service="s"), nothing),
    ("ecs.probes.describe_cluster", in_service(cluster="c"), nothing),
    ("ecs.probes.describe_service", in_service(cluster="c", service="s"), nothing),
    ("ecs.actions.update_desired_count", in_service(cluster="c", service="s", desired_count=5),
     services),
    ("ecs.actions.set_service_deployment_configuration", in_service(cluster="c", service="s"),
     services),
    ("ecs.actions.tag_resource",
     in_service(resource_arn="@arn", tags=[{"key": "a", "value": "b"}]), services),
    ("ecs.actions.untag_resource", in_service(resource_arn="@arn", tag_keys=["a"]), services),
    ("ecs.actions.delete_service", in_service(cluster="c"), services),
    ("awslambda.probes.get_function_timeout", on_function(), nothing),
    ("awslambda.probes.get_function_memory_size", on_function(), nothing),
    ("awslambda.actions.put_function_timeout", on_function(timeout=9), functions),
    ("awslambda.actions.put_function_memory_size", on_function(memory_size=256), functions),
    ("awslambda.actions.put_function_concurrency", on_function(concurrent_executions=2), functions),
    ("awslambda.actions.delete_function_concurrency", on_function(), functions),
    ("cloudwatch.actions.disable_rule", on_rule(), rules),
    ("cloudwatch.actions.enable_rule", on_rule(), rules),
    ("cloudwatch.actions.delete_rule", on_rule(force=True), rules),
    ("cloudwatch.actions.remove_rule_targets", on_rule(), rules),
    ("cloudwatch.actions.put_rule", on_rule(schedule_expression="rate(1 minute)"), rules),
    ("cloudwatch.actions.put_rule_targets", on_rule(targets=[{"Id": "2", "Arn": "arn:aws:sqs:::q"}]),
     rules),
    ("iam.probes.get_policy", lambda c: {"arn": policy(c)}, nothing),
    ("iam.actions.attach_role_policy", lambda c: {"arn": policy(c), "role_name": "r"}, attached),
    ("iam.actions.detach_role_policy", lambda c: {"arn": policy(c), "role_name": "r"}, attached),
    ("s3.probes.bucket_exists", in_bucket(), nothing),
    ("s3.probes.object_exists", in_bucket(object_key="k/a b"), nothing),
    ("s3.probes.object_exists", in_bucket(object_key="none"), nothing),
    ("s3.actions.delete_object", in_bucket(object_key="k/a b"), buckets),
    ("s3.actions.toggle_versioning", in_bucket(), buckets),
    ("rds.probes.instance_status",
     given(database, {"instance_id": "d"}), nothing),
    ("rds.actions.reboot_db_instance", database, databases),
    ("rds.actions.stop_db_instance", database, databases),
    ("rds.actions.delete_db_instance", database, databases),
]
