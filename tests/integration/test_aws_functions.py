#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The functions of the AWS extension against the reference's, request by request.

usage: test_aws_functions.py NATIVE_CALL [--table FILE] [unittest arguments]

Each case runs twice with equal arguments, in the reference (in this process) and natively, against
an endpoint on loopback that records requests and gives canned answers. The requests must be equal
(method, path, query, headers that matter, body), and so must results or error texts; a case that
differs on purpose says in what. Answers are encoded by moto, so that neither side is asked what an
answer looks like. Then both run on equal states of a moto server, and must leave equal states with
equal results. At the end each function must have its requests compared, and its state where moto
has the operations that it calls. Without the reference's virtual environment ($FRACAS_REFERENCE)
it is skipped.
"""
import datetime
import http.server
import importlib
import json
import os
import re
import subprocess
import sys
import threading
import unittest
import urllib.parse
import xml.etree.ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402

SKIPPED = 77
KEYS = dict(canary.AS_SECRETS)
CONFIGURATION = {"aws_region": "us-east-1"}
DOCUMENT = '{"schemaVersion": "2.2"}'
DEADLINE_S = 60
TABLE_HEAD = """| function | requests | state | remarks |
|---|---|---|---|
"""
ALL = 155  # functions, the hook of a control among them
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Headers that say how a request travels, or who sends it.
UNTOLD = re.compile(r"host|user-agent|x-amz-user-agent|date|authorization|x-amz-date|connection"
                    r"|x-amz-content-sha256|accept-encoding|content-length|amz-sdk-.*|expect|accept"
                    r"|content-md5|x-amz-(sdk-)?checksum-.*|transfer-encoding|x-amz-trailer"
                    r"|content-encoding|x-amz-decoded-content-length|x-amzn-query-mode")
SERVICES = {"autoscaling": "autoscaling", "ec2": "ec2", "elasticloadbalancing": "elbv2",
            "ecs": "ecs", "lambda": "lambda", "events": "events", "monitoring": "cloudwatch",
            "elasticache": "elasticache", "eks": "eks", "elasticmapreduce": "emr", "fis": "fis",
            "iam": "iam", "kafka": "kafka", "rds": "rds", "route53": "route53", "s3": "s3",
            "ssm": "ssm", "ssm-incidents": "ssm-incidents", "sts": "sts", "xray": "xray"}


def reference_python():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    venv = os.environ.get("FRACAS_REFERENCE") or os.path.join(cache, "fracas", "reference")
    return os.path.join(venv, "bin", "python")


def enter_reference():
    """Go on in the interpreter of the reference, which has boto3 and moto."""
    python = reference_python()
    if os.environ.get("FRACAS_IN_REFERENCE"):
        return
    if not os.access(python, os.X_OK):
        print(f"skipped: no reference at {python}")
        sys.exit(SKIPPED)
    os.environ["FRACAS_IN_REFERENCE"] = "1"
    os.execv(python, [python, *sys.argv])


def oldest_protocol(metadata):
    listed = metadata.get("protocols") or [metadata["protocol"]]
    known = ("query", "ec2", "json", "rest-json", "rest-xml")
    return next(p for p in known if p in listed)


class Models:
    """botocore's models, and where a request goes by them."""

    def __init__(self):
        from moto.core.utils import get_service_model
        self.get = get_service_model
        self.routes = {}

    def protocol(self, service):
        return oldest_protocol(self.get(service).metadata)

    def operation(self, service, request):
        form = urllib.parse.parse_qs(request["body"].decode("latin-1"))
        target = request["headers"].get("x-amz-target")
        if target:
            return target.rpartition(".")[2]
        if "Action" in form and self.protocol(service) in ("query", "ec2"):
            return form["Action"][0]
        return self.by_route(service, request)

    def by_route(self, service, request):
        found = []
        query = set(urllib.parse.parse_qs(request["query"], keep_blank_values=True))
        for name in self.get(service).operation_names:
            rule = self.get(service).operation_model(name).http
            path, _, literals = rule["requestUri"].partition("?")
            if service == "s3":
                path = "/{Bucket}" + path.removeprefix("/{Bucket}") if "{Bucket}" in path else path
            wanted = {x.partition("=")[0] for x in literals.split("&") if x} - {"x-id"}
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.sub(r"\\\{\w+\\\+\\\}", ".+",
                                                             re.escape(path)))
            if (rule["method"] == request["method"] and wanted <= query
                    and re.fullmatch(pattern + "/?", request["raw_path"])):
                found.append((-len(wanted), -len(path), name))
        return min(found)[2] if found else None

    def encode(self, service, operation, answer):
        from moto.core.serialize import get_serializer_class
        from aws_function_cases import Refusal
        if isinstance(answer, Refusal):
            return refuse(self.protocol(service), answer)
        model = self.get(service).operation_model(operation)
        coder = get_serializer_class(service, self.protocol(service))(model)
        return coder.serialize(revive(answer))


