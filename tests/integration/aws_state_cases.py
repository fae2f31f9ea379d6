# SPDX-License-Identifier: Apache-2.0
"""States that moto can be put into, and what the functions of the AWS extension do to them.

CASES: (function, prepare(clients) -> arguments, observe(clients) -> what the state is afterwards,
why the reference fails where ours works; left out where both must do the same).
"""
import datetime
import io
import json
import os
import re
import urllib.request
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


def folder_once(text):
    """The reference names the folder of a journal twice in the address that it writes."""
    return re.sub(r"(amazonaws\.com/)([^/\s\"]+/)\2", r"\1\2", text)


def journals(clients):
    s3 = clients("s3")
    found = [s3.get_object(Bucket="bucket", Key=key) for key in buckets(clients)[0]]
    return [[o["ContentType"], folder_once(o["Body"].read().decode())] for o in found]


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


def volumes(clients):
    found = clients("ec2").describe_volumes()["Volumes"]
    return sorted([v["VolumeId"], v["State"], sorted(a["Device"] for a in v["Attachments"]),
                   sorted(t["Value"] for t in v.get("Tags", []))] for v in found)


def disk(clients, to):
    made = clients("ec2").create_volume(AvailabilityZone=ZONE, Size=1)
    clients("ec2").attach_volume(VolumeId=made["VolumeId"], InstanceId=to, Device="/dev/sdb")
    return made["VolumeId"]


def with_disk(clients):
    ids = launch(clients, 1)
    disk(clients, ids[0])
    return ids


def lost_disk(clients, group=None):
    """A volume that detach_random_volume took away."""
    ids = launch(clients, 1)
    ec2 = clients("ec2")
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    where = f"DeviceName=/dev/sdb;InstanceId={ids[0]}" + (f";ASG={group}" if group else "")
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "ChaosToolkitDetached", "Value": where}])
    return ids


def fleet_with_disk(clients):
    fleet(clients, 1)
    found = clients("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    disk(clients, found[0]["Instances"][0]["InstanceId"])
    return {"asg_names": ["web"]}


def fleet_with_lost_disk(clients):
    fleet(clients, 1)
    lost_disk(clients, "web")
    return {"asg_names": ["web"]}


def lopsided_fleet(clients):
    """One instance too few."""
    fleet(clients, 1)
    clients("autoscaling").set_instance_health(
        InstanceId=clients("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
        ["Instances"][0]["InstanceId"], HealthStatus="Unhealthy")
    return {"tags": TAGS, "timeout": 5}


def task_cluster(clients, count=1):
    ecs = clients("ecs")
    subnet = clients("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="t", containerDefinitions=[
        {"name": "a", "image": "a", "cpu": 1, "memory": 4, "essential": True}])
    made = ecs.run_task(cluster="c", taskDefinition="t", count=count, launchType="FARGATE",
                        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}})
    return made["tasks"][0]["taskArn"].rpartition("/")[2]


def tasks(clients):
    ecs = clients("ecs")
    arns = [arn for status in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster="c", desiredStatus=status)["taskArns"]]
    found = ecs.describe_tasks(cluster="c", tasks=arns)["tasks"] if arns else []
    return sorted((t["lastStatus"], t["desiredStatus"], t.get("stoppedReason", ""))
                  for t in found)


def clusters(clients):
    found = clients("ecs").describe_clusters(clusters=["c"])["clusters"]
    return [(c["clusterName"], c["status"], c["registeredContainerInstancesCount"]) for c in found]


def container_instance(clients):
    ecs = clients("ecs")
    ecs.create_cluster(clusterName="c")
    document = json.dumps({"instanceId": launch(clients, 1)[0], "region": "us-east-1",
                           "accountId": "123456789012", "availabilityZone": ZONE,
                           "instanceType": "m5.large", "imageId": AMI})
    made = ecs.register_container_instance(cluster="c", instanceIdentityDocument=document)
    return made["containerInstance"]["containerInstanceArn"]


