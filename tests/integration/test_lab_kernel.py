#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the lab stands on: namespaces, wires, packet rules, machines; as root and without it.

usage: test_lab_kernel.py LAB_DRIVER MACHINE_INIT ECHOSERVER_FOLDER [-v] [TEST...]

Exits with 77 where the kernel does not allow user namespaces. No address is used before it has been
seen that no namespace of the lab has a default route.
"""
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

DRIVER, INIT, SHARE = (os.path.abspath(sys.argv.pop(1)) for _ in range(3))
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]
ELASTIC = "203.0.113.10"

# Greets with its name and who it sees, then echoes. Datagrams go to the console.
SERVER = """#!/usr/bin/python3
import os, socket, threading
name = socket.gethostname()
tcp = [socket.create_server(("", port), backlog=512) for port in (80, 90)]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", 80))
print("serving", flush=True)
if os.fork():
    os._exit(0)
def serve(client, peer):
    client.sendall(f"{name} {peer[0]}\\n".encode())
    while data := client.recv(4096):
        client.sendall(data)
def accept(listener):
    while True:
        threading.Thread(target=serve, args=listener.accept(), daemon=True).start()
for listener in tcp:
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
while True:
    data, peer = udp.recvfrom(2048)
    print("datagram", data.decode(), peer[0], flush=True)
"""
CALL = """import socket, sys
try:
    s = socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]))
    print(s.recv(100).decode().strip())
except OSError as error:
    print(type(error).__name__)
"""
# Says to machine 11 when it is connected, then how its connection ends.
ESTABLISHED = """import socket, sys
s = socket.create_connection((sys.argv[1], 80), 10)
print(s.recv(100).decode().strip(), flush=True)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.sendto(b"ready", (sys.argv[1], 80))
try:
    while True:
        s.sendall(b"x")
        s.recv(1)
except OSError as error:
    print(type(error).__name__)
"""
# Who answers, call after call: a line for each change.
LOAD = """import socket, sys, time
end = time.monotonic() + float(sys.argv[2])
last = None
while time.monotonic() < end:
    try:
        s = socket.create_connection((sys.argv[1], 80), 2)
        seen = s.recv(100).decode().split()[0]
        s.close()
    except OSError as error:
        seen = type(error).__name__
    if seen != last:
        print(seen)
    last = seen
