#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What machines of the lab cost: time to start and to end them, memory, and what is left.

usage: bench_lab_kernel.py BUILD_FOLDER [POPULATION...]      (20 100 500)
"""
import json
import os
import statistics
import subprocess
import sys
import time

GROUP = [{"direction": "ingress", "protocol": "tcp", "from": 80, "to": 80, "cidr": "0.0.0.0/0"},
         {"direction": "ingress", "protocol": "all", "group": "sg-bench"},
         {"direction": "egress", "protocol": "all", "cidr": "0.0.0.0/0"}]


class Lab:
    def __init__(self, build):
        self.process = subprocess.Popen(
            [f"{build}/tests/support/lab_driver", f"{build}/chaos-machine-init", build], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first = json.loads(self.process.stdout.readline())
        if "error" in first:
            sys.exit(first["error"])
        self.pid = int(self.process.stderr.readline().split()[0])
        self.do("put_group", name="sg-bench", rules=GROUP)

    def do(self, op, **more):
        begin = time.perf_counter_ns()
        self.process.stdin.write(json.dumps({"op": op, **more}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            sys.exit(f"{op}: {answer['error']}")
        answer["took"] = time.perf_counter_ns() - begin
        return answer

    def start(self, n, link):
        address = f"10.0.{1 + n // 250}.{2 + n % 250}"
        start = self.do("start", id=f"i-{n}", link=link, hostname=f"ip-{n}", address=f"{address}/16",
                        gateway="10.0.1.1")["ns"]
        rules = self.do("put_machine", link=link, address=address, zone="z",
                        groups=["sg-bench"])["took"]
        return start, rules

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def used_kib():
    with open("/proc/meminfo", encoding="ascii") as lines:
        values = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
    return values["MemTotal"] - values["MemFree"] - values["Buffers"] - values["Cached"] + values["Shmem"]


def ms(values):
    values = sorted(values)
    return (f"{statistics.median(values) / 1e6:6.2f} median {values[len(values) * 99 // 100] / 1e6:6.2f}"
            f" 99th {values[-1] / 1e6:6.2f} worst")


def population(build, count):
    lab = Lab(build)
    before = used_kib()
    starts, rules, boots = [], [], []
    for n in range(count):
        begin = time.perf_counter_ns()
        start, rule = lab.start(n, f"m{n}")
        starts.append(start)
        rules.append(rule)
        lab.do("console", id=f"i-{n}", text="finished", timeout_s=30)
        boots.append(time.perf_counter_ns() - begin)
    each = (used_kib() - before) / count
    moves = [lab.do("associate", elastic="203.0.113.9", address=f"10.0.1.{2 + n % 2}")["ns"]
             for n in range(20)]
    kills = [lab.do("kill", id=f"i-{n}")["ns"] for n in range(count)]
    removals = [lab.do("remove_machine", address=f"10.0.{1 + n // 250}.{2 + n % 250}")["took"]
                for n in range(count)]
    print(f"{count} machines, ms each; {each:.0f} KiB of memory each")
    for name, values in (("start", starts), ("its rules", rules), ("until it has booted", boots),
                         ("move an address", moves), ("power cut", kills),
                         ("remove its rules", removals)):
        print(f"  {name:20} {ms(values)}")
    begin = time.perf_counter()
    for n in range(count):
        lab.do("end", id=f"i-{n}", timeout_s=30)
    print(f"  all gone {1000 * (time.perf_counter() - begin):.0f} ms after the last cut", flush=True)
    lab.end()


def cycles(build, count):
    """Start and kill one machine after the other; what does the lab have more than after the tenth?"""
    lab = Lab(build)

    def holds():
        pid = lab.pid
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as lines:
            memory = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return len(os.listdir(f"/proc/{pid}/fd")), memory

    def links():
        return lab.do("look", argv=["sh", "-c", "ls /sys/class/net 2>/dev/null | wc -l;"
                                    "grep -c : /proc/net/dev"])["out"].split()[1]

    for n in range(count):
        link = f"c{n}"
        lab.start(0, link)
        lab.do("console", id="i-0", text="finished", timeout_s=30)
        lab.do("kill", id="i-0")
        lab.do("end", id="i-0", timeout_s=30)
        lab.do("remove_machine", address="10.0.1.2")
        lab.do("free", id="i-0")
        if n == 9:
            before = holds()
    deadline = time.monotonic() + 30
    while links() != "2" and time.monotonic() < deadline:
        time.sleep(0.01)
    after = holds()
    print(f"{count} cycles of start and power cut: descriptors {before[0]} -> {after[0]},"
          f" memory {before[1]} -> {after[1]} KiB, interfaces {links()}")
    lab.end()


def main():
    build = os.path.abspath(sys.argv[1])
    for count in map(int, sys.argv[2:] or (20, 100, 500)):
        population(build, count)
    cycles(build, 1000)


if __name__ == "__main__":
    main()
