# SPDX-License-Identifier: Apache-2.0
"""Run commands beside each other, and show what they took as a table."""
import json
import os
import statistics
import subprocess


class Sample:
    """One run of a command: seconds, seconds of processor time, most resident memory in MiB."""

    def __init__(self, line):
        wall, processor, resident = line.split()
        self.wall_s = float(wall)
        self.cpu_s = float(processor)
        self.rss_mib = int(resident) / 1024


def least(samples, what):
    """For loops: what else runs on the machine can only add."""
    return min(getattr(sample, what) for sample in samples)


def median(samples, what):
    return statistics.median(getattr(sample, what) for sample in samples)


def median_more(samples, beside, what):
    """By how much a round's sample is more than the one beside it: load that lasts hits both."""
    return statistics.median(getattr(sample, what) - getattr(other, what)
                             for sample, other in zip(samples, beside))


def p90(samples, what):
    values = sorted(getattr(sample, what) for sample in samples)
    return values[min(len(values) - 1, len(values) * 9 // 10)]


class Runner:
    """Starts commands through the small `launch`, in an empty folder."""

    def __init__(self, launcher, folder):
        self.launcher = launcher
        self.folder = folder
        self.env = dict(os.environ, HOME=folder)

    def run(self, command):
        done = subprocess.run([self.launcher, "1", *command], cwd=self.folder, env=self.env,
                              stdout=subprocess.PIPE, text=True, check=True)
        return Sample(done.stdout)

    def beside(self, rounds, *commands):
        """The samples of each command; they take turns, so that load on the machine hits all, and who
        begins takes turns, so that what one leaves behind (a busy disk) hits all as well."""
        samples = [[] for _ in commands]
        for number in range(rounds):
            order = range(len(commands))
            for i in order if number % 2 == 0 else reversed(order):
                samples[i].append(self.run(commands[i]))
        return samples


UNITS = {"ms": 1e3, "s": 1, "us": 1e6}


class Table:
    COLUMNS = ("what", "beside", "figure", "ours", "ratio", "goal", "met")

    def __init__(self):
        self.rows = []

    def add(self, what, unit, ours, beside=None, figure=None, most=None, most_ratio=None,
            least_ratio=None):
        """A row: `ours` and `figure` (of what is named in `beside`) in seconds, or in the unit
        where that is no time; the other arguments are the goals for ours and ours/figure."""
        ratio = ours / figure if figure else None
        goals = []
        met = None
        if most is not None:
            goals.append(f"<= {self.show(most, unit)}")
            met = ours <= most
        if most_ratio is not None:
            goals.append(f"<= {self.show_ratio(most_ratio)}")
            met = (met is not False) and ratio is not None and ratio <= most_ratio
        if least_ratio is not None:
            goals.append(f">= {self.show_ratio(least_ratio)}")
            met = (met is not False) and ratio is not None and ratio >= least_ratio
        self.rows.append({"what": what, "unit": unit, "beside": beside, "figure": figure,
                          "ours": ours, "ratio": ratio, "goal": ", ".join(goals), "met": met})

    @staticmethod
    def show(value, unit):
        if value is None:
            return "-"
        value *= UNITS.get(unit, 1)
        digits = 0 if value >= 1000 else 1 if value >= 10 else 3
        return f"{value:,.{digits}f} {unit}"

    @staticmethod
    def show_ratio(ratio):
        if ratio is None:
            return "-"
        return f"1/{1 / ratio:.3g}" if 0 < ratio < 0.5 else f"{ratio:.2f}"

    def show_row(self, row):
        return (row["what"], row["beside"] or "-", self.show(row["figure"], row["unit"]),
                self.show(row["ours"], row["unit"]), self.show_ratio(row["ratio"]),
                row["goal"] or "-", {True: "yes", False: "NO", None: "-"}[row["met"]])

    def __str__(self):
        lines = [self.COLUMNS, *map(self.show_row, self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.COLUMNS))]
        right = (2, 3, 4)
        return "\n".join(
            "  ".join(cell.rjust(width) if i in right else cell.ljust(width)
                      for i, (cell, width) in enumerate(zip(line, widths))).rstrip()
            for line in lines)

    def write_json(self, path, about):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"about": about, "rows": self.rows}, file, indent=2)
            file.write("\n")

    def missed(self):
        return [row["what"] for row in self.rows if row["met"] is False]
