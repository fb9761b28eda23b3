"""The bytes of an index: held against golden ones, total in both directions, exact about time."""

from __future__ import annotations

import contextlib
import struct
from dataclasses import replace
from fractions import Fraction

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index_samples import BIG_SEED, golden_indexes, indexes, plain_index, rates, same
from regenerate_golden import FOLDER

from server.errors import FrameOutOfRange, IndexDamaged, IndexFromNewer, InputError, OutOfRange
from server.index.format import (
    FORMAT,
    SUFFIX,
    VERSION,
    Annotations,
    Axis,
    Mark,
    MovieIdentity,
    annotations_of,
    decode_index,
    encode_index,
    salvage,
)


@pytest.mark.parametrize("name", golden_indexes())
def test_golden_bytes_are_written_and_read(name: str) -> None:
    golden = (FOLDER / (name + SUFFIX)).read_bytes()
    index = golden_indexes()[name]

    assert encode_index(index) == golden, "the format has changed: is VERSION still right?"
    assert same(decode_index(golden), index)


def test_there_are_no_other_golden_files() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(golden_indexes())


def test_integers_too_big_for_the_format_are_kept_as_decimal_strings() -> None:
    index = decode_index(encode_index(golden_indexes()["everything"]))

    assert index.made is not None
    assert index.made["settings"]["seed"] == str(BIG_SEED)
    assert index.marks[1].seed == BIG_SEED


def test_arrays_are_little_endian_views_of_the_bytes_read() -> None:
    index = decode_index(encode_index(plain_index(5)))

    assert (index.offset.dtype, index.size.dtype) == (np.dtype("<u8"), np.dtype("<u4"))
    assert not index.offset.flags.writeable
    assert not index.offset.flags.owndata


@settings(max_examples=150)
@given(indexes())
def test_what_is_written_is_read_back(index) -> None:
    assert same(decode_index(encode_index(index)), index)


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_are_an_index_or_damaged(data: bytes) -> None:
    with pytest.raises(IndexDamaged):
        decode_index(data)
    assert salvage(data) == Annotations()


@settings(max_examples=400)
@given(name=st.sampled_from(sorted(golden_indexes())), cut=st.none() | st.integers(0, 10_000),
       changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5))
def test_changed_bytes_are_an_index_that_holds_or_damaged(name: str, cut: int | None,
                                                          changes: list[tuple[int, int]]) -> None:
    data = bytearray((FOLDER / (name + SUFFIX)).read_bytes())
    for place, value in changes:
        data[place % len(data)] = value
    data = data if cut is None else data[: cut % len(data)]

    assert isinstance(salvage(bytes(data)), Annotations)
    with contextlib.suppress(IndexDamaged):
        index = decode_index(bytes(data))
        assert same(decode_index(encode_index(index)), index)
        assert len(index.offset) == len(index.size) == index.count


def _document(**changes: object) -> bytes:
    document = msgpack.unpackb(encode_index(plain_index()))
    document.update(changes)
    return msgpack.packb({key: value for key, value in document.items() if value is not ...})


@pytest.mark.parametrize("changes", [
    {"format": "somebody.else"}, {"version": 0}, {"version": "1"}, {"version": True}, {"count": 0}, {"count": 4},
    {"count": 1 << 40}, {"offset": ...}, {"offset": "text"}, {"offset": bytes(23)}, {"size": bytes(12)},
    {"offset": struct.pack("<3Q", 0, 0, 1 << 63)}, {"size": struct.pack("<3I", 1, 1, 0xFFFFFFFF)},
    {"rate": [0, 1]}, {"rate": [30, 0]}, {"rate": [30]}, {"rate": 30.0}, {"rate": [-30, -1]},
    {"width": 0}, {"height": 65_536}, {"codec": 1}, {"chroma": ...}, {"movie": ...}, {"movie": {"name": "x"}},
    {"pts": struct.pack("<3q", 0, 1, 2)}, {"pts": struct.pack("<3q", 2, 1, 0), "time_base": [1, 30]},
    {"difference": struct.pack("<3f", 0, -1, 0)}, {"crc32": bytes(11)}, {"intra": 1},
    {"marks": 3}, {"marks": [3]}, {"marks": [{"frame": 3, "name": "late"}]}, {"marks": [{"frame": 0}]},
    {"marks": [{"frame": 0, "name": "x", "seed": 7}]}, {"marks": [{"frame": 0, "name": "x", "seed": "seven"}]},
    {"marks": [{"frame": 0, "name": "x", "seed": "9" * 5000}]},
    {"axes": [{"name": "x", "values": []}]}, {"axes": [{"name": "x", "values": [float("nan")]}]},
    {"ends": ["one"]}, {"made": "by hand"},
])
def test_what_does_not_hold_is_damaged(changes: dict[str, object]) -> None:
    with pytest.raises(IndexDamaged):
        decode_index(_document(**changes))