def container_instances(clients):
    ecs = clients("ecs")
    arns = ecs.list_container_instances(cluster="c")["containerInstanceArns"]
    if not arns:
        return []
    return [i["status"] for i in ecs.describe_container_instances(
        cluster="c", containerInstances=arns)["containerInstances"]]


def layer(clients):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(zipfile.ZipInfo("l.py"), "")
    made = clients("lambda").publish_layer_version(LayerName="mine",
                                                   Content={"ZipFile": packed.getvalue()})
    return made["LayerVersionArn"]


def on_layered_function(is_on=False, **arguments):
    def prepare(clients):
        function(clients)
        arn = layer(clients)
        if is_on:
            clients("lambda").update_function_configuration(
                FunctionName="f", Layers=[arn], Environment={"Variables": {
                    "A": "b", "CHAOSTOOLKIT_EXPERIMENT": "true",
                    "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap"}})
        return {"function_name": "f", "layer": arn, **arguments}
    return prepare


def layers(clients):
    made = clients("lambda").get_function_configuration(FunctionName="f")
    return [made["Environment"], [x["Arn"] for x in made.get("Layers", [])]]


def without_docker(clients):
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"] + "/moto-api/config", method="POST",
        data=json.dumps({"lambda": {"use_docker": False}}).encode(),
        headers={"Content-Type": "application/json"})
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60).close()
    function(clients)


def mapping(clients):
    function(clients)
    sqs = clients("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return clients("lambda").create_event_source_mapping(
        FunctionName="f", EventSourceArn=arn["Attributes"]["QueueArn"])["UUID"]


def mappings(clients):
    found = clients("lambda").list_event_source_mappings()["EventSourceMappings"]
    return [m["State"] for m in found]


def metric(clients):
    clients("cloudwatch").put_metric_data(Namespace="n", MetricData=[
        {"MetricName": "m", "Value": 2.5, "Dimensions": [{"Name": "d", "Value": "v"}],
         "Timestamp": datetime.datetime.now(datetime.timezone.utc)
         - datetime.timedelta(seconds=30)}])


def metrics(clients):
    return [(m["Namespace"], m["MetricName"])
            for m in clients("cloudwatch").list_metrics()["Metrics"]]


def alarm(clients):
    clients("cloudwatch").put_metric_alarm(
        AlarmName="a", MetricName="m", Namespace="n", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold", Statistic="Sum")
    clients("cloudwatch").set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="test")


METRIC = {"namespace": "n", "metric_name": "m", "dimension_name": "d", "dimension_value": "v"}


def kubernetes(clients):
    clients("eks").create_cluster(name="k", roleArn="arn:aws:iam::123456789012:role/r",
                                  resourcesVpcConfig={"subnetIds": []})


def kubernetes_clusters(clients):
    return clients("eks").list_clusters()["clusters"]


def cache(clients):
    clients("elasticache").create_cache_cluster(CacheClusterId="c", Engine="redis",
                                                CacheNodeType="cache.t3.micro", NumCacheNodes=1)


def caches(clients):
    return [(c["CacheClusterId"], c["CacheClusterStatus"])
            for c in clients("elasticache").describe_cache_clusters()["CacheClusters"]]


def replication(clients):
    clients("elasticache").create_replication_group(
        ReplicationGroupId="g", ReplicationGroupDescription="d", Engine="redis",
        CacheNodeType="cache.t3.micro", NumCacheClusters=2)


def replications(clients):
    return [(g["ReplicationGroupId"], g["Status"]) for g in
            clients("elasticache").describe_replication_groups()["ReplicationGroups"]]


