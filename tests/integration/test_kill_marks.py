#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kill runs whose marks are not files: a rule of nft in a network namespace, a process that is
stopped, a tag at an endpoint. By SIGKILL, SIGSEGV and for want of memory; the run alone, its guardian
alone, or both and then 'chaos recover'. Afterwards no mark may be left, and the journal tells the story.

usage: test_kill_marks.py CHAOS KILL_AT_LIBRARY [--full]

Each call on the log of a run is an event's boundary. Want of memory is the kernel's: the run is in a
group that may have only so much, and uses it up at the boundary. Without --full it strikes each of the
three before or after each call; with it, each before and after, and in the middle of each write.

What this machine does not let us do (a namespace, a memory cgroup) is skipped, loudly.
"""
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402
import kill_story  # noqa: E402
import memory_group  # noqa: E402

CHAOS, LIBRARY = (os.path.abspath(path) for path in sys.argv[1:3])
SANITIZED = b"__asan_init" in Path(CHAOS).read_bytes()
PATIENCE_S = 30
FULL = "--full" in sys.argv
MEMORY_LIMIT = (96 if SANITIZED else 32) << 20
GREEDY = "head -c 200000000 /dev/zero"  # its output is the run's to keep
GREEDY_PLAN = "greedy"


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Keeps tags: PUT sets one, DELETE takes it away, as often as one likes."""
    tags = set()
    calls = []

    def log_message(self, *_):
        pass

    def answer(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self):
        self.calls.append("PUT")
        self.tags.add(self.path)
        self.answer()

    def do_DELETE(self):
        self.calls.append("DELETE")
        self.tags.discard(self.path)
        self.answer()


def state_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def until(condition, what):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen: {what}")
        time.sleep(0.005)


class World:
    """What the actions change, and how it looks."""

    def __init__(self, url):
        self.url = url
        self.victim = subprocess.Popen(["sleep", "600"])
        self.net = None
        words = ["unshare", "-n", "sleep", "600"]
        if subprocess.run(["unshare", "-n", "nft", "list", "ruleset"], capture_output=True,
                          check=False).returncode == 0:
            self.net = subprocess.Popen(words)
            own = os.readlink("/proc/self/ns/net")
            until(lambda: os.readlink(f"/proc/{self.net.pid}/ns/net") != own and
                  Path(f"/proc/{self.net.pid}/comm").read_text() == "sleep\n", "a namespace")
        else:
            print("SKIPPED LOUDLY: the mark of nft, since no network namespace is to be had")

    def close(self):
        for child in (self.victim, self.net):
            if child:
                child.kill()
                child.wait()

    def nft(self, text):
        return f"nsenter --net=/proc/{self.net.pid}/ns/net nft {text}"

    def method(self):
        def shell(text):
            return {"type": "process", "path": "sh", "arguments": ["-c", text]}

        def action(name, provider, undo):
            return {"type": "action", "name": name, "provider": provider,
                    "rollback": {"name": f"undo {name}", "provider": undo}}
        found = [action("stop", shell(f"kill -STOP {self.victim.pid}"),
                        shell(f"kill -CONT {self.victim.pid}")),
                 action("tag", {"type": "http", "method": "PUT", "url": self.url},
                        {"type": "http", "method": "DELETE", "url": self.url})]
        if self.net:
            found.insert(1, action(
                "drop", shell(self.nft("add table inet chaos") + " && " + self.nft(
                    "'add chain inet chaos in { type filter hook input priority 0; policy drop; }'")),
                shell(f"{self.nft('list table inet chaos')} || exit 0; "
                      f"{self.nft('delete table inet chaos')}")))
        return found

    def marks(self):
        found = sorted(Endpoint.tags)
        if state_of(self.victim.pid) == "T":
            found.append("stopped")
        if self.net and "chaos" in subprocess.run(
                ["sh", "-c", self.nft("list ruleset")], capture_output=True, text=True,
                check=True).stdout:
            found.append("nft")
        return found


