#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a lab does, in figures: outages of the article's service at failover beside keepalived's own
time to notice, the time to the steady state, the API beside moto_server, machines by the hundred.

usage: bench_lab.py CHAOS [--reference VENV] [--only failover,start,api,machines,kill] [--rounds N]

Everything happens in labs, which have no way out. Prints a table; never fails on a figure.
"""
import argparse
import datetime
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import lab_processes  # noqa: E402

IMAGE = "ami-00000000000000001"


class Lab:
    def __init__(self, chaos, platform=None, text=None):
        self.chaos = chaos
        self.name = f"bench-{os.getpid()}"
        self.folder = tempfile.TemporaryDirectory()
        if text is not None:
            platform = Path(self.folder.name) / "platform.yaml"
            platform.write_text(text, encoding="utf-8")
        self.begun = time.monotonic()
        self.ask("up", "--detach", *([str(platform)] if platform else []))

    def ask(self, verb, *words, **more):
        done = subprocess.run([self.chaos, "lab", verb, "--name", self.name, *words], text=True,
                              capture_output=True, check=False, timeout=300, **more)
        if done.returncode:
            raise RuntimeError(f"chaos lab {verb} {words}: {done.stderr}")
        return done.stdout

    def instances(self, state="running"):
        status = json.loads(self.ask("status", "--json"))
        return [i for i in status["instances"] if i["state"] == state]

    def env(self):
        return {**os.environ, **lab_processes.exported(self.ask("env"))}

    def events(self):
        return [json.loads(line) for line in self.ask("events", "--json").splitlines()]

    def daemon(self):
        return lab_processes.daemon(self.name)

    def down(self):
        subprocess.run([self.chaos, "lab", "down", "--name", self.name], check=False,
                       capture_output=True)
        self.folder.cleanup()


def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := what():
            return value
        time.sleep(0.02)
    raise RuntimeError("did not come about")


def spread(values, unit="ms", digits=0):
    values = sorted(values) or [float("nan")]
    return (f"median {statistics.median(values):.{digits}f}, {values[0]:.{digits}f} to "
            f"{values[-1]:.{digits}f} {unit} (n={len(values)})")


def is_steady(lab):
    nodes = lab.instances()
    states = sorted(i["tags"].get("State", "") for i in nodes)
    return states == ["BACKUP", "MASTER"] and any(
        i.get("public-address") and i["tags"]["State"] == "MASTER" for i in nodes)


def seconds_of(text):
    return datetime.datetime.fromisoformat(text).timestamp()


def notified(lab, node, after):
    """When keepalived of this node said MASTER after `after` (seconds of the epoch)."""
    lines = lab.ask("exec", "--on", node, "--", "cat", "/run/echo/history").splitlines()
    times = [float(line.split()[0]) for line in lines if line.endswith(" MASTER")]
    return next((t for t in times if t >= after - 0.001), None)


def failover(args, advert):
    source = (ROOT / "examples/echo-ha/platform.yaml").read_text(encoding="utf-8")
    source = source.replace("replace: 3", "replace: 0.2").replace(
        "tags: {Name: production-echoserver}",
        f"tags: {{Name: production-echoserver, Advert: '{advert}'}}").replace(
        "user-data-file: node.sh", f"user-data-file: {ROOT}/examples/echo-ha/node.sh")
    lab = Lab(args.chaos, text=source)
    outages, detections, overheads = [], [], []
    try:
        for _ in range(args.rounds):
            wait_for(lambda: is_steady(lab))
            time.sleep(3 * advert + 0.5)  # adverts between both, at rest
            survivor = next(i for i in lab.instances() if i["tags"]["State"] == "BACKUP")
            victim = next(i for i in lab.instances() if i["tags"]["State"] == "MASTER")
            output = Path(lab.folder.name) / "outage.json"
            meter = subprocess.Popen(
                [args.chaos, "lab", "exec", "--name", lab.name, "--",
                 str(Path(args.chaos).parent / "echometer"), "--output", str(output),
                 "54.71.185.10:5566", "--", "sleep", str(4 * advert + 1.5)],
                stderr=subprocess.DEVNULL)
            time.sleep(0.3)
            lab.ask("fail", "instance", victim["id"])
            meter.wait(60)
            result = json.loads(output.read_text(encoding="utf-8"))
            cut = next(seconds_of(e["time"]) for e in lab.events()
                       if e["event"] == "instance-shutting-down" and e["resource"] == victim["id"])
            heard = notified(lab, survivor["id"], cut)
            if heard is None or not result["outages"]:
                print(f"    void: {result['outages']}, notified {heard}", file=sys.stderr)
                continue
            outages.append(max(o["length_ms"] for o in result["outages"]))
            detections.append((heard - cut) * 1000)
            overheads.append(outages[-1] - detections[-1])
    finally:
        lab.down()
    for name, values in (("outage", outages), ("keepalived notices", detections),
                         ("outage beyond it", overheads)):
        print(f"failover, advert {advert} s: {name}: {spread(values)}", flush=True)


def start(args):
    times = []
    for _ in range(min(args.rounds, 10)):
        lab = Lab(args.chaos, ROOT / "examples/echo-ha/platform.yaml")
        try:
            wait_for(lambda: is_steady(lab))
            times.append(time.monotonic() - lab.begun)
        finally:
            lab.down()
    print(f"lab up to the steady state: {spread(times, 's', 2)}")


LOAD = """import sys, time, boto3
from botocore.config import Config
ec2 = boto3.client("ec2", region_name="us-east-1", endpoint_url=sys.argv[1],
                   config=Config(read_timeout=300, retries={"max_attempts": 0}))
