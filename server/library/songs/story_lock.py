"""`story.json`: what a built story was made from, to the byte, and what people say about it. It opens no movie.

A story with this file is locked: it is never changed, and can be made again. Whoever reads it trusts nothing in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Final

from server.errors import InputError, OutOfRange
from server.library.graph.identity import PictureId, edge_of
from server.library.naming import song_name
from server.library.paths import safe_name
from server.media.part_file import write_file

LOCK: Final = "story.json"
FORMAT: Final = "interscene.story"
FORMAT_VERSION: Final = 1
LABEL: Final = "main"
"""What a story is called that nobody named."""
_MAX_BYTES: Final = 64 << 20
_LARGEST_SIDE: Final = 65_500
"""Pixels; no JPEG can be larger."""
_SHA1: Final = re.compile(r"[0-9a-f]{40}")
KINDS: Final = ("transition", "fitted", "bridge")
"""How a hop got its frames: a transition as it lies in the song; one whose ends or size were put right in a copy;
a morph in place of one that is missing."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One transition of a route in the way it is gone; `scene` is where it leads from."""

    section: str
    scene: str
    first: PictureId
    second: PictureId


@dataclass(frozen=True, slots=True)
class LockedTransition:
    """A transition that was used: its first frame is `first`. `hash`: SHA-1 over the bytes of all its frames."""

    first: PictureId
    second: PictureId
    kind: str
    movie: str
    """Path in the song folder; empty for a bridge, which is made again from its ends and the seed."""
    frames: int
    hash: str


@dataclass(frozen=True, slots=True)
class LockedMovie:
    """A section, or the whole: its file in the folder of the story, and SHA-1 over that file."""

    name: str
    movie: str
    frames: int
    hash: str


@dataclass(frozen=True, slots=True)
class StoryLock:
    """Everything that a story was made from. `steps` is the scene sequence as it was, one line of text a row."""

    label: str
    version: int
    date: str
    seed: int
    sequence: str
    sequence_hash: str
    steps: tuple[str, ...]
    rate: Fraction
    size: tuple[int, int]
    quality: int
    hops: tuple[Hop, ...]
    stage: Mapping[PictureId, str]
    transitions: tuple[LockedTransition, ...]
    sections: tuple[LockedMovie, ...]
    whole: LockedMovie
    programs: Mapping[str, str] = field(default_factory=dict)
    edited: str = ""
    """The transition sequence that the way was read from, instead of being looked for; empty: it was not."""
    bridge: bool = False
    """Morphs were allowed where transitions are missing."""
    note: str = ""
    approved: bool = False
    """Approved for stage: this is the version to play."""
    approved_on: str = ""
    unknown: Mapping[str, Any] = field(default_factory=dict)
    """Keys of a later build, written back untouched."""


def read_lock(folder: Path) -> StoryLock | None:
    """Read the lock of a story's folder; None where there is none. Raises InputError, which names the file."""
    path = folder / LOCK
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as reason:
        raise InputError(f"{path} cannot be read: {reason.strerror}; check its permissions") from None
    try:
        lock = parse_lock(data)
        _check(lock)
    except InputError as reason:
        raise InputError(f"{path}: {reason}; restore it from a copy, or build the story under another label") from None
    return lock


def write_lock(folder: Path, lock: StoryLock) -> None:
    """Write the lock into a story's folder, all or nothing. Raises OutputError."""
    write_file(folder / LOCK, format_lock(lock))


