#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compile botocore's service models into the one file that src/aws/model.c maps.

usage: compile_models.py [--data DIR] [--services all|NAME,...] [--byte-order little|big]
                         [--depfile FILE] OUTPUT

The layout is documented in docs/design/aws-models.md; src/aws/model_layout.h is its other half.
"""
import argparse
import gzip
import html
import json
import re
import struct
import sys
from pathlib import Path

MAGIC = b"FRACASAW"
LAYOUT_VERSION = 1
DEFAULT_DATA = [
    "/usr/lib/python3/dist-packages/botocore/data",
    "/usr/share/botocore/data",
]
SUMMARY_MAX = 110

PROTOCOLS = {"ec2": 1, "query": 2, "json": 3, "rest-json": 4, "rest-xml": 5,
             "smithy-rpc-v2-cbor": 6}
TYPES = {"structure": 1, "list": 2, "map": 3, "string": 4, "integer": 5, "long": 6, "float": 7,
         "double": 8, "boolean": 9, "timestamp": 10, "blob": 11, "character": 4, "bigdecimal": 8}
LOCATIONS = {"header": 1, "headers": 2, "querystring": 3, "uri": 4, "statusCode": 5}
# One numbering for shapes and members: what is true of either is true of the reference.
FLAGS = {"required": 4, "flattened": 5, "streaming": 6, "idempotencyToken": 7, "hostLabel": 8,
         "jsonvalue": 9, "xmlAttribute": 10, "eventpayload": 11, "eventheader": 12,
         "deprecated": 13, "sensitive": 14, "exception": 15, "fault": 16, "union": 17,
         "document": 18, "eventstream": 19, "event": 20, "sparse": 21, "requiresLength": 22,
         "retryable": 23}
SHAPE_TRAITS = ("min", "max", "enum", "timestampFormat", "payload", "error", "xmlNamespace")
MEMBER_TRAITS = ("timestampFormat", "xmlNamespace", "queryName", "contextParam")
OPERATION_TRAITS = ("authtype", "auth", "httpChecksum", "httpChecksumRequired", "unsignedPayload",
                    "staticContextParams", "operationContextParams", "endpointdiscovery",
                    "deprecated")
SERVICE_TRAITS = ("globalEndpoint", "protocolSettings", "awsQueryCompatible", "auth")

TAG_CONSTANT, TAG_STRING, TAG_INTEGER, TAG_ARRAY, TAG_OBJECT, TAG_WIDE, TAG_REAL = range(7)


class Strings:
    """NUL-terminated texts, each stored once; offset 0 is the empty one."""

    def __init__(self):
        self.data = bytearray(b"\0")
        self.offsets = {"": 0}

    def add(self, text):
        if text is None:
            return 0
        offset = self.offsets.get(text)
        if offset is None:
            raw = text.encode()
            if b"\0" in raw:
                raise ValueError(f"a NUL inside {text!r}")
            offset = self.offsets[text] = len(self.data)
            self.data += raw + b"\0"
        return offset


class Output:
    """The tables of the file while they grow. Record 0 of each stands for "none"."""

    def __init__(self, byte_order):
        self.order = "<" if byte_order == "little" else ">"
        self.strings = Strings()
        self.words = [0]
        self.shapes = [(0,) * 5]
        self.members = [(0,) * 5]
        self.operations = []
        self.services = []
        self.word_runs = {(): 0}
        self.member_runs = {(): 0}

    def run(self, words):
        """The place of a run of words, shared with an equal one."""
        key = tuple(words)
        place = self.word_runs.get(key)
        if place is None:
            place = self.word_runs[key] = len(self.words)
            self.words += key
        return place

    def list(self, items):
        return self.run([len(items), *items]) if items else 0

    def member_run(self, records):
        key = tuple(records)
        place = self.member_runs.get(key)
        if place is None:
            place = self.member_runs[key] = len(self.members)
            self.members += key
        return place

    def node(self, value):
        """A JSON value as one word: a tag in the low three bits, what it means above."""
        if value is None or isinstance(value, bool):
            return {None: 0, False: 1, True: 2}[value] << 3 | TAG_CONSTANT
        if isinstance(value, str):
            return self.place(self.strings.add(value), TAG_STRING)
        if isinstance(value, int):
            if 0 <= value < 1 << 29:
                return value << 3 | TAG_INTEGER
            return self.place(self.run(self.halves(struct.pack("=q", value))), TAG_WIDE)
        if isinstance(value, float):
            return self.place(self.run(self.halves(struct.pack("=d", value))), TAG_REAL)
        if isinstance(value, list):
            return self.place(self.list([self.node(item) for item in value]), TAG_ARRAY)
        words = [len(value)]
        for key in sorted(value, key=str.encode):
            words += [self.strings.add(key), self.node(value[key])]
        return self.place(self.run(words), TAG_OBJECT)

    @staticmethod
    def place(offset, tag):
        if offset >= 1 << 29:
            raise ValueError("the tables are too large for 29 bits")
        return offset << 3 | tag

    @staticmethod
    def halves(packed):
        bits = struct.unpack("=Q", packed)[0]
        return [bits & 0xFFFFFFFF, bits >> 32]

    def traits(self, source, names):
        """The node of those traits that are there; 0 for none."""
        found = {name: source[name] for name in names if name in source}
        return self.node(found) if found else 0

    def write(self, path, root):
        root = self.node(root)
        while len(self.strings.data) % 4:
            self.strings.data += b"\0"
        words = lambda rows: struct.pack(f"{self.order}{sum(map(len, rows))}I",
                                         *(word for row in rows for word in row))
        sections = [(bytes(self.strings.data), len(self.strings.data)),
                    (words([self.words]), len(self.words)),
                    (words(self.services), len(self.services)),
                    (words(self.operations), len(self.operations)),
                    (words(self.shapes), len(self.shapes)),
                    (words(self.members), len(self.members))]
        offset = len(MAGIC) + 4 * (4 + 2 * len(sections))
        table = []
        for data, count in sections:
            table += [offset, count]
            offset += len(data)
        header = MAGIC + struct.pack(f"{self.order}{4 + len(table)}I", 0x01020304, LAYOUT_VERSION,
                                     offset, root, *table)
        Path(path).write_bytes(header + b"".join(data for data, _ in sections))


def summary(documentation):
    """The first sentence as one short line of plain text."""
    text = html.unescape(re.sub(r"<[^>]*>", " ", documentation or ""))
    text = re.sub(r"\s+", " ", text).strip()
    text = re.split(r"(?<=[a-z0-9)])\. (?=[A-Z])", text, maxsplit=1)[0].rstrip(".")
    text = re.sub(r" ([,.;:)])", r"\1", text)
    if len(text) > SUMMARY_MAX:
        text = text[:SUMMARY_MAX].rsplit(" ", 1)[0] + " …"
    return text


class ServiceCompiler:
    """One service: its shapes are numbered depth first from what its operations use."""

    def __init__(self, out, name, model):
        self.out = out
        self.name = name
        self.model = model
        self.shapes = model["shapes"]
        self.ids = {}
        self.cyclic = self.find_cyclic()

    def references(self, shape):
        if shape["type"] == "structure":
            return list(shape.get("members", {}).items())
        if shape["type"] == "list":
            return [("member", shape["member"])]
        if shape["type"] == "map":
            return [("key", shape["key"]), ("value", shape["value"])]
        return []

    def find_cyclic(self):
        """Names of the shapes that contain themselves (Tarjan's components, kept iterative)."""
        index, low, stack, on_stack, cyclic = {}, {}, [], set(), set()
        edges = {name: [ref["shape"] for _, ref in self.references(shape)]
                 for name, shape in self.shapes.items()}
        for start in self.shapes:
            if start in index:
                continue
            work = [(start, iter(edges[start]))]
            index[start] = low[start] = len(index)
            stack.append(start)
            on_stack.add(start)
            while work:
                name, targets = work[-1]
                target = next(targets, None)
                if target is None:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[name])
                    if low[name] == index[name]:
                        component = []
                        while not component or component[-1] != name:
                            component.append(stack.pop())
                            on_stack.discard(component[-1])
                        if len(component) > 1 or name in edges[name]:
                            cyclic.update(component)
                elif target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(edges[target])))
                elif target in on_stack:
                    low[name] = min(low[name], index[target])
        return cyclic

    def flags(self, source, low):
        bits = low
        for name, bit in FLAGS.items():
            value = source.get(name)
            if value and not isinstance(value, list):
                bits |= 1 << bit
        return bits

    def member(self, name, ref, required=False):
        low = LOCATIONS.get(ref.get("location"), 0)
        bits = self.flags(ref, low) | (required << FLAGS["required"])
        # compat: botocore lets a shape's own name stand in where the use of it gives none.
        wire = ref.get("locationName", self.shapes[ref["shape"]].get("locationName"))
        return (self.out.strings.add(name), self.out.strings.add(wire),
                self.shape(ref["shape"]), bits, self.out.traits(ref, MEMBER_TRAITS))

    def shape(self, name):
        if name in self.ids:
            return self.ids[name]
        out, shape = self.out, self.shapes[name]
        place = None
        if name in self.cyclic:
            place = self.ids[name] = len(out.shapes)
            out.shapes.append(None)
        required = shape.get("required", []) if shape["type"] == "structure" else []
        records = [self.member(key, ref, key in required) for key, ref in self.references(shape)]
        # A scalar's name is seen nowhere; without it, equal scalars are one record.
        label = out.strings.add(name) if records or shape["type"] == "structure" else 0
        first = out.member_run(records)
        bits = self.flags(shape, TYPES[shape["type"]])
        record = (label, bits, first, len(records), out.traits(shape, SHAPE_TRAITS))
        if place is None:
            place = shared_shape(out, record)
            self.ids[name] = place
        else:
            out.shapes[place] = record
        return place

    def reference(self, ref):
        return self.out.member_run([self.member("", ref)]) if ref else 0

    def operation(self, name, model):
        out = self.out
        http = model.get("http", {})
        errors = [self.shape(error["shape"]) for error in model.get("errors", [])]
        traits = {key: model[key] for key in OPERATION_TRAITS if key in model}
        host_prefix = model.get("endpoint", {}).get("hostPrefix")
        if http.get("responseCode", 200) != 200:
            traits["responseCode"] = http["responseCode"]
        if host_prefix:
            traits["hostPrefix"] = host_prefix
        if model.get("output", {}).get("resultWrapper"):
            traits["resultWrapper"] = model["output"]["resultWrapper"]
        return (out.strings.add(name), out.strings.add(http.get("method", "POST")),
                out.strings.add(http.get("requestUri", "/")), self.reference(model.get("input")),
                self.reference(model.get("output")), out.list(errors),
                out.node(traits) if traits else 0,
                out.strings.add(summary(model.get("documentation"))))

    def protocol(self, metadata):
        """The first protocol we speak of those it has; else what it calls its own."""
        for protocol in metadata.get("protocols", []) + [metadata["protocol"]]:
            if protocol in PROTOCOLS and protocol != "smithy-rpc-v2-cbor":
                return PROTOCOLS[protocol]
        return PROTOCOLS[metadata["protocol"]]

    def exceptions(self):
        """The error shapes by their code, sorted; of equal codes the last one counts."""
        by_code = {}
        for name, shape in self.shapes.items():
            if shape["type"] == "structure" and shape.get("exception"):
                by_code[shape.get("error", {}).get("code", name)] = self.shape(name)
        words = []
        for code in sorted(by_code, key=str.encode):
            words += [self.out.strings.add(code), by_code[code]]
        return self.out.list(words)

    def compile(self, paginators, waiters, ruleset):
        out, metadata = self.out, self.model["metadata"]
        rows = [self.operation(name, self.model["operations"][name])
                for name in sorted(self.model["operations"], key=str.encode)]
        first = len(out.operations)
        out.operations += rows
        traits = {key: metadata[key] for key in SERVICE_TRAITS if key in metadata}
        if self.model.get("clientContextParams"):
            traits["clientContextParams"] = {
                key: value["type"] for key, value in self.model["clientContextParams"].items()}
        namespace = metadata.get("xmlNamespace")
        if isinstance(namespace, dict):
            namespace = namespace.get("uri")
        add = out.strings.add
        out.services.append((
            add(self.name), add(metadata.get("serviceId")), add(metadata.get("serviceFullName")),
            add(metadata.get("endpointPrefix")),
            add(metadata.get("signingName", metadata.get("endpointPrefix"))),
            add(metadata.get("apiVersion")), add(metadata.get("signatureVersion")),
            self.protocol(metadata), add(metadata.get("jsonVersion")),
            add(metadata.get("targetPrefix")), add(namespace), first, len(rows),
            self.exceptions(), out.node(paginators), out.node(waiters), out.node(ruleset),
            out.node(traits) if traits else 0,
            add(summary(self.model.get("documentation")))))


