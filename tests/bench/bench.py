# SPDX-License-Identifier: Apache-2.0
"""Measure chaos and echoserver beside the reference and bare loops; see script/bench."""
import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time

from measure import Runner, Table, least, median, median_more, p90

HERE = pathlib.Path(__file__).resolve().parent
COUNT = 1000
BOTO3_ONE = """
import boto3, json, sys
json.dump(boto3.client("ec2").describe_instances(), sys.stdout, indent=4, default=str)
"""
BOTO3_PAGES = """
import boto3, json, sys
pages = boto3.client("ec2").get_paginator("describe_instances").paginate(
    PaginationConfig={"PageSize": 1000})
json.dump(pages.build_full_result(), sys.stdout, indent=4, default=str)
"""
# Of whole MiB; the checksum at will is left out, which chaos has none of.
OBJECT_SIZE = 256 << 20
BOTO3_PUT = """
import boto3
with open("object", "rb") as body:
    boto3.client("s3").put_object(Bucket="b", Key="k", Body=body)
"""
BOTO3_GET = """
import boto3, shutil
with open("got", "wb") as file:
    shutil.copyfileobj(boto3.client("s3").get_object(Bucket="b", Key="k")["Body"], file, 1 << 20)
"""


def process(path, *arguments):
    return {"type": "process", "path": path, "arguments": list(arguments)}


