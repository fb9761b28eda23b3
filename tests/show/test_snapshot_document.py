"""The document of a snapshot: the same back, and damaged ones refused or said, never raised."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshot_desk import Desk, WalkDesk

from server.errors import InputError
from server.protocol.targets import Targets
from server.show.recall_parts import Parts
from server.show.snapshot_document import document_of, read_document
from server.show.snapshot_taking import taken

TARGETS = Targets(2)


def full() -> WalkDesk:
    desk = WalkDesk()
    desk.begin().do("/deck/1/go/picture", "c-3").wait(0.5)
    desk.do("/deck/2/load", "a.mov").do("/deck/2/prepare", "b.mov").do("/deck/2/freeze", True).wait(0.5)
    desk.do("/deck/2/mark/2/set").do("/deck/2/inner", 10, 20).do("/deck/1/go/avoid", "e-5", True)
    return desk


def document() -> dict[str, Any]:
    found = document_of(taken("x", full().show.state, 1.0), "2026-03-01T21:04:00Z")
    return dict(json.loads(json.dumps(found)))


DOCUMENT = document()


@pytest.mark.parametrize("desk", [full, Desk, WalkDesk])
def test_a_snapshot_comes_back_as_it_was(desk: Any) -> None:
    there = desk()
    snapshot = taken("x", there.show.state, there.now)
    text = json.dumps(document_of(snapshot, "now"))
    assert read_document("x", json.loads(text), TARGETS) == (snapshot, ())


def test_the_example_of_the_documents_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "snapshots.md").read_text(encoding="utf-8")
    snapshot, notes = read_document("x", json.loads(page.partition("```json")[2].partition("```")[0]), TARGETS)
    assert notes == ()
    desk = Desk()
    desk.disk["emit/waves.mov"] = desk.disk["a.mov"]
    desk.show.recall.begin(snapshot, 0.0, Parts(), None, desk.now, notes)
    desk.show.flush(desk.now)
    desk.settle()
    desk.wait(2.0)
    assert (desk.state("frame"), desk.state("loop"), desk.state("level")) == (150, "loop", 1.0)


def test_what_is_left_out_by_hand_is_as_usual() -> None:
    spare = {"format": "interscene.snapshot", "version": 1, "decks": [
        {"deck": 1, "shows": {"spans": [["a.mov", 0, -1]]}}], "settings": {"/clock/tempo": 99}}
    snapshot, notes = read_document("x", spare, TARGETS)
    assert notes == ()
    assert snapshot.settings[0].args == (99.0,)
    shows = snapshot.decks[0].shows
    assert shows is not None
    assert (shows.playing, shows.speed, shows.end) == (True, 1.0, "loop")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    found = [path]
    if isinstance(value, dict):
        found += [place for key, one in value.items() for place in places(one, (*path, key))]
    elif isinstance(value, list):
        found += [place for number, one in enumerate(value) for place in places(one, (*path, number))]
    return found


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


JUNK = st.sampled_from([None, True, -1, 10**30, 1.5, float("inf"), float("nan"), "", "x" * 5000, "\ud800", [], {}, [[]],
                        {"a": 1}, [None], -0.5, "loop"])


@settings(max_examples=50)
@given(st.integers(0, 10**9), JUNK)
def test_a_document_with_anything_anywhere_is_read_or_refused(seed: int, junk: Any) -> None:
    path = random.Random(seed).choice(places(DOCUMENT))
    damaged = put(DOCUMENT, path, junk)
    try:
        snapshot, notes = read_document("x", damaged, TARGETS)
    except InputError:
        return
    desk = WalkDesk()
    desk.show.recall.begin(snapshot, 0.0, Parts(), None, desk.now, notes)
    desk.show.flush(desk.now)
    desk.settle()
    desk.wait(3 / 64)
    desk.do("/snapshot/state/gone", "?")
