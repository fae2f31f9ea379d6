#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kill runs wherever they can be killed, and look whether the world is put back.

usage: test_kill_matrix.py CHAOS KILL_AT_LIBRARY [--full]

Each action of the experiment leaves a mark (a file), and its inverse removes it. A preload library
kills the run before, in the middle of, and after each write and each sync of its log: alone, with
its guardian, or the guardian alone; and the recovery too. By SIGKILL, by SIGSEGV, and for want of
memory, by the kernel. Afterwards there must be no mark left, a valid journal, and the story of each step
in it. Prints the figures. Without --full, want of memory strikes before or after each write or sync,
whom depends on its number; with it, before, in the middle of and after each, all three.
"""
import json
import os
import queue
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402
import kill_story  # noqa: E402
import memory_group  # noqa: E402

CHAOS, LIBRARY = (os.path.abspath(path) for path in sys.argv[1:3])
FULL = "--full" in sys.argv
MEMORY_LIMIT = (96 if b"__asan_init" in Path(CHAOS).read_bytes() else 32) << 20
PATIENCE_S = 20
TOP = {"chaoslib-version", "platform", "node", "experiment", "start", "end", "duration", "status",
       "deviated", "steady_states", "run", "rollbacks"}


def script(place, name, text):
    path = place / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def experiment(place):
    def action(number, **more):
        mark = script(place, f"mark{number}", f"touch {place}/world/{number}")
        undo = script(place, f"undo{number}",
                      f"rm -f {place}/world/{number}; echo {number} >> {place}/undone")
        return {"type": "action", "name": f"mark {number}",
                "provider": {"type": "process", "path": mark},
                "rollback": {"provider": {"type": "process", "path": undo}}, **more}

    slow = action(4)
    slow["provider"]["path"] = script(place, "mark4", f"sleep 0.1; touch {place}/world/4")
    broken = action(3)
    broken["provider"]["path"] = script(place, "mark3", f"touch {place}/world/3; exit 3")
    probe = {"type": "probe", "name": "look", "tolerance": 0,
             "provider": {"type": "process", "path": "true"}}
    return {
        "title": "kill me", "description": "marks",
        "steady-state-hypothesis": {"title": "calm", "probes": [probe]},
        "method": [action(1), {"ref": "look"}, action(2, background=True), broken, slow],
        "rollbacks": [],
    }


class Point:
    """One story: where processes die, and what is there afterwards."""

    def __init__(self, plan):
        self.plan = plan
        self.after_s = float(plan[1:]) if plan[0] == "w" else None  # by the clock
        self.problems = []
        self.twice = 0
        self.calls = 0

    def play(self, group=None):
        with canary.Folder() as folder:
            place = Path(folder)
            for name in ("world", "state", "home", "kills"):
                (place / name).mkdir()
            (place / "experiment.json").write_text(json.dumps(experiment(place)))
            self.run(place, group)
            self.judge(place)
        return self

    def environment(self, place, armed):
        env = {**os.environ, "HOME": str(place / "home"), "XDG_STATE_HOME": str(place / "state")}
        if armed:
            env |= {"LD_PRELOAD": LIBRARY, "KILL_DIR": str(place / "kills"),
                    "KILL_PLAN": "" if self.plan[0] == "w" else self.plan, "KILL_COUNT": str(place / "calls"),
                    "ASAN_OPTIONS": "verify_asan_link_order=0:handle_segv=0:detect_leaks=0"}
        return env

    def run(self, place, group):
        before = group.kills() if group else 0
        command = [CHAOS, "run", "experiment.json"]
        child = subprocess.Popen(command, cwd=place, env=self.environment(place, True),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 stdin=subprocess.DEVNULL,
                                 preexec_fn=group.join if group else None)
        if self.after_s is not None:
            self.kill_later(child)
        self.code = child.wait(timeout=60)
        self.killed = self.code < 0
        if (place / "calls").exists():
            # a process that is killed as it ends leaves the file empty
            self.calls = int((place / "calls").read_text() or 0)
        if group:
            self.problems += kill_story.misfits(self.plan, place / "kills", self.code,
                                                group.kills() - before)
        if not kill_story.wait_for_end(place, ("chaos", "mark", "undo"), PATIENCE_S):
            self.problems.append("a guardian or a recovery did not end")
        recover = subprocess.run([CHAOS, "--no-log-file", "recover", "--all"], cwd=place,
                                 env=self.environment(place, False), capture_output=True, text=True,
                                 timeout=60, check=False)
        if recover.returncode:
            self.problems.append(f"recover --all: {recover.returncode}: {recover.stderr[-600:]}")

    def kill_later(self, child):
        try:
            child.wait(timeout=self.after_s)
        except subprocess.TimeoutExpired:
            child.kill()

    def judge(self, place):
        marks = sorted(path.name for path in (place / "world").iterdir())
        if marks:
            self.problems.append(f"marks left: {marks}")
        undone = (place / "undone").read_text().split() if (place / "undone").exists() else []
        self.twice = len(undone) - len(set(undone))
        logs = list((place / "state").glob("chaos/runs/*/events.ndjson"))
        has_started = any('"run-started"' in log.read_text() for log in logs)
        if has_started or self.code == 0:
            self.judge_journal(place)

    def judge_journal(self, place):
        try:
            journal = json.loads((place / "journal.json").read_text())
        except (OSError, ValueError) as error:
            self.problems.append(f"no journal: {error}")
            return
        if TOP - journal.keys():
            self.problems.append(f"the journal lacks {TOP - journal.keys()}")
        if journal["status"] not in ("completed", "interrupted"):
            self.problems.append(f"status {journal['status']}")
        begun = {run["activity"]["name"] for run in journal["run"]
                 if "rollback" in run["activity"]}
        told = {run["activity"].get("inverse_of") for run in journal["rollbacks"]}
        if begun - told:
            self.problems.append(f"no story of the inverse of {sorted(begun - told)}")
        for run in journal["run"] + journal["rollbacks"]:
            if run.get("status") not in ("succeeded", "failed"):
                self.problems.append(f"{run['activity']['name']}: status {run.get('status')}")


def plans(calls):
    step = 1 if FULL else 2
    for at in range(1, calls + 1):
        yield f"{at}b"
        yield f"{at}ag" if not FULL else f"{at}a"
        if FULL:
            yield f"{at}bg"
            yield f"{at}ag"
        if at % step == 0:
            yield f"{at}t"
            yield f"{at}bs"
            yield f"{at}bo"                    # the guardian alone: the run starts another
            yield f"{at}bo,{min(at + 3, calls)}b"
    for at in range(1, 300 if FULL else 40):
        yield f"w{at * (0.001 if FULL else 0.007):.3f}"
    for first in range(1, calls + 1, 1 if FULL else 6):
        for second in range(1, 40 if FULL else 24, 1 if FULL else 2):
            yield f"{first}b,{second}b"        # the recovery of the guardian dies too


def starving_plans(calls):
    if FULL:
        return kill_story.starving_plans(calls, lambda at: "bat")
    found = kill_story.starving_plans(calls, lambda at: "ba"[at % 2])
    return (plan for n, plan in enumerate(found) if n % 3 == n // 3 % 3)  # there are three a call


def starve(pool, calls):
    """Each point in a group that no other one is in at that time."""
    groups = memory_group.groups(os.cpu_count() or 2, MEMORY_LIMIT)
    free = queue.Queue()

    def play(plan):
        group = free.get()
        try:
            return Point(plan).play(group)
        finally:
            free.put(group)
    for group in groups:
        free.put(group)
    try:
        return list(pool.map(play, starving_plans(calls))) if groups else []
    finally:
        for group in groups:
            group.close()


def main():
    base = Point("0b").play()
    if base.problems or not base.calls:
        sys.exit(f"an undisturbed run: {base.problems}, {base.calls} calls on its log")
    began = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        points = list(pool.map(lambda plan: Point(plan).play(), plans(base.calls)))
        kill_story.figures("signals", points, began)
        began = time.monotonic()
        starved = starve(pool, base.calls)
        kill_story.figures("want of memory", starved, began)
    bad = [point for point in points + starved if point.problems]
    for point in bad[:20]:
        print(f"plan {point.plan}: {'; '.join(point.problems)}")
    print(f"{base.calls} calls on the log of a run")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