class Bench:
    def __init__(self, options, folder):
        self.build = pathlib.Path(options.build)
        self.rounds = options.rounds
        self.folder = pathlib.Path(folder)
        self.runner = Runner(str(self.tool("launch")), folder)
        self.table = Table()
        self.chaos = [str(self.build / "chaos")]
        self.reference = None
        if options.reference:
            self.reference = [options.reference + "/bin/chaos", "--no-version-check"]

    def tool(self, name):
        return self.build / "tests" / "bench" / name

    def experiment(self, name, providers, rollbacks=(), **members):
        """Write an experiment with one activity for each provider; returns its path."""
        path = self.folder / f"{name}.json"
        method = [{"type": "probe", "name": f"{name}-{i}", "provider": provider, **members}
                  for i, provider in enumerate(providers)]
        path.write_text(json.dumps({"title": name, "description": name, "method": method,
                                    "rollbacks": list(rollbacks)}))
        return str(path)

    @contextlib.contextmanager
    def server(self, *command):
        """A server that says its port first; yields the port."""
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            try:
                yield re.search(r"\d+", running.stdout.readline())[0]
            finally:
                running.kill()

    def start(self):
        """a, g: from nothing to the end of a run of one activity."""
        one = self.experiment("one", [process("/bin/true")])
        cases = {"chaos --version": ["--version"],
                 "run of one activity": ["run", one],
                 "run of one activity, no log file": ["--no-log-file", "run", one]}
        rounds = self.rounds * 6
        for name, words in cases.items():
            commands = [self.chaos + words]
            if self.reference:
                commands.append(self.reference + words)
            ours, theirs = (*self.runner.beside(rounds, *commands), None)[:2]
            self.add_start(name, ours, theirs)

    def add_start(self, name, ours, theirs):
        def figure(take, what):
            return take(theirs, what) if theirs else None

        beside = "reference" if theirs else None
        goal = 1 / 60 if theirs else None
        self.table.add(f"{name}: median", "ms", median(ours, "wall_s"), beside,
                       figure(median, "wall_s"), 0.003, goal)
        self.table.add(f"{name}: least", "ms", least(ours, "wall_s"), beside,
                       figure(least, "wall_s"))
        self.table.add(f"{name}: p90", "ms", p90(ours, "wall_s"), beside, figure(p90, "wall_s"))
        self.table.add(f"{name}: processor", "ms", median(ours, "cpu_s"), beside,
                       figure(median, "cpu_s"))
        if name != "chaos --version":
            self.table.add(f"{name}: memory", "MiB", max(s.rss_mib for s in ours), beside,
                           max(s.rss_mib for s in theirs) if theirs else None, 8)

    def loop(self, what, experiment, yardstick, reference=True):
        """An experiment beside a bare loop that does the same."""
        run = ["run", experiment]
        ours, bare = self.runner.beside(self.rounds, self.chaos + run, yardstick)
        self.table.add(what, "ms", least(ours, "wall_s"), "bare loop", least(bare, "wall_s"),
                       most_ratio=1.10)
        self.table.add(f"{what}: median", "ms", median(ours, "wall_s"), "bare loop",
                       median(bare, "wall_s"))
        self.table.add(f"{what}: processor", "ms", least(ours, "cpu_s"), "bare loop",
                       least(bare, "cpu_s"))
        if reference and self.reference:
            theirs = self.runner.run(self.reference + run)
            self.table.add(f"{what}: the reference", "ms", median(ours, "wall_s"), "reference",
                           theirs.wall_s)

    def process(self):
        """b: process probes, one after the other."""
        experiment = self.experiment("process", [process("/bin/true")] * COUNT)
        self.loop(f"{COUNT:,} process probes", experiment,
                  [str(self.tool("spawn_loop")), str(COUNT), "1", "/bin/true"])

    def http(self):
        """c: HTTP probes, each over a connection of its own."""
        with self.server(self.tool("http_answer")) as port:
            url = f"http://127.0.0.1:{port}/"
            experiment = self.experiment("http", [{"type": "http", "url": url}] * COUNT)
            self.loop(f"{COUNT:,} HTTP probes", experiment,
                      [str(self.tool("http_loop")), url, str(COUNT)])

    @contextlib.contextmanager
    def echo_probes(self):
        with self.server(self.build / "echoserver", "--quiet", "--bind", "127.0.0.1",
                         "--port", "0") as port:
            yield port, {"type": "native", "module": "chaos.net.probes", "func": "tcp_echo",
                         "arguments": {"host": "127.0.0.1", "port": int(port),
                                       "message": "hello", "bye": ""}}

    def tcp(self):
        """i: native TCP probes, each over a connection of its own."""
        with self.echo_probes() as (port, provider):
            experiment = self.experiment("tcp", [provider] * COUNT)
            self.loop(f"{COUNT:,} native TCP probes", experiment,
                      [str(self.tool("tcp_loop")), port, str(COUNT)], reference=False)

    def background(self):
        """d: activities in the background, all at once."""
        for locale in ("C", "C.UTF-8"):  # in the second, sleep reads thirteen files before it sleeps
            self.background_sleeps(locale)
        if self.tool("nap").exists():
            self.background_naps()
        with self.echo_probes() as (_, provider):
            less, more = (
                self.runner.beside(self.rounds, self.chaos + ["run", self.experiment(
                    f"background{count}", [provider] * count, background=True)])[0]
                for count in (COUNT, 10 * COUNT))
        for what, unit, member in (("time", "ms", "wall_s"), ("memory", "MiB", "rss_mib")):
            self.table.add(f"{10 * COUNT:,} background TCP probes: {what}", unit,
                           least(more, member), f"{COUNT:,} of them", least(less, member),
                           most_ratio=12)

    def background_sleeps(self, locale):
        run = ["run", self.experiment("sleep", [process("/bin/sleep", "1")] * COUNT,
                                      background=True)]
        loop = self.tool("spawn_loop")
        bare = [str(loop), str(COUNT), str(COUNT), "/bin/sleep", "1"]
        part = COUNT // os.cpu_count()
        # how fast all processors start and end so many, with nothing else to do
        floor = ["sh", "-c", f"{loop} {part} {part} /bin/sleep 1 & " * os.cpu_count() + "wait"]
        commands = [self.chaos + run, bare, floor]
        if self.reference:
            commands.append(self.reference + run)
        ours, bare, floor, *theirs = self.runner.beside(
            self.rounds, *(["env", f"LC_ALL={locale}", *command] for command in commands))
        name = f"{COUNT:,} background sleep 1, LC_ALL={locale}"
        for what, unit, member, most in (("time", "s", "wall_s", 1.3),
                                         ("memory", "MiB", "rss_mib", 64)):
            self.table.add(f"{name}: {what}", unit, least(ours, member),
                           "reference" if theirs else None,
                           least(theirs[0], member) if theirs else None, most)
        for what, member in (("time", "wall_s"), ("processor", "cpu_s")):
            self.table.add(f"{name}: {what}", "s", least(ours, member), "bare loop",
                           least(bare, member))
        self.table.add(f"{name}: time", "s", least(ours, "wall_s"), "a loop a processor",
                       least(floor, "wall_s"))

    def background_naps(self):
        """What of the above is not the start of /bin/sleep: the same with a program that has none."""
        nap = str(self.tool("nap"))
        run = ["run", self.experiment("nap", [process(nap)] * COUNT, background=True)]
        bare = [str(self.tool("spawn_loop")), str(COUNT), str(COUNT), nap]
        ours, bare = self.runner.beside(self.rounds, self.chaos + run, bare)
        for what, member in (("time", "wall_s"), ("processor", "cpu_s")):
            self.table.add(f"{COUNT:,} background programs that sleep a second and do nothing: {what}",
                           "s", least(ours, member), "bare loop", least(bare, member))

    def validate(self):
        """e: validation of large experiments."""
        times = {}
        for count in (5000, 50000, 500000):
            words = ["--no-log-file", "validate",
                     self.experiment(f"validate{count}", [process("/bin/true")] * count)]
            times[count] = self.runner.beside(self.rounds if count < 500000 else 2,
                                              self.chaos + words)[0]
            if count == 50000 and self.reference:
                theirs = self.runner.beside(2, self.reference + words)[0]
                for what, member, goal in (("", "wall_s", 1 / 10), (": processor", "cpu_s", None)):
                    self.table.add(f"validate 50,000 activities{what}", "ms",
                                   least(times[count], member), "reference",
                                   least(theirs, member), most_ratio=goal)
            if count > 5000:
                self.table.add(f"validate {count:,} activities: growth", "ms",
                               least(times[count], "cpu_s"), f"{count // 10:,} of them",
                               least(times[count // 10], "cpu_s"), most_ratio=12)

    def worker(self):
        """f: what a call of a Python function costs."""
        def call(*command):
            env = dict(os.environ, PYTHONPATH=str(HERE.parent / "support" / "python_modules"))
            output = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True,
                                    check=True).stdout
            return float(re.search(r"a call: median ([\d.]+) ms", output)[1]) / 1e3

        python = shutil.which("python3")
        pairs = [(call(self.tool("worker_call"), str(COUNT)),
                  call(self.tool("pipe_call"), python, str(COUNT)))
                 for _ in range(self.rounds)]
        ours, bare = (sorted(column)[len(column) // 2] for column in zip(*pairs))
        self.table.add("call of a Python function", "us", ours, "bare pipe", bare, 0.0003)

    def aws(self):
        """j: an AWS client beside boto3; both print what they get."""
        if not self.reference:
            print("SKIPPED LOUDLY: aws: no boto3 to compare with", file=sys.stderr)
            return
        python = str(pathlib.Path(self.reference[0]).parent / "python")
        describe = [*self.chaos, "aws", "ec2", "describe-instances"]
        with self.server(self.tool("aws_answer")) as port:
            self.runner.env["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
            one, boto3_one = self.runner.beside(self.rounds * 3, describe,
                                                [python, "-c", BOTO3_ONE])
            pages, boto3_pages = self.runner.beside(
                self.rounds, [*describe, "--all-pages", "--max-results", "1000"],
                [python, "-c", BOTO3_PAGES])
        self.table.add("one DescribeInstances, from nothing", "ms", median(one, "wall_s"), "boto3",
                       median(boto3_one, "wall_s"), most_ratio=1 / 50)
        self.table.add("one DescribeInstances: least", "ms", least(one, "wall_s"), "boto3",
                       least(boto3_one, "wall_s"))
        self.table.add("10,000 instances, 10 pages: processor", "s", median(pages, "cpu_s"),
                       "boto3", median(boto3_pages, "cpu_s"), most_ratio=1 / 20)
        for what, ours, theirs in (("one DescribeInstances: memory", one, boto3_one),
                                   ("10,000 instances: memory", pages, boto3_pages)):
            self.table.add(what, "MiB", max(s.rss_mib for s in ours), "boto3",
                           max(s.rss_mib for s in theirs), most_ratio=1 / 5)

        self.objects(python)

    def objects(self, python):
        """Files into S3 and back, beside boto3 and the AWS CLI, if there is one."""
        cli = next((path for path in ("/usr/bin/aws", shutil.which("aws"))
                    if path and os.access(path, os.X_OK)), None)
        with open(self.folder / "object", "wb") as file:
            file.write(os.urandom(1 << 20) * (OBJECT_SIZE >> 20))
        flags = ["--bucket", "b", "--key", "k"]
        with self.server(sys.executable, HERE / "object_store.py", str(OBJECT_SIZE)) as port:
            self.runner.env |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                                "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"}
            for what, script, words in (
                    ("256 MiB into S3", BOTO3_PUT, ["put-object", *flags, "--body", "object"]),
                    ("256 MiB out of S3", BOTO3_GET, ["get-object", *flags, "got"])):
                commands = [[*self.chaos, "aws", "s3", *words], [python, "-c", script]]
                if cli:
                    commands.append([cli, "s3api", *words, "--endpoint-url",
                                     self.runner.env["AWS_ENDPOINT_URL"]])
                samples = self.runner.beside(self.rounds, *commands)
                for beside, theirs in zip(("boto3", "AWS CLI"), samples[1:]):
                    self.add_object(what, samples[0], beside, theirs)

    def add_object(self, what, ours, beside, theirs):
        self.table.add(what, "ms", median(ours, "wall_s"), beside, median(theirs, "wall_s"), most_ratio=1)
        self.table.add(f"{what}: processor", "ms", median(ours, "cpu_s"), beside,
                       median(theirs, "cpu_s"), most_ratio=1)
        self.table.add(f"{what}: memory", "MiB", max(s.rss_mib for s in ours), beside,
                       max(s.rss_mib for s in theirs), most=24, most_ratio=1 / 3)

    def safety(self):
        """j: what log, guardian and inverses cost a run; beside the same run without."""
        never = ["--rollback-strategy", "never"]  # logged and guarded, and nothing has an effect
        back = [{"type": "action", "name": "back", "provider": process("/bin/true")}]
        one = self.experiment("safe-one", [], rollbacks=back)
        guarded, bare = self.runner.beside(self.rounds * 10, *(
            self.chaos + ["--no-log-file", "run", *more, *never, one] for more in ([], ["--no-state"])))
        for take, name in ((median, "median"), (least, "least")):
            self.table.add(f"a run with a guardian: {name}", "ms", take(guarded, "wall_s"),
                           "--no-state", take(bare, "wall_s"))
        self.table.add("what log and guardian add to a run", "ms", least(guarded, "wall_s") -
                       least(bare, "wall_s"), most=0.002)
        self.table.add("what they add: median of the rounds", "ms",
                       median_more(guarded, bare, "wall_s"))
        count = 20 * COUNT
        many = self.experiment("safe-many", [process("/bin/true")] * count, rollbacks=back)
        guarded, bare = self.runner.beside(self.rounds, *(
            self.chaos + ["--no-log-file", "run", "--no-validation", "--dry", "probes", *more, *never,
                          many] for more in ([], ["--no-state"])))
        self.table.add("what the log adds to a probe", "us", (least(guarded, "cpu_s") -
                       least(bare, "cpu_s")) / count, most=5e-6)
        self.table.add("how often an action waits for the disk", "times", self.syncs_of_action(),
                       most=2)
        self.table.add("memory of the guardian", "MiB", self.guardian_mib(), most=1)

    def syncs_of_action(self):
        def syncs(count):
            path = self.experiment("syncs", [process("/bin/true")] * count, type="action")
            told = self.folder / "syncs"
            subprocess.run([*self.chaos, "--no-log-file", "run", path], cwd=self.folder, check=True,
                           stderr=subprocess.DEVNULL, env={
                               **self.runner.env, "KILL_SYNCS": str(told),
                               "LD_PRELOAD": str(self.build / "tests/integration/libkill_at.so")})
            return int(told.read_text())
        return (syncs(110) - syncs(10)) / 100

    def guardian_mib(self):
        path = self.experiment("guarded", [process("/bin/sleep", "60")], type="action")
        with subprocess.Popen([*self.chaos, "--no-log-file", "run", path], cwd=self.folder,
                              env=self.runner.env, stderr=subprocess.DEVNULL) as running:
            children = pathlib.Path(f"/proc/{running.pid}/task/{running.pid}/children")
            try:
                while running.poll() is None:
                    for pid in children.read_text().split():
                        of = pathlib.Path("/proc", pid)
                        if (of / "comm").read_text() == "chaos-guardian\n":
                            memory = (of / "smaps_rollup").read_text()
                            return int(re.search(r"Rss: +(\d+)", memory)[1]) / 1024
                    time.sleep(0.01)
            finally:
                running.terminate()
        raise RuntimeError("there was no guardian")

    def echo(self):
        """h: the echo server beside the article's one."""
        shared = os.environ.get("FRACAS_SHARED", HERE.parents[2] / "shared")
        java = pathlib.Path(shared) / "article" / "EchoServer.java"
        done = subprocess.run([HERE / "bench_echo.sh", self.build, java],
                              stdout=subprocess.PIPE, text=True, check=True)
        found = {}
        for line in done.stdout.splitlines()[1:]:
            server, connections, idle, *figures = line.split()
            found.setdefault((int(connections), int(idle)), {})[server] = figures
        for (connections, idle), servers in found.items():
            name = f"echo, {connections:,} connections" + (f", {idle:,} idle" if idle else "")
            ours = [float(value) for value in servers["echoserver"][:4]]
            java = [float(value) for value in servers.get("java", [])[:4]]
            loop = [float(value) for value in servers["loop"][:1]]
            self.add_echo(name, ours, "article's Java", java)
            self.table.add(f"{name}: throughput", "lines/s", ours[0], "bare loop", loop[0],
                           least_ratio=0.9 if connections + idle >= 10000 else None)

    def add_echo(self, name, ours, beside, theirs):
        if not theirs or not theirs[0]: # not here, or it broke under the load
            print(f"SKIPPED LOUDLY: {name}: {beside} has no figures", file=sys.stderr)
            return
        self.table.add(f"{name}: throughput", "lines/s", ours[0], beside, theirs[0],
                       least_ratio=1)
        for i, (what, unit, scale) in enumerate((("p50", "us", 1e6), ("p99", "us", 1e6),
                                                 ("memory", "MiB", 1024)), 1):
            self.table.add(f"{name}: {what}", unit, ours[i] / scale, beside, theirs[i] / scale,
                           most_ratio=1)

    def lab(self):
        """Prints a table of its own: outages, machines by the hundred, the API beside moto_server."""
        words = [sys.executable, HERE / "bench_lab.py", self.build / "chaos"]
        if self.reference:
            words += ["--reference", pathlib.Path(self.reference[0]).parents[1]]
        subprocess.run(words, check=True)


ITEMS = ("start", "process", "http", "tcp", "background", "validate", "worker", "aws", "echo", "safety",
         "lab")


def parse():
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--reference", default="", help=argparse.SUPPRESS)
    parser.add_argument("--json", metavar="FILE", help="write the figures to this file as well")
    parser.add_argument("--only", metavar="ITEM[,ITEM]", default=",".join(ITEMS),
                        help="of " + " ".join(ITEMS))
    parser.add_argument("--rounds", type=int, default=5, help="how often the pairs take turns")
    options = parser.parse_args()
    options.only = options.only.split(",")
    for item in options.only:
        if item not in ITEMS:
            parser.error(f"there is no item '{item}': choose of {' '.join(ITEMS)}")
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return options


def main():
    options = parse()
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="fracas-bench.") as folder:
        bench = Bench(options, folder)
        for item in options.only:
            print(f"measuring: {item}", file=sys.stderr)
            getattr(bench, item)()
    about = {"machine": platform.platform(), "processors": os.cpu_count(),
             "load_before": load_before, "load_after": os.getloadavg()[0],
             "rounds": options.rounds}
    print(bench.table)
    print(f"{about['processors']} processors, load average {load_before:.1f} before and "
          f"{about['load_after']:.1f} after; {options.rounds} rounds taking turns; loops: the least")
    if options.json:
        bench.table.write_json(options.json, about)
    if bench.table.missed():
        sys.exit("missed: " + "; ".join(bench.table.missed()))


if __name__ == "__main__":
    main()
