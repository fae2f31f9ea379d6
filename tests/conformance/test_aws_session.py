#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls through a session, against servers of our own on loopback: retries, broken answers, pages,
waiters, where credentials come from, and that no secret is said aloud.

usage: test_aws_session.py DRIVER MODELS (without ec2, sts, s3 and sso in it, all is skipped)
"""
import base64
import contextlib
import email.utils
import hashlib
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

from aws_driver import SKIPPED, Driver

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402

PROGRAM, MODELS = sys.argv[1:]

EMPTY = '<DescribeInstancesResponse><requestId>r-1</requestId><reservationSet/></DescribeInstancesResponse>'
THROTTLED = ('<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow</Message>'
             '</Error></Errors><RequestID>r-2</RequestID></Response>')
DENIED = ('<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You may not &amp; so '
          'on</Message></Error></Errors><RequestID>r-3</RequestID></Response>')


class Server:
    """Answers what `answer(request)` returns: (status, body, headers), bytes to send raw, or None
    to say nothing. Requests are kept."""

    def __init__(self, answer):
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = {"method": self.command, "target": self.path, "body": body.decode(),
                           "headers": {k.lower(): v for k, v in self.headers.items()}}
                outer.requests.append(request)
                reply = answer(request)
                if reply is None:
                    time.sleep(3)
                    self.close_connection = True
                elif isinstance(reply, bytes):
                    self.wfile.write(reply)
                    self.close_connection = True
                else:
                    status, body, headers = (reply + ("", {}))[:3] if len(reply) < 3 else reply
                    data = body.encode()
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

            def date_time_string(self, timestamp=None):
                return super().date_time_string(timestamp)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def serving(answer):
    server = Server(answer)
    try:
        yield server
    finally:
        server.stop()


def in_turn(*replies):
    """One reply after the other; the last one again and again."""
    left = list(replies)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


def run(task, env=None, session=None, **fields):
    """One task in a driver of its own; what it says on stderr is checked, too."""
    base = {k: v for k, v in os.environ.items()
            if not k.startswith("AWS_") and not k.lower().endswith("_proxy")}
    base |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
             "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "HOME": "/nonexistent"}
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(base | (env or {}))
    try:
        driver = Driver(PROGRAM, MODELS)
        answer = driver(task, session={"region": "us-east-1"} | (session or {}), **fields)
        assert driver.close() == 0, "the driver ended with an error"
    finally:
        os.environ.clear()
        os.environ.update(saved)
    canary.sweep(json.dumps(answer), presigned=task == "presign")
    return answer


KEYS = canary.KEYS


def describe(server, env=None, **session):
    return run("call", env=KEYS | (env or {}), service="ec2", operation="DescribeInstances",
               params={}, session={"endpoint_url": server.url} | session)


def signer(request):
    return request["headers"]["authorization"].split("Credential=")[1].split("/")[0]


def test_a_call_returns_what_boto3_returns():
    with serving(in_turn((200, EMPTY, {}))) as server:
        answer = describe(server)
    value = answer["value"]
    assert value["Reservations"] == [], answer
    assert value["ResponseMetadata"]["RequestId"] == "r-1"
    assert value["ResponseMetadata"]["RetryAttempts"] == 0
    assert server.requests[0]["body"] == "Action=DescribeInstances&Version=2016-11-15"


def test_throttling_is_tried_again():
    with serving(in_turn((503, THROTTLED, {}), (400, THROTTLED, {}), (200, EMPTY, {}))) as server:
        answer = describe(server)
    assert answer["value"]["ResponseMetadata"]["RetryAttempts"] == 2, answer
    assert len(server.requests) == 3


def test_the_last_error_is_reported_when_tries_run_out():
    with serving(in_turn((503, THROTTLED, {}))) as server:
        answer = describe(server)
    assert len(server.requests) == 3
    assert answer["error"] == ("An error occurred (RequestLimitExceeded) when calling the "
                               "DescribeInstances operation (reached max retries: 2): slow"), answer


def test_max_attempts_is_configurable():
    with serving(in_turn((503, THROTTLED, {}))) as server:
        describe(server, {"AWS_MAX_ATTEMPTS": "1"})
        assert len(server.requests) == 1


def test_a_refusal_is_final():
    with serving(in_turn((403, DENIED, {}))) as server:
        answer = describe(server)
    assert len(server.requests) == 1
    assert answer["error"] == ("An error occurred (UnauthorizedOperation) when calling the "
                               "DescribeInstances operation: You may not & so on")
    assert answer["value"]["Error"]["Code"] == "UnauthorizedOperation"


def test_a_connection_cut_within_the_body_is_tried_again():
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<DescribeInst"
    with serving(in_turn(cut, (200, EMPTY, {}))) as server:
        answer = describe(server)
    assert answer["value"]["ResponseMetadata"]["RetryAttempts"] == 1, answer


def test_malformed_xml_is_one_clear_error():
    with serving(in_turn((200, "<DescribeInstancesResponse>", {}))) as server:
        answer = describe(server)
    assert answer["error"].startswith("ec2.DescribeInstances: answer: XML line 1:"), answer


def test_a_server_that_never_answers_is_a_timeout():
    with serving(in_turn(None)) as server:
        answer = describe(server, {"AWS_MAX_ATTEMPTS": "1"})
    assert answer["code"] == 5, answer


def test_nobody_listening_is_one_clear_error():
    answer = run("call", env=KEYS, service="ec2", operation="DescribeInstances", params={},
                 session={"endpoint_url": "http://127.0.0.1:1"})
    assert "127.0.0.1" in answer["error"], answer


def test_a_wrong_clock_is_corrected_from_the_answer():
    ahead = email.utils.formatdate(time.time() + 7200, usegmt=True)
    expired = THROTTLED.replace("RequestLimitExceeded", "RequestExpired")
    raw = (f"HTTP/1.1 400 Bad\r\nDate: {ahead}\r\nContent-Length: {len(expired)}\r\n\r\n"
           f"{expired}").encode()
    with serving(in_turn(raw, (200, EMPTY, {}))) as server:
        answer = describe(server)
    assert answer.get("value"), answer
    first, second = (r["headers"]["x-amz-date"] for r in server.requests)
    assert second > first and second[:11] != first[:11] or int(second[9:11]) != int(first[9:11])


def test_wrong_parameters_are_not_sent():
    with serving(in_turn((200, EMPTY, {}))) as server:
        answer = run("call", env=KEYS, service="ec2", operation="DescribeInstances",
                     params={"InstanceIds": "i-1", "Nonsense": 1},
                     session={"endpoint_url": server.url})
    assert not server.requests
    assert answer["error"].startswith("Parameter validation failed: Unknown parameter in input: "
                                      "\"Nonsense\", must be one of: Filters, "), answer
    assert "Invalid type for parameter InstanceIds, value: i-1" in answer["error"]


def test_pages_become_one_result():
    page = lambda n, token: (200, f"<DescribeInstancesResponse><requestId>r</requestId>"
                             f"<reservationSet><item><reservationId>r-{n}</reservationId></item>"
                             f"</reservationSet>{token}</DescribeInstancesResponse>", {})
    with serving(in_turn(page(1, "<nextToken>t1</nextToken>"), page(2, ""))) as server:
        answer = run("pages", env=KEYS, service="ec2", operation="DescribeInstances", params={},
                     session={"endpoint_url": server.url})
    assert [r["ReservationId"] for r in answer["value"]["Reservations"]] == ["r-1", "r-2"], answer
    assert "NextToken=t1" in server.requests[1]["body"]


def test_a_waiter_waits_until_the_state_is_there():
    state = lambda s: (200, "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>"
                       f"<instanceState><name>{s}</name></instanceState></item></instancesSet>"
                       "</item></reservationSet></DescribeInstancesResponse>", {})
    ask = lambda server: run("wait", env=KEYS, service="ec2", operation="DescribeInstances",
                             waiter="InstanceRunning", params={"InstanceIds": ["i-1"]},
                             session={"endpoint_url": server.url})
    with serving(in_turn(state("pending"), state("running"))) as server:
        answer = ask(server)
        assert not answer["error"] and len(server.requests) == 2, answer
    with serving(in_turn(state("terminated"))) as server:
        answer = ask(server)
        assert answer["error"] == (
            'Waiter InstanceRunning failed: Waiter encountered a terminal failure state: For '
            'expression "Reservations[].Instances[].State.Name" we matched expected path: '
            '"terminated" at least once'), answer
    with serving(in_turn(state("pending"))) as server:
        assert ask(server)["error"] == "Waiter InstanceRunning failed: Max attempts exceeded"


def test_no_credentials_is_botocores_message():
    answer = run("call", service="ec2", operation="DescribeInstances", params={},
                 session={"endpoint_url": "http://127.0.0.1:1"})
    assert answer["error"] == "Unable to locate credentials", answer


def test_half_a_key_is_an_error():
    answer = run("call", env={"AWS_ACCESS_KEY_ID": "AKID"}, service="ec2",
                 operation="DescribeInstances", params={})
    assert answer["error"] == ("Partial credentials found in env, missing: "
                               "AWS_SECRET_ACCESS_KEY"), answer


def files(folder, config="", credentials=""):
    Path(folder, "config").write_text(config)
    Path(folder, "credentials").write_text(credentials)
    return {"AWS_CONFIG_FILE": f"{folder}/config",
            "AWS_SHARED_CREDENTIALS_FILE": f"{folder}/credentials"}


def test_a_profile_gives_keys_region_and_endpoint():
    with canary.Folder("config", "credentials") as folder, serving(in_turn((200, EMPTY, {}))) as server:
        env = files(folder, f"[profile one]\nregion = eu-west-3\nservices = mine\n"
                    f"[services mine]\nec2 =\n  endpoint_url = {server.url}\n",
                    f"[one]\naws_access_key_id = AKIDONE\naws_secret_access_key = {canary.SECRET}\n")
        run("call", env=env, service="ec2", operation="DescribeInstances", params={},
            session={"profile": "one", "region": None})
    credential = server.requests[0]["headers"]["authorization"]
    assert "Credential=AKIDONE/" in credential and "/eu-west-3/ec2/" in credential, credential


def test_an_unknown_profile_is_named():
    answer = run("call", env=KEYS, service="ec2", operation="DescribeInstances", params={},
                 session={"profile": "nobody"})
    assert answer["error"] == "the AWS profile 'nobody' is in no config file", answer


def test_endpoints_of_the_environment_can_be_ignored():
    with serving(in_turn((200, EMPTY, {}))) as server:
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2"):
            run("call", env=KEYS | {name: server.url}, service="ec2",
                operation="DescribeInstances", params={})
        assert len(server.requests) == 2
        url = run("presign", env=KEYS | {"AWS_ENDPOINT_URL": server.url,
                                         "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
                  service="ec2", operation="DescribeInstances", params={})["url"]
    assert url.startswith("https://ec2.us-east-1.amazonaws.com/?Action=DescribeInstances&"), url


def test_a_process_gives_keys():
    document = {"Version": 1, "AccessKeyId": "AKIDPROC", "SecretAccessKey": canary.SECRET}
    with canary.Folder("config", "credentials") as folder, serving(in_turn((200, EMPTY, {}))) as server:
        env = files(folder, f"[default]\ncredential_process = echo '{json.dumps(document)}'\n")
        run("call", env=env, service="ec2", operation="DescribeInstances", params={},
            session={"endpoint_url": server.url})
        assert signer(server.requests[0]) == "AKIDPROC"
        env = files(folder, "[default]\ncredential_process = exit 3\n")
        answer = run("call", env=env, service="ec2", operation="DescribeInstances", params={})
        assert answer["error"] == "credential_process failed (exit status 3)", answer


STS = ("<{0}Response><{0}Result><Credentials><AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>"
       + canary.SECRET + "</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:"
       "00Z</Expiration></Credentials></{0}Result></{0}Response>")


def role_or_ec2(request):
    action = urllib.parse.parse_qs(request["body"]).get("Action", [""])[0]
    return (200, STS.format(action) if action.startswith("Assume") else EMPTY, {})


def test_a_role_is_assumed_from_a_profile_or_an_option():
    with canary.Folder("config", "credentials") as folder, serving(role_or_ec2) as server:
        env = files(folder, "[profile role]\nrole_arn = arn:aws:iam::1:role/r\n"
                    "source_profile = base\nexternal_id = ext\n",
                    f"[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = {canary.SECRET}\n")
        run("call", env=env | {"AWS_ENDPOINT_URL": server.url}, service="ec2",
            operation="DescribeInstances", params={}, session={"profile": "role"})
        assert [signer(r) for r in server.requests] == ["AKIDBASE", "AKIDROLE"]
        assert "ExternalId=ext" in server.requests[0]["body"]
        assert server.requests[1]["headers"]["x-amz-security-token"] == "token"
        server.requests.clear()
        run("call", env=KEYS | {"AWS_ENDPOINT_URL": server.url}, service="ec2",
            operation="DescribeInstances", params={},
            session={"role_arn": "arn:aws:iam::1:role/other"})
        assert [signer(r) for r in server.requests] == [canary.KEY_ID, "AKIDROLE"]


def role_for(seconds):
    """Two pages of instances, and roles that end so many seconds from now."""
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    second = EMPTY.replace("<reservationSet/>", "<reservationSet/><nextToken>t</nextToken>")

    def answer(request):
        form = urllib.parse.parse_qs(request["body"])
        if form["Action"][0].startswith("Assume"):
            return (200, STS.format("AssumeRole").replace("2099-01-01T00:00:00Z", ends), {})
        return (200, EMPTY if "NextToken" in form else second, {})
    return answer


def test_a_role_is_kept_until_five_minutes_before_it_ends():
    for seconds, times in ((240, 2), (360, 1)):
        with serving(role_for(seconds)) as server:
            answer = run("pages", env=KEYS | {"AWS_ENDPOINT_URL": server.url}, service="ec2",
                         operation="DescribeInstances", params={},
                         session={"role_arn": "arn:aws:iam::1:role/other"})
        assert not answer.get("error"), answer
        assumed = [r for r in server.requests if "Action=AssumeRole" in r["body"]]
        assert (len(assumed), len(server.requests)) == (times, times + 2), (seconds, len(assumed))


def test_requests_go_through_the_proxy_but_for_hosts_that_are_spared():
    url = "http://ec2.invalid"
    with serving(in_turn((200, EMPTY, {}))) as server:
        run("call", env=KEYS | {"http_proxy": server.url}, service="ec2",
            operation="DescribeInstances", params={}, session={"endpoint_url": url})
        assert server.requests[0]["target"].startswith(url), server.requests
        assert server.requests[0]["headers"]["host"] == "ec2.invalid"
        run("call", env=KEYS | {"http_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"},
            service="ec2", operation="DescribeInstances", params={},
            session={"endpoint_url": server.url})
        assert server.requests[1]["target"] == "/", server.requests[1]


def test_certificates_are_checked_against_aws_ca_bundle():
    with canary.Folder("config", "credentials") as folder, serving(in_turn((200, EMPTY, {}))) as server:
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
             "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
             f"{folder}/key", "-out", f"{folder}/bundle"], capture_output=True)
        assert made.returncode == 0, made.stderr
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/bundle", f"{folder}/key")
        server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
        url = server.url.replace("http:", "https:")
        one = {"AWS_MAX_ATTEMPTS": "1"}
        refused = describe(server, one, endpoint_url=url)
        assert "certificate" in refused["error"], refused
        trusted = describe(server, one | {"AWS_CA_BUNDLE": f"{folder}/bundle"}, endpoint_url=url)
    assert trusted.get("value"), trusted
    assert len(server.requests) == 1


def test_a_web_identity_becomes_a_role():
    with canary.Folder("config", "credentials") as folder, serving(role_or_ec2) as server:
        Path(folder, "token").write_text("web-token")
        run("call", env={"AWS_ENDPOINT_URL": server.url, "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
                         "AWS_WEB_IDENTITY_TOKEN_FILE": f"{folder}/token"},
            service="ec2", operation="DescribeInstances", params={})
    assert "authorization" not in server.requests[0]["headers"]
    assert "WebIdentityToken=web-token" in server.requests[0]["body"]
    assert signer(server.requests[1]) == "AKIDROLE"


def test_single_sign_on_uses_the_cached_token():
    def answer(request):
        if request["target"].startswith("/federation/credentials"):
            assert request["headers"]["x-amz-sso_bearer_token"] == "sso-token"
            return (200, json.dumps({"roleCredentials": {
                "accessKeyId": "AKIDSSO", "secretAccessKey": canary.SECRET, "sessionToken": "t",
                "expiration": 4070908800000}}), {})
        return (200, EMPTY, {})
    with canary.Folder("config", "credentials") as folder, serving(answer) as server:
        env = files(folder, "[default]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n"
                    "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x.example\n")
        cache = Path(folder, ".aws/sso/cache")
        cache.mkdir(parents=True)
        name = hashlib.sha1(b"s").hexdigest()
        (cache / f"{name}.json").write_text(json.dumps(
            {"accessToken": "sso-token", "expiresAt": "2099-01-01T00:00:00Z"}))
        run("call", env=env | {"AWS_ENDPOINT_URL": server.url, "HOME": folder}, service="ec2",
            operation="DescribeInstances", params={})
    assert signer(server.requests[1]) == "AKIDSSO"


def test_a_container_gives_keys():
    document = {"AccessKeyId": "AKIDBOX", "SecretAccessKey": canary.SECRET, "Token": "t",
                "Expiration": "2099-01-01T00:00:00Z"}
    with serving(lambda request: (200, json.dumps(document) if request["target"] == "/keys"
                                  else EMPTY, {})) as server:
        run("call", env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/keys",
                         "AWS_CONTAINER_AUTHORIZATION_TOKEN": "box"},
            service="ec2", operation="DescribeInstances", params={},
            session={"endpoint_url": server.url})
    assert server.requests[0]["headers"]["authorization"] == "box"
    assert signer(server.requests[1]) == "AKIDBOX"


def metadata(version_1_only):
    document = {"AccessKeyId": "AKIDIMDS", "SecretAccessKey": canary.SECRET, "Token": "t",
                "Expiration": "2099-01-01T00:00:00Z"}
    roles = "/latest/meta-data/iam/security-credentials/"

    def answer(request):
        target = request["target"]
        if target == "/latest/api/token":
            return (403, "", {}) if version_1_only else (200, "imds-token", {})
        if target.startswith(roles):
            wanted = None if version_1_only else "imds-token"
            assert request["headers"].get("x-aws-ec2-metadata-token") == wanted
            return (200, "role" if target == roles else json.dumps(document), {})
        return (200, EMPTY, {})
    return answer


def test_instance_metadata_gives_keys_with_a_token_or_if_allowed_without():
    for version_1_only in (False, True):
        with serving(metadata(version_1_only)) as server:
            env = {"AWS_EC2_METADATA_DISABLED": "false",
                   "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url}
            run("call", env=env, service="ec2", operation="DescribeInstances", params={},
                session={"endpoint_url": server.url})
            assert signer(server.requests[-1]) == "AKIDIMDS"
    with serving(metadata(True)) as server:
        env |= {"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url,
                "AWS_EC2_METADATA_V1_DISABLED": "true"}
        answer = run("call", env=env, service="ec2", operation="DescribeInstances", params={},
                     session={"endpoint_url": server.url})
    assert "version 1 is disabled" in answer["error"], answer


def test_s3_paths_and_checksums_are_right():
    with serving(in_turn((204, "", {}))) as server:
        run("call", env=KEYS, service="s3", operation="DeleteObject",
            params={"Bucket": "b", "Key": "a b/ü"}, session={"endpoint_url": server.url})
        run("call", env=KEYS, service="s3", operation="DeleteObjects",
            params={"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}]}},
            session={"endpoint_url": server.url})
    first, second = server.requests[:2]
    assert first["target"] == "/b/a%20b/%C3%BC", first
    assert first["headers"]["x-amz-content-sha256"] == hashlib.sha256(b"").hexdigest()
    assert second["target"] == "/b?delete", second
    md5 = base64.b64encode(hashlib.md5(second["body"].encode()).digest()).decode()
    assert second["headers"]["content-md5"] == md5


def check_models():
    driver = Driver(PROGRAM, MODELS)
    for service, operation in (("ec2", "DescribeInstances"), ("sts", "AssumeRole"),
                               ("s3", "DeleteObject"), ("sso", "GetRoleCredentials")):
        if "error" in driver("validate", service=service, operation=operation, params={}):
            print(f"SKIPPED: this build has no models of {service}")
            sys.exit(SKIPPED)
    driver.close()


def main():
    check_models()
    failed = 0
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    for name, test in tests:
        try:
            test()
        except Exception as error:
            failed += 1
            print(f"{name}: {type(error).__name__}: {str(error)[:1000]}")
    print(f"{len(tests)} tests, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
