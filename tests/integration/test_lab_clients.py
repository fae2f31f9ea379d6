#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""STS and Auto Scaling of a lab by clients that others wrote: boto3, and the AWS CLI if there is one.

usage: test_lab_clients.py CHAOS [TEST...]

Without the reference ($FRACAS_REFERENCE), which has boto3, or without user namespaces it is skipped.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

import test_aws_functions as functions
from test_lab_chaosaws import DEADLINE_S, IMAGE, Lab

ROLE = {"RoleArn": "arn:aws:iam::000000000000:role/deploy", "RoleSessionName": "monday"}
CLI = shutil.which("aws")


def client(service, **keys):
    import boto3
    return boto3.client(service, region_name="us-east-1", **(keys or functions.KEYS))


def code_of(call, **params):
    """The error code of a call and its status; None when it is answered."""
    from botocore.exceptions import ClientError
    try:
        call(**params)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return None


def session(**params):
    made = client("sts").assume_role(**ROLE, **params)["Credentials"]
    return {"aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"]}


class Clients(unittest.TestCase):
    chaos = None

    def setUp(self):
        self.lab = Lab(self.chaos)
        self.lab.__enter__()
        self.addCleanup(self.lab.__exit__)

    def aws(self, *words, fails=False):
        env = {**os.environ, "AWS_ACCESS_KEY_ID": functions.KEYS["aws_access_key_id"],
               "AWS_SECRET_ACCESS_KEY": functions.KEYS["aws_secret_access_key"],
               "AWS_SESSION_TOKEN": "", "AWS_DEFAULT_REGION": "us-east-1"}
        done = subprocess.run([CLI, *words], capture_output=True, text=True, env=env,
                              timeout=DEADLINE_S)
        self.assertEqual(done.returncode != 0, fails, done.stderr)
        if fails:
            return done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def wait_for(self, what):
        deadline = time.monotonic() + DEADLINE_S
        while not (found := what()):
            self.assertLess(time.monotonic(), deadline)
        return found

    def test_an_assumed_role_calls_every_service(self):
        keys = session(DurationSeconds=900)
        self.assertEqual(client("sts", **keys).get_caller_identity()["Arn"],
                         "arn:aws:sts::000000000000:assumed-role/deploy/monday")
        self.assertEqual(len(client("ec2", **keys).describe_vpcs()["Vpcs"]), 1)
        self.assertEqual(client("autoscaling", **keys).describe_auto_scaling_groups()
                         ["AutoScalingGroups"], [])

    def test_a_session_needs_its_own_key_secret_and_token(self):
        keys = session()
        without = {name: keys[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
        for wrong, code in (({**keys, "aws_session_token": "other"}, "InvalidClientTokenId"),
                            (without, "InvalidClientTokenId"),
                            ({**keys, "aws_access_key_id": "ASIAOTHER"}, "InvalidClientTokenId"),
                            ({**keys, "aws_secret_access_key": "other"}, "SignatureDoesNotMatch")):
            with self.subTest(wrong=wrong):
                self.assertEqual(code_of(client("sts", **wrong).get_caller_identity), (code, 403))
                self.assertEqual(code_of(client("autoscaling", **wrong).describe_account_limits),
                                 (code, 403))
                self.assertEqual(code_of(client("ec2", **wrong).describe_vpcs),
                                 ("AuthFailure", 401))

    def test_sts_refuses_with_its_codes(self):
        sts = client("sts")
        other = {**ROLE, "RoleArn": "arn:aws:iam::111122223333:role/deploy"}
        self.assertEqual(code_of(sts.assume_role, **other), ("AccessDenied", 403))
        self.assertEqual(code_of(sts.assume_role, **ROLE, DurationSeconds=43201),
                         ("ValidationError", 400))
        self.assertEqual(code_of(client("sts", **session()).get_session_token),
                         ("AccessDenied", 403))

    def test_groups_come_in_pages(self):
        asg = client("autoscaling")
        asg.create_launch_configuration(LaunchConfigurationName="lc", ImageId=IMAGE,
                                        InstanceType="t3.micro")
        for number in range(5):
            asg.create_auto_scaling_group(
                AutoScalingGroupName=f"g{number}", LaunchConfigurationName="lc", MinSize=0,
                MaxSize=1, AvailabilityZones=["us-east-1a"])
        pages = list(asg.get_paginator("describe_auto_scaling_groups").paginate(
            PaginationConfig={"PageSize": 2}))
        self.assertEqual([[g["AutoScalingGroupName"] for g in p["AutoScalingGroups"]]
                          for p in pages], [["g0", "g1"], ["g2", "g3"], ["g4"]])

    @unittest.skipUnless(CLI, "there is no AWS CLI")
    def test_the_cli_leads_a_group_through_its_life(self):
        web = ("--auto-scaling-group-name", "web")
        self.aws("autoscaling", "create-launch-configuration", "--launch-configuration-name", "lc",
                 "--image-id", IMAGE, "--instance-type", "t3.micro", "--user-data", "#!/bin/sh")
        self.aws("autoscaling", "create-auto-scaling-group", *web,
                 "--launch-configuration-name", "lc", "--min-size", "1", "--max-size", "3",
                 "--desired-capacity", "2", "--availability-zones", "us-east-1a", "us-east-1b",
                 "--tags", "Key=app,Value=web,PropagateAtLaunch=true")

        def serving():
            found = client("autoscaling").describe_auto_scaling_instances()["AutoScalingInstances"]
            return [i for i in found if i["LifecycleState"] == "InService"]
        first = self.wait_for(lambda: len(serving()) == 2 and serving())
        self.assertEqual({i["AvailabilityZone"] for i in first}, {"us-east-1a", "us-east-1b"})
        ended = self.aws("autoscaling", "terminate-instance-in-auto-scaling-group",
                         "--instance-id", first[0]["InstanceId"],
                         "--no-should-decrement-desired-capacity")
        self.assertEqual(ended["Activity"]["StatusCode"], "InProgress")
        self.wait_for(lambda: len(serving()) == 2 and
                      first[0]["InstanceId"] not in [i["InstanceId"] for i in serving()])
        done = self.aws("autoscaling", "describe-scaling-activities", *web)["Activities"]
        self.assertEqual([a["Description"].split(":")[0] for a in done],
                         ["Launching a new EC2 instance", "Terminating EC2 instance",
                          "Launching a new EC2 instance", "Launching a new EC2 instance"])
        self.assertIn("(ValidationError)", self.aws(
            "autoscaling", "set-desired-capacity", *web, "--desired-capacity", "4", fails=True))
        self.assertIn("(ResourceInUse)", self.aws(
            "autoscaling", "delete-auto-scaling-group", *web, fails=True))
        self.aws("autoscaling", "delete-auto-scaling-group", *web, "--force-delete")
        self.wait_for(lambda: not self.aws("autoscaling", "describe-auto-scaling-groups")
                      ["AutoScalingGroups"])


def main():
    functions.enter_reference()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # take the lab down all the same
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
                 "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    Clients.chaos = os.path.abspath(sys.argv.pop(1))
    try:
        with Lab(Clients.chaos):
            pass
    except AssertionError as error:
        if "namespaces" not in str(error):
            raise
        print("SKIPPED:", error)
        sys.exit(functions.SKIPPED)
    unittest.main()


if __name__ == "__main__":
    main()
