"""Values put away: real states come back as they were; bytes of any origin give a value or one error."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from types import MappingProxyType
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making_stage import MakingStage
from stage import Renderer, Stage, grid_movie, marked_movie, one, uneven_movie
from walks import WalkStage

from server.errors import ArchiveDamaged, InputError
from server.library.songs.stories import Story, StorySection
from server.playback.timeline import Clip, Movie, Span
from server.protocol.command import Command, Forward, Rejection, Released, Source
from server.protocol.controllers.control import Control, Moved
from server.protocol.controllers.mapping_edit import Add
from server.protocol.controllers.mapping_file import read_mappings
from server.protocol.controllers.rows import find_row
from server.protocol.dispatch import Dispatcher
from server.protocol.osc import IMPULSE
from server.protocol.row import Row
from server.protocol.targets import Targets
from server.show import archive
from server.show.archive import DEPTH_MAX, Packer, Unpacker, dump, load, packed, unpacked
from server.show.archive_names import NAMES
from server.show.archive_plain import PLAIN
from server.show.archive_types import field_types
from server.show.control_events import ControlsRead, EditControls
from server.show.events import Event, Loaded, Mapped, News, Send
from server.show.state import ShowState

SENDER = Source("10.0.0.9", 9000)


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same, classes without equality of their own included."""
    if type(one) is not type(other):
        return False
    if is_dataclass(one) and not isinstance(one, type):
        return all(same(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, tuple | list | deque):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    return bool(one == other) or (one != one and other != other)


def playing() -> ShowState:
    stage = Stage()
    stage.disk["marked.mov"], stage.disk["grid.mov"] = marked_movie(), grid_movie()
    stage.disk["uneven.mov"] = uneven_movie()
    Renderer(stage)
    stage.do("/deck/1/load", "marked.mov").do("/deck/2/load", "uneven.mov").do("/deck/2/even", True)
    stage.wait(0.3).do("/deck/1/prepare", "grid.mov").do("/deck/1/mark/3/set").do("/deck/1/loop/beats", 4.0)
    return stage.do("/deck/1/pulse/multiply", 0.3).do("/clock/tap").wait(0.4).do("/clock/tap").wait(0.1).show.state


def fading() -> ShowState:
    stage = Stage()
    stage.do("/deck/1/load", "a.mov").wait(0.5).do("/deck/1/load", "b.mov", 2.0).wait(0.5)
    return stage.do("/deck/1/load", "c.mov", 3.0).wait(0.4).do("/clock/quantise", "bar").do("/deck/2/load", "a.mov", 1.0
                                                                                            ).show.state


def frozen() -> ShowState:
    stage = Stage()
    stage.do("/deck/1/load", "a.mov").wait(0.5).do("/deck/1/load", "b.mov", 2.0).wait(0.5).do("/deck/1/freeze", True)
    return stage.wait(0.3).show.state


def walking() -> ShowState:
    stage = WalkStage().begin()
    stage.do("/deck/1/go/picture", "d").wait(0.7).do("/deck/1/go/auto", True)
    stage.story = Story("s", "s", (StorySection("one", "stories/one.mov", 50, Fraction(25)),))
    stage.do("/deck/1/cue/story", "s")
    return stage.wait(2.1).do("/deck/1/go/avoid", "b", True).show.state


def learning() -> ShowState:
    stage = Stage().do("/learn/start", "/deck/1/frame")
    stage.feed([Moved(Control("cc", "knobs", 7, 1), (64.0,), SENDER)])
    return stage.wait(0.2).show.state


def making() -> ShowState:
    stage = MakingStage((("a-1", "b-2"), ("x-9", "y-8")), lacks=(("a-1", "x-9"),))
    stage.begin().do("/go/picture", "x")
    return stage.grow(("a-1", "x-9"), 20, due=0.1).wait(0.3).show.state


STATES: tuple[Callable[[], ShowState], ...] = (playing, fading, frozen, walking, learning, making)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_state_comes_back_as_it_was(state: Callable[[], ShowState]) -> None:
    before = state()
    after = unpacked(packed(before))
    assert same(before, after)
    assert packed(after) == packed(before)


def test_a_state_that_comes_back_goes_on_as_it_would_have() -> None:
    for state in (playing(), fading(), walking()):
        back: ShowState = unpacked(packed(state))
        for deck, other in zip(state.decks, back.decks, strict=True):
            for later in (0.1, 1.0, 7.0):
                assert deck.ahead(5.0 + later).pictures(5.0 + later) == other.ahead(5.0 + later).pictures(5.0 + later)
                assert deck.ahead(5.0 + later).stream(5.0 + later, 1.0) == other.ahead(5.0 + later).stream(
                    5.0 + later, 1.0)


def test_what_is_one_movie_is_one_movie_again() -> None:
    movie, twin = marked_movie(), marked_movie()
    clip: Clip = unpacked(packed(Clip("c", (Span(movie, 0, 5), Span(twin, 0, 5), Span(movie, 9, 3)))))
    assert clip.spans[0].movie is clip.spans[2].movie
    assert clip.spans[0].movie is not clip.spans[1].movie


def test_movies_and_songs_are_written_once_for_all_values_of_a_packer() -> None:
    stage = WalkStage()
    packer, unpacker = Packer(), Unpacker()
    trees = [load(dump(packer.tree(Mapped("song", stage.graph)))) for _ in range(2)]
    assert len(dump(trees[1])) < len(dump(trees[0])) / 20
    one, other = (unpacker.value(tree) for tree in trees)
    assert one.song is other.song
    assert same(one.song, stage.graph)


def test_lasting_things_can_be_kept_apart() -> None:
    state = walking()
    packer = Packer(apart=True)
    tree = packer.tree(state)
    assert {type(one).__name__ for one in packer.lasting} == {"Movie", "SongMap"}
    small, rest = dump(tree), packed(tuple(packer.lasting))
    assert b"a picture of" not in small
    assert same(Unpacker(unpacked(rest)).value(load(small)), state)
    before = len(packer.lasting)
    assert dump(packer.tree(state))
    assert len(packer.lasting) == before


def inputs() -> list[Any]:
    dispatcher = Dispatcher(2)
    file = read_mappings('[[mapping]]\nosc = "/1/fader"\nrow = "/deck/1/speed"\nrange = [0, 2]\n'
                         '[[mapping]]\nmidi = "cc 7"\nrow = "/nowhere"\n', Targets(2))
    return [one(dispatcher.command("/deck/1/load", ["a.mov", 2.0, "#7"], SENDER)),
            one(dispatcher.command("/frame", [12], SENDER)), one(dispatcher.command("/deck/9/frame", [12], SENDER)),
            Forward(b"/FX\0,f\0\0\0\0\0\0", SENDER, 3.5), Released("/go", (0.0,), SENDER),
            Rejection("input", "a word \udcff that is none", SENDER, "/x"), ControlsRead("song", "/m/c.toml", file),
            EditControls(1, "global", (Add({"name": "x", "range": [0, 2], "deep": {"a": [1, (2,)]}}),)),
            Send(SENDER, "/ack", (IMPULSE, 1 << 70, -(1 << 63), (1 << 64) - 1, b"\0", None, True, float("inf"))),
            Loaded(1, Clip.of_movie(uneven_movie()))]


def test_what_comes_in_comes_back_as_it_was() -> None:
    packer, unpacker = Packer(), Unpacker()
    for item in inputs():
        back = unpacker.value(load(dump(packer.tree(item))))
        assert same(item, back) or isinstance(item, ControlsRead)
    command = unpacked(packed(one(Dispatcher(2).command("/deck/2/frame", [5], SENDER))))
    assert isinstance(command, Command)
    assert command.row is find_row("/deck/1/frame", Targets(2)).row
    laid = unpacked(packed(inputs()[6])).file.laid[0]
    assert laid.target.coerce((1,)) == (1.0,)
    assert laid.mapping == inputs()[6].file.laid[0].mapping


@pytest.mark.parametrize("value", [
    (), [], {}, set(), frozenset(), MappingProxyType({}), {(1, 2): [3]}, frozenset({("a", 1)}), {1, 2}, deque([1], 4),
    deque(), Fraction(30000, 1001), Path("a/b"), PureWindowsPath("c:/x"), np.float64(0.1), np.int32(-5), np.bool_(True),
    np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros(0, dtype=np.int64), float("nan"), -0.0, "\ud800", 10**60],
    ids=repr)
def test_plain_values_come_back_as_they_were(value: object) -> None:
    assert same(unpacked(packed(value)), value)


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Painted:
    colour: Colour


def test_a_choice_comes_back_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "NAMES", {**NAMES, "colour": Colour, "painted": Painted})
    archive.class_of.cache_clear()
    try:
        assert unpacked(packed(Painted(Colour.RED))) == Painted(Colour.RED)
        with pytest.raises(ArchiveDamaged):
            unpacked(sealed([archive.ENUM, "colour", "BLUE"]))
        with pytest.raises(ArchiveDamaged):
            unpacked(sealed([archive.ENUM, "movie", "mro"]))
    finally:
        archive.class_of.cache_clear()


