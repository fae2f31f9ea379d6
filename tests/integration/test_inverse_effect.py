#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Inverses that native actions know, against moto: what was stopped runs again, and the journal says
so; a secret parameter gets its value back, which is written nowhere. Needs the reference's environment (script/reference), which has moto; exits with 77 without.

usage: test_inverse_effect.py [CHAOS]
"""
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent


def enter_reference():
    found = subprocess.run([ROOT / "script/reference"], capture_output=True, text=True, check=False)
    if found.returncode:
        print((found.stderr.strip() or "the reference is not there").splitlines()[-1])
        sys.exit(77)
    python = found.stdout.strip() + "/bin/python"
    if sys.prefix != found.stdout.strip():
        os.execv(python, [python, *sys.argv])


def check(claim, is_so, what):
    print(f"{'ok' if is_so else 'FAILED'}: {claim}" + ("" if is_so else f": {what}"))
    return is_so


def main():
    enter_reference()
    import boto3
    from moto.server import ThreadedMotoServer
    chaos = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/chaos")
    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        os.environ.update(canary.environment(AWS_ENDPOINT_URL=f"http://{host}:{port}"))
        ec2 = boto3.client("ec2")
        image = ec2.describe_images()["Images"][0]["ImageId"]
        made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        with canary.Folder() as folder:
            stopped = play(chaos, Path(folder), ec2, made)
        with canary.Folder() as folder:
            return play_secret(chaos, Path(folder), boto3.client("ssm")) and stopped
    finally:
        server.stop()


def native(kind, title, module, func, /, **arguments):
    return {"type": kind, "name": title, "provider": {
        "type": "native", "module": module, "func": func, "arguments": arguments}}


def run(chaos, place, *method):
    (place / "e.json").write_text(json.dumps({"title": "t", "description": "d",
                                              "method": list(method)}))
    done = canary.run([chaos, "--log-file", "chaos.log", "--verbose", "run", "e.json"], cwd=place,
                      text=True, capture_output=True, timeout=60, env={
                          **os.environ, "HOME": str(place), "XDG_STATE_HOME": str(place / "s")})
    return done, json.loads((place / "journal.json").read_text())


def play_secret(chaos, place, ssm):
    former = "correct-horse-battery-staple"
    ssm.put_parameter(Name="p", Value=former, Type="SecureString")
    done, journal = run(chaos, place, native("action", "set it", "chaosaws.ssm.actions",
                                             "put_parameter", name="p", value="new",
                                             type="SecureString", overwrite=True))
    now = ssm.get_parameter(Name="p", WithDecryption=True)["Parameter"]
    written = [path for path in place.rglob("*") if path.is_file()]
    return all([
        check("the run that sets a parameter completed", done.returncode == 0, done.stderr[-1500:]),
        check("the parameter was set, and set back", (now["Value"], now["Version"]) == (former, 3), now),
        check("a log of the run was kept", any(p.name == "events.ndjson" for p in written), written),
        check("its former value is written nowhere", former not in done.stdout + done.stderr and
              not [p for p in written if former.encode() in p.read_bytes()], journal)])


def play(chaos, place, ec2, instance):
    def state():
        return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]
    done, journal = run(
        chaos, place,
        native("action", "stop it", "chaosaws.ec2.actions", "stop_instance", instance_id=instance),
        native("probe", "see", "chaosaws.ec2.probes", "describe_instances",
               filters=[{"Name": "instance-state-name", "Values": ["stopped"]}]))
    undone = journal["rollbacks"][0] if journal["rollbacks"] else {}
    return all([
        check("the run completed", done.returncode == 0, done.stderr[-1500:]),
        check("the instance was stopped", instance in json.dumps(journal["run"][1].get("output")),
              journal["run"]),
        check("the instance runs again", state() == "running", state()),
        check("the journal says that it was restored", undone.get("effect") == "restored", undone)])


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
