#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real clients and a real lab: boto3 and the AWS CLI, over HTTP and signed, with machines that run.

usage: test_lab_clients.py CHAOS

The calls of test_lab_api.py go to a lab and to moto_server; shapes and codes are compared as there,
by the same table. Then the AWS CLI must show what boto3 decodes, and live through an instance's
life; and who signs with a wrong key is refused. Exits with 77 where there can be no lab, or where
the reference cannot be installed.
"""
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from test_lab_api import MOTO_SERVER, SKIPPED, Side, compare, listed, shape  # noqa: E402

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402
from lab_api_calls import CALLS, LAUNCH, NONE  # noqa: E402

DEADLINE_S = 60
MOVING = {"pending", "stopping", "shutting-down", "creating", "deleting", "attaching", "detaching"}


class Lab:
    """A lab of its own for this test, and its keys."""

    def __init__(self, chaos):
        self.chaos = chaos
        self.folder = tempfile.TemporaryDirectory()
        self.env = {**os.environ, "XDG_RUNTIME_DIR": self.folder.name, "AWS_PAGER": ""}
        os.chmod(self.folder.name, 0o700)
        self.name = f"clients{os.getpid()}"
        up = self.run("up", "--detach")
        if up.returncode:
            print("SKIPPED: no lab here:", (up.stderr + up.stdout).strip().splitlines()[-1])
            sys.exit(SKIPPED)
        for name, value in re.findall(r"export (\w+)='([^']*)'", self.run("env").stdout):
            self.env[name] = value

    def run(self, command, *words):
        return subprocess.run([self.chaos, "lab", command, "--name", self.name, *words],
                              env=self.env, text=True, capture_output=True, timeout=DEADLINE_S)

    def client(self, service, **changes):
        keys = {"aws_access_key_id": self.env["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": self.env["AWS_SECRET_ACCESS_KEY"], **changes}
        return boto3.client(service, endpoint_url=self.env["AWS_ENDPOINT_URL"],
                            region_name=self.env["AWS_REGION"], **keys,
                            config=Config(retries={"total_max_attempts": 1},
                                          parameter_validation=False))

    def settle(self):
        """Until nothing is between two states."""
        ec2 = self.client("ec2")
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            text = json.dumps([ec2.describe_instances()["Reservations"],
                               ec2.describe_volumes()["Volumes"]], default=str)
            moving = MOVING & set(re.findall(r'"(?:Name|State|Status)": "([a-z-]+)"', text))
            if not moving:
                return
            time.sleep(0.01)
        raise AssertionError(f"still {moving} after {DEADLINE_S} s")

    def down(self):
        done = self.run("down")
        self.folder.cleanup()
        return done


CHANGES = ("Run", "Start", "Stop", "Reboot", "Terminate", "Create", "Delete", "Attach", "Detach")


class LabSide(Side):
    """The lab as one of the two sides; what a call began is over before the next one."""

    def __init__(self, lab):
        super().__init__()
        self.lab = lab
        self.make = lab.client

    def call(self, service, operation, params, keep):
        answer = super().call(service, operation, params, keep)
        if operation.startswith(CHANGES):
            self.lab.settle()
        return answer


def beside_moto(lab):
    server = subprocess.Popen([sys.executable, "-c", MOTO_SERVER], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = server.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), url
        _, unlisted = compare(LabSide(lab), Side(url=url), listed())
        return [f"boto3: {operation}: {line}: with {params}"
                for (operation, line), params in unlisted.items()]
    finally:
        server.stdin.close()
        server.wait()


def cli(lab, operation, params):
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", operation).lower()
    return subprocess.run(["aws", "ec2", words, "--output", "json",
                           "--cli-input-json", json.dumps(params)], env=lab.env, text=True,
                          capture_output=True, timeout=DEADLINE_S)


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.datetime) else value


READS = ["DescribeInstances", "DescribeInstanceStatus", "DescribeAddresses", "DescribeVpcs",
         "DescribeSubnets", "DescribeSecurityGroups", "DescribeSecurityGroupRules",
         "DescribeNetworkInterfaces", "DescribeVolumes", "DescribeImages", "DescribeKeyPairs",
         "DescribeLaunchTemplates", "DescribeTags", "DescribeAvailabilityZones"]
REFUSED = [
    ("TerminateInstances", {"InstanceIds": [f"i-{NONE}"]}, "InvalidInstanceID.NotFound"),
    ("DescribeInstances", {"InstanceIds": ["one"]}, "InvalidInstanceID.Malformed"),
    ("RunInstances", {**LAUNCH, "ImageId": f"ami-{NONE}"}, "InvalidAMIID.NotFound"),
    ("RunInstances", {**LAUNCH, "ImageId": "ami-00000000000000001", "DryRun": True},
     "DryRunOperation"),
    ("CreateVpc", {"CidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range"),
    ("DeleteSecurityGroup", {"GroupName": "default"}, "CannotDelete"),
    ("AttachVolume", {"VolumeId": f"vol-{NONE}", "InstanceId": f"i-{NONE}", "Device": "/dev/sdf"},
     "InvalidVolume.NotFound"),
    ("CreateRouteTable", {"VpcId": f"vpc-{NONE}"}, "InvalidAction"),
]


def by_cli(lab):
    """The AWS CLI makes something of everything, shows it as boto3 does, and is refused."""
    failures, names = [], {}

    def make(operation, params, **keep):
        done = cli(lab, operation, params)
        if done.returncode:
            failures.append(f"aws: {operation}: {done.stderr.strip()}")
            raise StopIteration
        answer = json.loads(done.stdout or "{}")
        names.update({name: pick(answer) for name, pick in keep.items()})
        lab.settle()

    try:
        make("RunInstances", {**LAUNCH, "ImageId": "ami-00000000000000001"},
             one=lambda answer: answer["Instances"][0]["InstanceId"])
        make("CreateTags", {"Resources": [names["one"]], "Tags": [{"Key": "a", "Value": "b c"}]})
        make("AllocateAddress", {}, eip=lambda answer: answer["AllocationId"])
        make("AssociateAddress", {"AllocationId": names["eip"], "InstanceId": names["one"]})
        make("CreateLaunchTemplate", {"LaunchTemplateName": "cli", "LaunchTemplateData": {
            "InstanceType": "t2.micro"}})
        ec2 = lab.client("ec2")
        for operation in READS:
            method = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()
            done, ours = cli(lab, operation, {}), plain(getattr(ec2, method)())
            if done.returncode or shape(json.loads(done.stdout)) != shape(ours):
                failures.append(f"aws: {operation} shows {done.stdout or done.stderr}, boto3 {ours}")
        make("TerminateInstances", {"InstanceIds": [names["one"]]})
    except StopIteration:
        pass
    for operation, params, code in REFUSED:
        done = cli(lab, operation, params)
        if done.returncode == 0 or f"({code})" not in done.stderr:
            failures.append(f"aws: {operation}: {code} is not in {done.stderr.strip()!r}")
    return failures


def wrong_keys(lab):
    """EC2's codes for who signs with what it does not know."""
    failures = []
    for what, changes, code in (
            ("another secret", {"aws_secret_access_key": "x" * 40}, "AuthFailure"),
            ("another key", {"aws_access_key_id": "AKIAAAAAAAAAAAAAAAAA"}, "AuthFailure"),
            ("another token", {"aws_session_token": "x"}, "AuthFailure")):
        try:
            lab.client("ec2", **changes).describe_instances()
            failures.append(f"{what}: accepted")
        except ClientError as error:
            if error.response["Error"]["Code"] != code:
                failures.append(f"{what}: {error}, not {code}")
    return failures


def main():
    lab = Lab(sys.argv[1])
    failures = []
    try:
        failures += beside_moto(lab)
        if shutil.which("aws"):
            failures += by_cli(lab)
        else:
            print("no AWS CLI here: only boto3 was tried")
        failures += wrong_keys(lab)
    finally:
        down = lab.down()
    if down.returncode:
        failures.append(f"lab down: {down.stderr.strip()}")
    for failure in failures:
        print(failure)
    print(f"{len(CALLS)} calls by boto3, {len(READS) + len(REFUSED) + 6} by the AWS CLI: "
          f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
