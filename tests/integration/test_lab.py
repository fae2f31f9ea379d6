#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""chaos lab: what its user sees. Every lab has a name of its own and is taken down in the end.

usage: test_lab.py CHAOS [TEST...]

Exits with 77 where the kernel does not allow user namespaces. No address of the lab is used before it
has been seen that no namespace of it has a default route.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import lab_processes  # noqa: E402

CHAOS = os.path.abspath(sys.argv.pop(1))
PROGRAMS = os.path.dirname(CHAOS)
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]
IMAGE = "ami-00000000000000001"
ECHO = """
zones: 2
security-groups:
  open:
    allow:
      - {protocol: tcp, ports: 5566, from: 0.0.0.0/0}
      - {protocol: icmp, from: self}
templates:
  echo:
    user-data: |
      #!/bin/bash
      echo "serving on $(hostname)"
      exec echoserver --quiet
    security-groups: [open]
    profile: echo-role
    tags: {Name: echo}
instances:
  - {template: echo, zone: us-east-1a, tags: {State: MASTER}}
  - {template: echo, zone: us-east-1b, tags: {State: BACKUP}}
addresses:
  echo: {public: 203.0.113.7, instance: echo}
"""


def host_state():
    """What a lab could leave behind on this machine."""
    # Other tests run beside this one: of their links and mounts nothing is said here.
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    links = sorted(name for line in links.splitlines() if (name := line.split()[1]) and
                   re.match(r"client|m[0-9a-f]{8}", name))
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mounts = sorted(line.split()[4] for line in file if " lab " in line or " volume " in line)
    with open("/proc/net/unix", encoding="utf-8") as file:
        sockets = sorted(line.split()[-1] for line in file if "@fracas-lab" in line and NAMES in line)
    return {"links": links, "mounts": mounts, "sockets": sockets, "processes": lab_processes.processes(NAMES)}


NAMES = f"t{os.getpid()}-"


def wait_for(what, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"did not come about within {seconds} s: {what}")


