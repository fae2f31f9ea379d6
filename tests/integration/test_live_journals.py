#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the reference and ours on the same experiments, in equal folders, and compare what they leave:
exit status, journal, agent report, events file, the lines of the console that scripts read, and
discovery.

The experiments are those of live/, with what to do in live/scenarios.json, and the conformance cases
of this project that are one plain `run`. Needs the newest reference (script/reference); exits with 77
where it cannot be had.

usage: test_live_journals.py [CHAOS] [NAME...]
"""
import concurrent.futures
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEADLINE_S = 60

# What may differ, each a line of docs/differences.md: name -> what is done to both sides.
ALLOWED = {
    "interruption": "the journal key `interruption`: plain journals stay without it",
    "traceback": "the lines of `exception` above the last one",
    "wording": "the text of failures that the engine found; names of types raised by user code count",
    "versions": "`chaoslib-version`, and the versions, host and platform beside it",
}

LABEL = re.compile(r"\] ((?:Running experiment|Steady-state strategy|Rollbacks strategy|Probe|Action|"
                   r"Steady state hypothesis|Rollback|Experiment ended with status): .*)")
RAISED = re.compile(r"[\w.]*(Error|Exception|Execution|Failed|Exited\w*)\b")
FAILED = "chaoslib.exceptions.ActivityFailed: "
MACHINE = {"chaoslib-version", "chaoslib_version", "platform", "node", "start", "end", "duration",
           "timestamp", "date", "id", "ts", "lib_version", "chaostoolkit", "chaostoolkit_version"}


class Web(http.server.BaseHTTPRequestHandler):
    """/json, /text, /status/N, /slow?s=, /echo, and /notify, which counts what it is told."""
    protocol_version = "HTTP/1.1"
    seen = {}

    def log_message(self, *_):
        pass

    def answer(self):
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        route, _, rest = url.path.lstrip("/").partition("/")
        status, kind, text = 200, "application/json", json.dumps({"a": [1, 2.0, None]})
        if route == "text":
            kind, text = "text/plain", "all quiet\n"
        elif route == "status":
            status, text = int(rest), "{}"
        elif route == "slow":
            time.sleep(float(query["s"]))
        elif route == "echo":
            text = json.dumps({"method": self.command, "query": query, "body": body,
                               "type": self.headers.get("Content-Type")})
        elif route == "notify":
            self.seen.setdefault(rest, []).append([self.command, json.loads(body or "null")])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        try:
            self.wfile.write(text.encode() if self.command != "HEAD" else b"")
        except OSError:
            self.close_connection = True  # the client left first
    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = answer


def reason(line):
    """The last line of an exception, its wording only where user code raised it."""
    words = line.removeprefix(FAILED)
    return line.rstrip("\n") if words == line or RAISED.match(words) else FAILED + "<reason>"


def tidy(node, folder):
    """A journal, report or event without what a machine, a moment or ALLOWED changes."""
    if isinstance(node, str):
        return re.sub(r"\b0x[0-9a-f]{6,}", "0x<address>", node.replace(folder, "${dir}"))
    if isinstance(node, list):
        return [tidy(item, folder) for item in node]
    if not isinstance(node, dict):
        return node
    tidied = {}
    for key, value in node.items():
        if key == "interruption":
            continue
        if key in MACHINE and not (key == "id" and isinstance(value, int)):
            value = "<%s>" % key
        elif key == "exception" and isinstance(value, list):
            value = [reason(line) for line in value[-1:]]
        elif key == "headers" and isinstance(value, dict):
            value = {k: "<masked>" if k in ("Date", "Server") else v for k, v in value.items()}
        elif key == "during" and isinstance(value, list):
            value = tidy(value, folder)
            value = [one for i, one in enumerate(value) if not i or one != value[i - 1]]
        tidied[tidy(key, folder)] = tidy(value, folder)
    for key in ("run", "rollbacks"):
        runs = tidied.get(key)
        if isinstance(runs, list) and any("background" in r.get("activity", {}) for r in runs
                                          if isinstance(r, dict)):
            runs.sort(key=lambda run: str(run["activity"].get("name")))
    return tidied


def read_json(path, folder):
    try:
        return tidy(json.loads(path.read_text()), folder)
    except OSError:
        return None
    except ValueError:
        return "<not JSON>"


def event_of(line, folder):
    event = tidy(json.loads(line), folder)
    event.pop("iteration", None)
    if "error" in event:
        event["error"] = reason(event["error"].splitlines()[-1])
    return json.dumps(event, sort_keys=True)


def report_of(text):
    """What an agent decides by: the keys, the outcome, and the codes of the warnings."""
    report = json.loads(text)
    return {"keys": sorted(report), "outcome": report.get("outcome"),
            "conclusive": report.get("conclusive"), "exit": report.get("exit_code"),
            "command": report.get("command"),
            "warnings": sorted(w.get("code") for w in report.get("warnings") or [])}


class Side:
    """One of the two commands."""

    def __init__(self, name, command, python):
        self.name = name
        self.command = command
        self.python = python

    def play(self, scenario, scratch, port):
        folder = scratch / self.name
        if scenario["folder"].is_dir():
            shutil.copytree(scenario["folder"], folder, ignore=shutil.ignore_patterns(
                "case.json", "expected.json", "scenarios.json", "__pycache__"))
        folder.mkdir(exist_ok=True)
        home = folder / "home"
        home.mkdir(exist_ok=True)
        key = "%s-%s" % (scenario["name"], self.name)

        def expand(text):
            return text.replace("${port}", str(port)).replace("${key}", key).replace(
                "${dir}", str(folder))

        for name in scenario.get("expand", []):
            (folder / name).write_text(expand((folder / name).read_text()))
        env = {**os.environ, "HOME": str(home), "PYTHONPATH": str(folder), "CHAOS_NATIVE": "0",
               "CHAOS_PYTHON": self.python, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8",
               "TZ": "UTC", **{k: expand(v) for k, v in scenario.get("env", {}).items()}}
        argv = [*self.command, "--no-version-check", *map(expand, scenario["argv"])]
        process = subprocess.Popen(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   errors="backslashreplace", start_new_session=True)
        threading.Thread(target=self.deliver, args=(process, scenario, folder), daemon=True).start()
        try:
            out, err = process.communicate(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return {"exit": "timed out"}
        return self.observe(scenario, folder, process.returncode, out, err, key)

    @staticmethod
    def deliver(process, scenario, folder):
        order = scenario.get("signal")
        while order and not (folder / order["after_file"]).exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.3 if order else 0)  # the signal shall come in the midst of what was begun
        if order and process.poll() is None:
            process.send_signal(getattr(signal, order["name"]))

    @staticmethod
    def observe(scenario, folder, status, out, err, key):
        here = str(folder)
        lines = LABEL.findall(re.sub(r"\x1b\[[0-9;]*m", "", err))
        seen = {"exit": status, "console": lines,
                "journal": read_json(folder / "journal.json", here)}
        if "--output" in scenario["argv"]:
            seen["report"] = report_of(out)
        else:
            seen["stdout"] = out.replace(here, "${dir}")
        events = folder / "events.ndjson"
        if events.exists():
            seen["events"] = [event_of(line, here) for line in events.read_text().split("\n")
                              if line]
        for name in scenario.get("files", []):
            path = folder / name
            seen[name] = read_json(path, here) if path.suffix == ".json" else (
                path.read_text() if path.exists() else None)
        if key in Web.seen:
            seen["notified"] = [[verb, sorted(body or {}), (body or {}).get("name")]
                                for verb, body in Web.seen[key]]
        if scenario.get("unordered"):  # threads race for these
            for name in ("console", "events"):
                seen[name] = sorted(set(seen.get(name) or []))
        return seen


def difference(want, got, at=""):
    """The first place where two JSON values differ, types included, or None."""
    if type(want) is not type(got):
        return at, want, got
    if not isinstance(want, (dict, list)):
        return None if want == got else (at, want, got)
    if isinstance(want, list):
        want, got = dict(enumerate(want)), dict(enumerate(got))
    for key in [*want, *(key for key in got if key not in want)]:
        if key not in want or key not in got:
            return f"{at}/{key}", want.get(key, "<absent>"), got.get(key, "<absent>")
        if found := difference(want[key], got[key], f"{at}/{key}"):
            return found
    return None


def from_cases():
    """The conformance cases that are one plain run, each with an agent report and events."""
    for path in sorted((ROOT / "tests/conformance/cases").glob("*/case.json")):
        case = json.loads(path.read_text())
        argv = case.get("argv", [])
        if "run" not in argv or case.get("quirk") or case.get("serve") or case.get("signal"):
            continue
        at = argv.index("run") + 1
        yield {**case, "name": "case-" + path.parent.name, "folder": path.parent,
               "argv": [*argv[:at], "--output", "agent", "--events-file", "events.ndjson",
                        *argv[at:]]}


def from_live():
    for name, scenario in json.loads((HERE / "live/scenarios.json").read_text()).items():
        yield {**scenario, "name": name, "folder": HERE / "live"}


def check(scenario, sides, port):
    """The first difference of a scenario as text, or None."""
    scratch = Path(tempfile.mkdtemp(prefix="live-")).resolve()
    try:
        want, got = [side.play(scenario, scratch, port) for side in sides]
        found = difference(want, got)
        if not found:
            return None
        return "%s%s: the reference has %s, ours %s" % (
            scenario["name"], found[0], json.dumps(found[1])[:400], json.dumps(found[2])[:400])
    except (OSError, ValueError, AttributeError) as x:  # one must not hide the others
        return "%s: %s: %s" % (scenario["name"], type(x).__name__, x)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def main():
    found = subprocess.run([ROOT / "script/reference"], capture_output=True, text=True)
    if found.returncode:
        print((found.stderr.strip() or "the reference is not there").splitlines()[-1])
        sys.exit(77)
    venv = Path(found.stdout.strip())
    chaos = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/chaos")
    python = str(venv / "bin/python")
    sides = [Side("reference", [str(venv / "bin/chaos")], python), Side("ours", [chaos], python)]
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    scenarios = [s for s in [*from_live(), *from_cases()]
                 if len(sys.argv) < 3 or s["name"] in sys.argv[2:]]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda s: check(s, sides, web.server_address[1]), scenarios))
    web.shutdown()
    problems = [line for line in found if line]
    print("\n".join(problems))
    print("%d experiments as the reference, %d not; allowed: %s" % (
        len(scenarios) - len(problems), len(problems), ", ".join(ALLOWED)))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
