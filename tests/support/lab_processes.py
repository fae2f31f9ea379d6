# SPDX-License-Identifier: Apache-2.0
"""The processes of labs, by the words they were started with (chaos-lab NAME PORT), and the variables
that a lab tells."""
import os
import re


def exported(text):
    """What `chaos lab env` sets; "" for what it unsets, which AWS clients take for nothing."""
    return dict(re.findall(r"^export (\w+)='(.*)'$", text, re.M)) | {
        name: "" for name in re.findall(r"^unset (\w+)$", text, re.M)}


def read(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read()


def processes(prefix):
    """Launchers and daemons of the labs whose names begin so."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = read(pid, "cmdline").split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"chaos-lab") and words[1].startswith(prefix.encode()):
            found.append(int(pid))
    return found


def daemon(name):
    """The daemon: its launcher has the same words, but is in no PID namespace of its own."""
    for pid in processes(name):
        try:
            is_named = read(pid, "cmdline").split(b"\0")[1] == name.encode()
            inner = next(line for line in read(pid, "status").splitlines()
                         if line.startswith(b"NSpid")).split()[1:]
        except OSError:
            continue
        if is_named and len(inner) > 1:
            return pid
    raise LookupError(f"no daemon of a lab named {name}")
