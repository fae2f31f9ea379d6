#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real extensions, with the reference and with ours: the add-ons, chaosaws against a fresh moto each,
chaosprometheus against a fake Prometheus (this file's own, it only answers what is asked here), and
the module of the article against our echo server where ../shared is there.

Journals and what the experiments left in moto must be equal. Left out: InterruptExecution raised by an
activity (chaosaws without a region), see docs/differences.md. Exits with 77 where the extensions
cannot be had. Everything stays on the loopback.

usage: test_extensions.py [CHAOS] [NAME...]
"""
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import test_live_journals as live

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import canary  # noqa: E402

ROOT = HERE.parent.parent
DEADLINE_S = 90


class FakePrometheus(http.server.BaseHTTPRequestHandler):
    """Not Prometheus: two canned answers in the shape of its HTTP API."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        ranged = "query_range" in self.path
        result = {"metric": {"job": "fake"}}
        if ranged:
            result["values"] = [[1700000000, "1"], [1700000010, "3"]]
        else:
            result["value"] = [1700000000, "0.5"]
        text = json.dumps({"status": "success", "data": {
            "resultType": "matrix" if ranged else "vector", "result": [result]}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def activity(name, module, func, arguments=None, kind="action", **more):
    return {"type": kind, "name": name, **more, "provider": {
        "type": "python", "module": module, "func": func, "arguments": arguments or {}}}


def sh(name, script, kind="action", **more):
    return {"type": kind, "name": name, **more, "provider": {
        "type": "process", "path": "sh", "arguments": ["-c", script]}}


def control(name, module, arguments=None):
    provider = {"type": "python", "module": module}
    return {"name": name, "provider": {**provider, "arguments": arguments} if arguments else provider}


def experiment(title, method, **more):
    return {"title": title, "description": "Extensions: %s." % title, "method": method, **more}


UNDO = sh("undo", "echo undone")
WATCH = "chaosaddons.controls.safeguards"


def guard(name, script, **more):
    return sh(name, script, "probe", tolerance=0, **more)


ADDONS = {
    "safeguard-preflight-met": experiment("Checked", [sh("work", "echo x")], rollbacks=[UNDO],
        controls=[control("guard", WATCH, {"probes": [guard("clear", "true")]})]),
    "safeguard-preflight-unmet": experiment("Checked", [sh("work", "echo x")], rollbacks=[UNDO],
        controls=[control("guard", WATCH, {"probes": [guard("clear", "false")]})]),
    "safeguard-background-unmet": experiment("Watched", [sh("work", "sleep 5"), sh("next", "true")],
        rollbacks=[UNDO], controls=[control("guard", WATCH, {"probes": [
            guard("clear", "sleep 0.5; false", background=True)]})]),
    "safeguard-frequency-unmet": experiment("Watched", [sh("break", "sleep 1; touch broken"),
                                                        sh("work", "sleep 6"), sh("next", "true")],
        rollbacks=[UNDO], controls=[control("guard", WATCH, {"probes": [
            guard("clear", "test ! -e broken", frequency=0.3)]})]),
    "safeguard-frequency-met": experiment("Watched", [sh("work", "sleep 0.8")],
        controls=[control("guard", WATCH, {"probes": [guard("clear", "true", frequency=0.3)]})]),
    "repeat": experiment("Again", [
        {**sh("work", "echo x >> ran.txt; wc -l < ran.txt"), "controls": [
            control("again", "chaosaddons.controls.repeat", {"repeat_count": 3})]}, sh("next", "true")]),
    "repeat-break": experiment("Again", [
        {**activity("fails", "json", "loads", {"s": "no"}), "controls": [
            control("again", "chaosaddons.controls.repeat",
                    {"repeat_count": 4, "break_if_previous_iteration_failed": True})]},
        sh("next", "true")]),
    "synchronization": experiment("Together", [sh("work", "true")], rollbacks=[UNDO],
        controls=[control("together", "chaosaddons.controls.synchronization")]),
    "idle": experiment("Idle", [activity("idle", "chaosaddons.utils.idle", "idle_for",
                                         {"duration": 0.3})]),
}

# The reference lets this one go on for a moment, and how far differs: ours must not begin.
RACING = {"safeguard-preflight-unmet"}

# The reference sends nulls, and fails, for what is left out.
PARAMETER = {"type": "String", "description": "how deep", "key_id": "k", "allowed_pattern": ".*",
             "tags": [{"Key": "a", "Value": "b"}], "tier": "Standard", "policies": "[]",
             "data_type": "text"}
EC2, ASG, SSM = "chaosaws.ec2.", "chaosaws.asg.", "chaosaws.ssm."
BY_NAME = [{"Name": "tag:Name", "Values": ["web"]}]
AWS = {
    "ec2": experiment("Instances", [
        activity("count", EC2 + "probes", "count_instances", {"filters": BY_NAME}, "probe"),
        activity("describe", EC2 + "probes", "describe_instances", {"filters": BY_NAME}, "probe"),
        activity("stop", EC2 + "actions", "stop_instances", {"filters": BY_NAME}),
        activity("state", EC2 + "probes", "instance_state", {"state": "stopped", "filters": BY_NAME},
                 "probe"),
        activity("start", EC2 + "actions", "start_instances", {"filters": BY_NAME}),
        activity("minimum", EC2 + "probes", "count_min_instances",
                 {"filters": BY_NAME, "min_count": 2}, "probe"),
        activity("tag", EC2 + "actions", "set_tags_on_instances",
                 {"tags": "owner=chaos", "filters": BY_NAME}),
        activity("terminate", EC2 + "actions", "terminate_instances", {"filters": BY_NAME}),
        activity("none left", EC2 + "actions", "stop_instances", {"filters": [
            {"Name": "tag:Name", "Values": ["nobody"]}]})]),
    "asg": experiment("Groups", [
        activity("groups", ASG + "probes", "describe_auto_scaling_groups", {"asg_names": ["fleet"]},
                 "probe"),
        activity("healthy", ASG + "probes", "desired_equals_healthy", {"asg_names": ["fleet"]},
                 "probe"),
        activity("suspend", ASG + "actions", "suspend_processes",
                 {"asg_names": ["fleet"], "process_names": ["Launch"]}),
        activity("suspended", ASG + "probes", "process_is_suspended",
                 {"asg_names": ["fleet"], "process_names": ["Launch"]}, "probe"),
        activity("resume", ASG + "actions", "resume_processes",
                 {"asg_names": ["fleet"], "process_names": ["Launch"]}),
        activity("unknown", ASG + "probes", "desired_equals_healthy", {"asg_names": ["ghost"]},
                 "probe")]),
    "s3": experiment("Objects", [
        activity("bucket", "chaosaws.s3.probes", "bucket_exists", {"bucket_name": "harbour"}, "probe"),
        activity("object", "chaosaws.s3.probes", "object_exists",
                 {"bucket_name": "harbour", "object_key": "boat"}, "probe"),
        activity("delete", "chaosaws.s3.actions", "delete_object",
                 {"bucket_name": "harbour", "object_key": "boat"}),
        activity("gone", "chaosaws.s3.probes", "object_exists",
                 {"bucket_name": "harbour", "object_key": "boat"}, "probe"),
        activity("no bucket", "chaosaws.s3.probes", "bucket_exists", {"bucket_name": "ghost"},
                 "probe")]),
    "ssm-iam": experiment("Parameters", [
        activity("put", SSM + "actions", "put_parameter",
                 {**PARAMETER, "name": "depth", "value": "7"}),
        activity("again", SSM + "actions", "put_parameter",
                 {**PARAMETER, "name": "depth", "value": "8"}),
        activity("policy", "chaosaws.iam.actions", "create_policy", {
            "name": "sail", "policy": {"Version": "2012-10-17", "Statement": []}})]),
}

SEED = """
import boto3
ec2, asg, s3 = (boto3.client(name) for name in ("ec2", "autoscaling", "s3"))
image = ec2.describe_images()["Images"][0]["ImageId"]
for _ in range(2):  # a reservation each: the reference counts those
    ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=[
        {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}])
asg.create_launch_configuration(LaunchConfigurationName="boat", ImageId=image, InstanceType="t2.micro")
asg.create_auto_scaling_group(AutoScalingGroupName="fleet", LaunchConfigurationName="boat", MinSize=1,
                              MaxSize=2, DesiredCapacity=1, AvailabilityZones=["us-east-1a"])
s3.create_bucket(Bucket="harbour")
s3.put_object(Bucket="harbour", Key="boat", Body=b"wood")
"""
STATE = """
import boto3, json
ec2, asg, s3, ssm = (boto3.client(name) for name in ("ec2", "autoscaling", "s3", "ssm"))
print(json.dumps({
    "instances": sorted([i["State"]["Name"], sorted(t["Key"] for t in i.get("Tags", []))]
                        for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]),
    "suspended": [g["SuspendedProcesses"] for g in asg.describe_auto_scaling_groups()["AutoScalingGroups"]],
    "objects": [o["Key"] for o in s3.list_objects_v2(Bucket="harbour").get("Contents", [])],
    "parameters": [p["Name"] for p in ssm.describe_parameters()["Parameters"]]}))
"""
# What moto makes up anew each time, and whole answers' times.
IDS = [(r"\b(i|r|eni|eni-attach|vol|subnet|vpc|sg|ami|sgr|eipalloc|igw|rtb|acl)-[0-9a-f]{8,}", r"\1-<id>"),
       (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:\+00:00|Z)?", "<time>"),
       (r"\b\d{1,3}(?:[.-]\d{1,3}){3}\b", "<address>"), (r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", "<mac>"),
       (r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", "<uuid>"),
       (r"A[A-Z0-9]{15,}", "<key>"), (r"\b[A-Za-z0-9]{26,}\b", "<token>"),
       (r"\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT", "<time>"), (r"127\.0\.0\.1:\d+", "<server>"),
       (r'("x-amz-crc32": )"\d+"', r'\1"<sum>"'), (r'("content-length": )"\d+"', r'\1"<length>"')]


def mask(value):
    text = json.dumps(value)
    for pattern, token in IDS:
        text = re.sub(pattern, token, text)
    return json.loads(text)


def environment(folder, python, **more):
    return {**os.environ, "HOME": str(folder), "PYTHONPATH": str(folder), "CHAOS_PYTHON": python,
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9", **canary.KEYS,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8", "no_proxy": "127.0.0.1,localhost",
            "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", **more}


def play(side, folder, document, **env):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "experiment.json").write_text(json.dumps(document))
    done = subprocess.run([*side.command, "--no-version-check", "run", "experiment.json"], cwd=folder,
                          env=environment(folder, side.python, **env), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=DEADLINE_S)
    journal = live.read_json(folder / "journal.json", str(folder))
    labels = live.LABEL.findall(re.sub(r"\x1b\[[0-9;]*m", "", done.stderr))
    return mask({"exit": done.returncode, "journal": journal, "console": labels})


class Moto:
    """A moto server of its own on a port of its own."""

    def __init__(self, venv, folder):
        self.python = str(venv / "bin/python")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % port
        self.folder = folder
        self.log = open(folder / "moto.log", "w")
        self.process = subprocess.Popen([str(venv / "bin/moto_server"), "-H", "127.0.0.1", "-p",
                                         str(port)], stdout=self.log, stderr=subprocess.STDOUT,
                                        env=environment(folder, self.python))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise OSError("moto did not come up")

    def boto(self, script):
        env = environment(self.folder, self.python, AWS_ENDPOINT_URL=self.url,
                          AWS_DEFAULT_REGION="us-east-1")
        done = subprocess.run([self.python, "-c", script], env=env, capture_output=True, text=True,
                              timeout=DEADLINE_S)
        if done.returncode:
            raise OSError("moto: " + done.stderr[-400:])
        return done.stdout

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def play_aws(side, folder, document, venv):
    folder.mkdir(parents=True)
    moto = Moto(venv, folder)
    try:
        moto.boto(SEED)
        seen = play(side, folder, document, AWS_ENDPOINT_URL=moto.url, AWS_REGION="us-east-1",
                    AWS_DEFAULT_REGION="us-east-1")
        return {**seen, "state": json.loads(moto.boto(STATE))}
    finally:
        moto.stop()


def prometheus(url):
    return experiment("Metrics", [
        activity("query", "chaosprometheus.probes", "query", {"query": "up", "when": "5 minutes ago"},
                 "probe"),
        activity("interval", "chaosprometheus.probes", "query_interval",
                 {"query": "up", "start": "2 minutes ago", "end": "now", "step": 5}, "probe"),
        activity("mean", "chaosprometheus.probes", "compute_mean", {"query": "up"}, "probe")],
        configuration={"prometheus_base_url": url})


def masked(node, names):
    """The value with numbers, as they are or as words of a text, replaced by names."""
    if isinstance(node, dict):
        return {key: masked(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [masked(item, names) for item in node]
    if isinstance(node, str):
        for number, name in names.items():
            node = re.sub(rf"\b{number}\b", name, node)
        return node
    return names.get(node, node) if type(node) is int else node


def play_article(side, folder, module, server):
    """The probe of the article as hypothesis and method, against our echo server."""
    folder.mkdir(parents=True)
    shutil.copytree(module, folder / module.name, ignore=shutil.ignore_patterns("__pycache__"))
    process = subprocess.Popen([server, "--port", "0", "--bind", "127.0.0.1", "--quiet"],
                               stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r"port (\d+)", process.stdout.readline())[1])
        probe = activity("echo", "chaospythian.echo.probes", "echoserver", {
            "tcp_ip": "127.0.0.1", "tcp_port": port, "message": "testing text\n"}, "probe")
        document = experiment("Echo", [sh("stop", "kill %d" % process.pid),
                                       {**probe, "name": "again", "pauses": {"before": 0.5}}])
        document["steady-state-hypothesis"] = {"title": "Echoes", "probes": [{**probe, "tolerance": True}]}
        found = play(side, folder, document)
        return masked(found, {port: "<port>", process.pid: "<pid>"})
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def started(name, seen):
    """The runs of an experiment that was to be stopped before any."""
    return ["%s: '%s' was played" % (name, run["activity"]["name"]) for run in seen["journal"]["run"]]


def run_all(venv, chaos, wanted, web):
    python = str(venv / "bin/python")
    sides = [live.Side("reference", [str(venv / "bin/chaos")], python),
             live.Side("ours", [chaos], python)]
    jobs = {name: lambda side, folder, d=document: play(side, folder, d)
            for name, document in ADDONS.items()}
    jobs.update({"aws-" + name: lambda side, folder, d=document:
                 play_aws(side, folder, d, venv) for name, document in AWS.items()})
    article = Path(os.environ.get("FRACAS_SHARED", ROOT.parent / "shared")) / "article/chaospythian"
    server = Path(chaos).parent / "echoserver"
    if article.is_dir() and server.exists():
        jobs["article"] = lambda side, folder: play_article(side, folder, article, server)
    jobs["prometheus"] = lambda side, folder: play(side, folder, prometheus(web))
    problems = []
    names = [name for name in jobs if not wanted or name in wanted]
    for name in names:
        scratch = Path(tempfile.mkdtemp(prefix="extensions-")).resolve()
        try:
            want, got = [jobs[name](side, scratch / side.name) for side in sides]
            if name in RACING:
                problems.extend(started(name, got))
                want, got = want["exit"], got["exit"]
            found = live.difference(want, got)
            if found:
                problems.append("%s%s: the reference has %s, ours %s" % (
                    name, found[0], json.dumps(found[1])[:600], json.dumps(found[2])[:600]))
        except (OSError, subprocess.TimeoutExpired) as x:
            problems.append("%s: %s" % (name, x))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return len(names), problems


def main():
    found = subprocess.run([ROOT / "script/reference"], capture_output=True, text=True)
    if found.returncode:
        print((found.stderr.strip() or "the extensions are not there").splitlines()[-1])
        sys.exit(77)
    chaos = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/chaos")
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FakePrometheus)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    count, problems = run_all(Path(found.stdout.strip()), chaos, sys.argv[2:],
                              "http://127.0.0.1:%d" % web.server_address[1])
    web.shutdown()
    print("\n".join(problems))
    print("%d experiments as with the reference, %d not" % (count - len(problems), len(problems)))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