def refuse(protocol, refusal):
    """The answer of a service that does not want to, in its protocol."""
    code, message = refusal.code, refusal.message
    if protocol.endswith("json"):
        return {"status_code": 400, "headers": {"x-amzn-ErrorType": code},
                "body": json.dumps({"__type": code, "message": message, "Message": message})}
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    body = (f"<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"
            if protocol == "ec2" else
            f"<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>")
    return {"status_code": 400, "headers": {"Content-Type": "text/xml"}, "body": body}


def revive(answer):
    """ISO texts in an answer as the times that moto's encoder wants."""
    if isinstance(answer, dict):
        return {k: revive(v) for k, v in answer.items()}
    if isinstance(answer, list):
        return [revive(v) for v in answer]
    if isinstance(answer, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer):
        return datetime.datetime.fromisoformat(answer.replace("Z", "+00:00"))
    return answer


class Endpoint(http.server.ThreadingHTTPServer):
    """Answers by operation; what it was asked is in `requests`."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.models = Models()
        self.requests = []
        self.answers = {}
        self.problems = []

    def take(self):
        requests, self.requests = self.requests, []
        return requests


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self):
        url = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = {"method": self.command, "path": urllib.parse.unquote(url.path),
                   "raw_path": url.path,
                   "query": url.query, "body": self.rfile.read(length),
                   "headers": {k.lower(): v for k, v in self.headers.items()}}
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/",
                          request["headers"].get("authorization", ""))
        request["region"] = scope[1] if scope else None
        service = SERVICES.get(scope[2]) if scope else None
        request["service"] = service
        try:
            request["operation"] = self.server.models.operation(service, request)
            made = self.server.models.encode(
                service, request["operation"], self.server.answers.get(request["operation"], {}))
        except Exception as error:  # shown by the test, as the request that nobody understood
            self.server.problems.append(f"{request}: {error!r}")
            made = {"status_code": 500, "headers": {}, "body": ""}
        self.server.requests.append(request)
        body = made["body"] or b""
        body = body.encode() if isinstance(body, str) else body
        self.send_response(made["status_code"])
        for name, value in made["headers"].items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = answer


# Members that moto makes up without its seed.
MADE_UP = {"certificateAuthority", "endpoint", "identity", "chaostoolkit-experiment-key"}


def blur(value):
    """Times and made-up tokens differ between two runs."""
    if isinstance(value, dict):
        return {k: "<made up>" if k in MADE_UP else blur(v) for k, v in value.items()}
    if isinstance(value, list):
        return [blur(v) for v in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 1.7e9:
        return "<time>"
    if isinstance(value, str):
        value = re.sub(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?", "<time>", value)
        value = re.sub(r"\.[a-z0-9]{6}\.use1\.", ".<made up>.use1.", value)
        return re.sub(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", "<uuid>", value)
    return value


def numbered(value):
    """Resources by the order in which they are first named: their ids differ between two runs."""
    text = json.dumps(value, sort_keys=True)
    for number, made in enumerate(dict.fromkeys(re.findall(r"[a-z]+-[0-9a-f]{17}", text))):
        text = text.replace(made, f"<id {number}>")
    return json.loads(text)


def canonical(element):
    """An element without the order of its children."""
    return [element.tag, blur(element.text), sorted(canonical(child) for child in element)]


def plain(request):
    """What matters of a request."""
    from aws_state_cases import folder_once
    text = folder_once(request["body"].decode("utf-8", "replace"))
    if text.startswith("{"):
        body = blur(json.loads(text))
    elif text.startswith("<"):
        body = canonical(xml.etree.ElementTree.fromstring(text))
    elif "Action=" in text:
        pairs = urllib.parse.parse_qsl(text, keep_blank_values=True)
        body = sorted((k, blur(v)) for k, v in pairs if k != "Version")
    else:
        body = blur(text)
    headers = {k: blur(v) for k, v in request["headers"].items() if not UNTOLD.fullmatch(k)}
    if headers.get("content-type"):
        headers["content-type"] = headers["content-type"].partition(";")[0]
    if not request["body"]:
        headers.pop("content-type", None)
    return {"service": request["service"], "region": request["region"],
            "operation": request["operation"], "method": request["method"],
            "path": request["path"].rstrip("/"), "body": body, "headers": headers,
            "query": sorted(pair for pair in urllib.parse.parse_qsl(blur(request["query"]),
                                                                    keep_blank_values=True)
                            if pair[0] != "x-id")}  # newer models name the operation twice


def result(value):
    """A result as JSON; what only belongs to one exchange must be there, whatever it says."""
    def other(item):
        if isinstance(item, datetime.datetime):
            return item.isoformat()
        if isinstance(item, bytes):
            return item.decode()
        return str(item)

    def strip(item):
        if isinstance(item, dict):
            return {k: "<metadata>" if k == "ResponseMetadata" else strip(v)
                    for k, v in item.items()}
        return [strip(x) for x in item] if isinstance(item, list) else item

    return strip(json.loads(json.dumps(value, default=other)))


def play_reference(function, arguments):
    import boto3
    module, _, name = f"chaosaws.{function}".rpartition(".")
    boto3.DEFAULT_SESSION = None
    called = getattr(importlib.import_module(module), name)
    try:
        return result(called(**json.loads(json.dumps(arguments)), configuration=CONFIGURATION,
                             secrets=KEYS)), None
    except Exception as error:
        return None, str(error)


class Files:
    """What the functions read: a document, and models of the reference's botocore."""

    def __init__(self):
        self.folder = canary.Folder()
        self.document = os.path.join(self.folder.name, "document.json")
        with open(self.document, "w") as file:
            file.write(DOCUMENT)
        self.models = None

    def newest_models(self):
        if not self.models:
            import botocore
            self.models = os.path.join(self.folder.name, "newest.bin")
            data = os.path.join(os.path.dirname(botocore.__file__), "data")
            subprocess.run([sys.executable, os.path.join(ROOT, "tools", "compile_models.py"),
                            "--data", data, "--services", ",".join(sorted(SERVICES.values())),
                            "--byte-order",
                            sys.byteorder, self.models], check=True)
        return self.models

    def named(self, arguments):
        return {k: self.document if v == "@document@" else v for k, v in arguments.items()}


