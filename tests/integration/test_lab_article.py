#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The article's experiment, as it was published, on the article's platform in a lab: strong and weak,
by our chaos and by the reference.

usage: test_lab_article.py [CHAOS] [--times N]

Needs the article (../shared/article) and, for its half, the newest reference (script/reference).
Exits with 77, and says why, where one of them or user namespaces are missing. The Elastic IP of the
article is a real address: it is used in the lab only, after it was seen that no way leads out.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import lab_processes  # noqa: E402

ARTICLE = ROOT.parent / "shared" / "article"
ELASTIC = "54.71.185.10"
WEAK = ["no-keepalived", "one-instance", "unclaimed"]


class Failure(Exception):
    pass


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


class Lab:
    def __init__(self, chaos, platform):
        self.chaos = chaos
        self.name = f"article-{os.getpid()}"
        self.ask("up", "--detach", str(platform))

    def ask(self, verb, *words, check=True, **more):
        done = subprocess.run([self.chaos, "lab", verb, "--name", self.name, *words], text=True,
                              capture_output=True, check=False, timeout=120, **more)
        if check and done.returncode:
            raise Failure(f"chaos lab {verb}: {done.stdout}{done.stderr}")
        return done

    def status(self):
        return json.loads(self.ask("status", "--json").stdout)

    def running(self):
        return [i for i in self.status()["instances"] if i["state"] == "running"]

    def has_no_way_out(self):
        """Of the client, of every instance, and of the router, which is the daemon's network: no
        default route. Asked before the first packet to the address of the article."""
        tables = {where: self.ask("exec", "--on", where, "--", "cat", "/proc/net/route").stdout
                  for where in ["client", *(i["id"] for i in self.running())]}
        tables["router"] = Path(f"/proc/{lab_processes.daemon(self.name)}/net/route").read_text(encoding="utf-8")
        for where, table in tables.items():
            if any(line.split()[1] == "00000000" for line in table.splitlines()[1:]):
                raise Failure(f"{where} has a default route")

    def is_steady(self, tags):
        states = sorted(i["tags"].get("State", "") for i in self.running())
        return states == tags and any(i.get("public-address") == ELASTIC for i in self.running())

    def wait_steady(self, tags):
        begun = time.monotonic()
        while not self.is_steady(tags):
            if time.monotonic() - begun > 30:
                raise Failure(f"no steady state after 30 s: {self.running()}\n"
                              + self.ask("events").stdout[-3000:])
            time.sleep(0.05)
        return time.monotonic() - begun

    def down(self):
        self.ask("down", check=False)


def play(lab, folder, program, native):
    """One run of the experiment; its exit status, journal, and console."""
    journal = folder / "journal.json"
    env = {**os.environ, "PYTHONPATH": str(ARTICLE), "NO_PROXY": "*"}
    env.pop("AWS_ENDPOINT_URL", None)
    env["CHAOS_NATIVE"] = "1" if native else "0"
    for name in ("http_proxy", "https_proxy"):
        env.pop(name, None)
    meter = [str(Path(lab.chaos).parent / "echometer"), "--output", str(folder / "outage.json"),
             f"{ELASTIC}:5566", "--"]
    done = lab.ask("exec", "--", *meter, program, "--no-version-check", "--log-file",
                   str(folder / "log"), "run", str(ARTICLE / "experiment.json"), "--journal-path",
                   str(journal), check=False, env=env)
    return done, json.loads(journal.read_text(encoding="utf-8"))


def check_strong(chaos, program, native, folder):
    lab = Lab(chaos, ROOT / "examples/echo-ha/platform.yaml")
    try:
        lab.has_no_way_out()
        took = lab.wait_steady(["BACKUP", "MASTER"])
        done, journal = play(lab, folder, program, native)
        if done.returncode or journal["status"] != "completed" or journal["deviated"]:
            raise Failure(f"strong: exit {done.returncode}, {journal['status']}: {done.stderr[-3000:]}"
                          + lab.ask("events").stdout[-2500:])
    finally:
        lab.down()
    outages = json.loads((folder / "outage.json").read_text(encoding="utf-8"))["outages"]
    return took, [round(o["length_ms"]) for o in outages]


def check_weak(chaos, name, program, native, folder):
    lab = Lab(chaos, ROOT / f"examples/echo-weak/{name}.yaml")
    try:
        lab.has_no_way_out()
        lab.wait_steady(["BACKUP", "MASTER"] if name == "no-keepalived" else ["MASTER"])
        done, journal = play(lab, folder, program, native)
        if done.returncode != 1 or not journal["deviated"]:
            raise Failure(f"{name}: exit {done.returncode}, deviated {journal['deviated']}: "
                          + done.stderr[-3000:])
    finally:
        lab.down()


def reference_chaos():
    found = subprocess.run([ROOT / "script/reference", "newest"], capture_output=True, text=True,
                           check=False).stdout.strip()
    return f"{found}/bin/chaos" if found else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("chaos", nargs="?", default=str(ROOT / "build/chaos"))
    parser.add_argument("--times", type=int, default=1)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # then the lab is taken down
    chaos = os.path.abspath(args.chaos)
    if not ARTICLE.is_dir():
        skip("the article is not here")
    if subprocess.run(["unshare", "-Urn", "true"], capture_output=True, check=False).returncode:
        skip("user namespaces are not allowed here")
    reference = reference_chaos()
    programs = [("ours", chaos, True)] + ([("reference", reference, False)] if reference else [])
    try:
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            for n in range(args.times):
                for who, program, native in programs:
                    took, outages = check_strong(chaos, program, native, folder)
                    print(f"{who} {n + 1}: steady after {took:.2f} s; outages {outages} ms", flush=True)
            for name in WEAK:
                who, program, native = programs[WEAK.index(name) % len(programs)]
                check_weak(chaos, name, program, native, folder)
                print(f"{name}: deviated, as {who} says", flush=True)
    except Failure as failure:
        print(f"FAILED {failure}")
        sys.exit(1)
    if not reference:
        skip("the reference could not be installed; ours passed")


if __name__ == "__main__":
    main()
