#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real AWS clients make the same requests as `chaos aws`: boto3, and the AWS CLI where there is one.

usage: test_aws_clients.py [CHAOS]

Each call goes from every client to a recording endpoint on loopback and must be equal in method,
path, query, body, the headers that mean something, the names of the signed headers, and the scope
of the credentials: once between chaos and the newest boto3, and once between chaos, boto3 and the
AWS CLI. So that all speak of the same API, the models are those of that boto3, and those that the
AWS CLI carries. Then chaos and boto3 ask one moto_server the same and must get equal answers.
Exits with 77 when the reference cannot be installed.
"""
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.parse
import xml.etree.ElementTree as ET
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60

sys.path.insert(0, str(ROOT / "tests/support"))
import canary  # noqa: E402
import reference_python  # noqa: E402

reference_python.enter()

import boto3  # noqa: E402

import botocore  # noqa: E402

NAME_EXCEPTIONS = {name for name, _ in botocore._xform_cache}  # before a client adds to it
from botocore.config import Config  # noqa: E402

# The same words for chaos and the AWS CLI, and the parameters for boto3.
TRUST = '{"Version":"2012-10-17","Statement":[]}'
ITEM = '{"Id":{"S":"1"},"N":{"N":"2"}}'
CALLS = [
    ("ec2", "describe-instances",
     ["--instance-ids", "i-1", "i-2", "--filters", "Name=tag:x,Values=a,b", "Name=vpc-id,Values=v"],
     {"InstanceIds": ["i-1", "i-2"], "Filters": [{"Name": "tag:x", "Values": ["a", "b"]},
                                                 {"Name": "vpc-id", "Values": ["v"]}]}),
    ("ec2", "stop-instances", ["--instance-ids", "i-1", "--force", "--no-dry-run"],
     {"InstanceIds": ["i-1"], "Force": True, "DryRun": False}),
    ("ec2", "terminate-instances", ["--instance-ids", "i-1"], {"InstanceIds": ["i-1"]}),
    ("ec2", "create-tags", ["--resources", "i-1", "--tags", "Key=a b,Value=c+d/é"],
     {"Resources": ["i-1"], "Tags": [{"Key": "a b", "Value": "c+d/é"}]}),
    ("ec2", "run-instances",
     ["--image-id", "ami-1", "--min-count", "1", "--max-count", "2", "--client-token", "t",
      "--block-device-mappings",
      '[{"DeviceName":"/dev/sda","Ebs":{"VolumeSize":8,"Encrypted":true}}]'],
     {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 2, "ClientToken": "t",
      "BlockDeviceMappings": [{"DeviceName": "/dev/sda",
                               "Ebs": {"VolumeSize": 8, "Encrypted": True}}]}),
    ("autoscaling", "describe-auto-scaling-groups", ["--auto-scaling-group-names", "a", "b"],
     {"AutoScalingGroupNames": ["a", "b"]}),
    ("autoscaling", "suspend-processes",
     ["--auto-scaling-group-name", "a", "--scaling-processes", "Launch"],
     {"AutoScalingGroupName": "a", "ScalingProcesses": ["Launch"]}),
    ("autoscaling", "set-desired-capacity",
     ["--auto-scaling-group-name", "a", "--desired-capacity", "3", "--honor-cooldown"],
     {"AutoScalingGroupName": "a", "DesiredCapacity": 3, "HonorCooldown": True}),
    ("sts", "get-caller-identity", [], {}),
    ("sts", "assume-role",
     ["--role-arn", "arn:aws:iam::123456789012:role/x", "--role-session-name", "sess"],
     {"RoleArn": "arn:aws:iam::123456789012:role/x", "RoleSessionName": "sess"}),
    ("s3", "list-objects-v2", ["--bucket", "logs", "--prefix", "a b/", "--max-keys", "5"],
     {"Bucket": "logs", "Prefix": "a b/", "MaxKeys": 5}),
    ("s3", "head-object", ["--bucket", "logs", "--key", "a/b c+é.txt"],
     {"Bucket": "logs", "Key": "a/b c+é.txt"}),
    ("s3", "delete-object", ["--bucket", "logs", "--key", "k", "--version-id", "v1"],
     {"Bucket": "logs", "Key": "k", "VersionId": "v1"}),
    ("s3", "put-bucket-versioning",
     ["--bucket", "logs", "--versioning-configuration", "Status=Enabled"],
     {"Bucket": "logs", "VersioningConfiguration": {"Status": "Enabled"}}),
    ("s3", "put-object", ["--bucket", "logs", "--key", "a/b c", "--body", "FILE"],
     {"Bucket": "logs", "Key": "a/b c", "Body": "FILE"}),
    ("s3", "put-object", ["--bucket", "logs", "--key", "k", "--body", "EMPTY", "--content-type",
                          "text/x", "--metadata", "a=b"],
     {"Bucket": "logs", "Key": "k", "Body": "EMPTY", "ContentType": "text/x",
      "Metadata": {"a": "b"}}),
    ("s3", "upload-part", ["--bucket", "logs", "--key", "k", "--part-number", "2", "--upload-id",
                           "u", "--body", "FILE"],
     {"Bucket": "logs", "Key": "k", "PartNumber": 2, "UploadId": "u", "Body": "FILE"}),
    ("s3", "get-object", ["--bucket", "logs", "--key", "a/b c", "--range", "bytes=0-9", "OUT"],
     {"Bucket": "logs", "Key": "a/b c", "Range": "bytes=0-9"}),
    ("glacier", "upload-archive", ["--vault-name", "v", "--account-id", "-", "--body", "FILE"],
     {"vaultName": "v", "accountId": "-", "body": "FILE"}),
    ("glacier", "upload-multipart-part",
     ["--vault-name", "v", "--account-id", "-", "--upload-id", "u", "--range", "bytes 0-9/*",
      "--body", "FILE"],
     {"vaultName": "v", "accountId": "-", "uploadId": "u", "range": "bytes 0-9/*",
      "body": "FILE"}),
    ("lambda", "invoke", ["--function-name", "f", "OUT"], {"FunctionName": "f"}),
    ("mediastore-data", "put-object", ["--path", "/a/b", "--body", "FILE"],
     {"Path": "/a/b", "Body": "FILE"}),
    ("lambda", "get-function-configuration", ["--function-name", "f"], {"FunctionName": "f"}),
    ("lambda", "put-function-concurrency",
     ["--function-name", "f", "--reserved-concurrent-executions", "0"],
     {"FunctionName": "f", "ReservedConcurrentExecutions": 0}),
    ("lambda", "update-function-configuration",
     ["--function-name", "arn:aws:lambda:us-east-1:123456789012:function:f", "--timeout", "9",
      "--environment", '{"Variables":{"A":"b"}}'],
     {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f", "Timeout": 9,
      "Environment": {"Variables": {"A": "b"}}}),
    ("ssm", "send-command",
     ["--document-name", "AWS-RunShellScript", "--instance-ids", "i-1", "--parameters",
      '{"commands":["id"]}'],
     {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1"],
      "Parameters": {"commands": ["id"]}}),
    ("ssm", "get-parameter", ["--name", "/a/b", "--with-decryption"],
     {"Name": "/a/b", "WithDecryption": True}),
    ("dynamodb", "put-item", ["--table-name", "table", "--item", ITEM],
     {"TableName": "table", "Item": json.loads(ITEM)}),
    ("dynamodb", "describe-table", ["--table-name", "table"], {"TableName": "table"}),
    ("sqs", "send-message",
     ["--queue-url", "QUEUE", "--message-body", "hello & <bye>", "--delay-seconds", "1"],
     {"QueueUrl": "QUEUE", "MessageBody": "hello & <bye>", "DelaySeconds": 1}),
    ("sqs", "list-queues", ["--queue-name-prefix", "a"], {"QueueNamePrefix": "a"}),
    ("iam", "create-role", ["--role-name", "r", "--assume-role-policy-document", TRUST],
     {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}),
    ("iam", "attach-role-policy",
     ["--role-name", "r", "--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
     {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
    ("rds", "reboot-db-instance", ["--db-instance-identifier", "d", "--force-failover"],
     {"DBInstanceIdentifier": "d", "ForceFailover": True}),
    ("rds", "describe-db-clusters", ["--filters", "Name=engine,Values=aurora"],
     {"Filters": [{"Name": "engine", "Values": ["aurora"]}]}),
    ("ecs", "update-service", ["--cluster", "c", "--service", "s", "--desired-count", "0"],
     {"cluster": "c", "service": "s", "desiredCount": 0}),
    ("ecs", "stop-task", ["--cluster", "c", "--task", "t", "--reason", "chaos"],
     {"cluster": "c", "task": "t", "reason": "chaos"}),
    ("elbv2", "deregister-targets", ["--target-group-arn", "tg", "--targets", "Id=i-1,Port=80"],
     {"TargetGroupArn": "tg", "Targets": [{"Id": "i-1", "Port": 80}]}),
    ("elbv2", "describe-target-health", ["--target-group-arn", "tg"], {"TargetGroupArn": "tg"}),
    ("elasticache", "test-failover", ["--replication-group-id", "g", "--node-group-id", "0001"],
     {"ReplicationGroupId": "g", "NodeGroupId": "0001"}),
    ("route53", "get-hosted-zone", ["--id", "/hostedzone/Z1"], {"Id": "/hostedzone/Z1"}),
    ("cloudwatch", "set-alarm-state",
     ["--alarm-name", "a", "--state-value", "ALARM", "--state-reason", "test"],
     {"AlarmName": "a", "StateValue": "ALARM", "StateReason": "test"}),
]
SERVICES = sorted({call[0] for call in CALLS})
AWS_CLI_NAMES = {"s3": "s3api"}
# What clients tell about themselves, and what differs with the time or the spelling of the body.
NOT_COMPARED = {"user-agent", "accept-encoding", "accept", "connection", "host", "content-length",
                "amz-sdk-invocation-id", "amz-sdk-request", "x-amz-date", "authorization",
                "x-amz-content-sha256", "x-amz-user-agent", "expect", "transfer-encoding"}
LEAST = (30, 10)  # operations and services that all three must agree on
# Newer botocore sends a CRC32 where older ones, and chaos, send an MD5; it gives XML no type.
CHECKSUMS = {"content-md5", "x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm"}
# Some versions add a checksum that S3 does not demand; the signature has the body's SHA-256.
CHECKSUM_AT_WILL = {"put-object", "upload-part"}
NOT_SIGNED_BY_ALL = {"content-length"} | CHECKSUMS
NOT_IN_AWS_CLI = {"run-instances"}  # there it has --count
AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^,]+), ?"
                           r"SignedHeaders=([^,]+), ?Signature=[0-9a-f]{64}$")


class Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers.items()), body))
        reply = self.server.reply_to(self.headers)
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = answer

    def log_message(self, *_):
        pass


class Endpoint(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Recorder)
        self.seen = []
        self.service = ""
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def reply_to(self, headers):
        if "json" in headers.get("Content-Type", "") or self.service == "lambda":
            return b"{}"
        return b"" if self.service == "s3" else b"<R><RequestId>r</RequestId></R>"

    def taken(self, client, run):
        """What one call of a client sends; it must be one request."""
        del self.seen[:]
        failure = run()
        if len(self.seen) != 1:
            raise AssertionError(f"{client}: {len(self.seen)} requests; {failure}")
        return normal(*self.seen[0])


def tree(element):
    return (element.tag, sorted(element.attrib.items()), (element.text or "").strip(),
            [tree(child) for child in element])


def parsed_body(body, content_type):
    if "x-www-form-urlencoded" in content_type:
        return sorted(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    if body[:1] in (b"{", b"["):
        return json.loads(body)
    if b"\0" in body:
        return hashlib.sha256(body).hexdigest()
    return tree(ET.fromstring(body)) if body[:1] == b"<" else body.decode()


def normal(method, path, headers, body):
    headers = {name.lower(): value for name, value in headers.items()}
    path, _, query = path.partition("?")
    content_type = headers.get("content-type", "")
    left_out = NOT_COMPARED | CHECKSUMS
    unsigned = set(NOT_SIGNED_BY_ALL)
    if body[:1] == b"<":
        left_out |= {"content-type"}
        unsigned |= {"content-type"}
    match = AUTHORIZATION.match(headers.get("authorization", ""))
    payload = headers.get("x-amz-content-sha256")
    return {
        "payload": "its hash" if payload == hashlib.sha256(body).hexdigest() else payload,
        "asks for leave": headers.get("expect"),
        "method": method,
        "path": path,
        "query": sorted(urllib.parse.parse_qsl(query, keep_blank_values=True)),
        "headers": {name: value for name, value in headers.items() if name not in left_out},
        "has a checksum": bool(CHECKSUMS & headers.keys()),
        "body": parsed_body(body, content_type),
        "scope": match and (match[1], match[2]),
        "signed": match and sorted(set(match[3].split(";")) - unsigned),
    }


def environment(folder, endpoint, models):
    return canary.environment() | {
        "HOME": folder, "AWS_ENDPOINT_URL": endpoint,
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required", "AWS_PAGER": "",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required", "AWS_MAX_ATTEMPTS": "1",
        "CHAOS_AWS_MODELS": models,
        # A client that does not heed the endpoint gets no further than this machine.
        "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
        "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}


def boto3_client(service, url):
    return boto3.client(service, endpoint_url=url, config=Config(
        retries={"max_attempts": 0}, parameter_validation=True))


def boto3_call(service, operation, params, url):
    files = [name for name, value in params.items() if isinstance(value, Path)]
    with contextlib.ExitStack() as stack:
        opened = {name: stack.enter_context(open(params[name], "rb")) for name in files}
        return boto3_call_opened(service, operation, params | opened, url)


def boto3_call_opened(service, operation, params, url):
    client = boto3_client(service, url)
    method = {xform: name for xform, name in
              ((name.replace("_", "-"), name) for name in client.meta.method_to_api_mapping)}
    try:
        getattr(client, method[operation])(**params)
    except Exception as exception:  # the canned answer need not please
        return str(exception)
    return ""


def program_call(words, env):
    done = canary.run([*words], env=env, text=True, capture_output=True, timeout=DEADLINE_S,
                      stdin=subprocess.DEVNULL)
    return done.stderr


def differences(ours, theirs):
    return [f"    {key}: chaos {ours[key]!r}\n    {' ' * len(key)}  other {theirs[key]!r}"
            for key in ours if ours[key] != theirs[key]]


def compare_requests(chaos, aws, env, endpoint):
    """`aws`: the program, or None to compare with boto3 alone."""
    failures, compared = [], []
    for service, operation, words, params in CALLS:
        if aws and operation in NOT_IN_AWS_CLI:
            continue
        endpoint.service = service
        places = {"QUEUE": endpoint.url + "/123456789012/q", "FILE": Path(env["HOME"], "body"),
                  "EMPTY": Path(env["HOME"], "empty"), "OUT": Path(env["HOME"], "out")}
        words = [places.get(word, word) for word in words]
        params = {name: places.get(value, value) if isinstance(value, str) else value
                  for name, value in params.items()}
        clients = [("boto3", lambda: boto3_call(service, operation, params, endpoint.url))]
        if aws:
            clients.append(("AWS CLI", lambda: program_call(
                [aws, AWS_CLI_NAMES.get(service, service), operation, *words,
                 "--endpoint-url", endpoint.url], env)))  # some services ignore the environment's
        try:
            ours = endpoint.taken("chaos", lambda: program_call(
                [chaos, "aws", service, operation, *words], env))
            for client, run in clients:
                theirs = endpoint.taken(client, run)
                if operation in CHECKSUM_AT_WILL:
                    theirs["has a checksum"] = ours["has a checksum"]
                if found := differences(ours, theirs):
                    failures.append(f"{service} {operation}, {client}:\n" + "\n".join(found))
        except AssertionError as failure:
            failures.append(f"{service} {operation}: {failure}")
        compared.append(service)
    print(f"{len(compared)} operations of {len(set(compared))} services, chaos beside boto3"
          f"{' and the AWS CLI' if aws else ''}: {len(failures)} differ")
    if len(compared) < LEAST[0] or len(set(compared)) < LEAST[1]:
        failures.append(f"fewer than {LEAST[0]} operations of {LEAST[1]} services")
    return failures


MOTO_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()
server.stop()
"""
# State first, then questions. Words with {} take the answer before by its JSON path.
MOTO_CALLS = [
    ("ec2", "run-instances", ["--image-id", "ami-12c6146b", "--min-count", "3", "--max-count", "3"]),
    ("ec2", "describe-instances", []),
    ("ec2", "describe-availability-zones", []),
    ("ec2", "describe-vpcs", ["--filters", "Name=isDefault,Values=true"]),
    ("s3", "create-bucket", ["--bucket", "fracas"]),
    ("s3", "put-object", ["--bucket", "fracas", "--key", "a/b c", "--body", "HELLO"]),
    ("s3", "list-objects-v2", ["--bucket", "fracas"]),
    ("s3", "get-object", ["--bucket", "fracas", "--key", "a/b c"]),
    ("sqs", "create-queue", ["--queue-name", "q"]),
    ("sqs", "list-queues", []),
    ("dynamodb", "create-table",
     ["--table-name", "t", "--billing-mode", "PAY_PER_REQUEST", "--key-schema",
      "AttributeName=Id,KeyType=HASH", "--attribute-definitions",
      "AttributeName=Id,AttributeType=S"]),
    ("dynamodb", "put-item", ["--table-name", "t", "--item", ITEM]),
    ("dynamodb", "scan", ["--table-name", "t"]),
    ("iam", "create-role", ["--role-name", "r", "--assume-role-policy-document", TRUST]),
    ("iam", "get-role", ["--role-name", "r"]),
    ("ssm", "put-parameter", ["--name", "/a", "--value", "v", "--type", "String"]),
    ("ssm", "get-parameter", ["--name", "/a"]),
    ("sts", "get-caller-identity", []),
    ("lambda", "list-functions", []),
    ("ecs", "create-cluster", ["--cluster-name", "c"]),
    ("ecs", "list-clusters", []),
]
READS = ("describe", "list", "get", "scan")


