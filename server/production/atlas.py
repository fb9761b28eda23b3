"""The atlas of a song as decks use it: where in one movie every picture and transition is, while that is true.

An atlas is never changed: new content gets a new name (`atlas ~2.mov`), for the old one may be open somewhere. It is
stale as soon as anything that it was packed from is another file now. It packs nothing itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import InputError, MediaError
from server.index.format import FrameIndex
from server.index.identity import fingerprint_of, typed
from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.songs.naming import split_version
from server.library.songs.song_size import wanted_of
from server.library.songs.versions import versions_of
from server.media.indexing import index_of

NAME: Final = "atlas.mov"
GENERATOR: Final = "atlas"


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """One movie that holds stage frames and transitions of a song. `movie` is its name in the song folder."""

    movie: str
    rate: Fraction
    frames: int
    spans: Mapping[Edge, tuple[int, int]]
    """Frames of a transition, in the direction in which its edge is written."""
    stills: Mapping[PictureId, int]

    def span(self, first: PictureId, second: PictureId) -> tuple[int, int] | None:
        """First and last frame of the way between two pictures, both included; first > last: it is played backwards."""
        found = self.spans.get(edge_of(first, second))
        return found if found is None or first <= second else (found[1], found[0])

    def still(self, picture: PictureId) -> int | None:
        """The frame that is a picture's stage frame; None where it has none here."""
        return self.stills.get(picture)


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that something was packed from, as it was then: name in the song, size, time, and what tells content."""

    file: str
    bytes: int
    mtime_ns: int
    content: str

    @property
    def made(self) -> list[Any]:
        """As the index holds it."""
        return [self.file, self.bytes, self.mtime_ns, self.content]

    @classmethod
    def of(cls, song: Path, file: str, *, whole: bool) -> Packed:
        """A file as it is now; `whole`: SHA-1 over all of it, else over its ends. Raises MissingFile."""
        facts = (song / file).stat()
        return cls(file, facts.st_size, facts.st_mtime_ns, _content(song / file, whole=whole))


def read_atlas(song: Path) -> Atlas | None:
    """The newest atlas of a song that is true; None without one. Never raises; `atlas_problem` says why."""
    return _look(song)[0]


def atlas_problem(song: Path) -> str:
    """Why a song has no atlas that can be used, in words; empty when it has one."""
    return _look(song)[1]


def atlas_versions(song: Path) -> list[tuple[int, Path]]:
    """Every atlas in the song folder with its number, the newest first."""
    return versions_of(song / NAME)[::-1]


def _look(song: Path) -> tuple[Atlas | None, str]:
    first = ""
    for _, path in atlas_versions(song):
        atlas, problem = _read(song, path)
        if atlas is not None:
            return atlas, ""
        first = first or problem
    return None, first or f"{song.name} has no atlas; make one with: interscene song build {typed(song)} --atlas"


def _read(song: Path, path: Path) -> tuple[Atlas | None, str]:
    try:
        index = index_of(path)
        problem = _other_size(song, index) or next(_changes(song, index.made or {}), "")
        if problem:
            again = f"interscene song build {typed(song)} --atlas"
            return None, f"{path.name} is not used: {problem}; make it again with: {again}"
        return _atlas(path, index), ""
    except (MediaError, InputError, KeyError, TypeError, ValueError, IndexError, AttributeError) as reason:
        why = str(reason) if isinstance(reason, MediaError) else "its index does not say what is in it"
        return None, f"{path.name} cannot be used: {why}"


def _other_size(song: Path, index: FrameIndex) -> str:
    """Whether the settings ask for pictures of another size by now."""
    size = wanted_of(song).size
    if size is None or size == (index.width, index.height):
        return ""
    return f"the song is {size[0]}×{size[1]} now, and it is {index.width}×{index.height}"


def _atlas(path: Path, index: FrameIndex) -> Atlas:
    made = index.made or {}
    nodes = [PictureId.of_node(node) for node in made["nodes"]]
    spans: dict[Edge, tuple[int, int]] = {}
    stills: dict[PictureId, int] = {}
    for first, second, begin, end, *_ in made["edges"]:
        one, other = (nodes[_number(place, len(nodes))] for place in (first, second))
        if _number(begin, index.count) >= _number(end, index.count):
            raise ValueError
        spans[edge_of(one, other)] = (begin, end) if one <= other else (end, begin)
        stills.setdefault(one, begin)
        stills.setdefault(other, end)
    for node, frame, *_ in made["stills"]:
        stills[nodes[_number(node, len(nodes))]] = _number(frame, index.count)
    return Atlas(path.name, index.rate, index.count, spans, stills)


def _number(value: object, below: int) -> int:
    """A whole number from 0. Raises ValueError for anything else: an index may say whatever it likes."""
    if type(value) is not int or not 0 <= value < below:
        raise ValueError
    return value


def _changes(song: Path, made: Mapping[str, Any]) -> Iterator[str]:
    """What of the files that an atlas was packed from is not as it was."""
    if made.get("generator") != GENERATOR:
        yield "it is no atlas"
        return
    now = _files(song, {str(row[-4]).rpartition("/")[0] for row in (*made["stills"], *made["edges"])})
    newest = _newest(now)
    for rows, whole in ((made["stills"], True), (made["edges"], False)):
        for row in rows:
            packed = Packed(*row[-4:])
            if packed.file not in now:
                yield f"{packed.file} is gone"
            elif not _same(song, packed, now[packed.file], whole=whole):
                yield f"{packed.file} has changed"
            elif newest.get(_stem(packed.file), packed.file) != packed.file:
                yield f"{newest[_stem(packed.file)]} has come in place of {packed.file}"


def _files(song: Path, folders: set[str]) -> dict[str, os.stat_result]:
    """Every file of some folders, with its size and time."""
    found: dict[str, os.stat_result] = {}
    for folder in folders:
        try:
            with os.scandir(song / folder) as entries:
                for entry in entries:
                    if entry.is_file():
                        found[f"{folder}/{entry.name}" if folder else entry.name] = entry.stat()
        except OSError:
            continue
    return found


def _newest(files: Mapping[str, object]) -> dict[str, str]:
    """Of the movies of a transition the one with the highest number, by the name that they share."""
    best: dict[str, tuple[int, str]] = {}
    for file in files:
        if file.endswith(".mov"):
            stem, number = split_version(file.removesuffix(".mov"))
            if number > best.get(stem, (0, ""))[0]:
                best[stem] = number, file
    return {stem: file for stem, (_, file) in best.items()}


def _stem(file: str) -> str:
    return split_version(file.removesuffix(".mov"))[0]


def _same(song: Path, packed: Packed, facts: os.stat_result, *, whole: bool) -> bool:
    if facts.st_size != packed.bytes:
        return False
    if facts.st_mtime_ns == packed.mtime_ns:
        return True
    try:
        return _content(song / packed.file, whole=whole) == packed.content
    except (OSError, MediaError):
        return False


def _content(path: Path, *, whole: bool) -> str:
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest() if whole else fingerprint_of(path)


def described(rows: Sequence[tuple[Edge, str]], most: int = 4) -> list[str]:
    """Edges by the reason that each has, a line a reason."""
    by_reason: dict[str, list[str]] = {}
    for edge, why in rows:
        by_reason.setdefault(why, []).append(f"{edge[0].node} to {edge[1].node}")
    return [f"{len(names)} because {why}: {', '.join(names[:most])}"
            + (f" and {len(names) - most} more" if len(names) > most else "") for why, names in by_reason.items()]