"""
OPEN = [{"direction": "ingress", "protocol": "all", "cidr": "0.0.0.0/0"},
        {"direction": "egress", "protocol": "all", "cidr": "0.0.0.0/0"}]


def rule(direction, protocol, first=None, last=None, **peer):
    ports = {} if first is None else {"from": first, "to": first if last is None else last}
    return {"direction": direction, "protocol": protocol, **ports, **peer}


def identity(n):
    return f"i-{n:017x}"


class Refused(Exception):
    pass


class Lab:
    def __init__(self, prefix):
        self.process = subprocess.Popen([*prefix, DRIVER, INIT, SHARE], stdin=subprocess.PIPE, cwd="/",
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.first = json.loads(self.process.stdout.readline() or '{"error": "it died"}')
        if "error" in self.first:
            self.end()
            raise Refused(self.first["error"])
        self.pid, self.port = map(int, self.process.stderr.readline().split())
        self.names = {}

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it died with a question unread
        self.status = self.process.wait(timeout=60)
        self.said = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()

    def ask(self, op, **more):
        self.process.stdin.write(json.dumps({"op": op, **more}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline() or '{"error": "it died"}')

    def do(self, op, **more):
        answer = self.ask(op, **more)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer

    def start(self, n, zone=1, data=SERVER, says="serving", groups=("sg-open",), **more):
        """A machine that has booted as far as its console says `says`."""
        self.names[n] = self.names.get(n, 0) + 1
        link = f"m{n}x{self.names[n]}"
        address = f"10.0.{zone}.{n}"
        self.do("start", id=identity(n), link=link, hostname=f"ip-10-0-{zone}-{n}",
                address=f"{address}/24", gateway=f"10.0.{zone}.1", user_data=data, **more)
        self.do("put_machine", link=link, address=address, zone=f"zone-{zone}", groups=list(groups))
        said = self.do("console", id=identity(n), text=says, timeout_s=20)["text"]
        if says not in said:
            raise Refused(f"machine {n} never says '{says}' but: {said}")
        return said

    def run(self, n, *argv, **more):
        """A command in machine `n`, or at the client for None."""
        where = {} if n is None else {"id": identity(n)}
        return self.do("exec", argv=list(argv), **where, **more)

    def python(self, n, text, *argv, **more):
        answer = self.run(n, "/usr/bin/python3", "-c", text, *argv, **more)
        return answer["out"].strip() or answer["err"].strip()

    def call(self, n, address, port=80, timeout=5):
        return self.python(n, CALL, address, str(port), str(timeout))

    def dark(self, n, address, port=80):
        """Whether nothing at all comes back."""
        return self.call(n, address, port, 0.3) in ("TimeoutError", "timeout")

    def stop(self, n, how="kill"):
        self.do(how, id=identity(n))
        return self.do("end", id=identity(n), timeout_s=20)["end"]


class Base:
    prefix = []

    def setUp(self):
        self.lab = Lab(self.prefix)
        self.addCleanup(self.finish)
        self.lab.do("put_group", name="sg-open", rules=OPEN)
        self.lab.start(11)
        self.assert_closed()

    def finish(self):
        if self.lab.process.poll() is None:
            self.lab.end()
            self.assertEqual(self.lab.status, 0, self.lab.said)

    def assert_closed(self):
        """Before any address of the lab is used: nothing leads out of any of its namespaces."""
        show = "cat /proc/net/route; cat /proc/net/ipv6_route; cat /proc/net/dev"
        for text in (self.lab.do("look", argv=["sh", "-c", show])["out"],
                     self.lab.run(None, "sh", "-c", show)["out"],
                     self.lab.run(11, "sh", "-c", show)["out"]):
            routes = [line.split() for line in text.splitlines() if "\t" in line][1:]
            self.assertTrue(routes)
            for route in routes:
                self.assertNotEqual(route[7], "00000000", f"a default route: {text}")
            for line in text.splitlines():
                words = line.split()
                if len(words) == 10 and words[1] == "00" and words[9] != "lo":
                    self.fail(f"a default route: {line}")
                if ":" in line and "|" not in line:
                    name = line.split(":")[0].strip()
                    self.assertTrue(name in ("lo", "eth0", "client") or name.startswith("m"), line)

    # --- addresses ---

    def test_a_client_reaches_a_machine_through_its_elastic_address_alone(self):
        self.assertTrue(self.lab.dark(None, ELASTIC))
        self.lab.do("associate", elastic=ELASTIC, address="10.0.1.11")
        self.assertEqual(self.lab.call(None, ELASTIC), "ip-10-0-1-11 198.51.100.2")
        self.assertEqual(self.lab.call(None, "10.0.1.11"), "OSError")
        self.lab.do("disassociate", elastic=ELASTIC)
        self.assertTrue(self.lab.dark(None, ELASTIC))

    def test_machines_reach_elastic_addresses_and_each_other(self):
        self.lab.start(12)
        self.lab.start(13)
        self.lab.do("associate", elastic=ELASTIC, address="10.0.1.11")
        self.lab.do("associate", elastic="203.0.113.12", address="10.0.1.12")
        self.assertEqual(self.lab.call(12, "10.0.1.11"), "ip-10-0-1-11 10.0.1.12")
        self.assertEqual(self.lab.call(12, ELASTIC), "ip-10-0-1-11 203.0.113.12")
        self.assertEqual(self.lab.call(11, ELASTIC), f"ip-10-0-1-11 {ELASTIC}")
        self.assertEqual(self.lab.call(13, ELASTIC), "ip-10-0-1-11 198.51.100.1")
        self.assertTrue(self.lab.dark(13, "198.51.100.2"), "without an address it has no way out")

    def test_a_new_owner_takes_over_without_a_failed_connection(self):
        self.lab.start(12)
        self.lab.do("associate", elastic=ELASTIC, address="10.0.1.11")
        job = self.lab.do("exec", argv=["/usr/bin/python3", "-c", LOAD, ELASTIC, "2"],
                          background=True)["job"]
        owners = [11 + i % 2 for i in range(1, 40)]
        for owner in owners:
            self.lab.do("associate", elastic=ELASTIC, address=f"10.0.1.{owner}")
            self.assertEqual(self.lab.call(None, ELASTIC).split()[0], f"ip-10-0-1-{owner}")
        seen = self.lab.do("collect", job=job, timeout_s=20)["out"].split()
        self.assertGreater(len(seen), 5)
        self.assertEqual(set(seen), {"ip-10-0-1-11", "ip-10-0-1-12"}, "a connection failed")
        self.assertLessEqual(len(seen), len(owners) + 1, "old and new owner took turns")

    def test_what_is_established_breaks_when_the_address_moves(self):
        self.lab.start(12)
        self.lab.do("associate", elastic=ELASTIC, address="10.0.1.11")
        job = self.lab.do("exec", argv=["/usr/bin/python3", "-c", ESTABLISHED, ELASTIC],
                          background=True)["job"]
        self.lab.do("console", id=identity(11), text="datagram ready", timeout_s=20)
        self.lab.do("associate", elastic=ELASTIC, address="10.0.1.12")
        self.lab.do("settle")
        self.assertEqual(self.lab.do("collect", job=job, timeout_s=20)["out"].split()[-1],
                         "ConnectionResetError")

    def test_a_connection_that_was_begun_in_the_outage_comes_through(self):
        self.lab.start(12)
        self.lab.do("associate", elastic=ELASTIC, address="10.0.1.11")
        self.assertEqual(self.lab.stop(11), "killed")
        job = self.lab.do("exec", argv=["/usr/bin/python3", "-c", CALL, ELASTIC, "80", "10"],
                          background=True)["job"]
        deadline = time.monotonic() + 10
        while " 0A7100CB:0050 02 " not in self.lab.run(None, "cat", "/proc/net/tcp")["out"]:
            self.assertLess(time.monotonic(), deadline)
        self.lab.do("associate", elastic=ELASTIC, address="10.0.1.12")
        answer = self.lab.do("collect", job=job, timeout_s=20)["out"]
        self.assertEqual(answer.split()[0], "ip-10-0-1-12")

    # --- security groups ---

    def test_only_what_a_group_permits_comes_in(self):
        self.lab.do("put_group", name="sg-web",
                    rules=[rule("ingress", "tcp", 80, cidr="198.51.100.0/24"), OPEN[1]])
        self.lab.start(12, groups=["sg-web"])
        self.lab.do("associate", elastic=ELASTIC, address="10.0.1.12")
        self.assertEqual(self.lab.call(None, ELASTIC).split()[0], "ip-10-0-1-12")
        self.assertTrue(self.lab.dark(None, ELASTIC, 90))
        self.assertTrue(self.lab.dark(11, "10.0.1.12"), "another source")
        self.assertEqual(self.lab.call(12, "10.0.1.11").split()[0], "ip-10-0-1-11")
        self.lab.do("put_group", name="sg-web", rules=[OPEN[1]])
        self.assertTrue(self.lab.dark(None, ELASTIC), "revoked")
        self.lab.do("put_group", name="sg-web", rules=[rule("ingress", "tcp", 80, 90,
                                                            cidr="0.0.0.0/0")])
        self.assertEqual(self.lab.call(None, ELASTIC, 90).split()[0], "ip-10-0-1-12")

    def test_only_what_a_group_permits_goes_out(self):
        self.lab.do("put_group", name="sg-shut",
                    rules=[OPEN[0], rule("egress", "tcp", 90, cidr="10.0.1.11/32")])
        self.lab.start(12, groups=["sg-shut"])
        self.assertTrue(self.lab.dark(12, "10.0.1.11"))
        self.assertEqual(self.lab.call(12, "10.0.1.11", 90).split()[0], "ip-10-0-1-11")
        self.assertEqual(self.lab.call(11, "10.0.1.12").split()[0], "ip-10-0-1-12")

    def test_members_of_a_group_are_known_by_their_private_addresses(self):
        self.lab.do("put_group", name="sg-peers",
                    rules=[rule("ingress", "tcp", 80, group="sg-peers"), OPEN[1]])
        self.lab.start(12, groups=["sg-peers"])
        self.lab.start(13, groups=["sg-peers"])
        self.assertEqual(self.lab.call(12, "10.0.1.13").split()[0], "ip-10-0-1-13")
        self.assertTrue(self.lab.dark(11, "10.0.1.13"), "not a member")
        self.lab.do("put_machine", link="m11x1", address="10.0.1.11", zone="zone-1",
                    groups=["sg-open", "sg-peers"])
        self.assertEqual(self.lab.call(11, "10.0.1.13").split()[0], "ip-10-0-1-13")
        self.lab.do("associate", elastic=ELASTIC, address="10.0.1.13")
        self.assertTrue(self.lab.dark(11, ELASTIC), "by way of the Elastic IP it is a stranger")

    def test_groups_go_only_when_nobody_uses_them(self):
        self.lab.do("put_group", name="sg-a", rules=[])
        self.lab.do("put_group", name="sg-b", rules=[rule("ingress", "all", group="sg-a")])
        for name in ("sg-open", "sg-a"):
            with self.assertRaisesRegex(Refused, f"'{name}' is in use"):
                self.lab.do("remove_group", name=name)
        with self.assertRaisesRegex(Refused, "no security group 'sg-none'"):
            self.lab.do("put_group", name="sg-c", rules=[rule("ingress", "all", group="sg-none")])
        self.lab.do("remove_machine", address="10.0.1.11")
        for name in ("sg-b", "sg-a", "sg-open"):
            self.lab.do("remove_group", name=name)
        rules = self.lab.do("look", argv=["nft", "list", "table", "ip", "lab"])["out"]
        self.assertNotIn("members", rules)
        self.assertNotIn("allow_", rules)

    # --- what a hostile machine may not ---

    def test_a_machine_speaks_only_under_its_own_address(self):
        send = """import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_IP, 19, 1)