# completeness ---------------------------------------------------------------------------------


def reachable(hint: Any, found: dict[type, None]) -> None:
    for arg in get_args(hint):
        reachable(arg, found)
    if isinstance(hint, type) and hint.__module__.startswith(("server.", "numpy")) and hint not in found:
        if hint in PLAIN or hint.__module__.startswith("numpy"):
            return
        found[hint] = None
        for field in field_types(hint).values() if hint in NAMES.values() else ():
            reachable(field, found)


def test_everything_that_a_show_may_hold_hear_or_say_has_a_name() -> None:
    found: dict[type, None] = {}
    for root in (ShowState, News, Event, Command | Rejection | Forward | Released):
        reachable(root, found)
    missing = [f"{cls.__module__}.{cls.__name__}" for cls in found if cls not in NAMES.values()]
    assert not missing, f"give these a name in server/show/archive_names.py: {', '.join(missing)}"


def test_what_has_no_name_is_refused_and_spoils_nothing() -> None:
    packer, unpacker = Packer(), Unpacker()
    with pytest.raises(InputError, match="archive_names"):
        packer.tree((marked_movie(), object()))
    for _ in range(2):
        assert same(unpacker.value(load(dump(packer.tree(marked_movie())))), marked_movie())
    with pytest.raises(InputError):
        packed(Painted(Colour.RED))


