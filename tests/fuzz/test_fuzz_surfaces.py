"""Every place where bytes of any origin arrive, under real bytes that were changed: values, or one line of words."""

from __future__ import annotations

from pathlib import Path

import doors
import pytest
import surfaces_files
import surfaces_kept
import surfaces_media
import surfaces_show
import surfaces_wire
from campaign import Surface, Unborne, judge, run, smaller
from mutator import LONGEST, Mutator

SURFACES = (*surfaces_wire.SURFACES, *surfaces_files.SURFACES, *surfaces_media.SURFACES, *surfaces_show.SURFACES,
            *surfaces_kept.SURFACES)
HEAVY = {"show": 150, "archive": 60, "song settings": 60, "env settings": 60, "given settings": 100, "movie": 150,
         "markers": 100, "demuxer": 100, "sidecar": 100, "workbook": 80, "pop settings": 100, "prompt definitions": 150,
         "controllers": 100, "state file": 60, "slot": 100, "snapshot": 100}
"""How many inputs those get by default of which each costs milliseconds."""
USUAL = 300


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_changed_bytes_are_borne(surface: Surface) -> None:
    run(surface, HEAVY.get(surface.name, USUAL))


@pytest.mark.full
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_a_hundred_thousand_changed_bytes_are_borne_and_memory_stays(surface: Surface) -> None:
    run(surface, 1_000_000 if surface.name == "osc" else 100_000, seed=2, guided=True, flat=True)


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_long_repetitions_take_no_longer_than_they_are(surface: Surface) -> None:
    """What a parser looks at once for each place before it takes minutes here."""
    for seed in surface.corpus[:3]:
        for unit in (*surface.words[:40], *(bytes((value,)) for value in b" \t\n\"'()[]{},;:/\\*=-+._#<>&01aZ\0\xff")):
            many = unit * (LONGEST // max(len(unit), 1))
            for data in (many, seed[:len(seed) // 2] + many + seed[len(seed) // 2:]):
                judge(surface, data)


def test_an_open_port_bears_changed_bytes(tmp_path: Path) -> None:
    with doors.running(tmp_path) as (parts, complaints):
        for surface in doors.surfaces(parts.http.port, complaints):
            run(surface, 150)


@pytest.mark.full
@pytest.mark.timeout(7200)
def test_an_open_port_bears_a_hundred_thousand(tmp_path: Path) -> None:
    with doors.running(tmp_path) as (parts, complaints):
        for surface in doors.surfaces(parts.http.port, complaints):
            run(surface, 100_000, seed=2, flat=True)


def test_what_the_port_is_sent_arrives(tmp_path: Path) -> None:
    """Without this, a server that closed at once would bear everything."""
    with doors.running(tmp_path) as (parts, complaints):
        port = parts.http.port
        http, page, _ = (surface.feed.__self__ for surface in doors.surfaces(port, complaints))  # type: ignore[attr-defined]
        assert {http.talk(one)[9:12] for one in doors.requests(port)} >= {b"200", b"404", b"426", b"400"}
        assert b'"id": 7, "error": "not-now"' in page.talk(doors.frames()[0])


def test_the_same_seed_makes_the_same_inputs() -> None:
    one, other, third = (Mutator(seed, [b"/deck/1/frame 120", b"{}"], [b"word"]) for seed in (5, 5, 6))
    made = [one.next() for _ in range(200)]
    assert made == [other.next() for _ in range(200)]
    assert made != [third.next() for _ in range(200)]
    assert len(set(made)) > 150


def test_a_fault_is_found_told_and_reduced() -> None:
    def faulty(data: bytes) -> None:
        if b"\xff" in data:
            raise KeyError("a fault")

    with pytest.raises(Unborne, match=r"a surface, seed 3, input \d+: KeyError: 'a fault'\n(.|\n)*reduced: b'\\xff'"):
        run(Surface("a surface", faulty, (b"abcdefgh" * 9,)), 5000, seed=3)
    assert smaller(b"xxxxxxAyyyyB", lambda data: b"A" in data and b"B" in data) == b"AB"


def test_words_that_fit_no_log_are_a_fault() -> None:
    def refuses(data: bytes) -> None:
        raise ValueError(data.decode())

    surface = Surface("a surface", refuses, (b"x",), (ValueError,))
    judge(surface, b"plain words")
    for words in (b"two\nlines", b"\x1b[2J", b"", b"x" * 5000):
        with pytest.raises(Unborne):
            judge(surface, words)