import urllib.request
from botocore.awsrequest import AWSRequest
from botocore.auth import SigV4Auth
from botocore.session import Session
import http.client, urllib.parse
host = urllib.parse.urlsplit(sys.argv[1]).netloc
connection = http.client.HTTPConnection(host)
def once():
    # The signed request itself, without boto3's decoding: the server's time counts.
    request = AWSRequest("POST", sys.argv[1] + "/", data="Action=DescribeInstances&Version=2016-11-15",
                         headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(Session().get_credentials(), "ec2", "us-east-1").add_auth(request)
    connection.request("POST", "/", request.data, dict(request.headers.items()))
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body[:300]
    return body.count(b"<instanceId>")
assert once() >= int(sys.argv[2]), once()
begun, n = time.monotonic(), 0
while time.monotonic() - begun < 4 or n < 3:
    once()
    n += 1
print(n / (time.monotonic() - begun))
"""


def rate(python, endpoint, env, wanted):
    done = subprocess.run([python, "-c", LOAD, endpoint, str(wanted)], env=env, text=True,
                          capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-1000:])
    return float(done.stdout)


def run_many(lab, env, count):
    for first in range(0, count, 250):
        subprocess.run([lab.chaos, "aws", "ec2", "run-instances", "--image-id", IMAGE, "--min-count",
                        str(min(250, count - first)), "--max-count", str(min(250, count - first)),
                        "--placement", f"AvailabilityZone=us-east-1{'abcdef'[first // 250]}"],
                       env=env, check=True, stdout=subprocess.DEVNULL)


def memory_kib(pid):
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    return int(re.search(r"^Pss: *(\d+)", text, re.M)[1])


def api(args):
    python = f"{args.reference}/bin/python"
    lab = Lab(args.chaos, text="zones: 4\n")
    try:
        env = lab.env()
        run_many(lab, env, 1000)
        wait_for(lambda: len(lab.instances()) == 1000, 120)
        ours = rate(python, env["AWS_ENDPOINT_URL"], env, 1000)
        pss = memory_kib(lab.daemon())
    finally:
        lab.down()
    moto = subprocess.Popen([f"{args.reference}/bin/moto_server", "-H", "127.0.0.1", "-p", "5987"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        env = {**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:5987"}
        theirs = [args.chaos, "aws", "--endpoint-url", "http://127.0.0.1:5987", "ec2"]
        wait_for(lambda: subprocess.run([*theirs, "describe-regions"], env=env, check=False,
                                        capture_output=True).returncode == 0)
        images = json.loads(subprocess.run([*theirs, "describe-images"], env=env, check=True,
                                           capture_output=True).stdout)["Images"]
        subprocess.run([*theirs, "run-instances", "--image-id", images[0]["ImageId"], "--min-count",
                        "1000", "--max-count", "1000"], env=env, check=True,
                       stdout=subprocess.DEVNULL)
        moto_rate = rate(python, env["AWS_ENDPOINT_URL"], env, 1000)
        moto_pss = memory_kib(moto.pid)
    finally:
        moto.terminate()
        moto.wait()
    print(f"DescribeInstances, 1,000 instances: {ours:.1f} a second; moto_server {moto_rate:.2f}; "
          f"ratio {ours / moto_rate:.0f}")
    print(f"memory of the daemon with 1,000 machines: {pss / 1024:.1f} MB; "
          f"of moto_server with 1,000 records: {moto_pss / 1024:.1f} MB")


def machines(args):
    lab = Lab(args.chaos, text="zones: 2\ndelays: {pending: 0, shutting-down: 0, terminated: 0}\n")
    try:
        env = lab.env()
        daemon = lab.daemon()
        fds = len(os.listdir(f"/proc/{daemon}/fd"))
        before = memory_kib(daemon)
        begun = time.monotonic()
        run_many(lab, env, 500)
        wait_for(lambda: len(lab.instances()) == 500)
        print(f"500 instances run after {time.monotonic() - begun:.2f} s")
        begun = time.monotonic()
        subprocess.run([lab.chaos, "aws", "ec2", "terminate-instances", "--instance-ids",
                        *(i["id"] for i in lab.instances())], env=env, check=True,
                       stdout=subprocess.DEVNULL)
        print(f"500 terminated in {time.monotonic() - begun:.2f} s")
        wait_for(lambda: not json.loads(lab.ask("status", "--json"))["instances"])
        for _ in range(10):  # 1,000 more lives
            run_many(lab, env, 100)
            ids = [i["id"] for i in wait_for(lambda: len(lab.instances()) == 100 and lab.instances())]
            subprocess.run([lab.chaos, "aws", "ec2", "terminate-instances", "--instance-ids", *ids],
                           env=env, check=True, stdout=subprocess.DEVNULL)
            wait_for(lambda: not json.loads(lab.ask("status", "--json"))["instances"])
        links = wait_for(lambda: int(subprocess.run(
            ["nsenter", "-t", str(daemon), "-U", "-n", "--preserve-credentials", "sh", "-c",
             "ls /proc/self/net/dev_snmp6 2>/dev/null | wc -l; grep -c : /proc/self/net/dev"],
            capture_output=True, text=True, check=True).stdout.split()[-1]) <= 2 and "only lo and client",
                         200)
        print(f"after 1,500 lives: descriptors {fds} then {len(os.listdir(f'/proc/{daemon}/fd'))}, "
              f"links: {links}, memory {before / 1024:.1f} then {memory_kib(daemon) / 1024:.1f} MB")
    finally:
        lab.down()


def kill(args):
    """SIGKILL at moments of a busy life; what is left on the host is counted."""
    import random
    rng = random.Random(20261122)
    left = 0
    for n in range(100):
        lab = Lab(args.chaos, ROOT / "examples/echo-ha/platform.yaml")
        env = lab.env()
        busy = subprocess.Popen([args.chaos, "aws", "ec2", "run-instances", "--image-id", IMAGE,
                                 "--min-count", "20", "--max-count", "20"], env=env,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        daemon = lab.daemon()
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(daemon)], capture_output=True,
                                  text=True, check=False).stdout.split()
        time.sleep(rng.random() * 1.5)
        os.kill(daemon, signal.SIGKILL)
        busy.wait()
        remains = [lab.name]
        deadline = time.monotonic() + 10
        while remains and time.monotonic() < deadline:
            time.sleep(0.01)
            remains = [pid for pid in children if os.path.exists(f"/proc/{pid}")]
            with open("/proc/net/unix", encoding="utf-8") as file:
                remains += [lab.name] if f"/{lab.name}\n" in file.read() else []
        left += len(remains)
        lab.folder.cleanup()
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    left += len(re.findall(r"^\d+: (?:client|m[0-9a-f]{8})", links, re.M))
    print(f"daemon killed 100 times at random moments: {left} things left on the host")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("chaos")
    parser.add_argument("--reference")
    parser.add_argument("--only", default="start,failover,api,machines,kill")
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    args.chaos = os.path.abspath(args.chaos)
    print(f"load {os.getloadavg()[0]:.1f}")
    for item in args.only.split(","):
        if item == "failover":
            for advert in (0.05, 0.2, 1):
                failover(args, advert)
        elif item == "api" and not args.reference:
            print("SKIPPED LOUDLY: no reference with moto_server")
        else:
            {"start": start, "api": api, "machines": machines, "kill": kill}[item](args)


if __name__ == "__main__":
    main()