class Lab:
    count = 0

    def __init__(self, platform=None, as_user=()):
        Lab.count += 1
        self.name = f"{NAMES}{Lab.count}"
        self.as_user = list(as_user)
        self.folder = tempfile.TemporaryDirectory()
        os.chmod(self.folder.name, 0o777)
        words = ["lab", "up", "--detach", "--name", self.name]
        if platform is not None:
            path = os.path.join(self.folder.name, "platform.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(platform)
            words.append(path)
        self.up = self.chaos(*words)

    def chaos(self, *words, env=None, **more):
        return subprocess.run([*self.as_user, CHAOS, "--log-file", "/dev/null", *words], text=True,
                              capture_output=True, timeout=60, cwd=self.folder.name, check=False,
                              env={**os.environ, **(env or {})}, **more)

    def lab(self, verb, *words, **more):
        return self.chaos("lab", verb, "--name", self.name, *words, **more)

    def run(self, where, *words):
        return self.lab("exec", "--on", where, "--", *words)

    def env(self):
        return lab_processes.exported(self.lab("env").stdout)

    def aws(self, *words, ok=True, **changes):
        done = self.chaos("aws", *words, env={**self.env(), **changes})
        if ok and done.returncode:
            raise AssertionError(f"{words}: {done.stderr}")
        return json.loads(done.stdout) if ok else done

    def status(self):
        return json.loads(self.lab("status", "--json").stdout)

    def instances(self, state="running"):
        return [i for i in self.status()["instances"] if i["state"] == state]

    def close(self):
        if self.up.returncode == 0:
            self.lab("down")
        self.folder.cleanup()


class LabTest(unittest.TestCase):
    as_user = ()

    def lab(self, platform=None):
        lab = Lab(platform, self.as_user)
        self.addCleanup(lab.close)
        self.assertEqual(lab.up.returncode, 0, lab.up.stderr)
        self.no_default_route(lab)
        return lab

    def no_default_route(self, lab):
        routes = lab.run("client", "cat", "/proc/net/route")
        self.assertEqual(routes.returncode, 0, routes.stderr)
        destinations = [line.split()[1] for line in routes.stdout.splitlines()[1:]]
        self.assertNotIn("00000000", destinations)

    def echo_lab(self):
        lab = self.lab(ECHO)
        wait_for(lambda: len(lab.instances()) == 2)
        wait_for(lambda: any(i.get("public-address") for i in lab.instances()))
        for instance in lab.instances():
            routes = lab.run(instance["id"], "cat", "/proc/net/route").stdout
            self.assertNotIn("00000000", [line.split()[1] for line in routes.splitlines()[1:]])
        return lab

    def says(self, lab, where, address, message="hello"):
        """What the echo server answers, or the name of what went wrong."""
        return lab.run(where, "python3", "-c", (
            "import socket, sys\n"
            "try:\n"
            "    s = socket.create_connection((sys.argv[1], 5566), 1)\n"
            "    s.sendall(sys.argv[2].encode() + b'\\nbye\\n')\n"
            "    d = b''\n"
            "    while (p := s.recv(999)): d += p\n"
            "    print(d.decode().split(chr(10))[-3])\n"
            "except OSError as error: print(type(error).__name__)\n"), address, message).stdout.strip()

    def test_nothing_is_left_after_down(self):
        before = host_state()
        lab = self.echo_lab()
        self.assertNotEqual(host_state(), before)
        self.assertEqual(lab.lab("down").returncode, 0)
        self.assertEqual(wait_for(lambda: host_state() == before), True)

    def test_nothing_is_left_after_a_kill(self):
        before = host_state()
        for _ in range(3):
            lab = self.lab(ECHO)
            os.kill(lab_processes.daemon(lab.name), signal.SIGKILL)
            wait_for(lambda: host_state() == before)

    def test_a_second_lab_of_the_same_name_is_refused(self):
        lab = self.lab()
        again = lab.lab("up", "--detach")
        self.assertEqual(again.returncode, 1)
        self.assertIn("is up already", again.stderr)
        self.assertEqual(lab.lab("status").returncode, 0)

    def test_labs_side_by_side_do_not_see_each_other(self):
        one, two = self.echo_lab(), self.lab()
        self.assertEqual(self.says(one, "client", "203.0.113.7"), "hello")
        self.assertEqual(self.says(two, "client", "203.0.113.7"), "TimeoutError")
        self.assertEqual(two.instances(), [])

    def test_exec_ends_as_its_command_does(self):
        lab = self.echo_lab()
        self.assertEqual(lab.run("client", "sh", "-c", "exit 3").returncode, 3)
        self.assertEqual(lab.run("MASTER", "sh", "-c", "kill -9 $$").returncode, 137)
        self.assertEqual(lab.run("client", "/nowhere/no-such-program").returncode, 127)
        unknown = lab.run("nobody", "true")
        self.assertEqual(unknown.returncode, 1)
        self.assertIn("no running instance is 'nobody'", unknown.stderr)

    def test_a_signal_to_exec_reaches_its_command(self):
        lab = self.lab()
        child = subprocess.Popen([*self.as_user, CHAOS, "lab", "exec", "--name", lab.name, "--", "sh",
                                  "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"],
                                 stdout=subprocess.PIPE, text=True)
        self.assertEqual(child.stdout.readline(), "ready\n")
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(20), 9)
        child.stdout.close()

    def test_the_elastic_ip_reaches_the_instance_that_has_it(self):
        lab = self.echo_lab()
        self.assertEqual(self.says(lab, "client", "203.0.113.7"), "hello")
        backup = next(i for i in lab.instances() if i["tags"]["State"] == "BACKUP")
        allocation = lab.status()["addresses"][0]["id"]
        lab.aws("ec2", "associate-address", "--allocation-id", allocation, "--instance-id",
                backup["id"])
        holder = next(i for i in lab.instances() if i.get("public-address"))
        self.assertEqual(holder["id"], backup["id"])
        self.assertEqual(self.says(lab, "client", "203.0.113.7"), "hello")
        self.assertEqual(self.says(lab, "MASTER", "203.0.113.7"), "hello")

    def test_a_terminated_instance_is_silent_and_its_address_dark(self):
        lab = self.echo_lab()
        self.assertEqual(lab.lab("fail", "instance", "MASTER").returncode, 0)
        self.assertEqual(self.says(lab, "client", "203.0.113.7"), "TimeoutError")
        wait_for(lambda: len(lab.instances("terminated")) == 1)

    def test_a_cut_wire_and_zone_are_silent_until_they_are_mended(self):
        lab = self.echo_lab()
        for what, target in (("link", "MASTER"), ("zone", "us-east-1a")):
            self.assertEqual(lab.lab("fail", what, target).returncode, 0)
            self.assertEqual(self.says(lab, "client", "203.0.113.7"), "TimeoutError", what)
            self.assertEqual(lab.lab("mend", what, target).returncode, 0)
            self.assertEqual(self.says(lab, "client", "203.0.113.7"), "hello", what)

    def test_rules_are_enforced_in_packets_as_they_change(self):
        lab = self.echo_lab()
        by_state = {i["tags"]["State"]: i for i in lab.instances()}
        server, friend = by_state["MASTER"], by_state["BACKUP"]
        group = lab.aws("ec2", "describe-security-groups", "--group-names", "open")
        group = group["SecurityGroups"][0]["GroupId"]

        def change(verb, peers, peer):
            rule = {"IpProtocol": "tcp", "FromPort": 5566, "ToPort": 5566, peers: [peer]}
            lab.aws("ec2", verb, "--group-id", group, "--ip-permissions", json.dumps([rule]))

        def heard():
            return [self.says(lab, "client", "203.0.113.7"),
                    self.says(lab, friend["id"], server["private-address"])]

        self.assertEqual(heard(), ["hello", "hello"])
        change("revoke-security-group-ingress", "IpRanges", {"CidrIp": "0.0.0.0/0"})
        self.assertEqual(heard(), ["TimeoutError", "TimeoutError"])
        friends = lab.aws("ec2", "create-security-group", "--group-name", "friends",
                          "--description", "those who may")["GroupId"]
        change("authorize-security-group-ingress", "UserIdGroupPairs", {"GroupId": friends})
        self.assertEqual(heard(), ["TimeoutError", "TimeoutError"])
        lab.aws("ec2", "modify-instance-attribute", "--instance-id", friend["id"],
                "--groups", group, friends, ok=False)
        wait_for(lambda: heard() == ["TimeoutError", "hello"])
        lab.aws("ec2", "modify-instance-attribute", "--instance-id", friend["id"],
                "--groups", group, ok=False)
        wait_for(lambda: heard() == ["TimeoutError", "TimeoutError"])
        change("authorize-security-group-ingress", "IpRanges", {"CidrIp": "198.51.100.0/24"})
        self.assertEqual(heard(), ["hello", "TimeoutError"])
        self.assertEqual(self.groups_in_the_kernel(lab), 2)
        change("revoke-security-group-ingress", "UserIdGroupPairs", {"GroupId": friends})
        lab.aws("ec2", "delete-security-group", "--group-id", friends)
        change("revoke-security-group-ingress", "IpRanges", {"CidrIp": "198.51.100.0/24"})
        self.assertEqual(heard(), ["TimeoutError", "TimeoutError"])
        self.assertEqual(self.groups_in_the_kernel(lab), 1)

    def groups_in_the_kernel(self, lab):
        """How many security groups the router's packet rules have."""
        rules = subprocess.run(
            ["nsenter", f"--net=/proc/{lab_processes.daemon(lab.name)}/ns/net", "nft", "list", "sets"],
            capture_output=True, text=True, timeout=20, check=True).stdout
        return len(set(re.findall(r"set members(\d+)", rules)))

    def test_a_stopped_instance_comes_back_at_its_address(self):
        lab = self.echo_lab()
        master = next(i for i in lab.instances() if i["tags"]["State"] == "MASTER")
        lab.aws("ec2", "stop-instances", "--instance-ids", master["id"])
        wait_for(lambda: lab.instances("stopped"))
        self.assertEqual(self.says(lab, "client", "203.0.113.7"), "TimeoutError")
        lab.aws("ec2", "start-instances", "--instance-ids", master["id"])
        again = wait_for(lambda: [i for i in lab.instances() if i["id"] == master["id"]])[0]
        self.assertEqual(again["private-address"], master["private-address"])
        wait_for(lambda: self.says(lab, "client", "203.0.113.7") == "hello")

    def test_a_reboot_and_a_shutdown_from_inside_are_noticed(self):
        lab = self.echo_lab()
        master = next(i for i in lab.instances() if i["tags"]["State"] == "MASTER")
        wait_for(lambda: "serving on" in lab.lab("logs", master["id"]).stdout)
        lab.aws("ec2", "reboot-instances", "--instance-ids", master["id"], ok=False)
        wait_for(lambda: lab.lab("logs", master["id"]).stdout.count("serving on") == 2)
        lab.run(master["id"], "kill", "-TERM", "1")
        wait_for(lambda: lab.instances("stopped"))

    def test_user_data_runs_and_its_output_is_on_the_console(self):
        lab = self.echo_lab()
        wait_for(lambda: "serving on ip-10-0-0-" in lab.lab("logs", "MASTER").stdout)

    def test_the_metadata_service_knows_who_asks(self):
        lab = self.echo_lab()
        for instance in lab.instances():
            asked = lab.run(instance["id"], "bash", "-c", (
                "I=http://169.254.169.254/latest\n"
                "T=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $I/api/token)\n"
                "for p in instance-id local-ipv4 tags/instance/State placement/availability-zone; do\n"
                "  curl -sf -H \"X-aws-ec2-metadata-token: $T\" $I/meta-data/$p; echo\n"
                "done\n"
                "curl -s -o /dev/null -w '%{http_code}\\n' -H 'X-aws-ec2-metadata-token: no' $I/meta-data/\n"
                "curl -s -o /dev/null -w '%{http_code}\\n' $I/meta-data/nothing-such\n"
                "curl -sf $I/user-data | head -1\n")).stdout.split("\n")
            self.assertEqual(asked[:7], [instance["id"], instance["private-address"],
                                         instance["tags"]["State"], instance["zone"], "401", "404",
                                         "#!/bin/bash"])
        outside = lab.run("client", "curl", "-s", "-m", "1", "http://169.254.169.254/latest/")
        self.assertNotEqual(outside.returncode, 0)

    def test_an_instance_lives_in_a_subnet_of_the_users_own(self):
        lab = self.lab()
        vpc = lab.aws("ec2", "create-vpc", "--cidr-block", "10.9.0.0/16")["Vpc"]["VpcId"]
        subnet = lab.aws("ec2", "create-subnet", "--vpc-id", vpc, "--cidr-block",
                         "10.9.0.16/28")["Subnet"]["SubnetId"]
        two = lab.aws("ec2", "run-instances", "--image-id", IMAGE, "--min-count", "2", "--max-count",
                      "2", "--subnet-id", subnet)["Instances"]
        self.assertEqual([i["PrivateIpAddress"] for i in two], ["10.9.0.20", "10.9.0.21"])
        wait_for(lambda: len(lab.instances()) == 2)
        asked = lab.run(two[0]["InstanceId"], "curl", "-sf", "-m", "2",
                        "http://169.254.169.254/latest/meta-data/local-ipv4")
        self.assertEqual(asked.stdout, "10.9.0.20", asked.stderr)
        # The default group of a VPC lets its members in.
        lab.run(two[1]["InstanceId"], "sh", "-c", "echoserver --quiet >/dev/null 2>&1 &")
        wait_for(lambda: self.says(lab, two[0]["InstanceId"], "10.9.0.21") == "hello")
        refused = lab.aws("ec2", "create-vpc", "--cidr-block", "192.168.0.0/16", ok=False)
        self.assertIn("InvalidVpc.Range", refused.stderr)

    def test_an_instance_calls_the_api_with_its_role(self):
        lab = self.echo_lab()
        asked = lab.run("MASTER", "chaos", "aws", "sts", "get-caller-identity")
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.assertIn(":assumed-role/echo-role/i-", json.loads(asked.stdout)["Arn"])

    def test_env_unsets_what_would_lead_clients_elsewhere(self):
        foreign = {"AWS_PROFILE": "p", "AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:9",
                   "AWS_SESSION_TOKEN": "t"}
        told = self.lab().lab("env", env=foreign).stdout
        self.assertEqual({name for name, value in lab_processes.exported(told).items() if not value},
                         set(foreign))

    def test_wrong_keys_and_signatures_are_refused_as_ec2_does(self):
        lab = self.lab()
        for change in ({"AWS_ACCESS_KEY_ID": "AKIANOBODY"}, {"AWS_SECRET_ACCESS_KEY": "wrong"}):
            refused = lab.aws("ec2", "describe-instances", ok=False, **change)
            self.assertIn("AuthFailure", refused.stderr)
        refused = lab.aws("autoscaling", "describe-auto-scaling-groups", ok=False,
                          AWS_ACCESS_KEY_ID="AKIANOBODY")
        self.assertIn("InvalidClientTokenId", refused.stderr)
        unsigned = subprocess.run(["curl", "-s", "--noproxy", "*", "-w", "%{http_code}",
                                   lab.env()["AWS_ENDPOINT_URL"] + "/?Action=DescribeInstances"],
                                  capture_output=True, text=True, check=True).stdout
        self.assertIn("<Code>MissingAuthenticationToken</Code>", unsigned)
        self.assertTrue(unsigned.endswith("403"))

    def test_calls_that_the_lab_has_not_are_never_an_invented_success(self):
        lab = self.lab()
        self.assertIn("InvalidAction", lab.aws("ec2", "describe-fleets", ok=False).stderr)
        self.assertIn("UnsupportedOperation", lab.aws("sqs", "list-queues",
                                                      ok=False).stderr)

    def test_a_volume_keeps_its_files_when_its_instance_is_terminated(self):
        lab = self.echo_lab()
        volume = lab.aws("ec2", "create-volume", "--availability-zone", "us-east-1a", "--size",
                         "1")["VolumeId"]
        master = next(i for i in lab.instances() if i["tags"]["State"] == "MASTER")
        wait_for(lambda: lab.aws("ec2", "describe-volumes", "--volume-ids", volume)["Volumes"][0][
            "State"] == "available")
        lab.aws("ec2", "attach-volume", "--volume-id", volume, "--instance-id", master["id"],
                "--device", "/dev/sdf")
        wait_for(lambda: lab.run(master["id"], "sh", "-c", "echo kept >/volumes/sdf/file"
                                 ).returncode == 0)
        lab.aws("ec2", "terminate-instances", "--instance-ids", master["id"])
        wait_for(lambda: lab.aws("ec2", "describe-volumes", "--volume-ids", volume)["Volumes"][0][
            "State"] == "available")
        new = lab.aws("ec2", "run-instances", "--image-id", IMAGE, "--min-count", "1", "--max-count",
                      "1", "--placement", "AvailabilityZone=us-east-1a")["Instances"][0]["InstanceId"]
        wait_for(lambda: any(i["id"] == new for i in lab.instances()))
        lab.aws("ec2", "attach-volume", "--volume-id", volume, "--instance-id", new, "--device",
                "/dev/sdg")
        wait_for(lambda: lab.run(new, "cat", "/volumes/sdg/file").stdout == "kept\n")

    def test_a_snapshot_restores_ids_addresses_and_life(self):
        lab = self.echo_lab()
        before = {i["id"]: (i["private-address"], i.get("public-address"), i["tags"])
                  for i in lab.instances()}
        self.assertEqual(lab.lab("snapshot", "state.json").returncode, 0)
        for instance in before:
            lab.aws("ec2", "terminate-instances", "--instance-ids", instance)
        self.assertEqual(lab.lab("restore", "state.json").returncode, 0)
        wait_for(lambda: {i["id"]: (i["private-address"], i.get("public-address"), i["tags"])
                          for i in lab.instances()} == before)
        wait_for(lambda: self.says(lab, "client", "203.0.113.7") == "hello")

    def test_a_scaling_group_replaces_what_died(self):
        lab = self.lab(ECHO.split("instances:")[0] + """
delays: {replace: 0.2}
scaling-groups:
  echo: {template: echo, min: 2, max: 3, desired: 2, zones: [us-east-1a, us-east-1b]}
""")
        first = wait_for(lambda: len(lab.instances()) == 2 and lab.instances())
        self.assertEqual({i["zone"] for i in first}, {"us-east-1a", "us-east-1b"})
        lab.lab("fail", "instance", first[0]["id"])
        wait_for(lambda: len(lab.instances()) == 2 and
                 first[0]["id"] not in {i["id"] for i in lab.instances()})

    def test_events_tell_what_happened(self):
        lab = self.echo_lab()
        wait_for(lambda: "address-associated" in lab.lab("events").stdout)
        lines = [json.loads(line) for line in lab.lab("events", "--json").stdout.splitlines()]
        self.assertEqual([e["event"] for e in lines if e["event"] == "instance-running"],
                         ["instance-running"] * 2)

    def test_a_broken_platform_is_one_line_with_its_place(self):
        cases = {
            "zones: [": "line 2, column 1: ",
            "zones: many\n": "line 1: /zones: must be a whole number",
            "region: us-east-1\ntemplate: {}\n": "line 2: /template: is not a known field: did you mean "
                                                "'templates'?",
            "instances:\n  - {template: none}\n": "line 2: /instances/0/template: 'none' is not one of "
                                                 "the templates",
            "templates:\n  a:\n    user-data-file: none.sh\n": "line 3: /templates/a/user-data-file: ",
            "public-addresses: [203.0.113.7/24]\n": "public addresses: item 0",
            "delays: {penting: 1}\n": "did you mean 'pending'?",
        }
        for text, wanted in cases.items():
            lab = Lab(text, self.as_user)
            self.addCleanup(lab.close)
            self.assertEqual(lab.up.returncode, 1, text)
            self.assertIn(wanted, lab.up.stderr)
            self.assertEqual(lab.up.stderr.count("\n"), 1, lab.up.stderr)


@unittest.skipUnless(os.geteuid() == 0, "is nobody else's test when it is not started by root")
class RootlessTest(LabTest):
    as_user = NOBODY

    def setUp(self):
        if subprocess.run([*NOBODY, "test", "-x", CHAOS], check=False).returncode:
            self.skipTest("the programs are in a folder that only their user may enter")


def main():
    probe = subprocess.run(["unshare", "-Urn", "true"], capture_output=True, check=False)
    if probe.returncode:
        print("SKIPPED: user namespaces are not allowed here: " + probe.stderr.decode().strip())
        sys.exit(77)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a test that is cut off cleans up, too
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