s.bind((sys.argv[1], 4000))
s.sendto(sys.argv[2].encode(), (sys.argv[3], 80))
"""
        self.lab.start(12)
        for source, word in (("10.0.1.99", "false"), ("198.51.100.2", "false"), ("10.0.1.12", "true")):
            self.assertEqual(self.lab.python(12, send, source, word, "10.0.1.11"), "")
        said = self.lab.do("console", id=identity(11), text="datagram true", timeout_s=20)["text"]
        self.assertIn("datagram true 10.0.1.12", said)
        self.assertNotIn("datagram false", said)

    def test_the_router_answers_on_the_ports_of_its_services_alone(self):
        refused = "ConnectionRefusedError"
        self.assertEqual(self.lab.call(11, "198.51.100.1"), refused)
        self.assertEqual(self.lab.call(11, "169.254.169.254"), refused)
        self.assertEqual(self.lab.call(None, "198.51.100.1"), refused)
        self.assertTrue(self.lab.dark(11, "198.51.100.1", 81))
        self.assertTrue(self.lab.dark(11, "10.0.1.1"))
        self.assertEqual(self.lab.call(None, "169.254.169.254"), "OSError")

    def test_a_fork_bomb_ends_at_the_limit_and_harms_no_neighbour(self):
        bomb = """import os, time
