#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check that includes only point the way ARCHITECTURE.md's layer table allows.

usage: check_layers.py [SOURCE_ROOT]

Also checks that each third-party library has one home, and that nothing includes by a relative
path. Prints one line per breach and exits with 1 if there is any.
"""
import re
import sys
from pathlib import Path

TABLE_ROW = re.compile(r"^\| (`[^|]+`) \| ([^|]+) \|$")
NAME = re.compile(r"`([\w/.]+)`")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
HOMES = {  # header prefix -> the only files that may include it
    "yaml.h": {"value/yaml.c", "value/yaml_load.c", "value/yaml_event.c", "value/yaml_place.c"},
    "pcre2.h": {"value/regex.c"},
    "microhttpd.h": {"net/http_server.c"},
    "curl/": {"net/http_client.c", "net/curl_api.c", "net/curl_api.h"},
    "openssl/": {"net/tls.c", "net/openssl_api.c", "net/openssl_api.h", "net/digest.c"},
    "nftables/": {"lab/nft_api.c", "lab/nft_api.h"},
}
JANSSON = "jansson.h"


def read_table(page):
    """folder -> set of what it may include, from the layer table."""
    allowed = {}
    for line in page.read_text().splitlines():
        if row := TABLE_ROW.match(line):
            targets = set(NAME.findall(row[2]))
            for folder in NAME.findall(row[1]):
                allowed[folder] = targets | {folder}
    return allowed


def permits(targets, header):
    folder = header.split("/")[0]
    return folder in targets or any(header == t or header == t + ".h" for t in targets)


def breaches(root, allowed):
    source = root / "src"
    for path in sorted(source.rglob("*.[ch]")):
        name = path.relative_to(source).as_posix()
        folder = name.split("/")[0]
        if folder not in allowed:
            yield f"{name}: the folder '{folder}' is not in the layer table"
            continue
        for bracket, header in INCLUDE.findall(path.read_text()):
            if bracket == '"':
                if header == "config.h" or header == Path(name).name:
                    continue
                if "/" not in header:
                    yield f"{name}: include '{header}' by its folder"
                elif not permits(allowed[folder], header):
                    yield f"{name}: '{folder}' may not include '{header}'"
                continue
            for prefix, homes in HOMES.items():
                if header.startswith(prefix) and name not in homes:
                    yield f"{name}: <{header}> has one home: {', '.join(sorted(homes))}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    allowed = read_table(root / "ARCHITECTURE.md")
    found = list(breaches(root, allowed))
    for line in found:
        print(line)
    if not allowed:
        print("ARCHITECTURE.md has no layer table")
    sys.exit(1 if found or not allowed else 0)


if __name__ == "__main__":
    main()