class Story:
    def __init__(self, world, plan, options=()):
        self.world = world
        self.plan = plan
        self.options = options
        self.problems = []
        self.killed = False
        self.twice = 0

    def play(self, group=None, method=None, **more):
        with canary.Folder() as folder:
            place = Path(folder)
            (place / "kills").mkdir()
            method = method or self.world.method()
            (place / "e.json").write_text(json.dumps(
                {"title": "marks", "description": "d", "method": method, "rollbacks": [], **more}))
            try:
                self.run(place, group)
                self.judge(place, [action["name"] for action in method if "rollback" in action])
            except AssertionError as problem:
                self.problems.append(str(problem))
        return self

    def environment(self, place, armed):
        env = {**os.environ, "HOME": str(place), "XDG_STATE_HOME": str(place / "state"),
               "no_proxy": "127.0.0.1"}
        if armed and self.plan != GREEDY_PLAN:
            env |= {"LD_PRELOAD": LIBRARY, "KILL_DIR": str(place / "kills"), "KILL_PLAN": self.plan,
                    "KILL_COUNT": str(place / "calls"),
                    "ASAN_OPTIONS": "verify_asan_link_order=0:handle_segv=0:detect_leaks=0"}
        return env

    def run(self, place, group):
        before = group.kills() if group else 0
        child = subprocess.Popen([CHAOS, "--log-file", "chaos.log", "run", *self.options,
                                  "e.json"], cwd=place,
                                 env=self.environment(place, True), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 preexec_fn=group.join if group else None)
        code = child.wait(timeout=60)
        self.killed = code < 0
        self.calls = int((place / "calls").read_text() or 0) if (place / "calls").exists() else 0
        if group:
            self.problems += self.killer(place, code, group.kills() - before)
        if not kill_story.wait_for_end(place, "chaos", PATIENCE_S):
            self.problems.append("a guardian or a recovery did not end")
        by_guardian = "log-closed" in self.log(place)
        done = subprocess.run([CHAOS, "--no-log-file", "recover", "--all"], cwd=place,
                              env=self.environment(place, False), capture_output=True, text=True,
                              timeout=60, check=False)
        if done.returncode:
            self.problems.append(f"recover --all: {done.stderr[-500:]}")
        is_alone = self.plan == GREEDY_PLAN or "g" not in self.plan
        if not by_guardian and is_alone and "run-started" in self.log(place):
            self.problems.append("the guardian left it to 'chaos recover'")

    def killer(self, place, code, kills):
        if self.plan != GREEDY_PLAN:
            return kill_story.misfits(self.plan, place / "kills", code, kills)
        return [] if code == -signal.SIGKILL and kills else [f"the kernel did not kill it: {code}"]

    @staticmethod
    def log(place):
        return "".join(path.read_text() for path in place.glob("state/chaos/runs/*/events.ndjson"))

    def judge(self, place, actions):
        if left := self.world.marks():
            self.problems.append(f"marks left: {left}")
        if "run-started" not in self.log(place):
            return
        try:
            journal = json.loads((place / "journal.json").read_text())
        except (OSError, ValueError) as problem:
            self.problems.append(f"no journal: {problem}")
            return
        undone = re.findall('"rollback-started".*"undoes": ?([0-9]+)', self.log(place))
        self.twice = len(undone) - len(set(undone))
        begun = {run["activity"]["name"] for run in journal["run"]} & set(actions)
        told = {run["activity"].get("inverse_of") for run in journal["rollbacks"]}
        if begun - told:
            self.problems.append(f"no story of the inverse of {sorted(begun - told)}")
        if journal["status"] not in ("completed", "interrupted"):
            self.problems.append(f"status {journal['status']}")


def plans(calls):
    for at in range(1, calls + 1):
        yield f"{at}b"                              # SIGKILL before the call on the log
        yield f"{at}as"                             # SIGSEGV after it
        yield f"{at}{'ag' if at % 2 else 'bg'}"     # its guardian too
        if at % 3 == 0:
            yield f"{at}bo"                         # the guardian alone


def starve(world, calls, group):
    """At each boundary; and where a run wants too much by itself: the output of an activity."""
    yield from (Story(world, plan).play(group) for plan in kill_story.starving_plans(
        calls, lambda at: "bat" if FULL else "ba"[at % 2]))
    if SANITIZED:
        print("SKIPPED: outputs that are too long: sanitizers keep other accounts of memory")
        return
    probe = {"type": "probe", "name": "greedy", "tolerance": 0, "provider": {
        "type": "process", "path": "sh", "arguments": ["-c", GREEDY]}}
    behind = {"type": "action", "name": "behind it", "background": True,
              "provider": probe["provider"]}
    actions = world.method()
    calm = {"steady-state-hypothesis": {"title": "h", "probes": [probe]}}
    for at in range(len(actions) + 1):
        yield Story(world, GREEDY_PLAN).play(group, [*actions[:at], probe, *actions[at:]])
    yield Story(world, GREEDY_PLAN).play(group, [behind, *actions])
    for strategy in ("after-method-only", "during-method-only"):
        slow = [*actions, {"type": "probe", "name": "wait", "provider": {
            "type": "process", "path": "sleep", "arguments": "2"}}]
        yield Story(world, GREEDY_PLAN, ("--hypothesis-strategy", strategy)).play(
            group, slow, **calm)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    world = World(f"http://127.0.0.1:{server.server_address[1]}/tag")
    began = time.monotonic()
    groups = []
    try:
        base = Story(world, "0b").play()
        if base.problems or not base.calls or not Endpoint.calls:
            sys.exit(f"an undisturbed run: {base.problems}, {base.calls} calls on its log")
        stories = [Story(world, plan).play() for plan in plans(base.calls)]
        kill_story.figures("signals", stories, began)
        groups = memory_group.groups(1, MEMORY_LIMIT)
        began = time.monotonic()
        starved = [story for group in groups for story in starve(world, base.calls, group)]
        kill_story.figures("want of memory", starved, began)
    finally:
        world.close()
        server.shutdown()
        for group in groups:
            group.close()
    bad = [story for story in stories + starved if story.problems]
    for story in bad[:20]:
        print(f"plan {story.plan}: {'; '.join(story.problems)}")
    print(f"{base.calls} calls on the log of a run")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
