#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the reference and ours on experiments drawn at random (random_experiments.py), and compare exit
status, journal, the lines of the console that scripts read, and what controls saw.

The reference is loaded once, and each of its runs is a fork of that process. Where it dies of a
traceback and leaves no journal, only the exit status must be the same (docs/differences.md).

usage: test_random_experiments.py [CHAOS] [--first N] [--count N] [--keep FOLDER]
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import http.server
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]
from random_experiments import Experiments  # noqa: E402
from tests.support import reference_python  # noqa: E402
import test_live_journals as live  # noqa: E402

DEADLINE_S = 40
DRAWN = '''
def echo(x=None): return x
def boom(value=None): raise ValueError("boom")
def truth(value=None): return bool(value)
def equal(x, value=None): return x == value
def conf(configuration=None, secrets=None): return [configuration, secrets]
def two(a, b="z"): return [a, b]
def prints(): print("printed"); return "p"
def tuples(): return (1, (2, 3))
def leave():
    import sys
    sys.exit(3)
'''
STEWARD = '''
import threading
from chaoslib.exceptions import InterruptExecution
heard = []
def hear(hook, context, state, tag=None, fail=None, stop=None, change=None, **_):
    if isinstance(context, dict) and not context.get("background"):
        name = context.get("name") or context.get("title")
        status = state.get("status") if isinstance(state, dict) else type(state).__name__
        with open("heard.txt", "a") as file:
            file.write("%s %s %s %s\\n" % (hook, name, status, tag))
    if fail == hook:
        raise ValueError("steward")
    if stop == hook:
        raise InterruptExecution("steward")
    if change and hook == "before_activity_control":
        context["changed"] = True
def hook(name):
    def control(context, state=None, **given):
        hear(name, context, state, **given)
    return control
for level in ("experiment", "hypothesis", "activity"):
    for when in ("before", "after"):
        globals()["%s_%s_control" % (when, level)] = hook("%s_%s_control" % (when, level))
'''
FILES = {"drawn.py": DRAWN, "steward.py": STEWARD, "vars.yaml": "c1: 7\nc4: 0.01\n",
         "vars.json": '{"c1": "file", "c3": {"type": "env", "key": "E2"}}',
         "vars.env": "c1=dotenv\nE1=changed\n"}


class Comparison:
    def __init__(self, chaos, port):
        self.chaos = chaos
        self.port = port

    def furnish(self, folder, experiment):
        (folder / "home").mkdir(parents=True)
        for name, text in FILES.items():
            (folder / name).write_text(text)
        (folder / "experiment.json").write_text(json.dumps(experiment))
        return {**os.environ, "HOME": str(folder / "home"), "PYTHONPATH": str(folder),
                "CHAOS_NATIVE": "0", "CHAOS_PYTHON": sys.executable, "TZ": "UTC",
                "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8",
                "E1": "one", "E2": "2", "E3": "3.5", "E4": "true"}

    @staticmethod
    def play_reference(folder, argv, env):
        child = os.fork()
        if child == 0:
            run_in_fork(folder, argv, env)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def play_ours(self, folder, argv, env):
        with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
            try:
                return subprocess.run([self.chaos, *argv], cwd=folder, env=env, stdout=out,
                                      stderr=err, stdin=subprocess.DEVNULL, check=False,
                                      timeout=DEADLINE_S).returncode
            except subprocess.TimeoutExpired:
                return "timed out"

    def check(self, seed, scratch):
        """The first difference as text, or None."""
        experiment, options = Experiments(seed, self.port).draw()
        argv = ["--no-version-check", "run", *options, "experiment.json"]
        seen = []
        for name, play in (("reference", self.play_reference), ("ours", self.play_ours)):
            folder = scratch / name
            env = self.furnish(folder, experiment)
            seen.append(observe(folder, play(folder, argv, env)))
        want, got = seen
        if want["died"] and got["exit"] == want["exit"]:
            return None
        found = live.difference(want, {**got, "died": want["died"]})
        return found and "%d (run %s)%s: the reference has %s, ours %s" % (
            seed, " ".join(options), found[0], json.dumps(found[1])[:300], json.dumps(found[2])[:300])


def run_in_fork(folder, argv, env):
    code = 1
    signal.alarm(DEADLINE_S)
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for name, fd in (("/dev/null", 0), ("out", 1), ("err", 2)):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), fd)
    sys.path.insert(0, str(folder))
    sys.argv = ["chaos", *argv]
    try:
        from chaostoolkit.cli import cli
        cli(argv, prog_name="chaos")
        code = 0
    except SystemExit as x:
        code = x.code if isinstance(x.code, int) else int(x.code is not None)
    except BaseException:
        import traceback
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def observe(folder, status):
    here = str(folder)
    err = (folder / "err").read_text(errors="backslashreplace")
    journal = live.read_json(folder / "journal.json", here)
    heard = folder / "heard.txt"
    return {"exit": status, "died": journal is None and "Traceback" in err and status == 1,
            "journal": journal,
            "console": sorted(live.LABEL.findall(re.sub(r"\x1b\[[0-9;]*m", "", err))),
            "heard": heard.read_text() if heard.exists() else None}


def serve():
    """The web server in a process of its own: this one forks."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), live.Web)
        os.write(writer, b"%d\n" % web.server_address[1])
        parent = os.getppid()
        threading.Thread(target=web.serve_forever, daemon=True).start()
        while os.getppid() == parent:
            signal.sigtimedwait([signal.SIGTERM], 0.5)
        os._exit(0)
    return child, int(os.read(reader, 16))


def main():
    reference_python.enter("chaostoolkit", "chaoslib")
    parser = argparse.ArgumentParser()
    parser.add_argument("chaos", nargs="?", default=str(ROOT / "build/chaos"))
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--keep", help="leave what the runs that differ left in this folder")
    options = parser.parse_args()
    import chaostoolkit.cli  # noqa: F401  once, for all forks
    import chaoslib.run  # noqa: F401
    server, port = serve()
    comparison = Comparison(os.path.abspath(options.chaos), port)
    problems = 0
    try:
        for seed in range(options.first, options.first + options.count):
            with tempfile.TemporaryDirectory(prefix="random-") as scratch:
                found = comparison.check(seed, Path(scratch).resolve())
                if found and options.keep:
                    subprocess.run(["cp", "-r", scratch, os.path.join(options.keep, str(seed))],
                                   check=True)
            if found:
                problems += 1
                print(found, flush=True)
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
    print("%d experiments as the reference, %d not" % (options.count - problems, problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
