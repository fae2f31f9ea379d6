# SPDX-License-Identifier: Apache-2.0
"""Auto Scaling and STS of the lab's cloud beside moto: boto3 makes the same calls of both.

The cloud is a cloud of paper (cloud_driver): what boto3 would send over HTTP goes to its stdin, and
boto3 decodes what comes back. Of each answer the error code, or the members and their types are
compared; where they differ on purpose, DIFFERENCES says in what and why. Nothing leaves this
process and its child.

usage: test_cloud_moto.py CLOUD_DRIVER MODELS_FILE
"""

import datetime
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402
import reference_python  # noqa: E402

DEADLINE_S = 20
CRASH = "(no XML)"  # what moto answers when a call fails inside of it


class Driver:
    """The cloud, as what botocore's event "before-send" may answer with."""

    def __init__(self, driver, models):
        self.process = subprocess.Popen([driver, models], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def answer(self, request, service):
        from botocore.awsrequest import AWSResponse
        body = request.body
        body = body.decode() if isinstance(body, bytes) else body
        self.process.stdin.write(json.dumps({"service": service, "body": body}) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        if "error" in told:
            raise AssertionError(told["error"])
        response = AWSResponse(request.url, told["status"], {"Content-Type": "text/xml"}, None)
        response._content = told["body"].encode()
        return response

    def close(self):
        self.process.stdin.close()
        return self.process.wait(10)


class Side:
    """Clients of one of the two, and what the placeholders in parameters are there."""

    def __init__(self, name, url=None, driver=None):
        import boto3
        from botocore.config import Config
        session = boto3.Session(**canary.AS_SECRETS, region_name="us-east-1")
        config = Config(retries={"total_max_attempts": 1})
        self.name = name
        self.clients = {}
        for service in ("autoscaling", "ec2", "sts"):
            client = session.client(service, endpoint_url=url, config=config)
            if driver:
                client.meta.events.register(
                    f"before-send.{service}",
                    lambda request, service=service, **_: driver.answer(request, service))
            self.clients[service] = client
        self.names = {}

    def fill(self, value):
        if isinstance(value, dict):
            return {key: self.fill(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        return self.names[value[1:]] if isinstance(value, str) and value[:1] == "@" else value

    def call(self, service, operation, params):
        from botocore.exceptions import ClientError
        from botocore.parsers import ResponseParserError
        method = "".join("_" + c.lower() if c.isupper() else c for c in operation).lstrip("_")
        try:
            result = getattr(self.clients[service], method)(**self.fill(params))
        except ClientError as error:
            return error.response["Error"]["Code"], None
        except ResponseParserError:
            return CRASH, None
        result.pop("ResponseMetadata")
        return None, result

    def prepare(self):
        images = self.call("ec2", "DescribeImages", {})[1]["Images"]
        self.names["image"] = images[0]["ImageId"]
        subnets = self.call("ec2", "DescribeSubnets", {})[1]["Subnets"]
        for subnet in subnets:
            self.names["subnet-" + subnet["AvailabilityZone"][-1]] = subnet["SubnetId"]

    def remember(self):
        """The ids of the group's instances, once all that it wants are in service."""
        deadline = time.monotonic() + DEADLINE_S
        serving = []
        while time.monotonic() < deadline:
            group = self.call("autoscaling", "DescribeAutoScalingGroups",
                              {"AutoScalingGroupNames": ["web"]})[1]["AutoScalingGroups"][0]
            serving = [one["InstanceId"] for one in group["Instances"]
                       if one["LifecycleState"] == "InService"]
            if len(serving) == group["DesiredCapacity"]:
                break
        else:
            raise AssertionError(f"{self.name}: the group does not settle: {serving}")
        for place, instance in enumerate(serving):
            self.names[f"i{place}"] = instance


def paths(value, prefix=""):
    """The members of an answer and the types of their values; items of lists are one."""
    if isinstance(value, dict):
        found = set()
        for key, one in value.items():
            found |= paths(one, f"{prefix}.{key}" if prefix else key)
        return found
    if isinstance(value, list):
        found = {f"{prefix}: list"}
        for one in value:
            found |= paths(one, prefix + "[]")
        return found
    kind = "time" if isinstance(value, datetime.datetime) else type(value).__name__
    return {f"{prefix}: {kind}"}


GROUP = {"AutoScalingGroupName": "web", "MinSize": 0, "MaxSize": 4}
NODE = {"LaunchConfigurationName": "node"}
ZONES = {"AvailabilityZones": ["us-east-1a", "us-east-1b"]}
WEB = {"AutoScalingGroupName": "web"}
UNKNOWN = {"AutoScalingGroupName": "other"}
TAG = {"ResourceId": "web", "ResourceType": "auto-scaling-group", "Key": "app", "Value": "web",
       "PropagateAtLaunch": True}
ACTIVITY = {"Activities[].AutoScalingGroupARN: str", "Activities[].Details: str"}
SETTLE = ()
ROLE = {"RoleArn": "arn:aws:iam::123456789012:role/deploy", "RoleSessionName": "monday"}

A = "autoscaling"
CALLS = [
    ("sts", "GetCallerIdentity", {}),
    ("sts", "AssumeRole", ROLE),
    ("sts", "AssumeRole", {**ROLE, "DurationSeconds": 43200}),
    ("sts", "GetSessionToken", {}),
    (A, "DescribeAutoScalingGroups", {}),
    (A, "DescribeAutoScalingGroups", {"AutoScalingGroupNames": ["other"]}),
    (A, "DescribeLaunchConfigurations", {}),
    (A, "CreateLaunchConfiguration",
     {**NODE, "ImageId": "@image", "InstanceType": "t3.micro", "UserData": "echo"}),
    (A, "CreateLaunchConfiguration", {"LaunchConfigurationName": "none"}),
    (A, "DescribeLaunchConfigurations", {"LaunchConfigurationNames": ["node"]}),
    (A, "CreateAutoScalingGroup", {**GROUP, **ZONES}),
    (A, "CreateAutoScalingGroup", {**GROUP, **NODE}),
    (A, "CreateAutoScalingGroup",
     {**GROUP, **NODE, **ZONES, "DesiredCapacity": 2, "Tags": [TAG]}),
    SETTLE,
    (A, "DescribeAutoScalingGroups", {}),
    (A, "DescribeAutoScalingGroups", {"Filters": [{"Name": "tag:app", "Values": ["web"]}]}),
    (A, "DescribeAutoScalingGroups", {"Filters": [{"Name": "tag:app", "Values": ["db"]}]}),
    (A, "DescribeAutoScalingInstances", {}),
    (A, "DescribeTags", {}),
    (A, "DescribeTags", {"Filters": [{"Name": "key", "Values": ["none"]}]}),
    (A, "CreateOrUpdateTags", {"Tags": [{**TAG, "Key": "more"}]}),
    (A, "DeleteTags", {"Tags": [{**TAG, "Key": "more"}]}),
    (A, "SetDesiredCapacity", {**WEB, "DesiredCapacity": 3}),
    (A, "UpdateAutoScalingGroup", {**WEB, "MaxSize": 5, "DefaultCooldown": 10}),
    (A, "SuspendProcesses", {**WEB, "ScalingProcesses": ["Launch"]}),
    SETTLE,
    (A, "DescribeAutoScalingGroups", {}),
    (A, "ResumeProcesses", {**WEB, "ScalingProcesses": ["Launch"]}),
    (A, "SetInstanceHealth", {"InstanceId": "@i0", "HealthStatus": "Healthy"}),
    (A, "SetInstanceProtection",
     {**WEB, "InstanceIds": ["@i0"], "ProtectedFromScaleIn": True}),
    (A, "SuspendProcesses", {**WEB, "ScalingProcesses": ["AZRebalance"]}),
    (A, "EnterStandby",
     {**WEB, "InstanceIds": ["@i0"], "ShouldDecrementDesiredCapacity": True}),
    (A, "DescribeAutoScalingInstances", {"InstanceIds": ["@i0"]}),
    (A, "ExitStandby", {**WEB, "InstanceIds": ["@i0"]}),
    (A, "DetachInstances",
     {**WEB, "InstanceIds": ["@i1"], "ShouldDecrementDesiredCapacity": True}),
    (A, "AttachInstances", {**WEB, "InstanceIds": ["@i1"]}),
    (A, "TerminateInstanceInAutoScalingGroup",
     {"InstanceId": "@i2", "ShouldDecrementDesiredCapacity": True}),
    ("ec2", "CreateLaunchTemplate",
     {"LaunchTemplateName": "node",
      "LaunchTemplateData": {"ImageId": "@image", "InstanceType": "t3.micro"}}),
    (A, "CreateAutoScalingGroup",
     {**GROUP, "AutoScalingGroupName": "late", "DesiredCapacity": 1,
      "VPCZoneIdentifier": "@subnet-a", "LaunchTemplate": {"LaunchTemplateName": "node"}}),
    (A, "DescribeAutoScalingGroups", {"AutoScalingGroupNames": ["late"]}),
    (A, "DeleteAutoScalingGroup", {**WEB, "ForceDelete": True}),
    (A, "DeleteAutoScalingGroup", UNKNOWN),
    (A, "DeleteLaunchConfiguration", NODE),
]

# Where moto does what the service does not (the API reference, "Errors" of each operation), the lab
# alone is asked, before the group is deleted: (service, operation, params, code).
LAB_ALONE = [
    # moto does not look at the time
    ("sts", "AssumeRole", {**ROLE, "DurationSeconds": 43201}, "ValidationError"),
    # moto makes the group anew
    (A, "CreateAutoScalingGroup", {**GROUP, **NODE, **ZONES}, "AlreadyExists"),
    # moto makes the configuration anew
    (A, "CreateLaunchConfiguration",
     {**NODE, "ImageId": "@image", "InstanceType": "t3.micro"}, "AlreadyExists"),
    # moto deletes the group with its instances, and the configuration under a group
    (A, "DeleteAutoScalingGroup", WEB, "ResourceInUse"),
    (A, "DeleteLaunchConfiguration", NODE, "ResourceInUse"),
    # moto does not notice that it is not there
    (A, "DeleteLaunchConfiguration", {"LaunchConfigurationName": "other"}, "ValidationError"),
    # moto fails inside and answers 500
    (A, "CreateAutoScalingGroup",
     {**GROUP, **ZONES, "AutoScalingGroupName": "new", "LaunchConfigurationName": "other"},
     "ValidationError"),
    (A, "SetDesiredCapacity", {**UNKNOWN, "DesiredCapacity": 3}, "ValidationError"),
    (A, "UpdateAutoScalingGroup", {**WEB, "LaunchConfigurationName": "other"}, "ValidationError"),
    (A, "SuspendProcesses", UNKNOWN, "ValidationError"),
    # moto gives EC2's code, which is none of this service's
    (A, "CreateAutoScalingGroup",
     {**GROUP, **ZONES, "AutoScalingGroupName": "new",
      "LaunchTemplate": {"LaunchTemplateName": "other"}}, "ValidationError"),
    # moto does not look at the sizes
    (A, "SetDesiredCapacity", {**WEB, "DesiredCapacity": 9}, "ValidationError"),
]

# operation -> (members that only moto shows, that only the lab shows)
DIFFERENCES = {
    # the lab refuses policies, so that nothing is packed
    "AssumeRole": ({"PackedPolicySize: int"}, set()),
    # the service shows what is not set as "", and a public address only when it was spoken of
    "DescribeLaunchConfigurations":
        ({"LaunchConfigurations[].AssociatePublicIpAddress: bool"},
         {f"LaunchConfigurations[].{name}: str"
          for name in ("KernelId", "KeyName", "RamdiskId", "UserData")}),
    # the service shows both
    "DescribeAutoScalingGroups": (set(), {"AutoScalingGroups[].VPCZoneIdentifier: str",
                                          "AutoScalingGroups[].LaunchTemplate.Version: str"}),
    # with the image where the model knows it
    "DescribeAutoScalingInstances": (set(), {"AutoScalingInstances[].ImageId: str"}),
    "EnterStandby": (set(), ACTIVITY),
    "ExitStandby": (set(), ACTIVITY),
    "DetachInstances": (set(), ACTIVITY),
    # moto has ended it when it answers
    "TerminateInstanceInAutoScalingGroup":
        ({"Activity.EndTime: time"}, {"Activity.AutoScalingGroupARN: str",
                                      "Activity.Details: str"}),
}


def compare(service, operation, params, sides):
    ours, theirs = (side.call(service, operation, params) for side in sides)
    lacks, adds = DIFFERENCES.get(operation, (set(), set()))
    told = f"{service} {operation} {json.dumps(params)}"
    if ours[0] != theirs[0]:
        return f"{told}: code {ours[0]}, moto {theirs[0]}"
    if ours[1] is None:
        return None
    mine, other = paths(ours[1]), paths(theirs[1])
    lacking, extra = other - mine - lacks, mine - other - adds
    if lacking or extra:
        return f"{told}: lacks {sorted(lacking)}, adds {sorted(extra)}"
    return None


def ask_lab(lab, service, operation, params, wanted):
    code, _ = lab.call(service, operation, params)
    if code == wanted:
        return None
    return f"{service} {operation} {json.dumps(params)}: code {code}, not {wanted}"


def compare_all(sides):
    failures = []
    for side in sides:
        side.prepare()
    for call in CALLS:
        if call == SETTLE:
            for side in sides:
                side.remember()
            continue
        if call[1:3] == ("DeleteAutoScalingGroup", {**WEB, "ForceDelete": True}):
            failures += [ask_lab(sides[0], *alone) for alone in LAB_ALONE]
        failures.append(compare(*call, sides))
    return [failure for failure in failures if failure]


def main():
    reference_python.enter()
    import logging

    from moto.server import ThreadedMotoServer
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    logging.getLogger("moto").setLevel(logging.CRITICAL)
    driver = Driver(sys.argv[1], sys.argv[2])
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        sides = (Side("lab", driver=driver), Side("moto", f"http://{host}:{port}"))
        failures = compare_all(sides)
    finally:
        server.stop()
    status = driver.close()
    if status != 0:
        failures.append(f"cloud_driver ended with {status}")
    for failure in failures:
        print("FAILED:", failure)
    print(f"{len(CALLS) - CALLS.count(SETTLE)} calls of Auto Scaling and STS beside moto, "
          f"{len(LAB_ALONE)} where moto is wrong: {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
