#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls in several threads of the Python worker change the living documents: none undoes another.

usage: test_worker_documents.py
"""
import json
import sys
import unittest
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from chaos_worker import documents, values  # noqa: E402


def told(watch):
    return json.loads("{" + ",".join(watch.changes()) + "}")


class Shared(unittest.TestCase):
    def setUp(self):
        self.store = documents.Documents(None)
        self.store.update([["experiment", {"method": [{"name": "a"}, {"name": "b"}]}, 1]])
        self.experiment = self.store.values["experiment"]
        self.store.lent.add("experiment")

    def watch(self, pointer=None):
        if pointer is None:
            return documents.Watch(self.store, ["experiment"], {})
        place = {"document": "experiment", "pointer": pointer}
        return documents.Watch(self.store, [], {"context": (place, self.store.resolve(place))})

    def test_each_change_is_told_once_by_whoever_ends_first(self):
        first, second = self.watch(), self.watch()
        self.experiment["method"][0]["name"] = "A"
        self.experiment["method"][1]["name"] = "B"
        self.assertEqual(told(second), {"experiment": [[["method", 0, "name"], "A"],
                                                       [["method", 1, "name"], "B"]]})
        self.experiment["method"][0]["late"] = 1
        self.assertEqual(told(first), {"experiment": [[["method", 0, "late"], 1]]})

    def test_what_the_engine_sends_meanwhile_undoes_nothing(self):
        call = self.watch()
        self.experiment["method"][0]["name"] = "A"
        self.store.update([["experiment", {"method": [{"name": "a"}, {"name": "new"}]}, 2]])
        self.assertEqual(self.experiment, {"method": [{"name": "A"}, {"name": "new"}]})
        self.assertEqual(told(call), {"experiment": [[["method", 0, "name"], "A"]]})

    def test_with_no_call_under_way_the_engine_is_right(self):
        told(self.watch())
        self.experiment["method"][0]["name"] = "A"
        self.store.update([["experiment", {"method": []}, 2]])
        self.assertEqual(self.experiment, {"method": []})
        self.assertEqual(told(self.watch()), {})

    def test_a_part_is_told_as_its_document_where_that_is_compared(self):
        whole, part = self.watch(), self.watch("/method/1")
        self.experiment["method"][1]["name"] = "B"
        self.assertEqual(told(part), {"experiment": [[["method", 1, "name"], "B"]]})
        self.assertEqual(told(whole), {})

    def test_a_part_alone_is_told_as_such(self):
        part = self.watch("/method/1")
        self.experiment["method"][1]["name"] = "B"
        self.assertEqual(told(part), {"context": [[["name"], "B"]]})

    def test_a_value_that_json_lacks_is_one_value(self):
        call = self.watch()
        self.experiment["since"] = date(2026, 11, 22)
        told(call)
        call = self.watch()
        self.experiment["since"] = date(2026, 11, 23)
        self.assertEqual(told(call),
                         {"experiment": [[["since"], {values.MARK + "date": "2026-11-23"}]]})


class Differences(unittest.TestCase):
    def test_they_lead_from_one_to_the_other(self):
        for before, after in [({"a": 1, "b": {"c": [1, 2]}}, {"b": {"c": [1, 3]}, "d": None}),
                              ([1, 2], [1]), ([], {}), ({}, {}), ([{"a": 1}], [{"a": True}])]:
            changes = documents.differences(before, after)
            self.assertEqual(json.dumps(documents.amend(before, changes), sort_keys=True),
                             json.dumps(after, sort_keys=True))


if __name__ == "__main__":
    unittest.main()
