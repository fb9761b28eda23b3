"""What was found out about the files of a song, remembered: one SQLite file that may be deleted at any time.

It is read in one go and replaced as a whole, so that it needs no locks, and works on read-only, shared and synced
disks. One that is damaged, foreign or of another version is as good as none. It looks at no other file.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import threading
import urllib.parse
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from server.library.graph.song_graph import Presence
from server.library.songs.listing import HIDDEN, Stamp

NAME: Final = "catalogue.sqlite"
FORMAT: Final = "interscene.catalogue"
VERSION: Final = 2
_APPLICATION: Final = 0x49534353
_SEAL: Final = slice(60, 64)
"""The user version in the header of an SQLite file, which programs may use as they like."""
_MOST: Final = 256 << 20
_log: Final = logging.getLogger(__name__)

_PRESENCES: Final = {each.value: each for each in Presence}
UNREAD: Final = Stamp(-1, 0)
"""The stamp of a file that could not be read: its disk may be back, or its name right, the next time. Such a finding
is never kept."""
GLANCE, READ, DEEP = 0, 1, 2
"""How well a file was looked at: its head and end or its index; the whole of it; every frame decoded."""


class Finding(NamedTuple):
    """What a file is worth, and the stamp that it had then.

    `notes`: what else is to be told. `ends`: the stage frames (SHA-1) that a movie begins and ends with. `stage` with
    `stage_key`: the stage frame that was made of a picture, and to which size and quality.
    """

    stamp: Stamp
    level: int
    presence: Presence
    reason: str = ""
    frames: int = 0
    width: int = 0
    height: int = 0
    ends: tuple[str, str] | None = None
    stage: str = ""
    stage_key: str = ""
    edge: tuple[str, str] | None = None
    """Nodes of the two pictures, where the name alone does not tell which are meant."""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Catalogue:
    """`findings` by path in the song folder; `structure` is a document of the song's own files, `inputs` its stamps."""

    findings: dict[str, Finding] = field(default_factory=dict)
    structure: Any = None
    inputs: str = ""


def catalogue_path(song: Path) -> Path:
    """Where the catalogue of a song lies."""
    return song / HIDDEN / NAME