def shared_shape(out, record):
    shapes = out.__dict__.setdefault("shape_records", {})
    place = shapes.get(record)
    if place is None:
        place = shapes[record] = len(out.shapes)
        out.shapes.append(record)
    return place


def read_json(folder, name, seen):
    """folder/name.json, plain or gzipped, with its sdk-extras merged; None if there is none."""
    value = None
    for path in (folder / f"{name}.json", folder / f"{name}.json.gz"):
        if path.exists():
            seen.append(path)
            raw = path.read_bytes()
            value = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
            break
    extras = folder / f"{name}.sdk-extras.json"
    if value is not None and extras.exists():
        seen.append(extras)
        merge(value, json.loads(extras.read_text()).get("merge", {}))
    return value


def merge(target, extra):
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            merge(target[key], value)
        else:
            target[key] = value


def without_documentation(value):
    if isinstance(value, dict):
        return {k: without_documentation(v) for k, v in value.items() if k != "documentation"}
    if isinstance(value, list):
        return [without_documentation(item) for item in value]
    return value


def normal_paginators(document):
    """Every token and result as a list, so that the reader knows one form."""
    as_list = lambda value: value if isinstance(value, list) else [value]
    rows = {}
    for name, row in (document or {}).get("pagination", {}).items():
        rows[name] = {key: as_list(row[key]) for key in
                      ("input_token", "output_token", "result_key", "non_aggregate_keys")
                      if key in row}
        rows[name] |= {key: row[key] for key in ("more_results", "limit_key") if key in row}
    return rows


