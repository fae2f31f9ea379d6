#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The published AWS protocol vectors, in both directions of every codec.

usage: test_aws_protocols.py DRIVER COMPILE_MODELS_PY

Input: what we encode is the request of the vector, and our server side decodes it to the parameters
it came from. Output: the response of the vector decodes to its result, and what our server side
encodes decodes to the same result. Exits with 77 when the vectors are not there.
"""
import base64
import datetime
import json
import math
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree as ET
from pathlib import Path

from aws_driver import Driver, b64, compile_services, shared_folder

PROTOCOLS = ("ec2", "query", "json", "json_1_0", "rest-json", "rest-xml")


def service_of(suite, case, errors=()):
    """A service with the one operation of a case."""
    metadata = {"endpointPrefix": "vector", "serviceId": "Vector", "serviceFullName": "Vector",
                "signatureVersion": "v4", "apiVersion": "2000-01-01"} | suite["metadata"]
    return {"metadata": metadata, "shapes": suite["shapes"],
            "operations": {case["given"]["name"]: case["given"]}}


class Ignored:
    def __init__(self, folder):
        self.rules = json.loads((folder / "protocol-tests-ignore-list.json").read_text())

    def __call__(self, protocol, side, suite, case):
        for rules in (self.rules["general"], self.rules["protocols"].get(protocol, {})):
            rule = rules.get(side, {})
            if suite["description"] in rule.get("suites", ()) or case["id"] in rule.get("cases", ()):
                return True
        return False


def plain(shapes, ref, value):
    """A value of a vector in our form: base64 for bytes, one form for times and numbers."""
    if value is None or not ref:
        return value
    shape = shapes[ref["shape"]] | ref
    kind = shape["type"]
    if kind == "structure" and not shape.get("document") and isinstance(value, dict):
        return {k: plain(shapes, shape["members"].get(k), v) for k, v in value.items()}
    if kind == "list":
        return [plain(shapes, shape["member"], v) for v in value]
    if kind == "map":
        return {k: plain(shapes, shape["value"], v) for k, v in value.items()}
    if kind == "blob" and isinstance(value, str):
        return b64(value)
    if kind == "timestamp" and isinstance(value, (int, float)):
        moment = datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
        return moment.isoformat()
    if kind in ("float", "double") and value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    if kind in ("float", "double"):
        return float(value)
    return value


def same(a, b):
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b):
        return True
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b or \
        isinstance(a, (int, float)) and isinstance(b, (int, float)) and a == b


def pruned(value):
    """Without what no form and no XML can tell from nothing: null, and empty containers."""
    if isinstance(value, dict):
        rows = {k: pruned(v) for k, v in value.items()}
        return {k: v for k, v in rows.items() if v is not None and v != {} and v != []}
    if isinstance(value, list):
        return [pruned(v) for v in value if v is not None]
    return value


def xml_tree(element):
    children = sorted((xml_tree(child) for child in element), key=repr)
    return (element.tag, sorted(element.attrib.items()), (element.text or "").strip(), children)


def same_body(protocol, got, wanted):
    if got == wanted:
        return True
    if protocol in ("ec2", "query"):
        pairs = lambda text: sorted(urllib.parse.parse_qsl(text.decode(), True))
        return pairs(got) == pairs(wanted)
    try:
        if protocol == "rest-xml":
            return xml_tree(ET.fromstring(got)) == xml_tree(ET.fromstring(wanted))
        return same(json.loads(got), json.loads(wanted))
    except (ValueError, ET.ParseError):
        return False


def check_request(protocol, suite, case, got):
    wanted = case["serialized"]
    if "error" in got:
        yield got["error"]
        return
    if "method" in wanted and got["method"] != wanted["method"]:
        yield f"method {got['method']}"
    path, _, query = wanted.get("uri", "/").partition("?")
    pairs = lambda text: sorted(urllib.parse.parse_qsl(text, True))
    if got["path"] != path or pairs(got["query"]) != pairs(query):
        yield f"target {got['path']}?{got['query']} instead of {wanted['uri']}"
    headers = {k.lower(): v for k, v in got["headers"].items()}
    for name, value in wanted.get("headers", {}).items():
        mine = headers.get(name.lower())
        if isinstance(mine, str):  # compat: botocore writes lists without the blank
            mine, value = mine.replace(", ", ","), value.replace(", ", ",")
        if mine != value and not (name == "Content-Type" and (mine or "").split(";")[0] == value):
            yield f"header {name}: {mine!r} instead of {value!r}"
    for name in wanted.get("requireHeaders", ()):
        if name.lower() not in headers and name != "Content-Length":
            yield f"header {name} is missing"
    for name in wanted.get("forbidHeaders", ()):
        if name.lower() in headers:
            yield f"header {name} must not be there"
    if "host" in wanted:
        host = urllib.parse.urlparse(suite["clientEndpoint"])
        host = host.netloc or host.path
        if got["host_prefix"] + host != wanted["host"]:
            yield f"host {got['host_prefix'] + host} instead of {wanted['host']}"
    body = base64.b64decode(got["body"])
    if "body" in wanted and not same_body(protocol, body, wanted["body"].encode()):
        yield f"body {body} instead of {wanted['body']}"


def without_claimed(suite, case, params):
    """Maps in the query say nothing about parameters that have a member of their own."""
    ref = case["given"].get("input")
    members = suite["shapes"][ref["shape"]]["members"] if ref else {}
    in_query = {k: m for k, m in members.items() if m.get("location") == "querystring"}
    is_map = lambda m: suite["shapes"][m["shape"]]["type"] == "map"
    claimed = {m.get("locationName", k) for k, m in in_query.items() if not is_map(m)}
    for name, member in in_query.items():
        if is_map(member) and name in params:
            params[name] = {k: v for k, v in params[name].items() if k not in claimed}
    return params


def check_input(driver, protocol, service, suite, case):
    params = plain(suite["shapes"], case["given"].get("input"), case.get("params", {}))
    request = driver("encode_request", service=service, operation=case["given"]["name"],
                     params=params)
    yield from check_request(protocol, suite, case, request)
    if "error" in request:
        return
    back = driver("decode_request", service=service, **request)
    wanted = pruned(without_claimed(suite, case, params))
    if "error" in back:
        yield "server: " + back["error"]
    elif not same(pruned(back["params"]), wanted):
        yield f"server: {back['params']} instead of {wanted}"


def split_result(value):
    metadata = value.pop("ResponseMetadata", {})
    return value, metadata


def check_result(case, suite, value, where):
    value, _ = split_result(value)
    wanted = plain(suite["shapes"], case["given"].get("output"), case.get("result", {}))
    if not same(value, wanted):
        yield f"{where}{value} instead of {wanted}"


def check_error(case, suite, value, where):
    value, _ = split_result(value)
    error = value.pop("Error", {})
    if error.get("Code") != case["errorCode"]:
        yield f"{where}code {error.get('Code')} instead of {case['errorCode']}"
    if error.get("Message") != case.get("errorMessage", error.get("Message")):
        yield f"{where}message {error.get('Message')} instead of {case['errorMessage']}"
    shape = case["given"]["errors"][0]
    wanted = plain(suite["shapes"], shape, case.get("error", {}))
    for name, item in wanted.items():
        if not same(value.get(name), item):
            yield f"{where}{name} is {value.get(name)} instead of {item}"


def check_output(driver, protocol, service, suite, case):
    response = case["response"]
    operation = case["given"]["name"]
    where = {"service": service, "operation": operation}
    got = driver("decode_response", status=response["status_code"],
                 headers=response.get("headers", {}), body=b64(response.get("body", "")), **where)
    if "error" in got:
        yield got["error"]
        return
    is_error = "errorCode" in case
    check = check_error if is_error else check_result
    yield from check(case, suite, dict(got), "")
    value, _ = split_result(got)
    if is_error:
        error = value.pop("Error")
        back = driver("encode_fault", code=error["Code"], message=error["Message"], members=value,
                      **where)
    else:
        back = driver("encode_response", value=value, **where)
    if "error" in back:
        yield "server: " + back["error"]
        return
    again = driver("decode_response", **back, **where)
    if "error" in again:
        yield "server, decoded again: " + again["error"]
        return
    if is_error:
        yield from check_error(case, suite, again, "server: ")
        return
    again, metadata = split_result(again)
    for item in again.values():  # a map of all headers has those of our server, too
        for name in ("x-amzn-RequestId", "Content-Type") if isinstance(item, dict) else ():
            item.pop(name, None)
    if not same(pruned(again), pruned(value)):
        yield f"server: {again} instead of {value}"
    if metadata.get("RequestId") != "id-1":
        yield f"server: request id {metadata}"


def main():
    program, compiler = sys.argv[1:]
    folder = shared_folder("protocols")
    ignored = Ignored(folder)
    checks = {"input": check_input, "output": check_output}
    services, cases = {}, []
    for side in checks:
        for protocol in PROTOCOLS:
            suites = json.loads((folder / side / f"{protocol}.json").read_text())
            for i, suite in enumerate(suites):
                for j, case in enumerate(suite["cases"]):
                    name = f"{side}-{protocol}-{i}-{j}"
                    services[name] = service_of(suite, case)
                    cases.append((side, protocol, name, suite, case))
    failed = skipped = 0
    with tempfile.TemporaryDirectory() as place:
        models = Path(place, "models.bin")
        compile_services(services, compiler, models)
        driver = Driver(program, models)
        for side, protocol, name, suite, case in cases:
            problems = list(checks[side](driver, protocol, name, suite, case))
            if problems and ignored(protocol, side, suite, case):
                skipped += 1
                continue
            failed += bool(problems)
            for problem in problems:
                print(f"{side} {protocol} {case['id']}: {problem}")
        if driver.close() != 0:
            failed += 1
            print("the driver ended with an error")
    print(f"{len(cases)} vectors, {failed} failed, {skipped} of the ignore list do not pass")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
