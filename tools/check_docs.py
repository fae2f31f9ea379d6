#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the manual pages of the commands against the table of commands.

usage: check_docs.py CHAOS MAN_DIR

Each visible command has a page; it lists exactly the options of the command and of its
subcommands, with their values as `--help` shows them and their defaults; its synopsis names the
arguments; and the pages it refers to exist. Every page of the folder is in its meson.build and turns
into roff without leftovers of Markdown. Prints one line per breach and exits with 1 if there is any.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

import md2man

TERM = re.compile(r"^\*\*(--[\w-]+)\*\*(.*)$")
REFERENCE = re.compile(r"\*\*(chaos[\w-]*)\*\*\((\d)\)")


def listed_options(page):
    """option -> list of (value, text) of each place where the page defines it."""
    found, lines = {}, page.splitlines()
    for at, line in enumerate(lines):
        if (term := TERM.match(line)) and at + 1 < len(lines) and lines[at + 1].startswith(":"):
            text = " ".join(lines[at + 1:lines.index("", at + 1)])
            found.setdefault(term[1], []).append((term[2].replace("*", "").strip(), text))
    found.pop("--help", None)  # every command has it, no table lists it
    return found


def options_of(command):
    yield from command["options"]
    for child in command["commands"]:
        if command["name"] != "chaos":
            yield from options_of(child)


def breaches_of(command, page_path):
    if not page_path.is_file():
        yield f"there is no page {page_path.name} for '{command['name']}'"
        return
    page = page_path.read_text(encoding="utf-8")
    listed = listed_options(page)
    wanted = {}
    for option in options_of(command):
        wanted.setdefault(option["name"], []).append(option)
    for name in sorted(listed.keys() ^ wanted.keys()):
        where = "is not on the page" if name in wanted else "is on the page only"
        yield f"{page_path.name}: {name} {where}"
    for name in sorted(listed.keys() & wanted.keys()):
        values = {option["metavar"].strip("[]") for option in wanted[name]}
        for value, text in listed[name]:
            if value not in values:
                yield f"{page_path.name}: {name} takes {' or '.join(sorted(values))}, not '{value}'"
            if not any(not option["default"] or option["default"] in text
                       for option in wanted[name]):
                yield f"{page_path.name}: {name} does not tell its default"
    synopsis = page.partition("## SYNOPSIS")[2].partition("\n## ")[0]
    for argument in [*command["arguments"], *(a for c in command["commands"] if command["name"] != "chaos"
                                              for a in c["arguments"])]:
        if argument not in synopsis:
            yield f"{page_path.name}: the synopsis lacks {argument}"
    for child in command["commands"]:
        if not child["hidden"] and f"**{child['name']}**" not in page \
                and f"**chaos-{child['name']}**" not in page:
            yield f"{page_path.name}: the command '{child['name']}' is not mentioned"


def breaches_of_text(path, build_file):
    page = path.read_text(encoding="utf-8")
    for name, section in REFERENCE.findall(page):
        if not (path.parent / f"{name}.{section}.md").is_file():
            yield f"{path.name}: refers to {name}({section}), which does not exist"
    if f"'{path.name.removesuffix('.md')}'" not in build_file:
        yield f"{path.name}: is not in meson.build"
    code = re.compile(r"^```.*?^```$|^    .*?$", re.S | re.M)
    if re.search(r"\*\*|^```|^#|^: ", md2man.convert(code.sub("", page), "0"), re.M):
        yield f"{path.name}: has Markdown that md2man.py does not know"


def main():
    chaos, folder = sys.argv[1], Path(sys.argv[2])
    table = json.loads(subprocess.run([chaos, "dump"], check=True, capture_output=True).stdout)
    found = list(breaches_of(table, folder / "chaos.1.md"))
    for command in table["commands"]:
        if not command["hidden"]:
            found += breaches_of(command, folder / f"chaos-{command['name']}.1.md")
    known = {"chaos"} | {"chaos-" + c["name"] for c in table["commands"] if not c["hidden"]}
    pages = {path.name.split(".")[0] for path in folder.glob("chaos*.1.md")}
    found += [f"{name}.1.md: there is no such command" for name in sorted(pages - known)]
    build_file = (folder / "meson.build").read_text(encoding="utf-8")
    for path in sorted(folder.glob("*.md")):
        found += breaches_of_text(path, build_file)
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
