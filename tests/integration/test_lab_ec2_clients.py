#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real clients and a real lab: boto3 and the AWS CLI, over HTTP and signed, with machines that run.

usage: test_lab_ec2_clients.py CHAOS

The calls of test_lab_api.py go to a lab and to moto_server; shapes and codes are compared as there,
by the same table. Then the AWS CLI makes all of them in a second lab and must show what boto3
decodes in a first one; and who signs with a wrong key is refused. Exits with 77 where there can be
no lab, or where the reference cannot be installed.
"""
import base64
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]
import test_cloud_moto as scaling  # noqa: E402
import lab_processes  # noqa: E402
import reference_python  # noqa: E402
from test_lab_api import MOTO_SERVER, Side, compare, listed, shape  # noqa: E402

import boto3  # noqa: E402
import jmespath  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402
from lab_api_calls import CALLS  # noqa: E402

DEADLINE_S = 60
MOVING = {"pending", "stopping", "shutting-down", "creating", "deleting", "attaching", "detaching"}


class Lab:
    """A lab of its own for this test, and its keys."""

    def __init__(self, chaos, role=""):
        self.chaos = chaos
        self.folder = tempfile.TemporaryDirectory()
        self.env = {**os.environ, "XDG_RUNTIME_DIR": self.folder.name, "AWS_PAGER": ""}
        os.chmod(self.folder.name, 0o700)
        self.name = f"clients{os.getpid()}{role}"
        up = self.run("up", "--detach")
        if up.returncode:
            print("SKIPPED: no lab here:", (up.stderr + up.stdout).strip().splitlines()[-1])
            sys.exit(reference_python.SKIPPED)
        self.env.update(lab_processes.exported(self.run("env").stdout))

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


def as_cli(value):
    """Bytes as the AWS CLI reads them: version 2 wants base64, version 1 the text."""
    return base64.b64encode(value).decode() if cli_version() == "2" else value.decode()


@functools.cache
def cli_version():
    said = subprocess.run(["aws", "--version"], capture_output=True, text=True, check=False)
    return re.match(r"aws-cli/(\d)", said.stdout + said.stderr)[1]


def run_cli(lab, service, operation, params):
    command = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", operation).lower()
    return subprocess.run(
        ["aws", service, command, "--output", "json", "--no-paginate", "--endpoint-url",
         lab.env["AWS_ENDPOINT_URL"], "--cli-input-json", json.dumps(params, default=as_cli)],
        env=lab.env, text=True, capture_output=True, timeout=DEADLINE_S)


def cli_code(done):
    found = re.search(r"An error occurred \(([\w.]+)\)", done.stderr)
    return found and found[1]


class CliSide(Side):
    """The lab as the AWS CLI shows it."""

    def __init__(self, lab):
        super().__init__()
        self.lab = lab
        self.refused_itself = 0

    def call(self, service, operation, params, keep):
        done = run_cli(self.lab, service, operation, self.filled_in(params))
        if operation.startswith(CHANGES):
            self.lab.settle()
        if cli_code(done):
            return cli_code(done)
        if done.returncode:
            self.refused_itself += 1
            return None
        answer = json.loads(done.stdout or "{}")
        for name, path in keep.items():
            self.names[name] = jmespath.search(path, answer)
        return shape(answer)


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_times(item) for item in value]
    return "str" if value == "time" else value


# boto3 encodes what the CLI wants encoded already, and the CLI shows key material as it came.
def by_cli(boto, cli):
    """The AWS CLI shows for every call what boto3 decodes, or the same code."""
    ours, theirs, failures = LabSide(boto), CliSide(cli), []
    for service, operation, params, keep in CALLS:
        wanted = without_times(ours.call(service, operation, params, keep))
        shown = theirs.call(service, operation, params, keep)
        # What breaks a rule of the model is refused by the CLI, and not sent.
        if shown is not None and shown != wanted:
            failures.append(f"aws {operation} {params}: shows {shown}, boto3 {wanted}")
    print(f"{len(CALLS)} calls by the AWS CLI, {theirs.refused_itself} of which it refused itself")
    return failures


class ScalingSide(scaling.Side):
    """The calls of test_cloud_moto.py by boto3."""

    def __init__(self, lab):
        self.name, self.names, self.lab = lab.name, {}, lab
        self.clients = {name: lab.client(name) for name in ("autoscaling", "ec2", "sts")}

    def fill(self, value):
        filled = super().fill(value)
        return filled.replace(PAPER_ACCOUNT, "0" * 12) if isinstance(filled, str) else filled

    def shown(self, service, operation, params):
        """The code, or the names of the answer's members."""
        code, result = self.call(service, operation, params)
        return code or sorted(result)


class ScalingCli(ScalingSide):
    """The same by the AWS CLI; what is asked in between stays boto3's."""

    def shown(self, service, operation, params):
        done = run_cli(self.lab, service, operation, self.fill(params))
        code = cli_code(done)
        if code or done.returncode:
            return code
        return sorted(json.loads(done.stdout or "{}"))


PAPER_ACCOUNT = "123456789012"


def scaling_by_cli(boto, cli):
    """Auto Scaling and STS: good calls and bad ones, of which the CLI shows what boto3 does."""
    sides, failures, n = (ScalingSide(boto), ScalingCli(cli)), [], 0
    for side in sides:
        side.prepare()
    for call in scaling.CALLS:
        if call == scaling.SETTLE:
            for side in sides:
                side.remember()
            continue
        calls = [call]
        if call[1:3] == ("DeleteAutoScalingGroup", {**scaling.WEB, "ForceDelete": True}):
            calls = [alone[:3] for alone in scaling.LAB_ALONE] + [call]
        for one in calls:
            wanted, shown = (side.shown(*one) for side in sides)
            n += 1
            if shown is not None and shown != wanted:
                failures.append(f"aws {one}: shows {shown}, boto3 {wanted}")
    print(f"{n} calls of Auto Scaling and STS by the AWS CLI")
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


def with_cli(chaos):
    labs = [Lab(chaos, "boto"), Lab(chaos, "cli")]
    try:
        return by_cli(*labs) + scaling_by_cli(*labs)
    finally:
        for lab in labs:
            lab.down()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # then the labs are taken down
    lab = Lab(sys.argv[1])
    failures = []
    try:
        failures += beside_moto(lab)
        if shutil.which("aws"):
            failures += with_cli(sys.argv[1])
        else:
            print("no AWS CLI here: only boto3 was tried")
        failures += wrong_keys(lab)
    finally:
        down = lab.down()
    if down.returncode:
        failures.append(f"lab down: {down.stderr.strip()}")
    for failure in failures:
        print(failure)
    print(f"{len(CALLS)} calls by boto3: {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