def plain(value):
    """boto3's answer as the command prints it."""
    import base64
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "read"):
        value = value.read()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def compare_answers(chaos, env):
    failures, compared = [], 0
    server = subprocess.Popen([sys.executable, "-c", MOTO_SERVER], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = server.stdout.readline().strip()
        Path(env["HOME"], "hello").write_text("hello")
        for service, operation, words in MOTO_CALLS:
            words = [env["HOME"] + "/hello" if word == "HELLO" else word for word in words]
            done = canary.run([chaos, "aws", service, operation, *words, "--endpoint-url", url],
                              env=env, text=True, capture_output=True, timeout=DEADLINE_S)
            if done.returncode:
                failures.append(f"moto: {service} {operation}: {done.returncode} {done.stderr}")
                continue
            if not operation.startswith(READS):
                continue
            method = getattr(boto3_client(service, url), operation.replace("-", "_"))
            ours, theirs = json.loads(done.stdout), plain(method(**params_of(words)))
            compared += 1
            if ours != theirs:
                failures.append(f"moto: {service} {operation}:\n    chaos {ours}\n    boto3 {theirs}")
        failures += moto_special_cases(chaos, env, url)
    finally:
        server.stdin.close()
        server.wait(DEADLINE_S)
    print(f"{len(MOTO_CALLS)} calls of moto_server, {compared} answers compared with boto3's: "
          f"{len(failures)} wrong")
    return failures


def params_of(words):
    """The few forms that the questions above use."""
    names = {"bucket": "Bucket", "key": "Key", "table-name": "TableName", "role-name": "RoleName",
             "name": "Name"}
    if "--filters" in words:
        return {"Filters": [{"Name": "isDefault", "Values": ["true"]}]}
    return {names[name[2:]]: value for name, value in zip(words[::2], words[1::2])}


def moto_special_cases(chaos, env, url):
    """Pages, paths, waiters, presigned addresses and exit codes: (words, code, stdout, stderr)."""
    failures = []

    def run(*words):
        done = canary.run([chaos, "aws", *words, "--endpoint-url", url], env=env, text=True,
                          capture_output=True, timeout=DEADLINE_S, presigned="--presign" in words)
        return done.returncode, done.stdout, done.stderr

    def claim(held, what, seen):
        if not held:
            failures.append(f"moto: {what}: {seen}")

    code, out, err = run("ec2", "describe-instances", "--query",
                         "$.Reservations[*].Instances[*].InstanceId")
    ids = json.loads(out) if code == 0 else []
    claim(len(ids) == 3, "--query finds the three instances", (code, out, err))
    if not ids:
        return failures
    seen = run("ec2", "start-instances", "--instance-ids", *ids, "--wait", "instance-running")
    claim(seen[0] == 0 and "StartingInstances" in seen[1], "--wait after another operation", seen)
    seen = run("ec2", "describe-instances", "--instance-ids", *ids, "--wait", "InstanceRunning")
    claim(seen[0] == 0 and "Reservations" in seen[1], "--wait before the same operation", seen)
    seen = run("ec2", "describe-instances", "--all-pages", "--max-results", "5")
    claim(seen[0] == 0 and seen[1].count("InstanceId") == 3, "--all-pages", seen)
    seen = run("ec2", "describe-instances", "--instance-ids", "i-0123456789abcdef0")
    claim(seen[0] == 3 and seen[1] == "" and seen[2].count("\n") == 1 and
          "(InvalidInstanceID.NotFound)" in seen[2], "an unknown instance ends with 3", seen)
    seen = run("s3", "get-object", "--bucket", "fracas", "--key", "a/b c", "--presign", "60")
    failures += moto_files(run, url, Path(env["HOME"]))
    import urllib.request
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    body = opener.open(seen[1].strip(), timeout=DEADLINE_S).read() if seen[0] == 0 else b""
    claim(body == b"hello", "a presigned address gets the object", (seen, body))
    seen = run("ec2", "terminate-instances", "--instance-ids", *ids, "--wait", "instance-running")
    claim(seen[0] == 5 and "TerminatingInstances" in seen[1] and "terminal failure" in seen[2],
          "a wait for what cannot come ends with 5, after the answer", seen)
    return failures


def moto_files(run, url, folder):
    """Files that chaos puts are what boto3 gets, and the other way round, to the byte."""
    wrong = []
    s3 = boto3_client("s3", url)
    for size in (0, 1, 24 * 1024 * 1024 + 5):
        content, key = os.urandom(size), f"size-{size}"
        (folder / "sent").write_bytes(content)
        seen = run("s3", "put-object", "--bucket", "fracas", "--key", key, "--body",
                   str(folder / "sent"))
        if s3.get_object(Bucket="fracas", Key=key)["Body"].read() != content:
            wrong.append(f"moto: {size} bytes put by chaos are others: {seen}")
        s3.put_object(Bucket="fracas", Key=key, Body=content[::-1])
        seen = run("s3", "get-object", "--bucket", "fracas", "--key", key, str(folder / "got"))
        if seen[0] or (folder / "got").read_bytes() != content[::-1]:
            wrong.append(f"moto: {size} bytes put by boto3 are others: {seen}")
    return wrong


def compare_names(chaos, env):
    """The names that are listed are those of the AWS CLI, but for those it makes exceptions for."""
    from botocore import xform_name
    wrong, count = [], 0
    for service in SERVICES:
        listed = canary.run([chaos, "aws", service], env=env, text=True, capture_output=True,
                            timeout=DEADLINE_S).stdout.splitlines()
        wanted = boto3.client(service).meta.service_model.operation_names
        names = {line.split()[0] for line in listed}
        missing = {xform_name(name, "-") for name in wanted
                   if name not in NAME_EXCEPTIONS} - names
        count += len(names)
        if missing:
            wrong.append(f"chaos aws {service} lacks {sorted(missing)}")
    print(f"{count} names of operations: {len(wrong)} services differ")
    return wrong


def find_aws_cli():
    """The AWS CLI and the folder of its models, or None for both: Debian's comes first."""
    for program in ("/usr/bin/aws", shutil.which("aws")):
        if not program or not os.access(program, os.X_OK):
            continue
        with open(program, "rb") as script:
            interpreter = script.readline().decode("latin-1").lstrip("#!").split()
        if not interpreter or "python" not in interpreter[-1]:
            continue
        asked = "import importlib.util as u\nfor m in ('awscli.botocore', 'botocore'):\n" \
                " try: s = u.find_spec(m)\n except ImportError: s = None\n" \
                " if s: print(s.submodule_search_locations[0]); break\n"
        found = subprocess.run([*interpreter, "-c", asked], text=True, capture_output=True)
        data = Path(found.stdout.strip(), "data")
        if found.stdout and data.is_dir():
            return program, data
    return None, None


def compiled(data, path):
    subprocess.run([sys.executable, ROOT / "tools/compile_models.py", "--data", data,
                    "--services", ",".join(SERVICES), "--byte-order", sys.byteorder, path],
                   check=True)
    return path


def main():
    chaos = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else str(ROOT / "build/chaos")
    aws, aws_data = find_aws_cli()
    with canary.Folder() as folder:
        models = compiled(Path(botocore.__file__).parent / "data", folder + "/newest.bin")
        Path(folder, "body").write_bytes(bytes(range(256)) * 10_000)  # Glacier hashes each MiB
        Path(folder, "empty").touch()
        endpoint = Endpoint()
        env = environment(folder, endpoint.url, models)
        os.environ.clear()
        os.environ.update(env)
        failures = compare_names(chaos, env)
        failures += compare_requests(chaos, None, env, endpoint)
        failures += compare_answers(chaos, env)
        if aws:
            env["CHAOS_AWS_MODELS"] = compiled(aws_data, folder + "/aws-cli.bin")
            env["AWS_DATA_PATH"] = os.environ["AWS_DATA_PATH"] = str(aws_data)
            boto3.DEFAULT_SESSION = None  # it has the other models
            failures += compare_requests(chaos, aws, env, endpoint)
        else:
            print("SKIPPED LOUDLY: there is no AWS CLI; only boto3 was compared with")
        endpoint.shutdown()
    print("\n".join(failures))
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
