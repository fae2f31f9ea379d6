# SPDX-License-Identifier: Apache-2.0
"""Groups of processes that may have only so much memory: where the kernel kills for want of it."""
import os
import signal
import time
from pathlib import Path

VERSION_1 = Path("/sys/fs/cgroup/memory")
VERSION_2 = Path("/sys/fs/cgroup")


class MemoryGroup:
    """Raises OSError where none is to be had."""
    made = 0

    def __init__(self, limit_bytes):
        is_old = (VERSION_1 / "memory.limit_in_bytes").exists()
        MemoryGroup.made += 1
        self.path = ((VERSION_1 if is_old else VERSION_2) /
                     f"fracas-{os.getpid()}-{MemoryGroup.made}")
        self.events = self.path / ("memory.oom_control" if is_old else "memory.events")
        self.path.mkdir()
        try:
            (self.path / ("memory.limit_in_bytes" if is_old else "memory.max")).write_text(
                str(limit_bytes))
            swap = self.path / ("memory.swappiness" if is_old else "memory.swap.max")
            if swap.exists():
                swap.write_text("0")
        except OSError:
            self.path.rmdir()
            raise

    def join(self):
        """For the calling process and those that it will start."""
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def kills(self):
        """How many processes the kernel has killed in it."""
        words = self.events.read_text().split()
        return int(words[words.index("oom_kill") + 1])

    def close(self, patience_s=30):
        """Whoever is left in it belongs to the test and is killed."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            left = (self.path / "cgroup.procs").read_text().split()
            if not left:
                break
            for pid in left:
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)
        self.path.rmdir()


def groups(count, limit_bytes):
    """As many; none, and a line that says why, where there are none to be had."""
    found = []
    try:
        for _ in range(count):
            found.append(MemoryGroup(limit_bytes))
    except OSError as problem:
        for group in found:
            group.close()
        print(f"SKIPPED LOUDLY: want of memory: no cgroup with a limit is to be had ({problem})")
        return []
    return found
