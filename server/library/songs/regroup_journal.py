"""A change to a song's files that is written down before it is made, so that it can be taken back, also much later.

It knows files only: what they mean, and what a change is good for, is its caller's business.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from server.errors import InputError
from server.library.songs.listing import HIDDEN
from server.library.songs.stage_list import sha1
from server.library.songs.staging import check_space, copy_failure, copy_file
from server.media.part_file import output_error, write_file

UNDO: Final = f"{HIDDEN}/undo"
KEPT: Final = 20
"""Changes that can be taken back."""
_JOURNAL: Final = "journal.json"


@dataclass(frozen=True, slots=True)
class Change:
    """`copies`: files by where a copy of them goes; `taken`: files that go; `texts`: files with their new bytes.

    All are paths in the song, with /.
    """

    text: str
    copies: Mapping[str, str]
    taken: tuple[str, ...]
    texts: Mapping[str, bytes]


@dataclass(slots=True)
class Work:
    """A change that is being made. `journal` is what it takes to go back."""

    song: Path
    place: Path
    journal: dict[str, Any] = field(default_factory=dict)

    @property
    def written(self) -> tuple[str, ...]:
        """The text files that were written."""
        return tuple(self.journal["wrote"])

    def save(self) -> None:
        write_file(self.place / _JOURNAL, json.dumps(self.journal, indent=1).encode())

    def write(self, name: str, data: bytes) -> None:
        """Write a text file, its old bytes kept. Raises OutputError."""
        path = self.song / name
        kept = f"before-{len(self.journal['wrote'])}" if path.is_file() else ""
        if kept:
            write_file(self.place / kept, path.read_bytes())
        self.journal["wrote"][name] = {"now": sha1(data), "before": kept}
        self.save()
        write_file(path, data)

    def copy(self, name: str, source: str) -> None:
        """Copy a file to where none is yet. Raises OutputError, InputError."""
        target = self.song / name
        if target.exists():
            return
        for folder in reversed([each for each in target.parents if self.song in each.parents and not each.exists()]):
            self.journal["folders"].append(folder.relative_to(self.song).as_posix())
        self.journal["made"][name] = _stamp(self.song / source)
        self.save()
        part = target.with_name(f"{target.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_file(self.song / source, part)
            part.replace(target)
        except OSError as reason:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise copy_failure(self.song / source, target, reason) from None

    def take(self, name: str) -> None:
        """Move a file into the journal. Raises OutputError."""
        kept = f"taken-{len(self.journal['taken'])}"
        self.journal["taken"][name] = kept
        self.save()
        try:
            (self.song / name).replace(self.place / kept)
        except OSError as reason:
            raise output_error(self.song / name, reason) from None


@contextlib.contextmanager
def perform(song: Path, change: Change) -> Iterator[Work]:
    """Make a change; when anything fails, in the block too, all of it is taken back.

    Raises InputError, OutputError.
    """
    place = song / UNDO / f"{_newest(song) + 1:06}"
    work = Work(song, place, {"text": change.text, "wrote": {}, "made": {}, "folders": [], "taken": {}})
    check_space(song / HIDDEN, sum((song / source).stat().st_size for source in change.copies.values()))
    try:
        work.save()
        for name, source in change.copies.items():
            work.copy(name, source)
        for name, data in change.texts.items():
            work.write(name, data)
        for name in change.taken:
            work.take(name)
        yield work
    except BaseException:
        _reverse(work)
        raise
    for old in sorted((song / UNDO).iterdir())[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def undo_newest(song: Path) -> str:
    """Take back the newest change; returns its words. Raises InputError, OutputError."""
    work = _read(song)
    if work is None:
        raise InputError("there is nothing to undo")
    for name, facts in work.journal["wrote"].items():
        if _hash(song / name) not in (facts["now"], _hash(work.place / facts["before"]) if facts["before"] else ""):
            raise InputError(f"{name} was changed after it; set it right by hand, nothing was undone")
    _reverse(work)
    return str(work.journal["text"])


def newest_change(song: Path) -> str:
    """What `undo_newest` would take back, in words; empty when there is nothing."""
    work = _read(song)
    return str(work.journal["text"]) if work is not None else ""


def _reverse(work: Work) -> None:
    song, journal = work.song, work.journal
    for name, kept in journal["taken"].items():
        if (work.place / kept).exists():
            with contextlib.suppress(OSError):
                (song / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                (work.place / kept).replace(song / name)
            except OSError as reason:
                raise output_error(song / name, reason) from None
    for name, facts in journal["wrote"].items():
        if facts["before"]:
            write_file(song / name, (work.place / facts["before"]).read_bytes())
        else:
            with contextlib.suppress(OSError):
                (song / name).unlink(missing_ok=True)
    for name, stamp in journal["made"].items():
        # A copy that somebody has painted over since is theirs.
        if _stamp(song / name) == stamp:
            with contextlib.suppress(OSError):
                (song / name).unlink()
    for folder in reversed(journal["folders"]):
        with contextlib.suppress(OSError):
            (song / folder).rmdir()  # whatever else was put there stays, and so does the folder
    shutil.rmtree(work.place, ignore_errors=True)


def _read(song: Path) -> Work | None:
    """The newest change that was written down."""
    place = song / UNDO / f"{_newest(song):06}"
    try:
        journal = json.loads((place / _JOURNAL).read_bytes())
    except (OSError, ValueError):
        return None
    return Work(song, place, journal)


def _newest(song: Path) -> int:
    try:
        return max((int(each.name) for each in (song / UNDO).iterdir() if each.name.isdecimal()), default=0)
    except OSError:
        return 0


def _stamp(path: Path) -> list[int]:
    try:
        facts = path.stat()
    except OSError:
        return []
    return [facts.st_size, facts.st_mtime_ns]


def _hash(path: Path) -> str:
    try:
        return sha1(path.read_bytes())
    except OSError:
        return ""