# damage ---------------------------------------------------------------------------------------


def sealed(tree: Any) -> bytes:
    body = dump(tree)
    return struct.pack("<3sBI", archive.MAGIC, archive.VERSION, zlib.crc32(body)) + body


def broken() -> Iterator[tuple[str, Any]]:
    new = archive.NEW_CLASS
    yield "unknown kind", [99]
    yield "no kind", []
    yield "kind that is none", [[1], 2]
    yield "unknown class", [new, "bomb", []]
    yield "class that is none", [new, ["deck"], []]
    yield "unknown field", [new, "ramp", ["start", "colour"], 0.0, 0.0]
    yield "field twice", [new, "ramp", ["start", "start"], 0.0, 0.0]
    yield "missing field", [new, "ramp", ["start"], 0.0]
    yield "too few values", [new, "ramp", ["start", "low"], 0.0]
    yield "wrong type", [new, "ramp", ["start", "duration", "low", "high"], 0.0, "x", 0.0, 1.0]
    yield "truth for a number", [new, "ramp", ["start", "duration", "low", "high"], 0.0, True, 0.0, 1.0]
    yield "out of range", [new, "tempo", ["bpm"], 0.0]
    yield "no such choice", [new, "need movie", ["ticket", "name", "kind"], 1, "a", "bomb"]
    yield "class number", [archive.OBJECT, 3]
    yield "negative class number", [archive.OBJECT, -1]
    yield "points at nothing", [archive.SEEN, 0]
    yield "points backwards", [archive.SEEN, -1]
    yield "odd map", [archive.DICT, 1]
    yield "key that cannot be one", [archive.DICT, [archive.LIST], 1]
    yield "unknown plain value", [archive.PLAIN_VALUE, "code", 1]
    yield "fraction over nothing", [archive.PLAIN_VALUE, "fraction", [archive.TUPLE, 1, 0]]
    yield "array of objects", [archive.PLAIN_VALUE, "array", [archive.TUPLE, "|O", [archive.TUPLE, 1], b"12345678"]]
    yield "array of another size", [archive.PLAIN_VALUE, "array", [archive.TUPLE, "<f8", [archive.TUPLE, 9], b"1234"]]
    yield "unknown row", [archive.PLAIN_VALUE, "row", "/bomb"]
    yield "big number", [archive.BIG, "9_x"]
    deep: Any = 1
    for _ in range(DEPTH_MAX + 2):
        deep = [archive.TUPLE, deep]
    yield "too deep", deep