count = 0
while True:
    try:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
    except OSError as error:
        print(count, type(error).__name__, flush=True)
        break
"""
        self.lab.start(12, processes=64)
        count, error = self.lab.python(12, bomb).split()
        self.assertEqual(error, "BlockingIOError")
        self.assertLess(int(count), 64)
        self.assertGreater(int(count), 40)
        self.assertEqual(self.lab.call(None, "203.0.113.1", timeout=0.1), "TimeoutError")
        self.assertEqual(self.lab.run(11, "echo", "well")["out"], "well\n")
        self.assertEqual(self.lab.stop(12), "killed")

    def test_a_fork_bomb_under_many_users_is_one_machine_s_all_the_same(self):
        if self.lab.first["rootless"]:
            self.skipTest("a machine of a rootless lab has one user")
        bomb = """import os, time
count = 0
for user in range(1, 20):
    if os.fork() == 0:
        os.setuid(user)
        try:
            for _ in range(64):
                if os.fork() == 0:
                    time.sleep(60)
                    os._exit(0)
        except OSError:
            pass
        time.sleep(60)
        os._exit(0)
"""
        self.lab.start(12, processes=200)
        self.lab.run(12, "/usr/bin/python3", "-c", bomb)
        deadline, count, before = time.monotonic() + 20, 0, -1
        while (count < 150 or count != before) and time.monotonic() < deadline:
            before, count = count, len(descendants(self.lab.pid))
        self.assertLess(count, 215)
        self.assertGreater(count, 150)
        self.assertEqual(self.lab.run(11, "echo", "well")["out"], "well\n")
        self.assertEqual(self.lab.stop(12), "killed")

    def test_a_flood_of_one_machine_leaves_the_router_to_the_others(self):
        flood = """import socket, time
