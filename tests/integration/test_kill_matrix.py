#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kill runs wherever they can be killed, and look whether the world is put back.

usage: test_kill_matrix.py CHAOS KILL_AT_LIBRARY [--full]

Each action of the experiment leaves a mark (a file), and its inverse removes it. A preload library
kills the run before, in the middle of, and after each write and each sync of its log: alone, with
its guardian, or the guardian alone; and the recovery too. Afterwards there must be no mark left, a
valid journal, and the story of each step in it. Prints the figures.
"""
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402

CHAOS, LIBRARY = (os.path.abspath(path) for path in sys.argv[1:3])
FULL = "--full" in sys.argv
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

    def play(self):
        with canary.Folder() as folder:
            place = Path(folder)
            for name in ("world", "state", "home", "kills"):
                (place / name).mkdir()
            (place / "experiment.json").write_text(json.dumps(experiment(place)))
            self.run(place)
            self.judge(place)
        return self

    def environment(self, place, armed):
        env = {**os.environ, "HOME": str(place / "home"), "XDG_STATE_HOME": str(place / "state")}
        if armed:
            env |= {"LD_PRELOAD": LIBRARY, "KILL_DIR": str(place / "kills"),
                    "KILL_PLAN": "" if self.plan[0] == "w" else self.plan, "KILL_COUNT": str(place / "calls"),
                    "ASAN_OPTIONS": "verify_asan_link_order=0:handle_segv=0:detect_leaks=0"}
        return env

    def run(self, place):
        command = [CHAOS, "run", "experiment.json"]
        child = subprocess.Popen(command, cwd=place, env=self.environment(place, True),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 stdin=subprocess.DEVNULL)
        if self.after_s is not None:
            self.kill_later(child)
        self.code = child.wait(timeout=60)
        if (place / "calls").exists():
            # a process that is killed as it ends leaves the file empty
            self.calls = int((place / "calls").read_text() or 0)
        self.wait(place)
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

    def wait(self, place):
        """Until the guardian did what it does: the lock's holder is gone, and no guardian is left."""
        deadline = time.monotonic() + PATIENCE_S
        quiet = 0
        while time.monotonic() < deadline:
            # in the middle of an exec a process has no environment to be known by
            quiet = 0 if any(str(place) in text for text in command_lines()) else quiet + 1
            if quiet == 4:
                return
            time.sleep(0.01)
        self.problems.append("a guardian or a recovery did not end")

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


def command_lines():
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                environ = Path(entry.path, "environ").read_bytes()
                name = Path(entry.path, "comm").read_text()
            except OSError:
                continue
            if name.startswith(("chaos", "mark", "undo")):
                yield environ.decode(errors="replace")


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


def main():
    base = Point("0b").play()
    if base.problems or not base.calls:
        sys.exit(f"an undisturbed run: {base.problems}, {base.calls} calls on its log")
    began = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        points = list(pool.map(lambda plan: Point(plan).play(), plans(base.calls)))
    bad = [point for point in points if point.problems]
    for point in bad[:20]:
        print(f"plan {point.plan}: {'; '.join(point.problems)}")
    killed = sum(point.code < 0 for point in points)
    marks = sum("marks left" in text for point in bad for text in point.problems)
    lost = sum("no journal" in text for point in bad for text in point.problems)
    print(f"{len(points)} points tried, {killed} runs killed, marks left {marks}, journals lost {lost}, "
          f"other problems {len(bad) - marks - lost if len(bad) > marks + lost else 0}, "
          f"steps played twice {sum(point.twice for point in points)}, "
          f"{base.calls} calls on the log, {time.monotonic() - began:.0f} s")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
