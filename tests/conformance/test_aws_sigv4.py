#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The published Signature Version 4 suite: canonical request, string to sign, header; and that our
server side takes every one of those requests, and none that was changed afterwards.

usage: test_aws_sigv4.py DRIVER MODELS. Exits with 77 when the suite is not there.
"""
import hashlib
import re
import sys

from aws_driver import Driver, b64, shared_folder

KEY = {"access_key": "AKIDEXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
       "region": "us-east-1", "signing_name": "service"}
TIME = "20150830T123600Z"


def read_request(text):
    """Method, target, header pairs (folded lines joined) and body."""
    head, _, body = text.partition("\n\n")
    lines = head.split("\n")
    method, rest = lines[0].split(" ", 1)
    path, _, query = rest.rsplit(" HTTP/", 1)[0].partition("?")
    headers = []
    for line in lines[1:]:
        if line[:1] in " \t":
            headers[-1][1] += "\n" + line
        elif line:
            name, _, value = line.partition(":")
            headers.append([name, value])
    return {"method": method, "path": path, "query": query, "headers": headers, "body": b64(body)}


def header_of(request, name):
    return next((v for k, v in request["headers"] if k.lower() == name), None)


def check(driver, folder):
    text = lambda kind: (folder / f"{folder.name}.{kind}").read_text().rstrip("\n")
    raw = (folder / f"{folder.name}.req").read_text()
    request = read_request(raw)
    body = raw.partition("\n\n")[2].encode()
    token = re.search("^x-amz-security-token:(.*)$", text("creq"), re.M)
    if token and not header_of(request, "x-amz-security-token"):  # it comes with the key
        request["headers"].append(["X-Amz-Security-Token", token[1]])
    canonical = driver("sign", canonical_hash=hashlib.sha256(body).hexdigest(), time=TIME, **KEY,
                       **request)
    if canonical != text("creq"):
        yield f"canonical request {canonical!r} instead of {text('creq')!r}"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    wanted = "\n".join(["AWS4-HMAC-SHA256", TIME, "20150830/us-east-1/service/aws4_request", hashed])
    if text("sts") != wanted:
        yield f"string to sign {wanted!r} instead of {text('sts')!r}"
    signed = driver("sign", time=TIME, **KEY, **request)
    if header_of(signed, "authorization") != text("authz"):
        yield f"{header_of(signed, 'authorization')} instead of {text('authz')}"
    yield from check_server(driver, request | {"headers": signed["headers"]})
    presigned = driver("sign", time=TIME, expires=60, token="t/o+k", **KEY, **request)
    headers = [pair for pair in request["headers"]]
    yield from check_server(driver, request | {"headers": headers, "query": presigned["query"]})


def check_server(driver, request):
    verdict = driver("verify", time=TIME, **KEY, **request)
    if verdict != {"access_key": "AKIDEXAMPLE", "region": "us-east-1", "service": "service"}:
        yield f"refused: {verdict}"
    changes = {
        "method": {"method": "DELETE"},
        "path": {"path": request["path"] + "x"},
        "query": {"query": request["query"] + "&x=1"},
        "body": {"body": b64("other")},
        "host": {"headers": [[k, "other" if k.lower() == "host" else v]
                             for k, v in request["headers"]]},
        "secret": {"secret_key": "other"},
    }
    for name, change in changes.items():
        verdict = driver("verify", **({"time": TIME} | KEY | request | change))
        if verdict.get("refusal") != "SignatureDoesNotMatch":
            yield f"another {name} was not noticed: {verdict}"
    for name, change, code in (("key", {"access_key": "AKOTHER"}, "InvalidClientTokenId"),
                               ("time", {"time": "20150830T130000Z"}, "RequestExpired")):
        verdict = driver("verify", **({"time": TIME} | KEY | request | change))
        if verdict.get("refusal") != code:
            yield f"another {name} gave {verdict}"


def main():
    folder = shared_folder("sigv4")
    driver = Driver(*sys.argv[1:])
    cases = sorted(path.parent for path in folder.rglob("*.req"))
    failed = 0
    for case in cases:
        problems = list(check(driver, case))
        failed += bool(problems)
        for problem in problems:
            print(f"{case.name}: {problem}")
    failed += driver.close() != 0
    print(f"{len(cases)} cases, {failed} failed")
    sys.exit(1 if failed or not cases else 0)


if __name__ == "__main__":
    main()