FILES = Files()


def is_too_old(message):
    return bool(message) and "Unknown parameter" in message


def play_native(native_call, function, arguments, newest=False):
    """With the models of this build or, where they are too old for the function, the newest."""
    env = dict(os.environ, CHAOS_AWS_MODELS=FILES.newest_models()) if newest else None
    module, _, name = f"chaosaws.{function}".rpartition(".")
    activity = {"name": "a", "provider": {"type": "python", "module": module, "func": name,
                                          "secrets": ["aws"], "arguments": arguments}}
    done = canary.run([native_call, json.dumps(activity), json.dumps(CONFIGURATION),
                       json.dumps({"aws": KEYS})],
                      capture_output=True, text=True, timeout=DEADLINE_S, env=env)
    if not done.stdout:
        raise AssertionError(f"native_call ended with {done.returncode}: {done.stderr[-3000:]}")
    line = json.loads(done.stdout.splitlines()[-1])
    if "Sanitizer" in done.stderr:
        raise AssertionError(done.stderr[-6000:])
    if is_too_old(line["message"]) and not newest:
        State.too_old.add(function)
        return play_native(native_call, function, arguments, True)
    return result(line["output"]), line["message"]


class Case(unittest.TestCase):
    endpoint = None
    native_call = None
    proofs = {}
    operations = {}  # function: those that it called
    maxDiff = None

    def play(self, function, arguments, answers, differs):
        self.endpoint.answers = answers
        self.endpoint.problems = []
        self.endpoint.take()
        expected, error = play_reference(function, arguments)
        wanted = [plain(r) for r in self.endpoint.take()]
        got, message = play_native(self.native_call, function, arguments)
        sent = [plain(r) for r in self.endpoint.take()]
        self.assertEqual(self.endpoint.problems, [])
        self.operations.setdefault(function, set()).update(
            (r["service"], r["operation"]) for r in wanted + sent)
        for ours, theirs in zip(sent, wanted):
            if "content-type" not in theirs["headers"]:  # botocore leaves it to the service
                ours["headers"].pop("content-type", None)
        if not (differs or "").startswith("requests"):
            self.assertEqual(sent, wanted, f"{error} / {message}")
        if not differs:
            self.assertEqual((got, message), (expected, error))
        else:
            self.assertIsNone(message)
        self.proofs.setdefault(function, []).append(differs)


