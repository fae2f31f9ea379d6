# SPDX-License-Identifier: Apache-2.0
"""What the functions of the AWS extension are called with, and what the service answers.

CASES: (function, arguments, answers by operation, why ours differs or None). An answer is a shape
of the model, or a Refusal; operations that are not named answer with {}. Candidates of random
draws are one, or all are drawn, so that both sides choose the same.
"""


class Refusal:
    def __init__(self, code, message):
        self.code = code
        self.message = message


def instance(number, state="running", **more):
    return {"InstanceId": f"i-{number}", "State": {"Name": state, "Code": 16}, **more}


def reservations(*instances):
    return {"Reservations": [{"Instances": list(instances)}] if instances else []}


def group(name="web", *instances, **more):
    return {"AutoScalingGroups": [{
        "AutoScalingGroupName": name, "MinSize": 1, "MaxSize": 3, "DesiredCapacity": 1,
        "DefaultCooldown": 1, "AvailabilityZones": ["us-east-1a"], "HealthCheckType": "EC2",
        "CreatedTime": "2026-01-02T03:04:05Z", "VPCZoneIdentifier": "subnet-1,subnet-2",
        "SuspendedProcesses": [], "Tags": [{"Key": "app", "Value": "web"}],
        "Instances": list(instances), **more}]}


def member(number, health="Healthy", state="InService", zone="us-east-1a"):
    return {"InstanceId": f"i-{number}", "HealthStatus": health, "LifecycleState": state,
            "AvailabilityZone": zone, "ProtectedFromScaleIn": False}