def format_lock(lock: StoryLock) -> bytes:
    """The bytes of a lock: JSON for people, too; seeds are text, because other programs round big numbers."""
    document = {
        **lock.unknown, "format": FORMAT, "version": FORMAT_VERSION,
        "label": lock.label, "number": lock.version, "date": lock.date, "note": lock.note,
        "approved_for_stage": lock.approved, "approved_on": lock.approved_on,
        "seed": str(lock.seed), "sequence": {"name": lock.sequence, "hash": lock.sequence_hash, "rows": lock.steps},
        "edited": lock.edited, "bridge": lock.bridge,
        "rate": [lock.rate.numerator, lock.rate.denominator], "size": lock.size, "quality": lock.quality,
        "hops": hops_document(lock.hops),
        "stage_frames": {picture.node: lock.stage[picture] for picture in sorted(lock.stage)},
        "transitions": [{"first": each.first.node, "second": each.second.node, "kind": each.kind,
                         "movie": each.movie, "frames": each.frames, "sha1": each.hash}
                        for each in lock.transitions],
        "sections": [_movie_map(each) for each in lock.sections], "whole": _movie_map(lock.whole),
        "programs": dict(lock.programs),
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def parse_lock(data: bytes) -> StoryLock:
    """Parse the bytes of a lock. Raises InputError."""
    if len(data) > _MAX_BYTES:
        raise InputError("it is far too long to be the lock of a story")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InputError("it is no JSON") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError("it is not the lock of a story")
    if document.get("version") != FORMAT_VERSION:
        raise InputError("it was written by another Interscene, in a form that this one does not know")
    return _lock(_Fields(document))


class _Fields:
    """The values of a map, each of the type that it must have. Raises InputError."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def text(self, name: str) -> str:
        value = self.document.get(name, "")
        if not isinstance(value, str):
            raise InputError(f"its {name} is no text")
        return value

    def number(self, name: str, low: int = 0, high: int = 1 << 40) -> int:
        value = self.document.get(name)
        if type(value) is not int or not low <= value <= high:
            raise InputError(f"its {name} is no number that it may be")
        return value

    def flag(self, name: str) -> bool:
        value = self.document.get(name, False)
        if not isinstance(value, bool):
            raise InputError(f"its {name} is neither true nor false")
        return value

    def hash(self, name: str) -> str:
        value = self.text(name)
        if not _SHA1.fullmatch(value):
            raise InputError(f"its {name} is no SHA-1")
        return value

    def picture(self, name: str) -> PictureId:
        return PictureId.of_node(self.text(name))

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.document.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise InputError(f"its {name} are no list of texts")
        return tuple(values)

    def pair(self, name: str) -> tuple[int, int]:
        value = self.document.get(name)
        if not (isinstance(value, list) and len(value) == 2
                and all(type(part) is int and 0 < part < 1 << 31 for part in value)):
            raise InputError(f"its {name} is no pair of numbers")
        return value[0], value[1]

    def map(self, name: str) -> _Fields:
        value = self.document.get(name)
        if not isinstance(value, dict):
            raise InputError(f"it has no {name}")
        return _Fields(value)

    def maps(self, name: str) -> Iterator[_Fields]:
        values = self.document.get(name)
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise InputError(f"it has no list of {name}")
        return (_Fields(value) for value in values)


_KNOWN: Final = frozenset((
    "format", "version", "label", "number", "date", "note", "approved_for_stage", "approved_on", "seed", "sequence",
    "edited", "bridge", "rate", "size", "quality", "hops", "stage_frames", "transitions", "sections", "whole",
    "programs"))


def _lock(fields: _Fields) -> StoryLock:
    sequence = fields.map("sequence")
    stage = fields.map("stage_frames")
    programs = fields.map("programs")
    return StoryLock(
        label=song_name(fields.text("label")), version=fields.number("number", 1), date=fields.text("date"),
        note=fields.text("note"), approved=fields.flag("approved_for_stage"), approved_on=fields.text("approved_on"),
        seed=_seed(fields.text("seed")), sequence=sequence.text("name"), sequence_hash=sequence.hash("hash"),
        steps=sequence.texts("rows"), rate=Fraction(*fields.pair("rate")), size=fields.pair("size"),
        quality=fields.number("quality", 1, 100), hops=tuple(hops_of(fields.document.get("hops"))),
        stage={PictureId.of_node(node): stage.hash(node) for node in stage.document},
        transitions=tuple(_transition(each) for each in fields.maps("transitions")),
        sections=tuple(_movie(each) for each in fields.maps("sections")), whole=_movie(fields.map("whole")),
        programs={name: programs.text(name) for name in programs.document},
        edited=fields.text("edited"), bridge=fields.flag("bridge"),
        unknown={key: value for key, value in fields.document.items() if key not in _KNOWN})


def _check(lock: StoryLock) -> None:
    """What no lock that was written lacks: a way that goes on, what each hop of it used, and a movie a section."""
    if not lock.hops or any(before.second != after.first for before, after in pairwise(lock.hops)):
        raise InputError("its way breaks off between two hops, or has none")
    used = {edge_of(each.first, each.second) for each in lock.transitions}
    if any(edge_of(hop.first, hop.second) not in used or not {hop.first, hop.second} <= lock.stage.keys()
           for hop in lock.hops):
        raise InputError("it does not say of every hop which transition and which stage frames it used")
    if len(lock.sections) != sum(1 for _ in groupby(hop.section for hop in lock.hops)):
        raise InputError("it has not as many sections as its way")
    movies = [each.movie.casefold() for each in (*lock.sections, lock.whole)]
    if len(set(movies)) < len(movies):
        raise InputError("it names one movie twice")
    if max(lock.size) > _LARGEST_SIDE:
        raise InputError(f"its size is {lock.size[0]}×{lock.size[1]}, which no story has")


def hops_document(hops: Sequence[Hop]) -> list[list[str]]:
    """Hops as lists of text, to be written as JSON."""
    return [[hop.section, hop.scene, hop.first.node, hop.second.node] for hop in hops]


def hops_of(value: object) -> Iterator[Hop]:
    """Read such lists back. Raises InputError."""
    if not isinstance(value, list):
        raise InputError("it has no list of hops")
    for hop in value:
        if not (isinstance(hop, list) and len(hop) == 4 and all(isinstance(part, str) for part in hop)):
            raise InputError("it has a hop that is none")
        yield Hop(hop[0], hop[1], PictureId.of_node(hop[2]), PictureId.of_node(hop[3]))


def _transition(fields: _Fields) -> LockedTransition:
    kind = fields.text("kind")
    if kind not in KINDS:
        raise InputError(f"it has a transition of a kind that is none of {', '.join(KINDS)}")
    movie = fields.text("movie")
    return LockedTransition(fields.picture("first"), fields.picture("second"), kind,
                            safe_name(movie) if movie else "", fields.number("frames", 1), fields.hash("sha1"))


def _movie(fields: _Fields) -> LockedMovie:
    movie = safe_name(fields.text("movie"))
    if "/" in movie:
        raise InputError("it names a movie outside its own folder")
    return LockedMovie(fields.text("name"), movie, fields.number("frames", 1), fields.hash("sha1"))


def _movie_map(movie: LockedMovie) -> dict[str, object]:
    return {"name": movie.name, "movie": movie.movie, "frames": movie.frames, "sha1": movie.hash}


def _seed(text: str) -> int:
    # int() would take minutes over millions of digits.
    if not (len(text) <= 1000 and text.removeprefix("-").isdecimal() and text.isascii()):
        raise OutOfRange("its seed is no whole number")
    return int(text)