end = time.monotonic() + 3
sockets = []
sent = 0
while time.monotonic() < end:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for port in range(1024, 2048):
        try:
            s.sendto(b"x", ("203.0.113.200", port))
            s.sendto(b"x", ("198.51.100.1", port))
            sent += 2
        except OSError:
            pass
    s.close()
print(sent)
"""
        self.lab.start(12)
        job = self.lab.do("exec", id=identity(12), argv=["/usr/bin/python3", "-c", flood],
                          background=True)["job"]
        for _ in range(20):
            self.assertEqual(self.lab.call(11, "198.51.100.1"), "ConnectionRefusedError")
        self.assertGreater(int(self.lab.do("collect", job=job, timeout_s=20)["out"]), 20000)
        count = int(self.lab.do("look", argv=["cat", "/proc/sys/net/netfilter/nf_conntrack_count"])["out"])
        self.assertLess(count, 20000)

    def test_a_full_disk_is_the_machine_s_own(self):
        self.lab.start(12, disk_bytes=8 << 20)
        fill = "dd if=/dev/zero of=/var/lib/fill bs=1M count=64"
        answer = self.lab.run(12, "sh", "-c", fill)
        self.assertEqual(answer["status"], 1)
        self.assertIn("No space left on device", answer["err"])
        size = int(self.lab.run(12, "stat", "-c", "%s", "/var/lib/fill")["out"])
        self.assertLessEqual(size, 8 << 20)
        self.assertEqual(self.lab.run(12, "touch", "/run/still")["status"], 0)
        self.assertEqual(self.lab.run(11, "touch", "/var/lib/mine")["status"], 0)

    def test_root_of_a_machine_is_nobody_on_the_host(self):
        tries = ["touch /usr/bin/new", "mount -o remount,bind,rw /usr", "mount -o remount,rw /usr",
                 "echo 0 >/proc/sys/kernel/pid_max", "echo 1 >/proc/sys/vm/drop_caches",
                 "echo h >/proc/sysrq-trigger", "mknod /tmp/vda b 254 0", "umount /usr",
                 "date -s 2000-01-01", "dmesg -c", "echo -1000 >/proc/self/oom_score_adj",
                 "chroot /proc/1/root true && touch /usr/bin/new", "cat /etc/shadow"]
        for text in tries:
            self.assertNotEqual(self.lab.run(11, "sh", "-c", text)["status"], 0, text)
        self.assertEqual(self.lab.run(11, "sh", "-c", "ls -A /root /home /mnt /boot")["out"].split(),
                         ["/boot:", "/home:", "/mnt:", "/root:"])
        self.assertEqual(self.lab.run(11, "sh", "-c", "ps -e | wc -l; id -u")["out"].split()[1], "0")

    # --- life ---

    def test_commands_run_inside_and_tell_how_they_ended(self):
        self.assertEqual(self.lab.run(11, "sh", "-c", "exit 7")["status"], 7)
        self.assertEqual(self.lab.run(11, "sh", "-c", "kill -9 $$")["status"], -9)
        missing = self.lab.run(11, "no-such-program")
        self.assertEqual((missing["status"], missing["err"]),
                         (127, "cannot execute 'no-such-program': No such file or directory\n"))
        self.assertEqual(self.lab.run(11, "sh", "-c", "hostname; pwd; cat /etc/hosts")["out"],
                         "ip-10-0-1-11\n/root\n127.0.0.1 localhost\n10.0.1.11 ip-10-0-1-11\n")
        here = os.path.dirname(os.path.abspath(__file__))
        seen = self.lab.run(None, "sh", "-c", f"pwd; ls {here}/test_lab_kernel.py", cwd="/usr")["out"]
        self.assertEqual(seen.split()[0], "/usr")
        self.assertEqual(self.lab.run(11, "ls", "/run/fracas/bin")["out"].split(),
                         sorted(os.listdir(SHARE)))
        self.assertIn("cannot change to '/none'", self.lab.run(11, "true", cwd="/none")["err"])

    def test_a_command_that_comes_early_still_finds_the_machine_s_own_root(self):
        for n in range(12, 32):
            self.lab.do("start", id=identity(n), link=f"m{n}", hostname="early", gateway="10.0.1.1",
                        address=f"10.0.1.{n}/24", user_data="")
            self.assertEqual(self.lab.run(n, "cat", "/etc/hostname")["out"], "early\n")

    def test_the_power_button_ends_processes_in_order_and_a_power_cut_does_not(self):
        trap = ("#!/bin/sh\n(trap 'echo goodbye; exit' TERM; echo waiting; "
                "while :; do sleep 0.01; done) &\n")
        for n, how, end in ((12, "button", "off"), (13, "kill", "killed")):
            self.lab.start(n, data=trap, says="waiting")
            self.assertEqual(self.lab.stop(n, how), end)
            said = self.lab.do("console", id=identity(n), text="never", timeout_s=5)["text"]
            self.assertEqual("goodbye" in said, how == "button", said)

    def test_a_machine_can_turn_itself_off_or_start_again(self):
        for n, command, end in ((12, "poweroff", "off"), (13, "reboot", "reboot"),
                                (14, "shutdown -r now", "reboot"), (15, "shutdown -h now", "off")):
            self.lab.start(n)
            # it may be among those that it ends
            self.assertIn(self.lab.run(n, *command.split())["status"], (0, -15, -9))
            self.assertEqual(self.lab.do("end", id=identity(n), timeout_s=20)["end"], end, command)

    def test_a_cloud_config_writes_files_and_runs_commands_in_order(self):
        config = """#cloud-config