def load_catalogue(song: Path) -> Catalogue:
    """Read the catalogue of a song; an empty one where there is none that can be used."""
    path = catalogue_path(song)
    try:
        if not path.is_file() or not 0 < path.stat().st_size <= _MOST:
            return Catalogue()
        data = path.read_bytes()
        if data[_SEAL] != _checksum(data):
            raise ValueError("its checksum is wrong")
        with _opened(path) as database:
            return _read(database)
    except (sqlite3.Error, OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as reason:
        _log.info("%s is made anew: %s", path, reason)
        return Catalogue()


def save_catalogue(song: Path, catalogue: Catalogue) -> bool:
    """Replace the catalogue of a song; False where that is not possible, which loses nothing but time.

    What another program found out meanwhile about files in the same state is kept where it looked closer.
    """
    path = catalogue_path(song)
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    merged = _merged(catalogue, load_catalogue(song))
    try:
        path.parent.mkdir(exist_ok=True)
        part.unlink(missing_ok=True)
        _write(part, merged)
        _sealed(part)
        part.replace(path)
    except (sqlite3.Error, OSError, UnicodeEncodeError) as reason:
        _log.info("%s is not written: %s", path, reason)
        with contextlib.suppress(OSError):
            part.unlink()
        return False
    return True


def _merged(ours: Catalogue, theirs: Catalogue) -> Catalogue:
    findings = dict(ours.findings)
    for path, finding in theirs.findings.items():
        mine = findings.get(path)
        if mine is not None and mine.stamp == finding.stamp and mine.level < finding.level:
            findings[path] = finding
    return Catalogue(findings, ours.structure, ours.inputs)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    # immutable: no lock is taken and no journal looked for; whoever writes replaces the whole file.
    # The three slashes keep a drive, and the share of a network path, from being taken for the name of a host.
    place = path.absolute().as_posix()
    root = "file://" if place.startswith("/") else "file:///"
    database = sqlite3.connect(f"{root}{urllib.parse.quote(place)}?mode=ro&immutable=1", uri=True)
    try:
        yield database
    finally:
        database.close()


_COLUMNS: Final = ("path", "size", "mtime_ns", "folder", "level", "presence", "reason", "frames", "width", "height",
                   "ends", "more")
_Row = tuple[str, int, int, int, int, str, str, int, int, int, str, str]


def _read(database: sqlite3.Connection) -> Catalogue:
    if database.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
        raise ValueError("it is another program's")
    facts = dict(database.execute("SELECT key, value FROM facts"))
    if facts.get("format") != FORMAT or facts.get("version") != str(VERSION):
        raise ValueError("it is of another version")
    rows = database.execute(f"SELECT {', '.join(_COLUMNS)} FROM files").fetchall()  # noqa: S608 (our own names)
    if len(rows) != int(facts["files"]):
        raise ValueError("it is not whole")
    findings = {
        path: Finding(Stamp(size, mtime, folder == 1), level, _PRESENCES[presence], reason, frames, width, height,
                      _ends(ends) if ends else None, *(_more(more) if more else ()))
        for path, size, mtime, folder, level, presence, reason, frames, width, height, ends, more in rows}
    structure = facts.get("structure")
    return Catalogue(findings, json.loads(structure) if structure else None, facts.get("inputs", ""))


def _write(path: Path, catalogue: Catalogue) -> None:
    # Names of bytes that are no text, as some disks have them, cannot be stored: those files are looked at anew.
    findings = {name: finding for name, finding in catalogue.findings.items()
                if finding.stamp != UNREAD and _is_text(name)}
    database = sqlite3.connect(path, isolation_level=None)
    try:
        # Nobody sees this file before it is whole.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute("BEGIN")
        database.execute("CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        database.execute("CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, folder INTEGER, "
                         "level INTEGER, presence TEXT, reason TEXT, frames INTEGER, width INTEGER, height INTEGER, "
                         "ends TEXT, more TEXT) WITHOUT ROWID")
        marks = ", ".join("?" * len(_COLUMNS))
        database.executemany(f"INSERT INTO files VALUES ({marks})",  # noqa: S608 (question marks)
                             (_row(path, finding) for path, finding in sorted(findings.items())))
        facts = {**_facts(catalogue), "files": str(len(findings))}
        database.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
        database.execute("COMMIT")
    finally:
        database.close()


def _sealed(path: Path) -> None:
    """Write the checksum of a catalogue into it."""
    with path.open("r+b") as file:
        total = _checksum(file.read())
        file.seek(_SEAL.start)
        file.write(total)


def _checksum(data: bytes) -> bytes:
    """Of all of a catalogue but the place of the checksum itself: SQLite has none, and disks change bytes."""
    return zlib.crc32(data[_SEAL.stop:], zlib.crc32(data[:_SEAL.start])).to_bytes(4, "big")


def _row(path: str, finding: Finding) -> _Row:
    stage, key, edge, notes = finding.stage, finding.stage_key, finding.edge, finding.notes
    more = json.dumps([stage, key, edge, notes]) if stage or key or edge or notes else ""
    return (path, finding.stamp.size, finding.stamp.mtime_ns, int(finding.stamp.folder), finding.level,
            finding.presence.value, _storable(finding.reason), finding.frames, finding.width, finding.height,
            "\n".join(finding.ends or ()), more)


def _ends(text: str) -> tuple[str, str]:
    first, _, second = text.partition("\n")
    return first, second


def _more(text: str) -> tuple[str, str, tuple[str, str] | None, tuple[str, ...]]:
    """What few files have: stage frame, its key, edge, notes."""
    stage, key, edge, notes = json.loads(text)
    return stage, key, (edge[0], edge[1]) if edge else None, tuple(notes)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _storable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _facts(catalogue: Catalogue) -> Mapping[str, str]:
    facts = {"format": FORMAT, "version": str(VERSION), "inputs": catalogue.inputs}
    if catalogue.structure is not None:
        facts["structure"] = json.dumps(catalogue.structure, separators=(",", ":"))
    return facts
