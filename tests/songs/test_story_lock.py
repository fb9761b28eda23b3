"""The lock of a story as bytes: it reads back as it was written, and no damage raises anything but words."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import InputError
from server.library.graph.identity import PictureId
from server.library.songs.story_lock import (
    KINDS,
    LOCK,
    Hop,
    LockedMovie,
    LockedTransition,
    StoryLock,
    format_lock,
    parse_lock,
    read_lock,
    write_lock,
)

SHA = "0123456789abcdef0123456789abcdef01234567"
words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
pictures = st.builds(PictureId, words.filter(lambda text: text.strip() == text and text != ""),
                     st.integers(0, 10 ** 30))
hashes = st.text("0123456789abcdef", min_size=40, max_size=40)
movies = st.builds(LockedMovie, words, st.integers(1, 99).map("section_{}.mov".format), st.integers(1, 10 ** 6), hashes)
locks = st.builds(
    StoryLock, label=st.sampled_from(["main", "kv fix", "é"]), version=st.integers(1, 99), date=words,
    seed=st.integers(-10 ** 30, 10 ** 30), sequence=words, sequence_hash=hashes, steps=st.lists(words).map(tuple),
    rate=st.fractions(Fraction(1, 100), 1000, max_denominator=1001),
    size=st.tuples(st.integers(1, 9999), st.integers(1, 9999)),
    quality=st.integers(1, 100), hops=st.lists(st.builds(Hop, words, words, pictures, pictures), max_size=5).map(tuple),
    stage=st.dictionaries(pictures, hashes, max_size=4),
    transitions=st.lists(st.builds(LockedTransition, pictures, pictures, st.sampled_from(KINDS),
                                   st.sampled_from(["", "transitions/a-1 to b-2.mov"]), st.integers(1, 500), hashes),
                         max_size=4).map(tuple),
    sections=st.lists(movies, max_size=3).map(tuple), whole=movies,
    programs=st.dictionaries(words, words, max_size=3), edited=words, bridge=st.booleans(), note=st.text(max_size=20),
    approved=st.booleans(), approved_on=words)


@settings(max_examples=60, deadline=None)
@given(locks)
def test_a_lock_reads_back_as_it_was_written(lock: StoryLock) -> None:
    assert parse_lock(format_lock(lock)) == lock


@settings(max_examples=150, deadline=None)
@given(locks, st.data())
def test_damage_is_said_in_words(lock: StoryLock, data: st.DataObject) -> None:
    document = json.loads(format_lock(lock))
    key = data.draw(st.sampled_from(sorted(document)))
    document[key] = data.draw(st.none() | st.booleans() | st.integers() | st.text(max_size=5)
                              | st.lists(st.none() | st.text(max_size=3), max_size=3)
                              | st.dictionaries(st.text(max_size=3), st.none(), max_size=2))
    said = "read"
    try:
        parse_lock(json.dumps(document).encode())
    except InputError as reason:
        said = str(reason)
    assert "\n" not in said


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"format": "interscene.story"}',
                                  b'{"format": "interscene.story", "version": 2}'])
def test_what_is_no_lock_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_lock(data)


SUN, MOON, SEA = PictureId("sun", 1), PictureId("moon", 2), PictureId("sea", 3)
WHOLE = StoryLock(
    "main", 1, "", 1, "", SHA, (), Fraction(10), (64, 48), 92, (Hop("1", "", SUN, MOON), Hop("2", "", MOON, SEA)),
    {SUN: SHA, MOON: SHA, SEA: SHA}, (LockedTransition(MOON, SUN, KINDS[0], "transitions/a.mov", 5, SHA),
                                      LockedTransition(MOON, SEA, KINDS[0], "transitions/b.mov", 5, SHA)),
    (LockedMovie("1", "section_1.mov", 5, SHA), LockedMovie("2", "section_2.mov", 5, SHA)),
    LockedMovie("", "whole.mov", 9, SHA))


@pytest.mark.parametrize("change", [
    {"hops": ()}, {"hops": (WHOLE.hops[0], replace(WHOLE.hops[1], first=SUN))}, {"transitions": ()}, {"stage": {}},
    {"sections": ()}, {"sections": WHOLE.sections[:1]}, {"sections": (*WHOLE.sections, WHOLE.sections[0])},
    {"whole": WHOLE.sections[0]}, {"size": (2_000_000_000, 48)}], ids=str)
def test_a_lock_that_contradicts_itself_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    write_lock(tmp_path, replace(WHOLE, **change))

    with pytest.raises(InputError, match=r"story\.json: it"):
        read_lock(tmp_path)


def test_keys_of_a_later_build_are_written_back(tmp_path: Path) -> None:
    document = {**json.loads(format_lock(WHOLE)), "mood": ["calm"]}
    (tmp_path / LOCK).write_bytes(json.dumps(document).encode())

    read = read_lock(tmp_path)
    assert read is not None
    write_lock(tmp_path, read)

    assert json.loads((tmp_path / LOCK).read_bytes())["mood"] == ["calm"]
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]


def test_a_lock_leads_nowhere_outside(tmp_path: Path) -> None:
    lock = StoryLock("main", 1, "", 1, "", SHA, (), Fraction(10), (64, 48), 92, (), {}, (), (),
                     LockedMovie("", "whole.mov", 1, SHA))
    for movie in ("../whole.mov", "/etc/passwd", "sub/whole.mov"):
        document = json.loads(format_lock(lock))
        document["whole"]["movie"] = movie
        with pytest.raises(InputError):
            parse_lock(json.dumps(document).encode())


def test_a_lock_that_cannot_be_read_names_its_file(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_bytes(b"{")

    with pytest.raises(InputError, match=r"story\.json"):
        read_lock(tmp_path)
    assert read_lock(tmp_path / "nowhere") is None