def job(clients):
    made = clients("emr").run_job_flow(
        Name="j", JobFlowRole="r", ServiceRole="s", ReleaseLabel="emr-6.15.0", Instances={
            "KeepJobFlowAliveWhenNoSteps": True, "InstanceGroups": [
                {"Name": "m", "InstanceRole": "MASTER", "InstanceType": "m5.large",
                 "InstanceCount": 1},
                {"Name": "core", "InstanceRole": "CORE", "InstanceType": "m5.large",
                 "InstanceCount": 1}]})
    return made["JobFlowId"]


def group_of(clients, flow):
    found = clients("emr").list_instance_groups(ClusterId=flow)["InstanceGroups"]
    return next(g["Id"] for g in found if g["InstanceGroupType"] == "CORE")


def jobs(clients):
    emr = clients("emr")
    return [[c["Name"], emr.describe_cluster(ClusterId=c["Id"])["Cluster"]["StepConcurrencyLevel"],
             sorted((g["Name"], g["RequestedInstanceCount"]) for g in
                    emr.list_instance_groups(ClusterId=c["Id"])["InstanceGroups"])]
            for c in emr.list_clusters()["Clusters"]]


def on_job(with_group=False, **arguments):
    def prepare(clients):
        flow = job(clients)
        group = {"group_id": group_of(clients, flow)} if with_group else {}
        return {"cluster_id": flow, **group, **arguments}
    return prepare


def broker(clients):
    made = clients("kafka").create_cluster(
        ClusterName="k", KafkaVersion="3.5.1", NumberOfBrokerNodes=2, BrokerNodeGroupInfo={
            "ClientSubnets": ["subnet-1"], "InstanceType": "kafka.m5.large"})
    return {"cluster_arn": made["ClusterArn"]}


def brokers(clients):
    return [c["ClusterName"] for c in clients("kafka").list_clusters()["ClusterInfoList"]]


def aurora(clients):
    clients("rds").create_db_cluster(DBClusterIdentifier="d", Engine="aurora-mysql",
                                     MasterUsername="u", MasterUserPassword="password")
    for name in ("d1", "d2"):
        clients("rds").create_db_instance(DBInstanceIdentifier=name, DBClusterIdentifier="d",
                                          Engine="aurora-mysql", DBInstanceClass="db.t3.medium")


def empty_aurora(clients):
    clients("rds").create_db_cluster(DBClusterIdentifier="d", Engine="aurora-mysql",
                                     MasterUsername="u", MasterUserPassword="password")


def auroras(clients):
    return [(c["DBClusterIdentifier"], c["Status"],
             [(m["DBInstanceIdentifier"], m["IsClusterWriter"]) for m in c["DBClusterMembers"]])
            for c in clients("rds").describe_db_clusters()["DBClusters"]]


D = {"db_cluster_identifier": "d"}


def zone(clients, associated=False):
    ec2 = clients("ec2")
    vpcs = [ec2.describe_vpcs()["Vpcs"][0]["VpcId"],
            ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]]
    route53 = clients("route53")
    made = route53.create_hosted_zone(
        Name="a.test.", CallerReference="r", HostedZoneConfig={"PrivateZone": True},
        VPC={"VPCRegion": "us-east-1", "VPCId": vpcs[0]})["HostedZone"]["Id"]
    if associated:
        route53.associate_vpc_with_hosted_zone(
            HostedZoneId=made, VPC={"VPCRegion": "us-east-1", "VPCId": vpcs[1]})
    return {"zone_id": made.rpartition("/")[2], "vpc_id": vpcs[1], "vpc_region": "us-east-1"}


def zones(clients):
    route53 = clients("route53")
    return [[z["Name"], sorted(v["VPCId"] for v in route53.get_hosted_zone(Id=z["Id"])["VPCs"])]
            for z in route53.list_hosted_zones()["HostedZones"]]


def health_check(clients):
    made = clients("route53").create_health_check(CallerReference="r", HealthCheckConfig={
        "IPAddress": "192.0.2.1", "Port": 80, "Type": "HTTP", "ResourcePath": "/"})
    return {"check_id": made["HealthCheck"]["Id"]}