@pytest.mark.parametrize("tree", [pytest.param(tree, id=what) for what, tree in broken()])
def test_a_document_that_makes_no_sense_is_refused(tree: Any) -> None:
    with pytest.raises(ArchiveDamaged):
        unpacked(sealed(tree))


def test_another_format_is_told_from_damage() -> None:
    document = packed(fading())
    with pytest.raises(ArchiveDamaged, match="another version"):
        unpacked(document[:3] + b"\x02" + document[4:])
    with pytest.raises(ArchiveDamaged, match="checksum"):
        unpacked(document[:-1])
    with pytest.raises(ArchiveDamaged, match="nothing that Interscene"):
        unpacked(b"")


def test_a_field_that_an_older_version_did_not_write_has_its_usual_value() -> None:
    movie = unpacked(sealed([archive.NEW_CLASS, "movie", ["name", "count", "rate", "width", "height"], "a.mov", 5,
                             [archive.PLAIN_VALUE, "fraction", [archive.TUPLE, 25, 1]], 64, 64]))
    assert isinstance(movie, Movie)
    assert movie.marks == ()
    assert movie.path_length is None


DOCUMENT = packed(making())
BODY = DOCUMENT[8:]


@given(st.data())
def test_damaged_bytes_give_a_value_or_the_one_error(data: st.DataObject) -> None:
    body = bytearray(BODY)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        what = data.draw(st.sampled_from(("flip", "cut", "insert", "double")))
        if what == "flip":
            body[place] = data.draw(st.integers(0, 255))
        elif what == "cut":
            del body[place:place + data.draw(st.integers(1, 9))]
        elif what == "insert":
            body[place:place] = data.draw(st.binary(max_size=9))
        else:
            body[place:place] = body[place:place + data.draw(st.integers(1, 40))]
        body = body or bytearray(b"\x90")
    with pytest.raises(ArchiveDamaged):
        unpacked(DOCUMENT[:8] + bytes(body) + b"\0")  # the checksum alone
    whole = bytes(body)
    with contextlib.suppress(ArchiveDamaged):
        unpacked(DOCUMENT[:4] + struct.pack("<I", zlib.crc32(whole)) + whole)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_the_one_error(data: bytes) -> None:
    with contextlib.suppress(ArchiveDamaged):
        unpacked(struct.pack("<3sBI", archive.MAGIC, archive.VERSION, zlib.crc32(data)) + data)


def test_rows_are_those_of_the_table() -> None:
    row = find_row("/deck/1/frame", Targets(1)).row
    assert isinstance(row, Row)
    assert unpacked(packed(row)) is row