bootcmd: [echo first]
write_files:
- {path: /srv-like/a.conf, content: "x = 1\\n", permissions: '0600'}
- {path: /etc/deep/b, content: aGVsbG8=, encoding: b64}
runcmd:
- cat /etc/deep/b; echo
- [stat, -c, "%a %n", /etc/deep/b]
- no-such-command
- exit 3
"""
        config = config.replace("/srv-like", "/var/lib")
        said = self.lab.start(12, data=config, says="cloud-init: finished")
        order = ["first", "hello", "644 /etc/deep/b", "/bin/sh exited with 127",
                 "/bin/sh exited with 3", "cloud-init: finished"]
        self.assertEqual(sorted(order, key=said.index), order, said)
        self.assertEqual(self.lab.run(12, "stat", "-c", "%a", "/var/lib/a.conf")["out"], "600\n")
        with self.assertRaisesRegex(Refused, r"user data: runcmd\[0\]: a command is"):
            self.lab.start(13, data="#cloud-config\nruncmd: [{a: 1}]\n")

    def test_a_disk_outlives_its_machine_and_what_was_in_run_does_not(self):
        disk = self.lab.do("volume", name="disk-12", bytes=8 << 20)["volume"]
        self.lab.start(12, disk=disk)
        self.lab.run(12, "sh", "-c", "echo kept >/etc/mine; echo kept >~/mine; touch /run/lost")
        self.assertEqual(self.lab.stop(12), "killed")
        self.lab.start(12, disk=disk)
        self.assertEqual(self.lab.run(12, "sh", "-c", "cat /etc/mine ~/mine")["out"], "kept\n" * 2)
        self.assertNotEqual(self.lab.run(12, "ls", "/run/lost")["status"], 0)
        self.assertEqual(self.lab.call(11, "10.0.1.12").split()[0], "ip-10-0-1-12")

    def test_a_volume_moves_between_machines_with_its_files(self):
        self.lab.start(12)
        volume = self.lab.do("volume", name="vol-1", bytes=1 << 20)["volume"]
        self.lab.do("attach", id=identity(11), device="/dev/sdf", volume=volume)
        self.assertEqual(self.lab.run(11, "sh", "-c", "echo data >/dev/sdf/file")["status"], 0)
        full = self.lab.run(11, "dd", "if=/dev/zero", "of=/volumes/sdf/fill", "bs=1M", "count=9")
        self.assertIn("No space left", full["err"])
        self.lab.do("attach", id=identity(11), device="/dev/sdf", detach=True)
        self.assertNotEqual(self.lab.run(11, "ls", "/dev/sdf")["status"], 0)
        self.lab.do("attach", id=identity(12), device="sdg", volume=volume)
        self.assertEqual(self.lab.run(12, "cat", "/volumes/sdg/file")["out"], "data\n")
        with self.assertRaisesRegex(Refused, "not the name of a device"):
            self.lab.do("attach", id=identity(12), device="../x", volume=volume)

    # --- zones and links ---

    def test_zones_that_are_cut_apart_do_not_hear_each_other(self):
        self.lab.start(12, zone=2)
        self.lab.start(13)
        self.lab.do("associate", elastic=ELASTIC, address="10.0.2.12")
        self.lab.do("zones", a="zone-1", b="zone-2")
        self.assertTrue(self.lab.dark(11, "10.0.2.12"))
        self.assertTrue(self.lab.dark(12, "10.0.1.11"))
        self.assertEqual(self.lab.call(13, "10.0.1.11").split()[0], "ip-10-0-1-11")
        self.assertEqual(self.lab.call(None, ELASTIC).split()[0], "ip-10-0-2-12")
        self.lab.do("zones", a="zone-2", b="zone-1", join=True)
        self.assertEqual(self.lab.call(11, "10.0.2.12").split()[0], "ip-10-0-2-12")
        self.lab.do("zones", a="zone-2")
        self.assertTrue(self.lab.dark(None, ELASTIC))
        self.assertTrue(self.lab.dark(12, "169.254.169.254"))
        self.lab.do("zones", a="zone-2", join=True)
        self.assertEqual(self.lab.call(None, ELASTIC).split()[0], "ip-10-0-2-12")

    def test_a_link_that_was_cut_can_be_restored(self):
        self.lab.start(12)
        self.lab.do("link", id=identity(12))
        self.assertTrue(self.lab.dark(11, "10.0.1.12"))
        self.lab.do("link", id=identity(12), restore=True)
        self.assertEqual(self.lab.call(11, "10.0.1.12").split()[0], "ip-10-0-1-12")

    # --- the host ---

    def test_sockets_of_the_launcher_stay_in_the_host_s_network(self):
        with socket.create_connection(("127.0.0.1", self.lab.port), 5) as client:
            self.lab.do("greet")
            self.assertEqual(client.recv(10), b"hello\n")

    def test_nothing_is_left_when_the_first_process_is_killed(self):
        def host():
            links = sorted(os.listdir("/sys/class/net"))
            with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
                return links, mounts.read(), sorted(os.listdir("/run")), sorted(os.listdir("/mnt"))

        before = host()
        self.lab.start(12)
        deadline = time.monotonic() + 10
        while len(descendants(self.lab.pid)) <= 4 and time.monotonic() < deadline:
            time.sleep(0.01)  # until the machine's own processes run
        marks = [f"/proc/{pid}" for pid in descendants(self.lab.pid)]
        self.assertGreater(len(marks), 4)
        os.kill(self.lab.pid, signal.SIGKILL)
        self.lab.end()
        self.assertEqual(self.lab.status, 128 + signal.SIGKILL)
        self.assertEqual([mark for mark in marks if os.path.exists(mark)], [])
        self.assertEqual(host(), before)

    def test_a_death_at_any_moment_leaves_no_process(self):
        chance = random.Random(7)
        for _ in range(15):
            lab = Lab(self.prefix)
            seen = set()
            timer = threading.Timer(chance.random() / 4, os.kill, (lab.pid, signal.SIGKILL))
            timer.start()
            try:
                lab.do("put_group", name="sg-open", rules=OPEN)
                for n in range(11, 60):
                    lab.start(n, data="", says="up")
                    seen |= {(pid, born(pid)) for pid in descendants(lab.pid)}
            except (Refused, BrokenPipeError):
                pass
            timer.join()
            lab.end()
            self.assertEqual(lab.status, 128 + signal.SIGKILL)
            self.assertEqual([pid for pid, when in seen if when and born(pid) == when], [])

    def test_cycles_leave_no_descriptor_and_no_interface(self):
        def holds():
            return len(os.listdir(f"/proc/{self.lab.pid}/fd"))

        before = holds()
        for _ in range(30):
            self.lab.start(12, data="", says="finished")
            self.assertEqual(self.lab.stop(12), "killed")
            self.lab.do("remove_machine", address="10.0.1.12")
        self.lab.do("free", id=identity(12))
        self.assertEqual(holds(), before)
        deadline = time.monotonic() + 60
        while self.interfaces() > 3:  # they go when the kernel gets to it
            self.assertLess(time.monotonic(), deadline)

    def interfaces(self):
        return self.lab.do("look", argv=["cat", "/proc/net/dev"])["out"].count(":")


class Host(unittest.TestCase):
    def test_where_namespaces_are_not_allowed_one_line_says_what_to_do(self):
        script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
        answer = subprocess.run(["unshare", "-Ur", "sh", "-c", script, "sh", DRIVER, INIT, SHARE],
                                capture_output=True, text=True, timeout=20, check=False)
        said = json.loads(answer.stdout)
        self.assertEqual(said["error"], "cannot make namespaces for the lab: No space left on device; "
                                        "as root: sysctl user.max_user_namespaces=10000")
        self.assertTrue(said["unsupported"])


class Root(Base, unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("not root")
        super().setUp()


class Rootless(Base, unittest.TestCase):
    if os.geteuid() == 0:
        prefix = NOBODY


def born(pid):
    """When the process began, in ticks; None when there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[19]
    except OSError:
        return None


def descendants(pid):
    """Of a process, itself included."""
    found = [pid]
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                parent = int(stat.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found += descendants(int(name))
    return found


def supported():
    """Why there can be no lab here, or None."""
    try:
        lab = Lab(Rootless.prefix if len(sys.argv) > 1 and sys.argv[1] == "Rootless" else [])
    except Refused as refused:
        return str(refused)
    lab.end()
    return None


if __name__ == "__main__":
    if reason := supported():
        print(f"no lab here: {reason}")
        sys.exit(77)
    unittest.main()