def find_data(choice):
    """The data folder: the one named, or that of the botocore this interpreter would import."""
    if choice:
        folder = Path(choice)
        return folder / "data" if (folder / "data").is_dir() else folder
    for folder in map(Path, DEFAULT_DATA):
        if folder.is_dir():
            return folder
    try:
        import botocore
    except ImportError:
        sys.exit("compile_models.py: botocore's data is missing: install python3-botocore, or "
                 "name its folder with the build option 'botocore'")
    return Path(botocore.__file__).parent / "data"


def chosen_services(data, wanted):
    there = sorted(path.name for path in data.iterdir()
                   if path.is_dir() and list(path.glob("*/service-2.json*")))
    if not there:
        sys.exit(f"compile_models.py: no service models below {data}")
    if wanted == "all":
        return there
    names = [name for name in re.split(r"[,\s]+", wanted) if name]
    if missing := [name for name in names if name not in there]:
        sys.exit(f"compile_models.py: no model of {', '.join(missing)} below {data}")
    return sorted(set(names))


def compile_all(data, wanted, byte_order, path):
    seen = []
    out = Output(byte_order)
    for name in chosen_services(data, wanted):
        folder = max(path.parent for path in (data / name).glob("*/service-2.json*"))
        model = read_json(folder, "service-2", seen)
        paginators = normal_paginators(read_json(folder, "paginators-1", seen))
        waiters = (read_json(folder, "waiters-2", seen) or {}).get("waiters", {})
        ruleset = read_json(folder, "endpoint-rule-set-1", seen)
        ServiceCompiler(out, name, model).compile(
            paginators, without_documentation(waiters), without_documentation(ruleset))
    root = {name: read_json(data, name, seen) for name in ("partitions", "endpoints")}
    out.write(path, root)
    return seen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="")
    parser.add_argument("--services", default="all")
    parser.add_argument("--byte-order", choices=("little", "big"), default=sys.byteorder)
    parser.add_argument("--depfile")
    parser.add_argument("output")
    options = parser.parse_args()
    seen = compile_all(find_data(options.data), options.services, options.byte_order,
                       options.output)
    if options.depfile:
        targets = " ".join(str(path).replace(" ", "\\ ") for path in seen)
        Path(options.depfile).write_text(f"{options.output}: {targets}\n")


if __name__ == "__main__":
    main()
