"""Address spaces: the proposal's trees, our table in one, and what became of a space when it changes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol.command import Command, Rejection, Source
from server.protocol.dispatch import Dispatcher
from server.protocol.endpoints import COMMANDS, FEEDBACK
from server.protocol.oscquery import READ, WRITE, Item, Method
from server.protocol.oscquery_table import MARKS, Shape, address_space, brief
from server.protocol.oscquery_tree import AddressSpace, Node, Values
from server.protocol.targets import FOLDERS, JOB

HERE = Source("127.0.0.1", 9)
SHAPES = (Shape(((3, "chorus"), (12, "hot cue at 7")), (("seed", 0.0, 10.0), ("two words", 0.0, 1.0))), Shape())


def nothing(nodes: Sequence[Node]) -> list[Values | None]:
    return [None] * len(nodes)


def whole(space: AddressSpace) -> dict[str, Any]:
    root = space.get("/")
    assert root is not None
    said: dict[str, Any] = json.loads(space.text(root, nothing))
    return said


def below(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in node.get("CONTENTS", {}).values():
        yield child
        yield from below(child)


@pytest.fixture(scope="module")
def table() -> AddressSpace:
    return address_space(SHAPES)


def test_every_row_has_its_place(table: AddressSpace) -> None:
    there = {node.method.row for node in table if node.method and node.method.row}
    asked = [row for row in FEEDBACK if row.changes and row.changes[0] not in ("answer", "renderer", "stream")
             and JOB not in row.address]
    assert there >= {*COMMANDS, *asked}
    for path in ("/deck/2/state/frame", "/deck/1/axis/seed", "/deck/1/mark/12/set", f"/deck/2/mark/{MARKS}", "/error"):
        assert table.get(path), path
    for path in ("/deck/3", "/deck/2/axis", "/deck/1/axis/two words", "/deck/2/mark/12", "/ack", "/td/deck/1/open"):
        assert table.get(path) is None, path


def test_every_path_that_can_be_told_is_understood(table: AddressSpace) -> None:
    dispatcher = Dispatcher(len(SHAPES))
    for node in table:
        if node.method is not None and node.method.access & WRITE:
            row = node.method.row
            assert row is not None
            given = (0.5,) if "{name}" in row.address else row.example
            result, = dispatcher.command(node.path, given, HERE)
            assert isinstance(result, Command), result
            assert (result.row, result.where) == (row, node.method.where)


def test_a_folder_that_is_a_method_too_has_itself_below(table: AddressSpace) -> None:
    assert {"/deck/{n}/take", "/deck/{n}/loop", "/deck/{n}/in", "/deck/{n}/mark/{m}"} <= FOLDERS
    for node in below(whole(table)):
        if "CONTENTS" in node and "TYPE" in node:
            itself = node["CONTENTS"]["this"]
            assert {**itself, "FULL_PATH": node["FULL_PATH"]} == {
                name: node[name] for name in node if name != "CONTENTS"}


def test_what_clients_make_of_it(table: AddressSpace) -> None:
    for node in (whole(table), *below(whole(table))):
        contents = node.get("CONTENTS", {})
        groups = [child["DESCRIPTION"] for child in contents.values() if "CONTENTS" in child]
        controls = [child["DESCRIPTION"] for child in contents.values() if "CONTENTS" not in child]
        for names in (groups, controls):
            assert len(names) == len(set(names)), f"Chataigne tells the children of {node['FULL_PATH']} apart by these"
        assert node.get("TYPE") not in ("ffff", "iiii"), "Chataigne takes it for a colour"
        if node.get("TYPE") == "s" and "RANGE" in node:
            assert node["RANGE"][0]["VALS"]
        for name in ("RANGE", "UNIT", "EXTENDED_TYPE", "CLIPMODE"):
            assert len(node.get(name, node.get("TYPE", ""))) == len(node.get("TYPE", ""))


@pytest.mark.parametrize(("path", "kind", "access", "more"), [
    ("/deck/1/take", "I", 2, {"OVERLOADS": [{"TYPE": "f", "RANGE": [{"MIN": 0.0, "MAX": 1.0}]}]}),
    ("/deck/1/frame", "i", 3, {"UNIT": ["frames"], "CLIPMODE": ["none"]}),
    ("/deck/1/level", "f", 3, {"RANGE": [{"MIN": 0.0, "MAX": 1.0}], "CLIPMODE": ["both"], "CRITICAL": False}),
    ("/deck/1/freeze", "T", 3, {"OVERLOADS": [{"TYPE": "N"}, {"TYPE": "i", "RANGE": [{"MIN": 0, "MAX": 1}]}]}),
    ("/deck/1/loop", "s", 3, {"RANGE": [{"VALS": ["hold", "loop", "bounce", "next"]}]}),
    ("/deck/1/load", "s", 2, {"EXTENDED_TYPE": ["movie"], "CRITICAL": True}),
    ("/deck/1/range", "ii", 2, {"EXTENDED_TYPE": ["in", "out"]}),
    ("/deck/1/state/seconds", "f", 1, {"UNIT": ["time.second"]}),
    ("/deck/1/axis/seed", "f", 2, {"RANGE": [{"MIN": 0.0, "MAX": 10.0}], "DESCRIPTION": "Axis seed"}),
    ("/deck/1/mark/3", "I", 2, {"DESCRIPTION": "Mark 3, chorus"}),
    ("/clock/tempo", "f", 3, {"UNIT": ["time.bpm"], "TAGS": ["clock"]}),
])
def test_rows_of_each_kind(table: AddressSpace, path: str, kind: str, access: int, more: dict[str, Any]) -> None:
    node = table.get(path)
    assert node is not None
    said = json.loads(table.text(node, nothing))
    assert (said["FULL_PATH"], said["TYPE"], said["ACCESS"]) == (path, kind, access)
    assert {name: said[name] for name in more} == more


def test_single_attributes(table: AddressSpace) -> None:
    deck, load = table.get("/deck/1/"), table.get("/deck/1/load")
    assert deck is not None
    assert load is not None
    assert deck.path == "/deck/1"
    assert table.attributes(deck, ["TYPE"], nothing) == {}
    assert table.attributes(deck, ["CONTENTS"], nothing)["CONTENTS"]["load"]["TYPE"] == "s"
    assert table.attributes(load, ["RANGE", "CONTENTS"], nothing) == {}
    assert table.attributes(load, ["FULL_PATH", "TYPE"], nothing) == {"FULL_PATH": "/deck/1/load", "TYPE": "s"}


@pytest.mark.parametrize(("doc", "short"), [
    ("Jump to a frame; the first is 0.", "Jump to a frame"), ("Play on.", "Play on"),
    ("index: it stands.", "index: it stands"),
    ("a" * 40 + " " + "b" * 40, "a" * 40 + "…"),
])
def test_a_description_is_short(doc: str, short: str) -> None:
    assert brief(doc) == short


def test_what_becomes_of_a_space() -> None:
    other = address_space((Shape(((3, "verse"),), (("zoom", 0.0, 1.0),)), Shape()))
    first = address_space(SHAPES)
    assert first.changes_to(address_space(SHAPES, first)).common == ""
    changes = first.changes_to(other)
    assert changes.renamed == (("/deck/1/axis/seed", "/deck/1/axis/zoom"),)
    assert changes.removed == ("/deck/1/mark/12",)
    assert changes.added == ()
    assert changes.common == "/deck/1"
    back = other.changes_to(first)
    assert (back.added, back.removed) == (("/deck/1/mark/12",), ())
    one = AddressSpace({"/a/b": Method((), 0)}, {})
    assert one.changes_to(AddressSpace({"/c/d": Method((), 0)}, {})) == ((), ("/a",), ("/c",), "/")


PATHS = st.sets(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(lambda words: "/" + "/".join(words)))


@given(PATHS, PATHS)
def test_who_follows_the_changes_knows_the_new_space(before: set[str], after: set[str]) -> None:
    method = Method((Item("f"),), READ)
    old, new = (AddressSpace(dict.fromkeys(sorted(paths), method), {}) for paths in (before, after))
    changes = old.changes_to(new)
    known = {node.path for node in old}
    known = {path for path in known if not any(f"{path}/".startswith(f"{gone}/") for gone in changes.removed)}
    for path in changes.added:
        node = new.get(path)
        assert node is not None
        known |= {path, *(one["FULL_PATH"] for one in below(json.loads(new.text(node, nothing))))}
    assert known == {node.path for node in new}
    assert {node.path for node in new} == {"/", *(one["FULL_PATH"] for one in below(whole(new)))}
    touched = [*changes.added, *changes.removed]
    assert all(f"{path}/".startswith(changes.common.rstrip("/") + "/") for path in touched)


@pytest.mark.parametrize(("address", "meant"), [
    ("/deck/2/take/this", "/deck/{n}/take"), ("/take/this", "/deck/{n}/take"), ("/deck/1/loop/this", "/deck/{n}/loop"),
    ("/deck/1/mark/3/this", "/deck/{n}/mark/{m}"), ("/mark/3/this", "/deck/{n}/mark/{m}"),
])
def test_an_address_with_others_below_it_can_be_called_this(address: str, meant: str) -> None:
    result, = Dispatcher(2).command(address, ["loop"] if "loop" in address else [], HERE)
    assert isinstance(result, Command)
    assert result.row.address == meant


def test_a_pattern_means_an_address_once_and_others_are_not_called_this() -> None:
    dispatcher = Dispatcher(1)
    found = dispatcher.command("/deck/1/take/*", [2.0], HERE)
    assert [one.row.address for one in found if isinstance(one, Command)] == ["/deck/{n}/take/over"]
    refused, = dispatcher.command("/deck/1/frame/this", [3], HERE)
    assert isinstance(refused, Rejection)
