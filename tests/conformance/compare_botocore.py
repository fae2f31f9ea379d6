#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random calls of random operations, beside botocore: endpoints, validation, requests.

usage: compare_botocore.py DRIVER COMPILE_MODELS_PY [endpoints|requests|calls|expressions] [COUNT] [SEED]

The models are compiled from the botocore that this interpreter imports, so that both read the same
data. Nothing is sent. Exits with 77 when there is no botocore.
"""
import base64
import http.server
import json
import os
import random
import string
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import xml.etree.ElementTree as ET
from pathlib import Path

from aws_driver import SKIPPED, Driver

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {**canary.KEYS, "AWS_EC2_METADATA_DISABLED": "true",
               "AWS_STS_REGIONAL_ENDPOINTS": "regional", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
try:
    import botocore.client
    import botocore.session
    from botocore import validate
    from botocore.config import Config
    from botocore.serialize import create_serializer
except ImportError:
    print("SKIPPED: no botocore to compare with")
    sys.exit(SKIPPED)

REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "ap-southeast-1", "cn-north-1",
           "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eu-new-9", "aws-global",
           "mars-north-1", "af-south-1", "me-south-1", "us-gov-east-1", "cn-northwest-1")
FIPS, DUALSTACK = 1, 2
FRACTIONS = tuple(map(int, botocore.__version__.split(".")[:2])) >= (1, 44)
# Here botocore signs by its older endpoint data, for a dead service and for a region nobody knows.
OLD_DATA = ("importexport", "eu-new-9")
UNSPOKEN = ("smithy-rpc-v2-cbor",)


def endpoint_of(session, service, region, flags, url, params):
    """What botocore finds: (url, signing region, signing name), or None for an error."""
    config = Config(use_fips_endpoint=bool(flags & FIPS),
                    use_dualstack_endpoint=bool(flags & DUALSTACK))
    try:
        client = session.create_client(service, region_name=region, endpoint_url=url,
                                       config=config)
        resolver = client._ruleset_resolver
        name = sorted(client._service_model.operation_names)[0]
        if params:
            name = "ListObjectsV2"
        model = client._service_model.operation_model(name)
        builtins = resolver._get_customized_builtins(model, params, {})
        info = resolver.construct_endpoint(model, dict(params), {})
        schemes = info.properties.get("authSchemes")
        signer = client._request_signer
        signing = resolver.auth_schemes_to_signing_ctx(schemes)[1] if schemes else {}
        if schemes and "sigv4a" in (schemes[0]["name"], ):
            return name, None
        return name, (info.url, signing.get("region", signer._region_name),
                      signing.get("signing_name", signer._signing_name))
    except Exception as error:
        names = sorted(session.get_service_model(service).operation_names)
        return names[0] if not params else "ListObjectsV2", (None, type(error).__name__, str(error))


def compare_endpoints(driver, session, services, rng, count):
    for _ in range(count):
        service = rng.choice(services)
        region = rng.choice(REGIONS)
        flags = rng.choice((0, 0, 0, FIPS, DUALSTACK, FIPS | DUALSTACK))
        url = rng.choice((None,) * 5 + ("http://127.0.0.1:5000", "https://x.example/base"))
        params = {}
        if rng.random() < 0.15:
            service = "s3"
            params = {"Bucket": rng.choice(("bucket", "My_Bucket", "a.b.c", "127.0.0.1", "b-1",
                      "arn:aws:s3:us-west-2:123456789012:accesspoint/point",
                      "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1/accesspoint/p"))}
        operation, wanted = endpoint_of(session, service, region, flags, url, params)
        got = driver("endpoint", service=service, operation=operation, region=region, flags=flags,
                     params=params, **({"url": url} if url else {}))
        where = f"{service} {region} flags={flags} url={url} {params}"
        if wanted is None:
            continue
        if wanted[0] is None:
            if "error" not in got:
                yield f"{where}: botocore refuses ({wanted[1:]}), we give {got}"
        elif "error" in got or got["url"] != wanted[0] or service not in OLD_DATA and \
                region not in OLD_DATA and (got["region"], got["name"]) != wanted[1:]:
            yield f"{where}: {got} instead of {wanted}"


def random_text(rng, shape):
    least = int(shape.metadata.get("min", 0) or 0)
    if shape.metadata.get("enum"):
        return rng.choice(shape.metadata["enum"])
    letters = string.ascii_letters + " /+&=%é-_.~\"<>,"
    return "x" + "".join(rng.choice(letters) for _ in range(rng.randrange(max(least, 1), least + 6)))


def random_value(rng, shape, depth):
    """A value that fits, mostly."""
    kind = shape.type_name
    if kind == "structure":
        required = shape.metadata.get("required", [])
        rows = {}
        names = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            names = required = [rng.choice(names)] if names else []
        if getattr(shape, "is_document_type", False):
            return {"any": [1, "x"]}
        for name in names:
            if name in required or (depth > 0 and rng.random() < 4 / (len(names) + 3)):
                rows[name] = random_value(rng, shape.members[name], depth - 1)
        return rows
    if kind == "list":
        size = max(int(shape.metadata.get("min", 0)), rng.randrange(3)) if depth > 0 else \
            int(shape.metadata.get("min", 0))
        return [random_value(rng, shape.member, depth - 1) for _ in range(min(size, 3))]
    if kind == "map":
        if depth <= 0:
            return {}
        return {random_text(rng, shape.key).replace(" ", ""):
                random_value(rng, shape.value, depth - 1) for _ in range(rng.randrange(3))}
    if kind in ("integer", "long"):
        return max(int(shape.metadata.get("min", 0)), rng.randrange(100))
    if kind in ("float", "double"):
        return max(float(shape.metadata.get("min", 0)), rng.choice((1.5, 0.1, 1e20, 2.0)))
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "timestamp":
        # Before 1.44, botocore cut fractions off where seconds are counted.
        return "2026-11-22T12:00:00" + rng.choice(("Z", ".250000Z") if FRACTIONS else ("Z",))
    if kind == "blob":
        return "blob-" + random_text(rng, shape)
    return random_text(rng, shape)


def broken(rng, value):
    """The value with one thing changed, perhaps for the worse."""
    if isinstance(value, dict) and value and rng.random() < 0.7:
        key = rng.choice(sorted(value))
        if rng.random() < 0.3:
            return {k: v for k, v in value.items() if k != key}
        return value | {key: broken(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.7:
        return [broken(rng, value[0])] + value[1:]
    if isinstance(value, dict):
        return value | {"NoSuchMember": 1}
    return rng.choice((None, 7, "", [], {}, 1.5, -1))


def with_blobs(shape, value, convert):
    if shape.type_name == "structure" and isinstance(value, dict) and \
            not getattr(shape, "is_document_type", False):
        return {k: with_blobs(shape.members[k], v, convert) if k in shape.members else v
                for k, v in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [with_blobs(shape.member, v, convert) for v in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {k: with_blobs(shape.value, v, convert) for k, v in value.items()}
    if shape.type_name == "blob" and isinstance(value, str):
        return convert(value)
    return value


def tree(element):
    return (element.tag, sorted(element.attrib.items()), element.text or "",
            [tree(child) for child in element])


def form(pairs):
    return sorted((k, str(v)) for k, v in pairs)


def pairs_of(query):
    for key, value in (query or {}).items():
        if isinstance(value, list):
            yield from ((key, str(item)) for item in value)
        else:
            yield key, str(value)


def same_request(protocol, wanted, got):
    body = base64.b64decode(got["body"])
    path, _, literal = wanted["url_path"].partition("?")
    if (got["method"], got["path"]) != (wanted["method"], path):
        return f"target {got['method']} {got['path']}"
    query = form(list(urllib.parse.parse_qsl(literal, True)) +
                 list(pairs_of(wanted["query_string"])))
    if form(urllib.parse.parse_qsl(got["query"], True)) != query:
        return f"query {got['query']}"
    mine = {k.lower(): v for k, v in got["headers"].items()}
    theirs = {k.lower(): v for k, v in wanted["headers"].items()}
    if theirs.keys() - mine.keys() or any(mine[k] != theirs[k] for k in theirs):
        return f"headers {mine}"
    if mine.keys() - theirs.keys() - {"content-type"}:
        return f"more headers {mine}"
    if got["host_prefix"] != wanted.get("host_prefix", ""):
        return f"host prefix {got['host_prefix']}"
    theirs = wanted["body"]
    if protocol in ("query", "ec2"):
        pairs = form(urllib.parse.parse_qsl(body.decode(), True))
        return None if pairs == form(theirs.items()) else f"body {body}"
    if isinstance(theirs, str):
        theirs = theirs.encode()
    if theirs == body:
        return None
    try:
        if protocol == "rest-xml":
            return None if tree(ET.fromstring(body)) == tree(ET.fromstring(theirs)) else "body"
        return None if json.loads(body) == json.loads(theirs) else f"body {body}"
    except ValueError:
        return f"body {body}"


def compare_requests(driver, session, services, rng, count):
    models = {}
    for i in range(count):
        if i % 20 == 0:
            service = rng.choice(services)
            model = models.setdefault(service, session.get_service_model(service))
        if model.metadata["protocol"] in UNSPOKEN:
            continue
        operation = model.operation_model(rng.choice(sorted(model.operation_names)))
        shape = operation.input_shape
        if shape is None or operation.has_event_stream_input or operation.has_event_stream_output:
            continue
        params = random_value(rng, shape, 4)
        if rng.random() < 0.3:
            params = broken(rng, params)
        if not isinstance(params, dict):
            continue
        where = f"{service}.{operation.name} {json.dumps(params)[:600]}"
        protocol = model.metadata["protocol"]
        mine = with_blobs(shape, params, lambda v: base64.b64encode(v.encode()).decode())
        report = driver("validate", service=service, operation=operation.name, params=mine)
        wanted = validate.ParamValidator().validate(params, shape).generate_report() or None
        if report.get("report") != wanted:
            yield f"{where}: report {report} instead of {wanted!r}"
            continue
        if wanted:
            continue
        got = driver("encode_request", service=service, operation=operation.name, params=mine)
        try:
            theirs = create_serializer(protocol, False).serialize_to_request(
                with_blobs(shape, params, lambda v: v.encode()), operation)
        except Exception as error:
            if "error" not in got:
                yield f"{where}: botocore refuses: {error!r}"
            continue
        if "part of the address" in got.get("error", ""):
            continue  # botocore sends it all the same, to another operation's address
        if "error" in got:
            yield f"{where}: {got['error']}"
        elif problem := same_request(protocol, theirs, got):
            yield f"{where}:\n    {problem} instead of {theirs}"
        else:
            yield from compare_back(driver, service, operation, got, mine, where)


def compare_back(driver, service, operation, request, params, where):
    back = driver("decode_request", service=service, **request)
    if "error" in back:
        yield f"{where}: server: {back['error']}"
    elif back["operation"] != operation.name and not operation.deprecated:
        yield f"{where}: the server takes it for {back['operation']}"


class Recorder:
    """A server on loopback that answers 200 with nothing in it and keeps the requests."""

    def __init__(self):
        outer = self
        self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                outer.requests.append((self.command, self.path, {
                    k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_any

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self):
        """The one request since the last time; None for none."""
        taken, self.requests = self.requests, []
        return taken[0] if taken else None


# What differs by nature (signatures, clocks, names of programs) or by botocore's version
# (checksums), and what nobody looks at.
IGNORED = {"authorization", "user-agent", "x-amz-user-agent", "amz-sdk-invocation-id",
           "amz-sdk-request", "x-amz-date", "accept-encoding", "accept", "connection", "expect",
           "content-md5", "x-amz-sdk-checksum-algorithm", "x-amz-sha256-tree-hash", "content-length", "transfer-encoding"}


def visible(headers):
    return {k: v for k, v in headers.items()
            if k not in IGNORED and not k.startswith("x-amz-checksum")}


def same_wire(protocol, wanted, got):
    (method, target, headers, body), (method2, target2, headers2, body2) = wanted, got
    path, _, query = target.partition("?")
    path2, _, query2 = target2.partition("?")
    if (method, path) != (method2, path2):
        return f"{method2} {path2} instead of {method} {path}"
    if form(urllib.parse.parse_qsl(query, True)) != form(urllib.parse.parse_qsl(query2, True)):
        return f"query {query2} instead of {query}"
    theirs, mine = visible(headers), visible(headers2)
    theirs.pop("x-amz-content-sha256", None), mine.pop("x-amz-content-sha256", None)
    mine = {k: v for k, v in mine.items() if k != "content-type" or k in theirs}
    if mine != theirs:
        return f"headers {mine} instead of {theirs}"
    if protocol in ("query", "ec2"):
        if form(urllib.parse.parse_qsl(body.decode(), True)) != \
                form(urllib.parse.parse_qsl(body2.decode(), True)):
            return f"body {body2} instead of {body}"
        return None
    if body == body2:
        return None
    try:
        if protocol == "rest-xml":
            return None if tree(ET.fromstring(body)) == tree(ET.fromstring(body2)) else \
                f"body {body2} instead of {body}"
        return None if json.loads(body) == json.loads(body2) else f"body {body2} instead of {body}"
    except ValueError:
        return f"body {body2} instead of {body}"


def compare_calls(driver, session, services, rng, count):
    """The same call from a botocore client and from a session of ours, on the wire."""
    recorder = Recorder()
    config = Config(retries={"max_attempts": 0}, inject_host_prefix=False)
    chosen = os.environ.get("SERVICES", "").split() or services
    for i in range(count):
        if i % 10 == 0:
            service = rng.choice(chosen)
            client = session.create_client(service, region_name="us-east-1", config=config,
                                           endpoint_url=recorder.url)
            model = client._service_model
        protocol = model.metadata["protocol"]
        operation = model.operation_model(rng.choice(sorted(model.operation_names)))
        shape = operation.input_shape
        if protocol in UNSPOKEN or operation.has_event_stream_input or \
                operation.has_event_stream_output or model.metadata["signatureVersion"] == "bearer":
            continue
        params = random_value(rng, shape, 3) if shape else {}
        for name in params:
            if name == "Bucket" or name.endswith("Id"):  # names no service would take otherwise
                params[name] = "x-" + "".join(c for c in str(params[name]) if c.isalnum() and
                                              c.isascii())
        fill_tokens(shape, params)
        where = f"{service}.{operation.name} {json.dumps(params)[:500]}"
        mine = with_blobs(shape, params, lambda v: base64.b64encode(v.encode()).decode()) \
            if shape else {}
        theirs = with_blobs(shape, params, lambda v: v.encode()) if shape else {}
        refusal = None
        try:
            client._make_api_call(operation.name, theirs)
        except Exception as error:
            refusal = error
        wanted = recorder.take()
        answer = driver("call", service=service, operation=operation.name, params=mine,
                        session={"region": "us-east-1", "endpoint_url": recorder.url,
                                 "access_key": canary.KEY_ID, "secret_key": canary.SECRET,
                                 "session_token": canary.TOKEN})
        canary.sweep(json.dumps(answer))
        got = recorder.take()
        if wanted is None or got is None:
            if "MissingDependency" in repr(refusal):
                continue
            if wanted is not None and "part of the address" not in str(answer):
                yield f"{where}: not sent: {answer}"
            elif got is not None:
                yield f"{where}: botocore does not send it: {refusal!r}"
        elif problem := same_wire(protocol, wanted, got):
            yield f"{where}:\n    {problem}"


def fill_tokens(shape, params):
    """Idempotency tokens are random: give both sides the same."""
    for name, member in (shape.members.items() if shape else ()):
        if member.metadata.get("idempotencyToken"):
            params.setdefault(name, "token-token-token-token-token-token-12")


EXPRESSIONS = """
a | a.b | a.b.c | b[0] | b[-1] | b[9] | b[1:] | b[:2] | b[::-1] | b[::2] | c[].d | c[*].d | c[].e[] | c[].e[].f
c[?d == `1`].e[].f | c[?d > `1`] | c[?!d] | c[?d && x].d | *.b | a.* | @ | [a, b] | {x: a.b, y: b[0]} | c[0].[d, e]
length(b) | length(a) | length('xyz') | length(c[].e[]) > `2` | b | c | "a" | a."b" | nothing || b[0] | nothing | nothing[]
!b | !nothing | b == `[1, 2, 3]` | contains(b, `2`) | contains(s, 'ell') | starts_with(s, 'he') | ends_with(s, 'lo')
keys(a) | values(a) | not_null(nothing, s) | to_string(b) | type(b) | type(s) | c[].e[0].f | c[*].e[*].f | c[*].e[].f[]
c[?length(e) == `2`].d | (a || b)[0] | b[?@ > `1`] | b[?@ > `1`] \\| [0] | c[].e \\| [0] | s == 'hello' | `{"k": 1}`.k
length(nothing || '') > `0` | a.b == a.b && b[0] == `1` | c[-1].d | g[][] | g[*][0] | g[0][1] | a.[b, b] | a.{z: b}
c[1:].d | c[?e[?f == `3`]].d | b[*] | s[0] | s[*] | a[] | c[].e[?f > `1`][] | length(b[?@ != `2`]) | [] | *[0]
"""
DOCUMENT = {"a": {"b": {"c": 1}}, "b": [1, 2, 3], "s": "hello", "g": [[1, [2]], [3]],
            "c": [{"d": 1, "e": [{"f": 1}, {"f": 2}], "x": True}, {"d": 2, "e": [{"f": 3}]},
                  {"d": None, "e": []}]}


def expressions_of(data):
    """All that the models use, and some of our own."""
    texts = {part.strip().replace("\0", "|") for line in EXPRESSIONS.splitlines()
             for part in line.replace("\\|", "\0").replace("||", "\0\0").split("|")} - {""}
    for path in data.rglob("waiters-2.json"):
        for waiter in json.loads(path.read_text())["waiters"].values():
            texts |= {a["argument"] for a in waiter["acceptors"] if "argument" in a}
    for path in data.rglob("paginators-1.json"):
        for row in json.loads(path.read_text())["pagination"].values():
            for key in ("output_token", "result_key", "more_results", "non_aggregate_keys"):
                value = row.get(key, [])
                texts |= set(value if isinstance(value, list) else [value])
    return sorted(texts)


def compare_expressions(driver, session, services, rng, count):
    import jmespath
    for text in expressions_of(Path(botocore.__file__).parent / "data"):
        got = driver("search", expression=text, value=DOCUMENT)
        try:
            wanted = jmespath.search(text, DOCUMENT)
        except Exception as error:
            if "error" not in got:
                yield f"{text}: {got} instead of {error!r}"
            continue
        if "found" not in got or got["found"] != wanted:
            yield f"{text}: {got} instead of {wanted}"


def main():
    program, compiler, mode = (sys.argv[1:] + ["requests"])[:3]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    session = botocore.session.get_session()
    data = Path(botocore.__file__).parent / "data"
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        models = Path(place, "models.bin")
        subprocess.run([sys.executable, compiler, "--data", str(data), str(models)], check=True)
        driver = Driver(program, models)
        compare = {"endpoints": compare_endpoints, "requests": compare_requests, "calls": compare_calls,
                   "expressions": compare_expressions}[mode]
        services = session.get_available_services()
        for problem in compare(driver, session, services, random.Random(seed), count):
            failed += 1
            print(problem)
        failed += driver.close() != 0
    print(f"botocore {botocore.__version__}, seed {seed}: {count} {mode}, {failed} differ")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