FILTERS = [{"Name": "tag:app", "Values": ["web"]}]
TAG = [{"Key": "app", "Value": "web"}]
ONE = reservations(instance(1))
TWO = reservations(instance(1), instance(2, InstanceLifecycle="spot", SpotInstanceRequestId="sir-2"))
DISKS = reservations(instance(1, BlockDeviceMappings=[
    {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-0"}},
    {"DeviceName": "/dev/sdb", "Ebs": {"VolumeId": "vol-1"}}]))
LOST = {"Volumes": [{"VolumeId": "vol-1", "State": "available", "Tags": [
    {"Key": "ChaosToolkitDetached", "Value": "DeviceName=/dev/sdb;InstanceId=i-1;ASG=web"}]}]}
LEAVING = {"Volumes": [{**LOST["Volumes"][0], "State": "in-use", "Attachments": [
    {"InstanceId": "i-1", "Device": "/dev/sdb", "State": "detaching"}]}]}
DENIED = Refusal("AccessDenied", "not you")
DESCRIBED = {"DescribeTags": {"Tags": [{"ResourceId": "web", "ResourceType": "auto-scaling-group",
                                        "Key": "app", "Value": "web", "PropagateAtLaunch": True}]}}
STOPPING = {"StoppingInstances": [{"InstanceId": "i-1", "CurrentState": {"Name": "stopping"}}]}
TERMINATING = {"TerminatingInstances": [{"InstanceId": "i-1",
                                         "CurrentState": {"Name": "shutting-down"}}]}

EC2 = [
    ("ec2.probes.describe_instances", {"filters": FILTERS}, {"DescribeInstances": ONE}, None),
    ("ec2.probes.describe_instances", {"filters": FILTERS}, {"DescribeInstances": DENIED}, None),
    ("ec2.probes.count_instances", {"filters": FILTERS}, {"DescribeInstances": ONE}, None),
    ("ec2.probes.count_instances", {"filters": FILTERS}, {"DescribeInstances": TWO},
     "result: instances are counted, not reservations"),
    ("ec2.probes.count_min_instances", {"filters": FILTERS, "min_count": 1},
     {"DescribeInstances": ONE}, None),
    ("ec2.probes.instance_state", {"state": "running", "filters": FILTERS},
     {"DescribeInstances": TWO}, None),
    ("ec2.probes.instance_state", {"state": "stopped", "instance_ids": ["i-1"]},
     {"DescribeInstances": ONE}, None),
    ("ec2.probes.instance_state", {"state": "stopped"}, {}, None),
    ("ec2.actions.stop_instance", {"az": "us-east-1a"},
     {"DescribeInstances": ONE, "StopInstances": STOPPING}, None),
    ("ec2.actions.stop_instance", {"instance_id": "i-1", "force": True},
     {"DescribeInstances": ONE, "StopInstances": STOPPING}, None),
    ("ec2.actions.stop_instance", {}, {}, None),
    ("ec2.actions.stop_instance", {"az": "us-east-1b"}, {"DescribeInstances": reservations()}, None),
    ("ec2.actions.stop_instances", {"filters": FILTERS, "az": "us-east-1a"},
     {"DescribeInstances": TWO, "StopInstances": STOPPING, "TerminateInstances": TERMINATING},
     None),
    ("ec2.actions.stop_instances", {}, {}, None),
    ("ec2.actions.terminate_instance", {"az": "us-east-1a"},
     {"DescribeInstances": ONE, "TerminateInstances": TERMINATING}, None),
    ("ec2.actions.terminate_instance", {"filters": FILTERS},
     {"DescribeInstances": reservations()}, None),
    ("ec2.actions.terminate_instance", {}, {}, None),
    ("ec2.actions.terminate_instances", {"filters": FILTERS},
     {"DescribeInstances": TWO, "TerminateInstances": TERMINATING}, None),
    ("ec2.actions.terminate_instances", {"instance_ids": ["i-1"]},
     {"DescribeInstances": ONE, "TerminateInstances": DENIED}, None),
    ("ec2.actions.start_instances", {"filters": FILTERS},
     {"DescribeInstances": ONE, "StartInstances": {"StartingInstances": [{"InstanceId": "i-1"}]}},
     None),
    ("ec2.actions.restart_instances", {"instance_ids": ["i-1"]}, {"DescribeInstances": ONE}, None),
    ("ec2.actions.detach_random_volume", {"instance_ids": ["i-1"]},
     {"DescribeInstances": DISKS, "DetachVolume": {"VolumeId": "vol-1", "State": "detaching"}},
     None),
    ("ec2.actions.detach_random_volume", {"filters": FILTERS},
     {"DescribeInstances": DISKS, "DetachVolume": DENIED}, None),
    ("ec2.actions.attach_volume", {"instance_ids": ["i-1"]},
     {"DescribeInstances": ONE, "DescribeVolumes": LOST,
      "AttachVolume": {"VolumeId": "vol-1", "State": "attaching"}}, None),
    ("ec2.actions.attach_volume", {}, {"DescribeVolumes": LOST, "AttachVolume": DENIED}, None),
    ("ec2.actions.attach_volume", {}, {"DescribeVolumes": LEAVING, "AttachVolume": DENIED}, None),
    ("ec2.actions.stop_instances_by_incremental_steps",
     {"volume": 100, "step_quantity": 1, "step_duration": 0, "az": "us-east-1a"},
     {"DescribeInstances": ONE, "StopInstances": STOPPING},
     "requests: the reference fails on a mapping it draws from"),
    ("ec2.actions.set_tags_on_instances", {"tags": "a=b", "filters": FILTERS},
     {"DescribeInstances": ONE}, None),
    ("ec2.actions.remove_tags_from_instances", {"tags": "a=b", "az": "us-east-1a"},
     {"DescribeInstances": ONE}, None),
]

ASG = [
    ("asg.probes.describe_auto_scaling_groups", {"asg_names": ["web"]},
     {"DescribeAutoScalingGroups": group()}, None),
    ("asg.probes.describe_auto_scaling_groups", {"tags": TAG},
     {"DescribeAutoScalingGroups": group()}, None),
    ("asg.probes.describe_auto_scaling_groups", {"asg_names": ["none"]},
     {"DescribeAutoScalingGroups": {"AutoScalingGroups": []}}, None),
    ("asg.probes.desired_equals_healthy", {"asg_names": ["web"]},
     {"DescribeAutoScalingGroups": group("web", member(1))}, None),
    ("asg.probes.desired_equals_healthy", {"asg_names": []}, {}, None),
    ("asg.probes.desired_equals_healthy_tags", {"tags": TAG},
     {"DescribeAutoScalingGroups": group("web", member(1, "Unhealthy"))}, None),
    ("asg.probes.wait_desired_equals_healthy", {"asg_names": ["web"], "timeout": 5},
     {"DescribeAutoScalingGroups": group("web", member(1))}, None),
    ("asg.probes.wait_desired_equals_healthy_tags", {"tags": TAG, "timeout": 5},
     {"DescribeAutoScalingGroups": group("web", member(1))}, None),
    ("asg.probes.wait_desired_not_equals_healthy_tags", {"tags": TAG, "timeout": 5},
     {"DescribeAutoScalingGroups": group("web", member(1, "Unhealthy"))}, None),
    ("asg.probes.is_scaling_in_progress", {"tags": TAG},
     {"DescribeAutoScalingGroups": group("web", member(1, state="Pending"))}, None),
    ("asg.probes.process_is_suspended", {"asg_names": ["web"], "process_names": ["Launch"]},
     {"DescribeAutoScalingGroups": group(SuspendedProcesses=[{"ProcessName": "Launch"}])}, None),
    ("asg.probes.process_is_suspended", {"process_names": ["Launch"]}, {}, None),
    ("asg.probes.has_subnets", {"asg_names": ["web"], "subnets": ["subnet-2", "subnet-1"]},
     {"DescribeAutoScalingGroups": group()}, None),
    ("asg.probes.instance_count_by_health", {"asg_names": ["web"]},
     {"DescribeAutoScalingGroups": group("web", member(1))}, None),
    ("asg.actions.suspend_processes", {"asg_names": ["web"], "process_names": ["Launch"]},
     {"DescribeAutoScalingGroups": group()}, None),
    ("asg.actions.suspend_processes", {"asg_names": ["web"], "process_names": ["Lunch"]}, {}, None),
    ("asg.actions.resume_processes", {"tags": TAG},
     {"DescribeAutoScalingGroups": group(), **DESCRIBED}, None),
    ("asg.actions.stop_random_instances", {"asg_names": ["web"], "instance_count": 1},
     {"DescribeAutoScalingGroups": group("web", member(1)), "StopInstances": STOPPING}, None),
    ("asg.actions.stop_random_instances", {"asg_names": ["web"], "instance_count": 2},
     {"DescribeAutoScalingGroups": group("web", member(1))}, None),
    ("asg.actions.terminate_random_instances", {"asg_names": ["web"], "az": "us-east-1a"},
     {"DescribeAutoScalingGroups": group("web", member(2), member(1)),
      "TerminateInstances": TERMINATING}, None),
    ("asg.actions.terminate_random_instances", {"asg_names": ["web"], "instance_percent": 100},
     {"DescribeAutoScalingGroups": group("web", member(1)), "TerminateInstances": DENIED}, None),
    ("asg.actions.detach_random_instances", {"asg_names": ["web"], "instance_percent": 100},
     {"DescribeAutoScalingGroups": group("web", member(2), member(1)),
      "DetachInstances": {"Activities": []}}, None),
    ("asg.actions.change_subnets", {"asg_names": ["web"], "subnets": ["subnet-3", "subnet-4"]},
     {"DescribeAutoScalingGroups": group()}, None),
    ("asg.actions.detach_random_volume", {"asg_names": ["web"]},
     {"DescribeAutoScalingGroups": group("web", member(1)), "DescribeInstances": DISKS,
      "DetachVolume": {"VolumeId": "vol-1"}}, None),
    ("asg.actions.attach_volume", {"asg_names": ["web"]},
     {"DescribeAutoScalingGroups": group(), "DescribeVolumes": LOST,
      "AttachVolume": {"VolumeId": "vol-1"}},
     "requests: the reference asks the wrong client to attach and crashes"),
]

BALANCER = {"LoadBalancers": [{"LoadBalancerName": "front", "LoadBalancerArn": "arn:lb/front",
                               "State": {"Code": "active"}, "Type": "application"}]}
TARGETS = {
    "DescribeTargetGroups": {"TargetGroups": [{"TargetGroupName": "tg",
                                               "TargetGroupArn": "arn:tg/1"}]},
    "DescribeTargetHealth": {"TargetHealthDescriptions": [
        {"Target": {"Id": "i-1", "Port": 80}, "TargetHealth": {"State": "unhealthy"}}]}}
LOGS = {"Attributes": [{"Key": "access_logs.s3.enabled", "Value": "true"}]}

ELB = [
    ("elbv2.probes.targets_health_count", {"tg_names": ["tg"]}, TARGETS, None),
    ("elbv2.probes.targets_health_count", {"tg_names": []}, {}, None),
    ("elbv2.probes.all_targets_healthy", {"tg_names": ["tg"]}, TARGETS, None),
    ("elbv2.probes.is_access_log_enabled", {"load_balancer_arn": "arn:lb/front"},
     {"DescribeLoadBalancerAttributes": LOGS}, None),
    ("elbv2.actions.deregister_target", {"tg_name": "tg"}, TARGETS, None),
    ("elbv2.actions.deregister_target", {"tg_name": "tg"},
     {**TARGETS, "DeregisterTargets": DENIED}, None),
    ("elbv2.actions.set_security_groups",
     {"load_balancer_names": ["front"], "security_group_ids": ["sg-1"]},
     {"DescribeLoadBalancers": BALANCER,
      "DescribeSecurityGroups": {"SecurityGroups": [{"GroupId": "sg-1"}]},
      "SetSecurityGroups": {"SecurityGroupIds": ["sg-1"]}}, None),
    ("elbv2.actions.set_subnets", {"load_balancer_names": ["front"], "subnet_ids": ["subnet-1"]},
     {"DescribeLoadBalancers": BALANCER,
      "DescribeSubnets": {"Subnets": [{"SubnetId": "subnet-1"}]}}, None),
    ("elbv2.actions.set_subnets", {"load_balancer_names": ["front"], "subnet_ids": ["subnet-2"]},
     {"DescribeSubnets": {"Subnets": [{"SubnetId": "subnet-1"}]}}, None),
    ("elbv2.actions.delete_load_balancer", {"load_balancer_names": ["front"]},
     {"DescribeLoadBalancers": BALANCER}, None),
    ("elbv2.actions.enable_access_log",
     {"load_balancer_arn": "arn:lb/front", "enable": True, "bucket_name": "logs"},
     {"ModifyLoadBalancerAttributes": LOGS}, None),
    ("elbv2.actions.enable_access_log", {"load_balancer_arn": "arn:lb/front", "enable": True}, {},
     None),
]

CLUSTER = {"DescribeClusters": {"clusters": [{"clusterName": "c", "clusterArn": "arn:c"}]}}
SERVICE = {"DescribeServices": {"services": [{
    "serviceName": "s", "serviceArn": "arn:s", "desiredCount": 2, "runningCount": 1,
    "deployments": [{"id": "1"}, {"id": "2"}]}]}}
TASKS = {"ListTasks": {"taskArns": ["arn:aws:ecs:us-east-1:1:task/c/t1"]},
         "StopTask": {"task": {"taskArn": "arn:t1", "desiredStatus": "STOPPED"}}}
C = {"cluster": "c"}
CS = {"cluster": "c", "service": "s"}

ECS = [
    ("ecs.probes.service_is_deploying", CS, SERVICE, None),
    ("ecs.probes.service_is_deploying", CS, {}, None),
    ("ecs.probes.are_all_desired_tasks_running", CS, SERVICE, None),
    ("ecs.probes.describe_cluster", C, CLUSTER, None),
    ("ecs.probes.describe_service", CS, SERVICE, None),
    ("ecs.probes.describe_tasks", C, {**TASKS, "DescribeTasks": {"tasks": [{"taskArn": "arn:t1"}]}},
     None),
    ("ecs.actions.stop_random_tasks", {**CS, "task_count": 1}, {**CLUSTER, **SERVICE, **TASKS},
     None),
    ("ecs.actions.stop_random_tasks", {**C, "task_count": 2}, {**CLUSTER, **TASKS}, None),
    ("ecs.actions.stop_task", CS, TASKS, None),
    ("ecs.actions.stop_task", {**C, "task_id": "t1"}, TASKS, None),
    ("ecs.actions.delete_service", {**C, "service_pattern": "web$"},
     {"ListServices": {"serviceArns": ["arn:aws:ecs:1:service/c/db",
                                       "arn:aws:ecs:1:service/c/web"]}}, None),
    ("ecs.actions.delete_service", CS, {}, None),
    ("ecs.actions.tag_resource", {"tags": [{"key": "a", "value": "b"}], "resource_arn": "arn:s"},
     {}, None),
    ("ecs.actions.untag_resource", {"tag_keys": ["a"], "resource_arn": "arn:s"},
     {"UntagResource": Refusal("InvalidParameterException", "no")}, None),
    ("ecs.actions.delete_cluster", C, {}, None),
    ("ecs.actions.deregister_container_instance", {**C, "instance_id": "ci-1"}, {}, None),
    ("ecs.actions.update_desired_count", {**CS, "desired_count": 3}, {**CLUSTER, **SERVICE}, None),
    ("ecs.actions.update_desired_count", {**CS, "desired_count": 3},
     {**CLUSTER, "DescribeServices": {"services": []}}, None),
    ("ecs.actions.set_service_placement_strategy", {**CS, "placement_type": "spread",
                                                    "placement_field": "instanceId"},
     {**CLUSTER, **SERVICE}, None),
    ("ecs.actions.set_service_deployment_configuration", CS, {**CLUSTER, **SERVICE}, None),
    ("ecs.actions.update_container_instances_state",
     {**C, "container_instances": ["ci-1"], "status": "DRAINING"}, CLUSTER,
     "requests: the reference calls a method that boto3 does not have"),
]

F = {"function_name": "f"}
LAYER = "arn:aws:lambda:us-east-1:1:layer:mine:1"
CONFIGURED = {"GetFunctionConfiguration": {"FunctionName": "f", "Timeout": 3, "MemorySize": 128,
                                           "Environment": {"Variables": {"A": "b"}}}}
E_ = {"event_uuid": "01234567-89ab-cdef-0123-456789abcdef"}

LAMBDA = [
    ("awslambda.probes.get_function_concurrency", F,
     {"GetFunctionConcurrency": {"ReservedConcurrentExecutions": 5}}, None),
    ("awslambda.probes.get_function_timeout", {**F, "qualifier": "1"}, CONFIGURED, None),
    ("awslambda.probes.get_function_memory_size", F, CONFIGURED, None),
    ("awslambda.probes.list_event_source_mapping", F,
     {"ListEventSourceMappings": {"EventSourceMappings": [{"UUID": "u-1"}]}}, None),
    ("awslambda.actions.invoke_function",
     {**F, "function_arguments": {"a": [1, "b"]}, "client_context": {"c": 1}},
     {"Invoke": {"StatusCode": 200, "Payload": b'{"ok": true}'}}, None),
    ("awslambda.actions.put_function_concurrency", {**F, "concurrent_executions": 0},
     {"PutFunctionConcurrency": {"ReservedConcurrentExecutions": 0}}, None),
    ("awslambda.actions.put_function_concurrency", {**F, "concurrent_executions": 0},
     {"PutFunctionConcurrency": Refusal("ResourceNotFoundException", "no f")}, None),
    ("awslambda.actions.delete_function_concurrency", F, {}, None),
    ("awslambda.actions.put_function_timeout", {**F, "timeout": 9}, {}, None),
    ("awslambda.actions.put_function_memory_size", {**F, "memory_size": 256}, {}, None),
    ("awslambda.actions.delete_event_source_mapping", E_, {}, None),
    ("awslambda.actions.toggle_event_source_mapping_state", {**E_, "enabled": False}, {}, None),
    ("awslambda.actions.add_layer", {**F, "layer": LAYER}, CONFIGURED,
     "requests: the layers that are there are read first, and kept"),
    ("awslambda.actions.remove_layer", {**F, "layer": LAYER},
     {"GetFunctionConfiguration": {"Layers": [{"Arn": LAYER}]}}, None),
    ("awslambda.actions.add_latency", {**F, "latency": 2}, CONFIGURED, None),
    ("awslambda.actions.remove_latency", F,
     {"GetFunctionConfiguration": {"Environment": {"Variables": {
         "A": "b", "CHAOSTOOLKIT_EXPERIMENT": "true"}}}}, None),
    ("awslambda.actions.add_error", F, CONFIGURED, None),
    ("awslambda.actions.remove_error", F,
     {"GetFunctionConfiguration": {"Environment": {"Variables": {
         "A": "b", "AWS_LAMBDA_EXEC_WRAPPER": "x"}}}}, None),
]

R = {"rule_name": "r"}
METRIC = {"namespace": "AWS/EC2", "metric_name": "CPU", "dimension_name": "InstanceId",
          "dimension_value": "i-1"}

CLOUDWATCH = [
    ("cloudwatch.probes.get_alarm_state_value", {"alarm_name": "a"},
     {"DescribeAlarms": {"MetricAlarms": [{"AlarmName": "a", "StateValue": "OK"}]}}, None),
    ("cloudwatch.probes.get_alarm_state_value", {"alarm_name": "a"},
     {"DescribeAlarms": {"MetricAlarms": []}}, None),
    ("cloudwatch.probes.get_metric_statistics", {**METRIC, "statistic": "Average"},
     {"GetMetricStatistics": {"Datapoints": [{"Average": 1.5}]}}, None),
    ("cloudwatch.probes.get_metric_data", {**METRIC, "statistic": "Average"},
     {"GetMetricData": {"MetricDataResults": [{"Id": "m1", "Label": "CPU",
                                               "Values": [1.0, 2.5, 4.125]}]}}, None),
    ("cloudwatch.probes.get_metric_data", {"namespace": "n", "metric_name": "m"}, {}, None),
    ("cloudwatch.actions.put_rule", {**R, "schedule_expression": "rate(1 minute)"},
     {"PutRule": {"RuleArn": "arn:r"}}, None),
    ("cloudwatch.actions.put_rule_targets", {**R, "targets": [{"Id": "1", "Arn": "arn:t"}]}, {},
     None),
    ("cloudwatch.actions.disable_rule", R, {}, None),
    ("cloudwatch.actions.enable_rule", R, {}, None),
    ("cloudwatch.actions.delete_rule", {**R, "force": True},
     {"ListTargetsByRule": {"Targets": [{"Id": "1", "Arn": "arn:t"}]}}, None),
    ("cloudwatch.actions.remove_rule_targets", R,
     {"ListTargetsByRule": {"Targets": [{"Id": "1", "Arn": "arn:t"}]}}, None),
    ("cloudwatch.actions.put_metric_data",
     {"namespace": "n", "metric_data": [{"MetricName": "m", "Value": 1.5}]}, {}, None),
]

CACHE = {"DescribeCacheClusters": {"CacheClusters": [{
    "CacheClusterId": "c", "NumCacheNodes": 1, "CacheClusterStatus": "available",
    "CacheNodes": [{"CacheNodeId": "0001"}]}]}}
REPLICATION = {"DescribeReplicationGroups": {"ReplicationGroups": [{
    "ReplicationGroupId": "g", "MemberClusters": ["c1", "c2"]}]}}

ELASTICACHE = [
    ("elasticache.probes.describe_cache_cluster", {"cluster_id": "c"}, CACHE, None),
    ("elasticache.probes.describe_cache_cluster", {"cluster_id": "c"},
     {"DescribeCacheClusters": Refusal("CacheClusterNotFound", "no c")}, None),
    ("elasticache.probes.get_cache_node_count", {"cluster_id": "c"}, CACHE, None),
    ("elasticache.probes.get_cache_node_status", {"cluster_id": "c"}, CACHE, None),
    ("elasticache.probes.count_cache_clusters_from_replication_group",
     {"replication_group_id": "g"}, REPLICATION, None),
    ("elasticache.actions.reboot_cache_clusters", {"cluster_ids": ["c"]},
     {**CACHE, "RebootCacheCluster": {"CacheCluster": {"CacheClusterId": "c"}}}, None),
    ("elasticache.actions.reboot_cache_clusters", {"cluster_ids": ["c"], "node_ids": ["9"]}, CACHE,
     None),
    ("elasticache.actions.delete_cache_clusters", {"cluster_ids": ["c"], "final_snapshot_id": "s"},
     {**CACHE, "DeleteCacheCluster": {"CacheCluster": {"CacheClusterId": "c"}}}, None),
    ("elasticache.actions.delete_replication_groups", {"group_ids": ["g"]},
     {**REPLICATION, "DeleteReplicationGroup": {"ReplicationGroup": {"ReplicationGroupId": "g"}}},
     None),
    ("elasticache.actions.test_failover", {"replication_group_id": "g", "node_group_id": "1"}, {},
     None),
]

EKS = [
    ("eks.probes.describe_cluster", {"name": "k"}, {"DescribeCluster": {"cluster": {"name": "k"}}},
     None),
    ("eks.probes.describe_cluster", {"name": "k"},
     {"DescribeCluster": Refusal("ResourceNotFoundException", "no k")}, None),
    ("eks.probes.list_clusters", {}, {"ListClusters": {"clusters": ["k"]}}, None),
    ("eks.actions.create_cluster",
     {"name": "k", "role_arn": "arn:r", "vpc_config": {"subnetIds": ["s"]}, "version": "1.30"}, {},
     None),
    ("eks.actions.delete_cluster", {"name": "k"}, {}, None),
]

FLEETS = {"ListInstanceFleets": {"InstanceFleets": [{"Id": "if-1", "Name": "core"}]}}
GROUPS = {"ListInstanceGroups": {"InstanceGroups": [{"Id": "ig-1", "Name": "core"}]}}
J = {"cluster_id": "j-1"}

EMR = [
    ("emr.probes.describe_cluster", J, {"DescribeCluster": {"Cluster": {"Id": "j-1"}}}, None),
    ("emr.probes.describe_instance_fleet", {**J, "fleet_id": "if-1"}, FLEETS, None),
    ("emr.probes.describe_instance_group", {**J, "group_id": "ig-2"}, GROUPS, None),
    ("emr.probes.list_cluster_fleet_instances", {**J, "fleet_id": "if-1",
                                                 "instance_states": ["RUNNING"]},
     {"ListInstances": {"Instances": [{"Id": "ci-1"}]}}, None),
    ("emr.probes.list_cluster_group_instances", {**J, "group_id": "ig-1"},
     {"ListInstances": {"Instances": [{"Id": "ci-1"}]}}, None),
    ("emr.actions.modify_cluster", {**J, "concurrency": 2},
     {"ModifyCluster": {"StepConcurrencyLevel": 2}}, None),
    ("emr.actions.modify_instance_fleet", {**J, "fleet_id": "if-1", "spot_capacity": 2}, FLEETS,
     None),
    ("emr.actions.modify_instance_fleet", {**J, "fleet_id": "if-1"}, {}, None),
    ("emr.actions.modify_instance_groups_instance_count",
     {**J, "group_id": "ig-1", "instance_count": 2}, GROUPS, None),
    ("emr.actions.modify_instance_groups_shrink_policy",
     {**J, "group_id": "ig-1", "terminate_instances": ["i-1"], "termination_timeout": 5}, GROUPS,
     None),
]

ROLE = {"arn": "arn:aws:iam::1:policy/p1234567890123", "role_name": "r"}

IAM = [
    ("iam.probes.get_policy", {"arn": ROLE["arn"]}, {"GetPolicy": {"Policy": {"PolicyName": "p"}}},
     None),
    ("iam.actions.attach_role_policy", ROLE, {}, None),
    ("iam.actions.detach_role_policy", ROLE, {"DetachRolePolicy": Refusal("NoSuchEntity", "no")},
     None),
    ("iam.actions.create_policy", {"name": "p", "policy": {"Version": "2012-10-17"}}, {}, None),
]

K = {"cluster_arn": "arn:aws:kafka:us-east-1:1:cluster/k/1"}

MSK = [
    ("msk.probes.describe_msk_cluster", K,
     {"DescribeCluster": {"ClusterInfo": {"ClusterName": "k"}}}, None),
    ("msk.probes.describe_msk_cluster", K,
     {"DescribeCluster": Refusal("NotFoundException", "no")}, None),
    ("msk.probes.get_bootstrap_servers", K,
     {"GetBootstrapBrokers": {"BootstrapBrokerString": "a:9092,b:9092"}}, None),
    ("msk.actions.reboot_msk_broker", {**K, "broker_ids": ["1"]}, {}, None),
    ("msk.actions.delete_cluster", K, {}, None),
]

D = {"db_cluster_identifier": "d"}
I = {"db_instance_identifier": "d1"}

RDS = [
    ("rds.probes.instance_status", {"instance_id": "d1"},
     {"DescribeDBInstances": {"DBInstances": [{"DBInstanceStatus": "available"}]}}, None),
    ("rds.probes.instance_status", {}, {}, None),
    ("rds.probes.cluster_status", {"cluster_id": "d"},
     {"DescribeDBClusters": {"DBClusters": [{"Status": "available"}]}}, None),
    ("rds.probes.cluster_membership_count", {"cluster_id": "d"},
     {"DescribeDBClusters": {"DBClusters": [{"DBClusterMembers": [
         {"DBInstanceIdentifier": "d1"}, {"DBInstanceIdentifier": "d2"}]}]}}, None),
    ("rds.actions.failover_db_cluster", {**D, "target_db_instance_identifier": "d2"}, {}, None),
    ("rds.actions.failover_db_cluster", {**D, "target_db_instance_identifier": "d2"},
     {"FailoverDBCluster": Refusal("DBClusterNotFoundFault", "no d")}, None),
    ("rds.actions.reboot_db_instance", I, {}, None),
    ("rds.actions.stop_db_instance", {**I, "db_snapshot_identifier": "s"}, {}, None),
    ("rds.actions.stop_db_cluster", D, {"StopDBCluster": Refusal("InvalidDBClusterStateFault",
                                                                  "not now")}, None),
    ("rds.actions.delete_db_instance", I, {}, None),
    ("rds.actions.delete_db_instance", {**I, "skip_final_snapshot": False}, {}, None),
    ("rds.actions.delete_db_cluster", {**D, "skip_final_snapshot": False,
                                       "db_snapshot_identifier": "s"}, {}, None),
    ("rds.actions.delete_db_cluster_endpoint", D,
     {"DescribeDBClusters": {"DBClusters": [{"Endpoint": "e"}]}}, None),
]

VPC = {"zone_id": "Z1", "vpc_id": "vpc-1", "vpc_region": "us-east-1"}
ZONE = {"GetHostedZone": {"HostedZone": {"Id": "/hostedzone/Z1", "Name": "a.", "CallerReference": "r"}}}

ROUTE53 = [
    ("route53.probes.get_hosted_zone", {"zone_id": "Z1"}, ZONE, None),
    ("route53.probes.get_hosted_zone", {"zone_id": "Z1"},
     {"GetHostedZone": Refusal("NoSuchHostedZone", "no")}, None),
    ("route53.probes.get_health_check_status", {"check_id": "h"},
     {"GetHealthCheckStatus": {"HealthCheckObservations": [{"Region": "us-east-1",
                                                            "IPAddress": "192.0.2.1"}]}}, None),
    ("route53.probes.get_dns_answer",
     {"zone_id": "Z1", "record_name": "a", "record_type": "A"},
     {"TestDNSAnswer": {"Nameserver": "n", "RecordName": "a", "RecordType": "A",
                        "RecordData": ["192.0.2.1"], "ResponseCode": "NOERROR",
                        "Protocol": "UDP"}}, None),
    ("route53.actions.associate_vpc_with_zone", {**VPC, "comment": "c"},
     {"AssociateVPCWithHostedZone": {"ChangeInfo": {"Id": "1", "Status": "PENDING"}}}, None),
    ("route53.actions.disassociate_vpc_from_zone", VPC,
     {"DisassociateVPCFromHostedZone": {"ChangeInfo": {"Id": "1", "Status": "PENDING"}}}, None),
]

B = {"bucket_name": "b"}
BUCKETS = {"ListBuckets": {"Buckets": [{"Name": "b"}]}}

JOURNAL = {"title": "t\u00e9", "run": [{"output": "${aws_region} 'x'", "n": 1.0}], "rollbacks": []}
UPLOAD = {**B, "dirpath": "runs/", "context": {}, "state": JOURNAL}
URL = "the address in the journal names the folder once, the reference's twice"

S3 = [
    ("s3.controls.upload.after_experiment_control", UPLOAD, BUCKETS, URL),
    ("s3.controls.upload.after_experiment_control", {**UPLOAD, "as_yaml": True}, BUCKETS, URL),
    ("s3.probes.bucket_exists", B, BUCKETS, None),
    ("s3.probes.bucket_exists", {"bucket_name": "none"}, BUCKETS, None),
    ("s3.probes.object_exists", {**B, "object_key": "k/a b"}, BUCKETS,
     "requests: HeadObject instead of reading the whole object"),
    ("s3.actions.delete_object", {**B, "object_key": "k/a b", "version_id": "v"}, BUCKETS, None),
    ("s3.actions.delete_object", {"bucket_name": "none", "object_key": "k"}, BUCKETS, None),
    ("s3.actions.toggle_versioning", B,
     {**BUCKETS, "GetBucketVersioning": {"Status": "Enabled"}}, None),
]

SSM = [
    ("ssm.actions.create_document",
     {"path_content": "@document@", "name": "d", "version_name": "v", "document_type": "Command",
      "document_format": "JSON"}, {}, None),
    ("ssm.actions.send_command",
     {"document_name": "d", "targets": [{"Key": "k", "Values": ["v"]}], "document_version": "1",
      "parameters": {"p": ["q"]}, "timeout_seconds": 60, "max_concurrency": "1",
      "max_errors": "1"}, {}, None),
    ("ssm.actions.delete_document", {"name": "d"},
     {"DeleteDocument": Refusal("InvalidDocument", "no d")}, None),
    ("ssm.actions.put_parameter",
     {"name": "n", "value": "v", "description": "d", "type": "String", "key_id": "k",
      "allowed_pattern": ".*", "tags": TAG, "tier": "Standard", "policies": "[]",
      "data_type": "text"}, {}, None),
]

INCIDENT = {"ListIncidentRecords": {"incidentRecordSummaries": [{
    "arn": "arn:aws:ssm-incidents::1:incident-record/a/b", "creationTime": "2026-01-01T00:00:00Z",
    "impact": 1, "incidentRecordSource": {"createdBy": "arn:aws:iam::1:root", "source": "s"},
    "status": "OPEN", "title": "t"}]}}
ITEMS = {**INCIDENT, "ListRelatedItems": {"relatedItems": []}}

INCIDENTS = [
    ("incidents.probes.get_incidents", {"impact": 2, "status": "RESOLVED"}, INCIDENT, None),
    ("incidents.probes.get_active_incidents", {"created_by": "arn:aws:iam::1:root"}, INCIDENT, None),
    ("incidents.probes.get_resolved_incidents", {"created_in_the_last": "2 hours"}, INCIDENT, None),
    ("incidents.probes.has_incident_been_opened", {}, INCIDENT, None),
    ("incidents.probes.has_incident_been_resolved", {},
     {"ListIncidentRecords": {"incidentRecordSummaries": []}}, None),
    ("incidents.probes.get_active_incident_items", {}, ITEMS,
     "requests: the reference asks for records instead of items and crashes"),
    ("incidents.probes.get_resolved_incident_items", {}, ITEMS, None),
]

TRACES = {"GetTraceSummaries": {"TraceSummaries": [{"Id": "1-1"}, {"Id": "1-2"}]},
          "BatchGetTraces": {"Traces": [{"Id": "1-2", "Segments": [
              {"Id": "s", "Document": '{"name": "a"}'}]}], "UnprocessedTraceIds": []}}

XRAY = [
    ("xray.probes.get_traces_summaries", {}, TRACES, None),
    ("xray.probes.get_traces", {"quantity": 2}, TRACES, None),
    ("xray.probes.get_most_recent_trace", {"raw_segments": True}, TRACES, None),
    ("xray.probes.get_service_graph", {"group_name": "g"}, {"GetServiceGraph": {"Services": []}},
     None),
]

TEMPLATE = {"CreateExperimentTemplate": {"experimentTemplate": {"id": "EXT1"}},
            "StartExperiment": {"experiment": {"id": "EXP1"}}}
RUNNING = {"ListExperiments": {"experiments": [{
    "id": "EXP1", "experimentTemplateId": "EXT1", "state": {"status": "running"},
    "tags": {"a": "b"}}]}, "StopExperiment": {"experiment": {"id": "EXP1"}}}

FIS = [
    ("fis.probes.get_experiment", {"experiment_id": "EXP1"},
     {"GetExperiment": {"experiment": {"id": "EXP1"}}}, None),
    ("fis.actions.start_experiment", {"experiment_template_id": "EXT1", "tags": "a=b",
                                      "client_token": "t"}, TEMPLATE, None),
    ("fis.actions.stop_experiment", {"experiment_id": ""}, {}, None),
    ("fis.actions.stop_experiment", {"experiment_id": "EXP1"},
     {"StopExperiment": Refusal("ResourceNotFoundException", "no")}, None),
    ("fis.actions.stop_experiments_by_tags", {"tags": "a=b", "delete_templates": True}, RUNNING,
     None),
    ("fis.actions.start_stress_pod_delete_scenario",
     {"label_selector": "app=web", "tags": "a=b", "role_arn": "arn:aws:iam::1:role/r1234567",
      "log_group_arn": "arn:aws:logs:us-east-1:1:log-group:g", "cluster_identifier": "k",
      "client_token": "t"}, TEMPLATE, None),
    ("fis.actions.start_availability_zone_power_interruption_scenario",
     {"az": "us-east-1a", "role_arn": "arn:aws:iam::1:role/r1234567", "tags": "a=b",
      "client_token": "t", "target_iam_roles": True, "iam_roles": ["arn:aws:iam::1:role/x"]},
     {**TEMPLATE, "GetCallerIdentity": {"Account": "1"}},
     "requests: the account is only asked for when a role is made"),
    ("fis.actions.restore_availability_zone_power_after_interruption",
     {"tags": "a=b", "delete_roles_and_policies": False}, RUNNING, None),
]

CASES = (EC2 + ASG + ELB + ECS + LAMBDA + CLOUDWATCH + ELASTICACHE + EKS + EMR + IAM + MSK + RDS
         + ROUTE53 + S3 + SSM + INCIDENTS + XRAY + FIS)