def test_a_newer_version_says_so() -> None:
    with pytest.raises(IndexFromNewer, match="made by a newer Interscene; run: interscene index"):
        decode_index(_document(version=VERSION + 1))


def test_keys_that_are_not_known_are_written_back() -> None:
    index = decode_index(_document(loudness=[1, 2]))

    assert msgpack.unpackb(encode_index(index))["loudness"] == [1, 2]


def test_huge_counts_and_deep_nesting_take_no_memory() -> None:
    for bomb in (b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\x91" * 100_000,
                 b"\x81\xa1a" * 100_000):
        with pytest.raises(IndexDamaged):
            decode_index(bomb)


@pytest.mark.parametrize("changes", [
    {"rate": Fraction(0)}, {"marks": (Mark(3, "late"),)}, {"axes": (Axis("x", (float("inf"),)),)},
    {"made": {"what": object()}}, {"width": 70_000},
    {"movie": MovieIdentity("short.mov", 100, 0, "")}, {"count": 2}])
def test_what_would_not_read_back_is_not_written(changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        encode_index(replace(plain_index(), **changes))


def test_annotations_outlive_a_damaged_table() -> None:
    index = golden_indexes()["everything"]
    document = msgpack.unpackb(encode_index(index))
    document["marks"].append("nonsense")

    kept = salvage(msgpack.packb({**document, "offset": b"", "version": VERSION + 1}))

    assert replace(kept, made=None) == replace(annotations_of(index), made=None)
    assert kept.made is not None
    assert salvage(msgpack.packb({"format": FORMAT, "marks": 3, "ends": 1})) == Annotations()


@given(rate=rates, frame=st.integers(0, 99))
def test_frame_at_is_the_inverse_of_seconds_of(rate: Fraction, frame: int) -> None:
    index = plain_index(100, rate=rate)
    seconds = index.seconds_of(frame)

    assert seconds == frame / rate
    assert index.frame_at(seconds) == frame
    assert index.frame_at(float(seconds)) == frame
    assert index.frame_at(float(np.float32(float(seconds)))) == frame
    assert index.frame_at(seconds + Fraction(999, 1000) / rate) == frame
    assert frame == 0 or index.frame_at(seconds - Fraction(1, 10**9)) == frame - 1


@given(steps=st.lists(st.integers(1, 5000), min_size=1, max_size=30), start=st.integers(-(10**6), 10**6))
def test_frame_at_follows_varying_times(steps: list[int], start: int) -> None:
    times = np.cumsum([start, *steps]).astype(np.int64)
    index = plain_index(len(times), pts=times, time_base=Fraction(1, 1000))

    for frame in range(index.count):
        assert index.frame_at(index.seconds_of(frame)) == frame
        assert index.frame_at(float(index.seconds_of(frame))) == frame
        assert frame == 0 or index.frame_at(index.seconds_of(frame) - Fraction(1, 1001)) == frame - 1


@pytest.mark.parametrize(("seconds", "frame"), [(-1, 0), (-1e9, 0), (10, 2), (float("inf"), 2),
                                                (float("-inf"), 0), (Fraction(10**30), 2)])
def test_times_outside_the_movie_are_its_ends(seconds: float, frame: int) -> None:
    assert plain_index().frame_at(seconds) == frame


def test_times_that_are_none() -> None:
    with pytest.raises(OutOfRange, match="NaN"):
        plain_index().frame_at(float("nan"))
    for frame in (-1, 3):
        with pytest.raises(FrameOutOfRange, match=f"frames 0 to 2, not {frame}"):
            plain_index().seconds_of(frame)
