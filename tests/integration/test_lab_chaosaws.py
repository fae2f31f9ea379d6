#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The EC2 and Auto Scaling functions of the AWS extension against the lab's cloud.

usage: test_lab_chaosaws.py NATIVE_CALL CLOUD_DRIVER MODELS_FILE CHAOS [unittest arguments]

Each function runs twice, each time against a cloud of its own: the Python one unchanged, in the
reference's virtual environment, and the native row. Results must be equal, and so must the state
afterwards, which must be what the case says. The cloud is a lab; without user namespaces, or with
$FRACAS_LAB_ON_PAPER, one of paper behind an HTTP server on loopback. Without the reference
($FRACAS_REFERENCE) it is skipped.
"""
import collections
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

import test_aws_functions as functions  # puts the folder of canary.py on the path
import lab_processes

IMAGE = "ami-00000000000000001"  # what every lab has
DEADLINE_S = 30
PASSING = {"pending", "stopping", "shutting-down", "creating", "attaching", "detaching"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers["Authorization"])
        status, text = self.server.answer(scope[1], body)
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class PaperLab(http.server.ThreadingHTTPServer):
    """cloud_driver behind HTTP."""
    daemon_threads = True

    def __init__(self, driver, models):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.process = subprocess.Popen([driver, models], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def answer(self, service, body):
        with self.lock:
            self.process.stdin.write(json.dumps({"service": service, "body": body}) + "\n")
            self.process.stdin.flush()
            told = json.loads(self.process.stdout.readline())
        return told.get("status", 500), told.get("body", told.get("error", "")).encode()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{self.server_port}"
        return self

    def __exit__(self, *error):
        self.shutdown()
        self.server_close()
        self.process.stdin.close()
        if self.process.wait(DEADLINE_S) != 0:
            raise AssertionError(f"cloud_driver ended with {self.process.returncode}")


class Lab:
    """A lab of its own, and its owner's key."""
    count = 0

    def __init__(self, chaos):
        Lab.count += 1
        self.chaos = chaos
        self.name = f"t{os.getpid()}-aws-{Lab.count}"

    def run(self, *words):
        return subprocess.run([self.chaos, "lab", *words], capture_output=True, text=True,
                              timeout=DEADLINE_S)

    def __enter__(self):
        made = self.run("up", "--detach", "--name", self.name)
        if made.returncode != 0:
            raise AssertionError(made.stderr)
        told = lab_processes.exported(self.run("env", "--name", self.name).stdout)
        os.environ["AWS_ENDPOINT_URL"] = told["AWS_ENDPOINT_URL"]
        functions.KEYS.clear()  # the lab makes its own, without a token
        functions.KEYS.update(aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
                              aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"])
        return self

    def __exit__(self, *error):
        down = self.run("down", "--name", self.name)
        if down.returncode != 0:
            raise AssertionError(down.stderr)


def instances(clients):
    return [i for r in clients("ec2").describe_instances()["Reservations"] for i in r["Instances"]]


def all_groups(clients):
    return clients("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]


def is_settled(clients):
    for group in all_groups(clients):
        serving = [i for i in group["Instances"] if i["LifecycleState"] == "InService"
                   and i["HealthStatus"] == "Healthy"]
        if (len(serving) != group["DesiredCapacity"] and not group["SuspendedProcesses"]) or \
                len(serving) != len(group["Instances"]):
            return False
    volumes = clients("ec2").describe_volumes()["Volumes"]
    return PASSING.isdisjoint([i["State"]["Name"] for i in instances(clients)] +
                              [v["State"] for v in volumes] +
                              [a["State"] for v in volumes for a in v["Attachments"]])


def settle(clients):
    deadline = time.monotonic() + DEADLINE_S
    while not is_settled(clients):
        if time.monotonic() > deadline:
            raise AssertionError(f"it does not settle: {all_groups(clients)} {instances(clients)}")


def launch(clients, count=2):
    made = clients("ec2").run_instances(
        ImageId=IMAGE, MinCount=count, MaxCount=count,
        Placement={"AvailabilityZone": "us-east-1a"},
        TagSpecifications=[{"ResourceType": "instance",
                            "Tags": [{"Key": "app", "Value": "web"}]}])
    settle(clients)
    return [i["InstanceId"] for i in made["Instances"]]


def stopped(clients):
    ids = launch(clients)
    clients("ec2").stop_instances(InstanceIds=ids)
    settle(clients)
    return ids


def fleet(clients):
    ec2, asg = clients("ec2"), clients("autoscaling")
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]][:2]
    ec2.create_launch_template(LaunchTemplateName="node", LaunchTemplateData={
        "ImageId": IMAGE, "InstanceType": "t3.micro",
        "BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1}}]})
    asg.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchTemplate={"LaunchTemplateName": "node"}, MinSize=0,
        MaxSize=9, DesiredCapacity=2, VPCZoneIdentifier=",".join(subnets),
        Tags=[{"Key": "app", "Value": "web", "ResourceId": "web",
               "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}])
    settle(clients)
    return subnets


def with_volume(clients):
    ids = launch(clients, 1)
    ec2 = clients("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    settle(clients)
    ec2.attach_volume(VolumeId=volume, InstanceId=ids[0], Device="/dev/sdf")
    settle(clients)
    return ids


def with_detached_volume(clients):
    ids = with_volume(clients)
    ec2 = clients("ec2")
    volume = extra_volumes(clients)[0]["VolumeId"]
    ec2.detach_volume(VolumeId=volume)
    settle(clients)
    ec2.create_tags(Resources=[volume], Tags=[{
        "Key": "ChaosToolkitDetached", "Value": f"DeviceName=/dev/sdf;InstanceId={ids[0]}"}])
    return ids


def fleet_with_detached_volumes(clients):
    fleet(clients)
    ec2 = clients("ec2")
    for volume in extra_volumes(clients):
        instance = volume["Attachments"][0]["InstanceId"]
        ec2.detach_volume(VolumeId=volume["VolumeId"])
        settle(clients)
        ec2.create_tags(Resources=[volume["VolumeId"]], Tags=[{
            "Key": "ChaosToolkitDetached",
            "Value": f"DeviceName=/dev/sdf;InstanceId={instance};ASG=web"}])


def suspended(clients):
    fleet(clients)
    clients("autoscaling").suspend_processes(AutoScalingGroupName="web",
                                             ScalingProcesses=["Launch"])


def extra_volumes(clients):
    return [v for v in clients("ec2").describe_volumes()["Volumes"] if v["Size"] == 1]


# What is looked at afterwards.

def nothing(clients):
    return None


def states(clients):
    """How many instances are in which state in the end."""
    settle(clients)
    return dict(collections.Counter(i["State"]["Name"] for i in instances(clients)))


def keys(clients):
    return sorted({t["Key"] for i in instances(clients) for t in i.get("Tags", [])})


def attached(clients):
    """The state of the volumes that are no roots, and whether they are tagged."""
    settle(clients)
    return [(v["State"], [t["Key"] for t in v.get("Tags", [])]) for v in extra_volumes(clients)]


def processes(clients):
    return sorted(p["ProcessName"] for p in all_groups(clients)[0]["SuspendedProcesses"])


def members(clients):
    """Wanted and serving instances of the group, all instances."""
    settle(clients)
    group = all_groups(clients)[0]
    return [group["DesiredCapacity"], len(group["Instances"]), len(instances(clients))]


def zones(clients):
    settle(clients)
    return sorted(i["AvailabilityZone"] for i in all_groups(clients)[0]["Instances"])


def rules(clients):
    found = clients("ec2").describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["g"]}])["SecurityGroups"][0]["IpPermissions"]
    return [(p["IpProtocol"], p["FromPort"], p["ToPort"], p["IpRanges"]) for p in found]


def of_ids(prepare, name="instance_ids", one=False, **more):
    def both(clients):
        ids = prepare(clients)
        return {name: ids[0] if one else ids, **more}
    return both


def given(prepare, **arguments):
    def both(clients):
        prepare(clients)
        return arguments
    return both


def in_fleet(**arguments):
    return given(fleet, asg_names=["web"], **arguments)


def group(clients, with_rule=False):
    ec2 = clients("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    if with_rule:
        ec2.authorize_security_group_ingress(
            GroupId=made, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81,
                                          "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
    return {"requested_security_group_id": made, "ip_protocol": "tcp", "from_port": 80,
            "to_port": 81, "cidr_ip": "10.0.0.0/8"}


TAG = [{"Key": "app", "Value": "web"}]
BY_TAG = [{"Name": "tag:app", "Values": ["web"]}]
ANY = object()  # a result that is only compared with the other side's
TWO_GONE = {"running": 2, "terminated": 2}
EC2, ASG = "ec2.actions.", "asg.actions."

# function, prepare(clients) -> arguments, result, observe(clients), what is observed
CASES = [
    ("ec2.probes.count_instances", given(lambda c: launch(c, 1), filters=BY_TAG), 1, nothing,
     None),
    ("ec2.probes.count_min_instances", given(launch, filters=BY_TAG, min_count=1), True, nothing,
     None),
    ("ec2.probes.count_min_instances", given(launch, filters=BY_TAG, min_count=3), False, nothing,
     None),
    ("ec2.probes.describe_instances", given(launch, filters=BY_TAG), ANY, nothing, None),
    ("ec2.probes.instance_state", of_ids(launch, state="running"), True, nothing, None),
    ("ec2.probes.instance_state", of_ids(stopped, state="running"), False, nothing, None),
    (EC2 + "stop_instance", of_ids(launch, "instance_id", True), ANY, states,
     {"running": 1, "stopped": 1}),
    (EC2 + "stop_instance", given(lambda c: launch(c, 1), az="us-east-1a"), ANY, states,
     {"stopped": 1}),
    (EC2 + "stop_instances", given(launch, filters=BY_TAG), ANY, states, {"stopped": 2}),
    (EC2 + "stop_instances", of_ids(launch, force=True), ANY, states, {"stopped": 2}),
    (EC2 + "start_instances", of_ids(stopped), ANY, states, {"running": 2}),
    (EC2 + "restart_instances", of_ids(launch), ANY, states, {"running": 2}),
    (EC2 + "terminate_instance", of_ids(launch, "instance_id", True), ANY, states,
     {"running": 1, "terminated": 1}),
    (EC2 + "terminate_instances", given(launch, az="us-east-1a"), ANY, states, {"terminated": 2}),
    (EC2 + "stop_instances_by_incremental_steps",
     given(launch, volume=100, step_quantity=2, step_duration=0, az="us-east-1a"), ANY, states,
     {"stopped": 2}),
    (EC2 + "set_tags_on_instances", given(launch, tags="a=b", filters=BY_TAG), ANY, keys,
     ["a", "app"]),
    (EC2 + "remove_tags_from_instances", given(launch, tags="app=web"), ANY, keys, []),
    (EC2 + "detach_random_volume", of_ids(with_volume), ANY, attached,
     [["available", ["ChaosToolkitDetached"]]]),
    (EC2 + "attach_volume", of_ids(with_detached_volume), ANY, attached,
     [["in-use", ["ChaosToolkitDetached"]]]),
    (EC2 + "authorize_security_group_ingress", group, ANY, rules,
     [["tcp", 80, 81, [{"CidrIp": "10.0.0.0/8"}]]]),
    (EC2 + "revoke_security_group_ingress", lambda c: group(c, True), ANY, rules, []),
    ("asg.probes.describe_auto_scaling_groups", given(fleet, tags=TAG), ANY, nothing, None),
    ("asg.probes.describe_auto_scaling_groups", in_fleet(), ANY, nothing, None),
    ("asg.probes.desired_equals_healthy", in_fleet(), True, nothing, None),
    ("asg.probes.desired_equals_healthy_tags", given(fleet, tags=TAG), True, nothing, None),
    ("asg.probes.wait_desired_equals_healthy", in_fleet(timeout=5), ANY, nothing, None),
    ("asg.probes.wait_desired_equals_healthy_tags", given(fleet, tags=TAG, timeout=5), ANY,
     nothing, None),
    ("asg.probes.wait_desired_not_equals_healthy_tags", given(fleet, tags=TAG, timeout=1), ANY,
     nothing, None),
    ("asg.probes.is_scaling_in_progress", given(fleet, tags=TAG), False, nothing, None),
    ("asg.probes.process_is_suspended", in_fleet(process_names=["Launch"]), False, nothing, None),
    ("asg.probes.process_is_suspended",
     given(suspended, asg_names=["web"], process_names=["Launch"]), True, nothing, None),
    ("asg.probes.has_subnets", lambda c: {"asg_names": ["web"], "subnets": fleet(c)}, True,
     nothing, None),
    ("asg.probes.has_subnets", in_fleet(subnets=["subnet-1"]), False, nothing, None),
    ("asg.probes.instance_count_by_health", in_fleet(), 2, nothing, None),
    ("asg.probes.instance_count_by_health", in_fleet(count_healthy=False), 0, nothing, None),
    (ASG + "suspend_processes", in_fleet(process_names=["Launch"]), ANY, processes, ["Launch"]),
    (ASG + "suspend_processes", given(fleet, tags=TAG), ANY, lambda c: len(processes(c)), 9),
    (ASG + "resume_processes", given(suspended, asg_names=["web"], process_names=["Launch"]), ANY,
     processes, []),
    (ASG + "stop_random_instances", in_fleet(instance_percent=100), ANY, states, TWO_GONE),
    (ASG + "terminate_random_instances", in_fleet(instance_count=2), ANY, states, TWO_GONE),
    (ASG + "detach_random_instances", in_fleet(instance_count=2, decrement_capacity=True), ANY,
     members, [0, 0, 2]),
    (ASG + "detach_random_instances", in_fleet(instance_count=2), ANY, members, [2, 2, 4]),
    (ASG + "change_subnets", lambda c: {"asg_names": ["web"], "subnets": fleet(c)[:1]}, ANY, zones,
     ["us-east-1a", "us-east-1a"]),
    (ASG + "detach_random_volume", in_fleet(), ANY, attached,
     [["available", ["ChaosToolkitDetached"]]] * 2),
    (ASG + "attach_volume", given(fleet_with_detached_volumes, asg_names=["web"]), ANY, attached,
     [["in-use", ["ChaosToolkitDetached"]]] * 2),
]

# Their own slips, on any cloud (docs/aws.md).
CRASH_IN_PYTHON = {ASG + "attach_volume", EC2 + "stop_instances_by_incremental_steps"}
NOT_NATIVE = {EC2 + "authorize_security_group_ingress", EC2 + "revoke_security_group_ingress"}


class Function(unittest.TestCase):
    native_call = None
    cloud = None  # a context in which there is one
    maxDiff = None

    def run_on(self, prepare, observe, play):
        import boto3

        def clients(name):
            return boto3.client(name, region_name="us-east-1", **functions.KEYS)
        with self.cloud():
            arguments = prepare(clients)
            outcome = play(arguments)
            observed = functions.result(observe(clients))
        told = functions.numbered(functions.blur(functions.result([arguments, outcome[0]])))
        return told[1], outcome[0], outcome[1], observed

    def play(self, function, prepare, wanted, observe, seen):
        expected, result, error, observed = self.run_on(
            prepare, observe, lambda arguments: functions.play_reference(function, arguments))
        if function in CRASH_IN_PYTHON:
            self.assertIsNotNone(error)
        else:
            self.assertIsNone(error)
            self.assertEqual(observed, seen)
        if wanted is not ANY:
            self.assertEqual(result, wanted)
        if function in NOT_NATIVE:
            return
        got, _, message, observed = self.run_on(
            prepare, observe,
            lambda arguments: functions.play_native(self.native_call, function, arguments)[:2])
        self.assertIsNone(message)
        self.assertEqual(observed, seen)
        if function not in CRASH_IN_PYTHON:
            self.assertEqual(got, expected)


def choose_cloud(chaos, driver, models):
    try:
        with Lab(chaos):
            return lambda: Lab(chaos)
    except AssertionError as error:
        if "namespaces" not in str(error):
            raise
        print(f"on paper, as no lab comes up: {error}")
        return lambda: PaperLab(driver, models)


def add_cases():
    for number, row in enumerate(CASES):
        def test(self, row=row):
            self.play(*row)
        setattr(Function, f"test_{row[0].replace('.', '_')}_{number}", test)


def main():
    functions.enter_reference()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # take the lab down all the same
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["CHAOS_SEED"] = "1"
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ.pop(name, None)
    Function.native_call, driver, models, chaos = (os.path.abspath(sys.argv.pop(1))
                                                   for _ in range(4))
    if os.environ.get("FRACAS_LAB_ON_PAPER"):
        Function.cloud = staticmethod(lambda: PaperLab(driver, models))
    else:
        Function.cloud = staticmethod(choose_cloud(chaos, driver, models))
    functions.prefer_oldest_protocol()
    functions.keep_still()
    add_cases()
    load = unittest.defaultTestLoader
    load.testNamePatterns = [f"*{name}*" for name in sys.argv[1:]] or None
    passed = unittest.TextTestRunner().run(load.loadTestsFromTestCase(Function)).wasSuccessful()
    sys.exit(not passed)


if __name__ == "__main__":
    main()