class State(unittest.TestCase):
    """Results and states of moto after the same function on the same state."""
    native_call = None
    proofs = {}  # function: why the reference fails, or None
    too_old = set()  # functions that the models of this build do not know enough for
    newest = set()  # functions whose results have more members with newer models
    maxDiff = None

    def run_on(self, function, prepare, observe, play):
        import boto3
        import requests
        url = os.environ["AWS_ENDPOINT_URL"]
        requests.post(f"{url}/moto-api/reset", timeout=DEADLINE_S)
        requests.post(f"{url}/moto-api/seed?a=42", timeout=DEADLINE_S)

        def clients(name):
            return boto3.client(name, region_name="us-east-1", **KEYS)
        arguments = prepare(clients)
        outcome = play(function, FILES.named(arguments))
        return numbered(blur(result([arguments, outcome[0], outcome[1], observe(clients)])))

    def play(self, function, prepare, observe, reference_fails=None):
        expected = self.run_on(function, prepare, observe, play_reference)
        got = self.run_on(function, prepare, observe, self.play_ours)
        if got != expected and not reference_fails:  # with members that only newer models know?
            got = self.run_on(function, prepare, observe,
                              lambda *row: self.play_ours(*row, newest=True))
            self.newest.add(function)
        if reference_fails:
            self.assertIsNotNone(expected[2])
            self.assertIsNone(got[2])
            self.assertNotEqual(got[3], expected[3])  # ours did what it is for
        else:
            self.assertEqual(got, expected)
        self.proofs[function] = reference_fails

    def play_ours(self, function, arguments, newest=False):
        return play_native(self.native_call, function, arguments, newest)


def moto_has(service, operation):
    """Whether moto implements the operation."""
    from botocore import xform_name
    module = {"lambda": "awslambda", "ssm-incidents": "ssmincidents"}.get(service, service)
    try:
        responses = importlib.import_module(f"moto.{module}.responses")
    except ImportError:
        return False
    return any(isinstance(item, type) and hasattr(item, xform_name(operation))
               for item in vars(responses).values())


def lacks(function):
    """The operations of the function that moto does not have."""
    return sorted(f"{service} {operation}" for service, operation in Case.operations[function]
                  if not moto_has(service, operation))