def document(clients):
    clients("ssm").create_document(Name="doc", DocumentType="Command", DocumentFormat="JSON",
                                   Content='{"schemaVersion": "2.2"}')


def documents(clients):
    return sorted(d["Name"] for d in clients("ssm").list_documents()["DocumentIdentifiers"])


def parameters(clients):
    return [(p["Name"], p["Type"], clients("ssm").get_parameter(Name=p["Name"])["Parameter"]
             ["Value"]) for p in clients("ssm").describe_parameters()["Parameters"]]


def commands(clients):
    return [(c["DocumentName"], c["Parameters"], c["Status"])
            for c in clients("ssm").list_commands()["Commands"]]


def policies(clients):
    return [p["PolicyName"] for p in clients("iam").list_policies(Scope="Local")["Policies"]]


FIS_ROLE = "arn:aws:iam::123456789012:role/r1234567"


def template(clients):
    made = clients("fis").create_experiment_template(
        clientToken="t", description="d", roleArn=FIS_ROLE, stopConditions=[{"source": "none"}],
        actions={"stop": {"actionId": "aws:ec2:stop-instances",
                          "targets": {"Instances": "all"}}},
        targets={"all": {"resourceType": "aws:ec2:instance", "selectionMode": "ALL",
                         "resourceTags": {"app": "web"}}}, tags={"a": "b"})
    return made["experimentTemplate"]["id"]


def experiment(clients):
    made = clients("fis").start_experiment(clientToken="t", experimentTemplateId=template(clients),
                                           tags={"a": "b"})
    return made["experiment"]["id"]


def experiments(clients):
    fis = clients("fis")
    return [sorted(e["state"]["status"] for e in fis.list_experiments()["experiments"]),
            sorted(sorted(fis.get_experiment_template(id=t["id"])["experimentTemplate"]["actions"])
                   for t in fis.list_experiment_templates()["experimentTemplates"])]


def log_bucket(clients):
    clients("s3").create_bucket(Bucket="logs")
    return {"load_balancer_arn": balancer(clients)[0], "enable": True, "bucket_name": "logs"}


