#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compile one small service per AWS wire protocol: what unit tests and fuzz targets decode with.

usage: aws_toy_models.py COMPILE_MODELS_PY BYTE_ORDER OUTPUT
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

PROTOCOLS = ("ec2", "query", "json", "rest-json", "rest-xml")
NAMESPACE = "http://toy.example/doc/"

SHAPES = {
    "Text": {"type": "string"},
    "Colour": {"type": "string", "enum": ["red", "green"]},
    "Count": {"type": "integer", "min": 0, "max": 1000},
    "Big": {"type": "long"},
    "Ratio": {"type": "double"},
    "Switch": {"type": "boolean"},
    "When": {"type": "timestamp"},
    "Bytes": {"type": "blob"},
    "ShortText": {"type": "string", "min": 1, "max": 5},
    "TextList": {"type": "list", "member": {"shape": "Text"}, "max": 3},
    "FlatList": {"type": "list", "member": {"shape": "Text", "locationName": "item"},
                 "flattened": True},
    "CountMap": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Count"}},
    "Tree": {"type": "structure", "members": {
        "Name": {"shape": "Text"}, "Children": {"shape": "TreeList"}}},
    "TreeList": {"type": "list", "member": {"shape": "Tree"}},
    "Choice": {"type": "structure", "union": True, "members": {
        "Left": {"shape": "Text"}, "Right": {"shape": "Count"}}},
    "NoSuchToy": {"type": "structure", "exception": True,
                  "error": {"code": "ToyNotFound", "httpStatusCode": 404, "senderFault": True},
                  "members": {"Message": {"shape": "Text"}, "Toy": {"shape": "Text"}}},
    "EmptyResult": {"type": "structure", "members": {}},
    "ListRequest": {"type": "structure", "members": {
        "Marker": {"shape": "Text"}, "MaxItems": {"shape": "Count"}}},
    "ListResult": {"type": "structure", "members": {
        "Toys": {"shape": "TreeList"}, "NextMarker": {"shape": "Text"}}},
}

MEMBERS = {
    "Name": {"shape": "Text"},
    "Colour": {"shape": "Colour", "locationName": "colour"},
    "Count": {"shape": "Count"},
    "Big": {"shape": "Big"},
    "Ratio": {"shape": "Ratio"},
    "Switch": {"shape": "Switch"},
    "When": {"shape": "When"},
    "Bytes": {"shape": "Bytes"},
    "Short": {"shape": "ShortText"},
    "Texts": {"shape": "TextList"},
    "Flat": {"shape": "FlatList"},
    "Counts": {"shape": "CountMap"},
    "Tree": {"shape": "Tree"},
    "Choice": {"shape": "Choice"},
    "Token": {"shape": "Text", "idempotencyToken": True},
}


def model(protocol):
    rest = protocol.startswith("rest-")
    members = dict(MEMBERS)
    if rest:
        members["Id"] = {"shape": "Text", "location": "uri", "locationName": "id"}
        members["Filter"] = {"shape": "Text", "location": "querystring", "locationName": "filter"}
        members["Header"] = {"shape": "Text", "location": "header", "locationName": "x-toy"}
        members["Meta"] = {"shape": "CountMap", "location": "headers",
                           "locationName": "x-toy-meta-"}
    required = ["Name"] + (["Id"] if rest else [])
    output = dict(MEMBERS)
    if rest:
        output["Header"] = members["Header"]
        output["Code"] = {"shape": "Count", "location": "statusCode"}
    shapes = SHAPES | {
        "EchoRequest": {"type": "structure", "required": required, "members": members},
        "EchoResult": {"type": "structure", "members": output},
        "StoreRequest": {"type": "structure", "payload": "Body", "members": {
            "Body": {"shape": "Bytes", "streaming": True}}},
    }
    http = lambda uri: {"method": "POST", "requestUri": uri if rest else "/"}
    operations = {
        "Echo": {"http": http("/echo/{id}?mode=plain"), "input": {"shape": "EchoRequest"},
                 "output": {"shape": "EchoResult"}, "errors": [{"shape": "NoSuchToy"}],
                 "documentation": "<p>Returns what it was given. It does nothing else.</p>"},
        "ListToys": {"http": http("/toys"), "input": {"shape": "ListRequest"},
                     "output": {"shape": "ListResult"}},
        "Rest": {"http": http("/rest")},
    }
    if rest:
        operations["Store"] = {"http": http("/store"), "input": {"shape": "StoreRequest"},
                               "output": {"shape": "EmptyResult"}}
    if protocol == "rest-xml":
        operations["Echo"]["input"] |= {"locationName": "EchoRequest",
                                        "xmlNamespace": {"uri": NAMESPACE}}
    if protocol == "query":
        operations["Echo"]["output"]["resultWrapper"] = "EchoResult"
        operations["ListToys"]["output"]["resultWrapper"] = "ListToysResult"
    return {
        "metadata": {"apiVersion": "2026-01-01", "endpointPrefix": "toy", "protocol": protocol,
                     "serviceFullName": "Toys of Fracas", "serviceId": "Toy",
                     "signatureVersion": "v4", "jsonVersion": "1.1", "targetPrefix": "Toy_20260101",
                     "xmlNamespace": NAMESPACE, "uid": "toy"},
        "operations": {name: {"name": name} | row for name, row in operations.items()},
        "shapes": shapes,
    }


PAGINATORS = {"pagination": {"ListToys": {
    "input_token": "Marker", "output_token": "NextMarker", "limit_key": "MaxItems",
    "result_key": "Toys"}}}
WAITERS = {"version": 2, "waiters": {"ToyReady": {
    "operation": "Echo", "delay": 1, "maxAttempts": 3, "acceptors": [
        {"matcher": "path", "argument": "Colour", "expected": "green", "state": "success"},
        {"matcher": "error", "expected": "ToyNotFound", "state": "failure"}]}}}


def main():
    script, byte_order, output = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for protocol in PROTOCOLS:
            place = Path(folder, "toy-" + protocol, "2026-01-01")
            place.mkdir(parents=True)
            (place / "service-2.json").write_text(json.dumps(model(protocol)))
            (place / "paginators-1.json").write_text(json.dumps(PAGINATORS))
            (place / "waiters-2.json").write_text(json.dumps(WAITERS))
        subprocess.run([sys.executable, script, "--data", folder, "--byte-order", byte_order,
                        output], check=True)


if __name__ == "__main__":
    main()
