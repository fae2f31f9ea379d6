# SPDX-License-Identifier: Apache-2.0
"""What the stories of killed runs share: when all is over, and who was killed for want of memory."""
import os
import signal
import time
from pathlib import Path

ENVIRONMENT_END = 48  # of /proc/PID/stat, from the state on; proc(5): field 51


def environments(names):
    """Of the processes whose names begin so; "" of one that is in the middle of an exec."""
    for entry in os.scandir("/proc"):
        try:
            if not entry.name.isdigit() or not Path(entry.path, "comm").read_text().startswith(names):
                continue
            text = Path(entry.path, "environ").read_bytes().decode(errors="replace")
            stat = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        is_in_exec = stat[0] not in "ZX" and stat[ENVIRONMENT_END] == "0"
        if text or is_in_exec:
            yield text


def wait_for_end(place, names, patience_s):
    """Until no process of those names has `place` in its environment; False when one stays."""
    deadline = time.monotonic() + patience_s
    quiet = 0
    while time.monotonic() < deadline:
        # who is in the middle of an exec may be one of them
        busy = any(not text or str(place) in text for text in environments(names))
        quiet = 0 if busy else quiet + 1
        if quiet == 4:
            return True
        time.sleep(0.01)
    return False


def starving_plans(calls, moments_at):
    """At each call on the log the run alone, its guardian too, and the guardian alone."""
    for at in range(1, calls + 1):
        for moment in moments_at(at):
            yield from (f"{at}{moment}{whom}m" for whom in ("", "g", "o"))


def misfits(plan, kills_folder, code, kills):
    """What is wrong with the end of a run that the kernel was to kill: `code` is its status, `kills`
    how many processes the kernel killed. The plan may come too late for the run, or for its guardian."""
    mark = kills_folder / "0"
    if not mark.exists():
        return [] if kills == 0 else [f"the kernel killed {kills} processes, and no one was to die"]
    spares_run = "o" in plan
    # beside the guardian dies who asked for the memory
    wanted = (0 if spares_run else -signal.SIGKILL,
              2 * (mark.read_text() == "guardian") + (not spares_run))
    return [] if (code, kills) == wanted else [
        f"status and processes killed by the kernel: {code}, {kills}, not {wanted[0]}, {wanted[1]}"]


def figures(what, stories, began):
    """Print them; `stories` have `problems`, `killed` and `twice`."""
    problems = [text for story in stories for text in story.problems]
    marks = sum("marks left" in text for text in problems)
    lost = sum("no journal" in text for text in problems)
    print(f"{what}: {len(stories)} points tried, {sum(story.killed for story in stories)} runs killed, "
          f"marks left {marks}, journals lost {lost}, other problems {len(problems) - marks - lost}, "
          f"steps played twice {sum(story.twice for story in stories)}, "
          f"{time.monotonic() - began:.0f} s")