def log_attributes(clients):
    elb = clients("elbv2")
    return [sorted((a["Key"], a["Value"]) for a in elb.describe_load_balancer_attributes(
        LoadBalancerArn=b["LoadBalancerArn"])["Attributes"])
            for b in elb.describe_load_balancers()["LoadBalancers"]]


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
    ("s3.controls.upload.after_experiment_control",
     in_bucket(dirpath="runs", context={}, state={"title": "t", "extra": {"a": 1}}), journals),
    ("rds.probes.instance_status",
     given(database, {"instance_id": "d"}), nothing),
    ("rds.actions.reboot_db_instance", database, databases),
    ("rds.actions.stop_db_instance", database, databases),
    ("rds.actions.delete_db_instance", database, databases),
    ("ec2.actions.detach_random_volume", of_ids(with_disk), volumes),
    ("ec2.actions.attach_volume", of_ids(lost_disk), volumes),
    ("ec2.actions.stop_instances_by_incremental_steps",
     given(lambda c: launch(c, 1), {"volume": 100, "step_quantity": 1, "step_duration": 0,
                                    "az": ZONE}), states,
     "the reference fails on a mapping it draws from"),
    ("asg.actions.detach_random_volume", fleet_with_disk, volumes),
    ("asg.actions.attach_volume", fleet_with_lost_disk, volumes,
     "the reference asks the wrong client to attach and crashes"),
    ("asg.probes.wait_desired_not_equals_healthy_tags", lopsided_fleet, nothing),
    ("awslambda.actions.add_layer", on_layered_function(), layers),
    ("awslambda.actions.remove_layer", on_layered_function(is_on=True), layers),
    ("awslambda.actions.add_latency", on_layered_function(latency=2), layers),
    ("awslambda.actions.remove_latency", on_layered_function(is_on=True), layers),
    ("awslambda.actions.add_error", on_layered_function(), layers),
    ("awslambda.actions.remove_error", on_layered_function(is_on=True), layers),
    ("awslambda.actions.invoke_function",
     given(without_docker, {"function_name": "f", "function_arguments": {"a": 1}}), nothing),
    ("awslambda.actions.delete_event_source_mapping", lambda c: {"event_uuid": mapping(c)},
     mappings),
    ("awslambda.actions.toggle_event_source_mapping_state",
     lambda c: {"event_uuid": mapping(c), "enabled": False}, mappings),
    ("awslambda.probes.list_event_source_mapping", given(mapping, {"function_name": "f"}), nothing),
    ("awslambda.probes.get_function_concurrency", given(
        lambda c: (function(c), c("lambda").put_function_concurrency(
            FunctionName="f", ReservedConcurrentExecutions=3)), {"function_name": "f"}), nothing),
    ("cloudwatch.actions.put_metric_data",
     given(nothing, {"namespace": "n", "metric_data": [{"MetricName": "m", "Value": 1.5}]}),
     metrics),
    ("cloudwatch.probes.get_alarm_state_value", given(alarm, {"alarm_name": "a"}), nothing),
    ("cloudwatch.probes.get_metric_statistics",
     given(metric, {**METRIC, "duration": 600, "statistic": "Sum"}), nothing),
    ("cloudwatch.probes.get_metric_data",
     given(metric, {**METRIC, "duration": 600, "period": 600, "statistic": "Sum"}), nothing),
    ("ecs.actions.delete_cluster",
     given(lambda c: c("ecs").create_cluster(clusterName="c"), {"cluster": "c"}), clusters),
    ("ecs.actions.deregister_container_instance",
     lambda c: {"cluster": "c", "instance_id": container_instance(c), "force": True},
     container_instances),
    ("ecs.actions.update_container_instances_state",
     lambda c: {"cluster": "c", "container_instances": [container_instance(c)],
                "status": "DRAINING"}, container_instances,
     "the reference calls a method that boto3 does not have"),
    ("ecs.actions.set_service_placement_strategy",
     in_service(cluster="c", service="s", placement_type="spread", placement_field="instanceId"),
     services),
    ("ecs.actions.stop_random_tasks", given(lambda c: task_cluster(c, 2),
                                            {"cluster": "c", "task_count": 2}), tasks),
    ("ecs.actions.stop_task", lambda c: {"cluster": "c", "task_id": task_cluster(c)}, tasks),
    ("ecs.probes.describe_tasks", given(task_cluster, {"cluster": "c"}), nothing),
    ("eks.actions.create_cluster", given(nothing, {
        "name": "k", "role_arn": "arn:aws:iam::123456789012:role/r",
        "vpc_config": {"subnetIds": ["subnet-1"]}, "version": "1.30"}), kubernetes_clusters),
    ("eks.actions.delete_cluster", given(kubernetes, {"name": "k"}), kubernetes_clusters),
    ("eks.probes.describe_cluster", given(kubernetes, {"name": "k"}), nothing),
    ("eks.probes.list_clusters", given(kubernetes, {}), nothing),
    ("elasticache.actions.delete_cache_clusters", given(cache, {"cluster_ids": ["c"]}), caches),
    ("elasticache.actions.delete_replication_groups", given(replication, {"group_ids": ["g"]}),
     replications),
    ("elasticache.probes.count_cache_clusters_from_replication_group",
     given(replication, {"replication_group_id": "g"}), nothing),
    ("elasticache.probes.describe_cache_cluster", given(cache, {"cluster_id": "c"}), nothing),
    ("elasticache.probes.get_cache_node_count", given(cache, {"cluster_id": "c"}), nothing),
    ("elasticache.probes.get_cache_node_status", given(cache, {"cluster_id": "c"}), nothing),
    ("elbv2.actions.enable_access_log", log_bucket, log_attributes),
    ("emr.actions.modify_cluster", on_job(concurrency=2), jobs),
    ("emr.actions.modify_instance_groups_instance_count", on_job(True, instance_count=3), jobs),
    ("emr.actions.modify_instance_groups_shrink_policy", on_job(True, decommission_timeout=60),
     jobs),
    ("emr.probes.describe_cluster", on_job(), nothing),
    ("emr.probes.describe_instance_group", on_job(True), nothing),
    ("emr.probes.list_cluster_fleet_instances", on_job(fleet_id="if-1"), nothing),
    ("emr.probes.list_cluster_group_instances", on_job(True), nothing),
    ("fis.actions.start_experiment",
     lambda c: {"experiment_template_id": template(c), "tags": "a=b"}, experiments),
    ("fis.actions.stop_experiment", lambda c: {"experiment_id": experiment(c)}, experiments),
    ("fis.actions.stop_experiments_by_tags",
     given(experiment, {"tags": "a=b", "delete_templates": True}), experiments),
    ("fis.actions.start_stress_pod_delete_scenario", given(nothing, {
        "label_selector": "app=web", "tags": "a=b", "role_arn": FIS_ROLE,
        "log_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:g",
        "cluster_identifier": "k", "client_token": "t"}), experiments),
    ("fis.actions.start_availability_zone_power_interruption_scenario", given(nothing, {
        "az": ZONE, "role_arn": FIS_ROLE, "tags": "a=b", "client_token": "t"}), experiments),
    ("fis.actions.restore_availability_zone_power_after_interruption",
     given(experiment, {"tags": "a=b", "delete_roles_and_policies": False}), experiments),
    ("fis.probes.get_experiment", lambda c: {"experiment_id": experiment(c)}, nothing),
    ("iam.actions.create_policy", given(nothing, {"name": "p", "policy": {
        "Version": "2012-10-17", "Statement": []}}), policies),
    ("msk.actions.delete_cluster", broker, brokers),
    ("msk.probes.describe_msk_cluster", broker, nothing),
    ("rds.actions.delete_db_cluster", given(empty_aurora, D), auroras),
    ("rds.actions.failover_db_cluster",
     given(aurora, {**D, "target_db_instance_identifier": "d2"}), auroras),
    ("rds.actions.stop_db_cluster", given(empty_aurora, D), auroras),
    ("rds.probes.cluster_membership_count", given(aurora, {"cluster_id": "d"}), nothing),
    ("rds.probes.cluster_status", given(empty_aurora, {"cluster_id": "d"}), nothing),
    ("route53.actions.associate_vpc_with_zone", zone, zones),
    ("route53.actions.disassociate_vpc_from_zone", lambda c: zone(c, True), zones),
    ("route53.probes.get_health_check_status", health_check, nothing),
    ("route53.probes.get_hosted_zone", lambda c: {"zone_id": zone(c)["zone_id"]}, nothing),
    ("ssm.actions.create_document", given(nothing, {
        "path_content": "@document@", "name": "doc", "version_name": "v1",
        "document_type": "Command", "document_format": "JSON"}), documents),
    ("ssm.actions.delete_document", given(document, {"name": "doc"}), documents),
    ("ssm.actions.put_parameter", given(nothing, {
        "name": "n", "value": "v", "description": "d", "type": "String", "key_id": "k",
        "allowed_pattern": ".*", "tags": TAGS, "tier": "Standard", "policies": "[]",
        "data_type": "text"}), parameters),
    ("ssm.actions.send_command", given(document, {
        "document_name": "doc", "targets": [{"Key": "InstanceIds", "Values": ["i-1"]}],
        "document_version": "1", "parameters": {"p": ["q"]}, "timeout_seconds": 60,
        "max_concurrency": "1", "max_errors": "1"}), commands),
]