class Whole(unittest.TestCase):
    """What the table claims."""

    def test_the_requests_of_each_function_were_compared(self):
        self.assertEqual(len(Case.proofs), ALL)

    def test_the_state_was_compared_wherever_moto_has_the_operations(self):
        self.assertEqual([f for f in Case.proofs if f not in State.proofs and not lacks(f)], [])


def add_states():
    from aws_state_cases import CASES
    for number, row in enumerate(CASES):
        def test(self, row=row):
            self.play(*row)
        setattr(State, f"test_{row[0].replace('.', '_')}_{number}", test)


class MotoServer:
    def __enter__(self):
        from moto.server import ThreadedMotoServer
        import logging
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.before = os.environ.get("AWS_ENDPOINT_URL")
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        host, port = self.server.get_host_and_port()
        os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"

    def __exit__(self, *error):
        self.server.stop()
        os.environ["AWS_ENDPOINT_URL"] = self.before


def add_cases():
    from aws_function_cases import CASES
    for number, (function, arguments, answers, differs) in enumerate(CASES):
        def test(self, row=(function, FILES.named(arguments), answers, differs)):
            self.play(*row)
        setattr(Case, f"test_{function.replace('.', '_')}_{number}", test)


def prefer_oldest_protocol():
    """Newer botocores speak CBOR or JSON to CloudWatch, whose older models only know query."""
    from botocore.model import ServiceModel
    ServiceModel.resolved_protocol = property(lambda self: oldest_protocol(self.metadata))


def keep_still():
    """Waits of the reference that no answer of ours depends on."""
    import time
    time.sleep = lambda seconds: None


def write_table(path):
    """Replace the table in the page, which stands at its end."""
    with open(path) as file:
        head = file.read().partition(TABLE_HEAD)[0]
    with open(path, "w") as file:
        file.write(head + TABLE_HEAD)
        for function in sorted(Case.proofs):
            missing = lacks(function)
            notes = [d for d in Case.proofs[function] if d]
            if function in State.proofs:
                state = "yes"
                notes += [State.proofs[function]] if State.proofs[function] else []
            else:
                state = ""
                notes.append(f"moto lacks {', '.join(missing)}")
            if function in State.too_old:
                notes.append("Debian's models are too old for it: Python runs it")
            elif function in State.newest:
                notes.append("members that Debian's older models lack are not in our result")
            file.write(f"| `{function}` | {len(Case.proofs[function])} | {state} | "
                       f"{'; '.join(dict.fromkeys(notes))} |\n")


def main():
    enter_reference()
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["CHAOS_SEED"] = "1"
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ.pop(name, None)
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    Case.native_call = os.path.abspath(sys.argv.pop(1))
    table = None
    if "--table" in sys.argv:
        at = sys.argv.index("--table")
        table = sys.argv[at + 1]
        del sys.argv[at:at + 2]
    prefer_oldest_protocol()
    keep_still()
    add_cases()
    Case.endpoint = Endpoint()
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{Case.endpoint.server_port}"
    thread = threading.Thread(target=Case.endpoint.serve_forever, daemon=True)
    thread.start()
    add_states()
    load = unittest.defaultTestLoader
    load.testNamePatterns = [f"*{name}*" for name in sys.argv[1:]] or None
    runner = unittest.TextTestRunner()
    passed = runner.run(load.loadTestsFromTestCase(Case)).wasSuccessful()
    Case.endpoint.shutdown()
    State.native_call = Case.native_call
    with MotoServer():
        passed = runner.run(load.loadTestsFromTestCase(State)).wasSuccessful() and passed
    if not load.testNamePatterns:
        passed = runner.run(load.loadTestsFromTestCase(Whole)).wasSuccessful() and passed
    FILES.folder.cleanup()
    if table:
        write_table(table)
    sys.exit(not passed)


if __name__ == "__main__":
    main()
