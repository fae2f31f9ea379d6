#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""boto3 asks the lab's cloud and moto_server the same: what it decodes must have the same shape, and
a refused call the same code, or the difference is listed with its reason in docs/lab-api.md.

usage: test_lab_api.py CLOUD_DRIVER MODELS

The driver is the cloud without machines: it answers the requests that boto3 signs and encodes, over
a pipe instead of HTTP. Exits with 77 when the reference cannot be installed.
"""
import datetime
import io
import json
import re
import subprocess
import sys
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

sys.path.insert(0, str(ROOT / "tests/support"))
import canary  # noqa: E402
import reference_python  # noqa: E402

reference_python.enter()

import boto3  # noqa: E402

import jmespath  # noqa: E402
from botocore.awsrequest import AWSResponse  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402
from botocore.parsers import ResponseParserError  # noqa: E402
from lab_api_calls import CALLS  # noqa: E402

MOTO_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()
server.stop()
"""


class Answer(io.BytesIO):
    def stream(self, *args, **kwargs):
        yield self.read()


class Driver:
    """The cloud behind a pipe, in the place of boto3's HTTP connection."""

    def __init__(self, program, models):
        self.process = subprocess.Popen([program, models], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def send(self, request, **kwargs):
        service = urllib.parse.urlsplit(request.url).hostname.split(".")[0]
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        self.process.stdin.write(json.dumps({"service": service, "body": body}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(f"the driver: {answer['error']}")
        return AWSResponse(request.url, answer["status"], {"content-type": "text/xml"},
                           Answer(answer["body"].encode()))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def client(service, url=None, driver=None):
    made = boto3.client(service, endpoint_url=url or f"http://{service}.lab.invalid",
                        region_name="us-east-1", **canary.AS_SECRETS,
                        config=Config(retries={"total_max_attempts": 1},
                                      parameter_validation=False))
    if driver:
        made.meta.events.register("before-send", driver.send)
    return made


class Side:
    """One of the two clouds, and the ids that it gave."""

    def __init__(self, url=None, driver=None):
        self.names = {}
        self.clients = {}
        self.make = lambda service: client(service, url, driver)

    def filled_in(self, value):
        if isinstance(value, dict):
            return {key: self.filled_in(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled_in(item) for item in value]
        if isinstance(value, str):
            return re.sub(r"<(\w+)>", lambda found: str(self.names[found[1]]), value)
        return value

    def call(self, service, operation, params, keep):
        """The shape of the answer, or the code of the error."""
        if service not in self.clients:
            self.clients[service] = self.make(service)
        method = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()
        try:
            answer = getattr(self.clients[service], method)(**self.filled_in(params))
        except ClientError as error:
            return error.response["Error"]["Code"]
        except ResponseParserError:
            return "500"  # moto fell over
        for name, path in keep.items():
            self.names[name] = jmespath.search(path, answer)
        answer.pop("ResponseMetadata")
        return shape(answer)


def shape(value):
    """Names and types only; of a list what its items have together."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        together = None
        for item in value:
            together = joined(together, shape(item))
        return [together] if value else []
    return "time" if isinstance(value, datetime.datetime) else type(value).__name__


def joined(one, other):
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: joined(one.get(key), other.get(key)) for key in [*one, *other]}
    if isinstance(one, list) and isinstance(other, list):
        return [joined(one[0], other[0])] if one and other else one or other
    return other if one is None else one


def differences(ours, moto, path=""):
    """Lines as docs/lab-api.md has them."""
    if isinstance(ours, dict) and isinstance(moto, dict):
        for key in sorted({*ours, *moto}):
            where = f"{path}.{key}" if path else key
            if key not in ours:
                yield f"lacks `{where}`"
            elif key not in moto:
                yield f"adds `{where}`"
            else:
                yield from differences(ours[key], moto[key], where)
    elif isinstance(ours, list) and isinstance(moto, list):
        if ours and moto:
            yield from differences(ours[0], moto[0], path + "[]")
    elif ours != moto:
        says = [side if isinstance(side, str) else "an answer" for side in (ours, moto)]
        yield f"{path + ': ' if path else ''}`{says[0]}`, moto `{says[1]}`"


def listed():
    """The rows of the documented table: {(operation, difference)}, '*' for any operation."""
    text = (ROOT / "docs/lab-api.md").read_text()
    table = text.partition("<!-- differences from moto -->")[2].partition("<!-- end -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()
            if line.startswith("| ") and not line.startswith("| call")]
    return {(row[0].strip("`"), row[1]): row[2] for row in rows}


def matches(row, operation, line):
    """The row's words with '*' for anything; the rest of them means itself."""
    return all(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text)
               for pattern, text in zip(row, (operation, line)))


def compare(ours, moto, known):
    """Make all calls of both: the listed differences seen, and the others with their parameters."""
    seen, unlisted = set(), {}
    for service, operation, params, keep in CALLS:
        results = [side.call(service, operation, params, keep) for side in (ours, moto)]
        for line in differences(*results):
            row = next((row for row in known if matches(row, operation, line)), None)
            if row:
                seen.add(row)
            else:
                unlisted.setdefault((operation, line), params)
    return seen, unlisted


def main():
    driver = Driver(*sys.argv[1:3])
    server = subprocess.Popen([sys.executable, "-c", MOTO_SERVER], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    known = listed()
    try:
        url = server.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), url
        seen, unlisted = compare(Side(driver=driver), Side(url=url), known)
    finally:
        driver.close()
        server.stdin.close()
        server.wait()
    for (operation, line), params in unlisted.items():
        print(f"| `{operation}` | {line} | | with {json.dumps(params, default=repr)[:150]}")
    stale = sorted(set(known) - seen)
    for operation, line in stale:
        print(f"listed, but not seen: {operation}: {line}")
    operations = {call[:2] for call in CALLS}
    print(f"{len(CALLS)} calls of {len(operations)} operations, {len(seen)} listed differences, "
          f"{len(unlisted)} others, {len(stale)} listed that are none")
    return 1 if unlisted or stale else 0


if __name__ == "__main__":
    sys.exit(main())
