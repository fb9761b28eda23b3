"""A transition on its way to the disk: parts that are played while it is made, then one movie, whole or not at all.

Parts lie in a hidden folder beside the movie, each a movie with its index and a name that never comes again. It knows
neither who makes the frames nor who plays the parts.
"""

from __future__ import annotations

import contextlib
import math
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from server.errors import InputError, MediaError, OutputError
from server.index.format import FrameIndex, Mark
from server.index.jpeg import jpeg_header
from server.index.opening import read_sidecar, sidecar, sidecar_state
from server.index.reader import FrameReader
from server.media.files_below import files_in
from server.media.part_file import claim, make_folders, output_error, remove_abandoned
from server.media.writer import MovieWriter
from server.render.job import End, TransitionJob, fingerprint

MAKING: Final = ".making"
OWNER: Final = "owner"
_TOKEN_BYTES: Final = 4

Judge = Callable[[Path, FrameIndex], FrameIndex]
"""Judges a movie that was just published, stores the figures with it and returns the index with them."""
Held = Callable[[Path], bool]
"""Whether somebody still plays or reads this file."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A part that can be played: its movie, and which frames of the transition it holds."""

    path: Path
    begin: int
    count: int


class Publication:
    """Takes the frames of a job in order, from 0, the first picture itself, to the second one.

    `cut` closes a part, `finish` joins them all, `abandon` leaves nothing behind; leaving it as a context manager
    without `finish` abandons it. With `resume`, parts of the same transition that a program left behind when it was
    killed are taken over: `count` says how far they reach, and `job.from_frame(count)` is what is left to make.
    Not for several threads at once. Raises OutputError when `out` is there already.
    """

    index: FrameIndex

    def __init__(self, out: Path, job: TransitionJob, *, made: Mapping[str, Any] | None = None,
                 overwrite: bool = False, resume: bool = False, judge: Judge | None = None) -> None:
        self.out, self._job, self._judge, self._overwrite = out, job, judge, overwrite
        self._made = made or {}
        if out.exists() and not overwrite:
            raise OutputError(f"{out} is already there; new content gets a new name")
        self._chroma = jpeg_header(job.first.jpeg).chroma
        self.folder = making_folder(out)
        self._token = secrets.token_hex(_TOKEN_BYTES)
        self._fingerprint = fingerprint(job)
        self._folders = make_folders(self.folder)
        self._parts = _left_behind(self.folder, self._fingerprint) if resume else []
        self._writer: MovieWriter | None = None
        self.count = sum(closed.count for closed, _ in self._parts)
        """Frames that were added."""
        try:
            self._owner = (self.folder / f"{OWNER}-{self._token}").open("wb")
        except OSError as reason:
            raise output_error(out, reason) from None
        claim(self._owner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if not hasattr(self, "index"):
            self.abandon()

    @property
    def parts(self) -> tuple[Closed, ...]:
        """What was closed so far."""
        return tuple(closed for closed, _ in self._parts)

    def add(self, number: int, jpeg: bytes) -> None:
        """Add the next frame. Raises InputError for another one or a wrong end, and what `MovieWriter.add` raises."""
        job = self._job
        if number != self.count or number >= job.frames:
            raise InputError(f"frame {self.count} of {self.out.name} comes next, not {number}")
        end = {0: job.first, job.frames - 1: job.second}.get(number)
        if end is not None and jpeg != end.jpeg:
            raise InputError(f"frame {number} of {self.out.name} must be the stage frame of {end.name}, byte for byte")
        if self._writer is None:
            self._writer = MovieWriter(
                self.folder / f"{self._token}-{number:06d}.mov", width=job.size[0], height=job.size[1],
                rate=job.rate, chroma=self._chroma, made={"part_of": self._fingerprint, "begin": number})
        self._writer.add(jpeg)
        self.count += 1

    def cut(self) -> Closed | None:
        """Close what was added since the last cut as a part that can be played; None when there is nothing."""
        if self._writer is None:
            return None
        writer, self._writer = self._writer, None
        with writer:
            pass
        closed = Closed(writer.out, self.count - writer.count, writer.count)
        self._parts.append((closed, writer.index))
        return closed

    def finish(self, facts: Mapping[str, Any]) -> Path:
        """Join the parts into the movie and publish it; the parts stay, for who plays them, until `clear`.

        `facts` are the generator's. Raises InputError while frames are missing, OutputError.
        """
        job = self._job
        if self.count != job.frames:
            raise InputError(f"{self.out.name} has {self.count} of {job.frames} frames; add the others first")
        self.cut()
        with MovieWriter(self.out, width=job.size[0], height=job.size[1], rate=job.rate, chroma=self._chroma,
                         marks=(mark_of(job.first, 0), mark_of(job.second, job.frames - 1)),
                         ends=(job.first.hash, job.second.hash), made={**provenance(job, facts), **self._made},
                         overwrite=self._overwrite) as movie:
            for jpeg, apart in self._frames():
                movie.add(jpeg, apart)
        self.index = movie.index
        if self._judge is not None:
            self.index = self._judge(self.out, self.index)
        return self.out

    def clear(self, held: Held | None = None) -> bool:
        """Remove the parts that nobody holds; True when nothing is left. Call it again until then."""
        return self._remove(held)

    def abandon(self) -> None:
        """Keep nothing of it. What somebody holds on Windows is removed by the next `sweep`. May be called twice."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.__exit__(KeyboardInterrupt, None, None)
        self._remove(None)

    def _frames(self) -> Iterator[tuple[bytes, float]]:
        """Every frame with its distance to the one before; NaN where two parts meet, which is measured anew."""
        for closed, index in self._parts:
            with FrameReader(closed.path, index) as reader:
                for frame in range(index.count):
                    known = float(index.difference[frame]) if index.difference is not None else math.nan
                    yield reader.read(frame), known if frame else math.nan

    def _remove(self, held: Held | None) -> bool:
        self._parts = [(closed, index) for closed, index in self._parts
                       if (held is not None and held(closed.path)) or not _removed(closed.path)]
        if self._parts:
            return False
        self._owner.close()
        with contextlib.suppress(OSError):
            Path(self._owner.name).unlink(missing_ok=True)
        _swept(self.folder, held)
        for folder in self._folders:
            _remove_empty(folder)
        return True


def making_folder(out: Path) -> Path:
    """Where the parts of a movie lie while it is made: hidden, so that no list of movies has them."""
    return out.with_name(f".{out.name}{MAKING}")


def sweep(folder: Path, held: Held | None = None) -> list[Path]:
    """Remove the parts that were left in a folder by programs that are gone; return what was removed.

    What another program is making is left alone, and so is what somebody holds.
    """
    return [file for making in sorted(folder.glob(f".*{MAKING}")) for file in _swept(making, held)]


def provenance(job: TransitionJob, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Enough to make the same transition again, as `made` of its index has it."""
    settings = {name: value for name, value in job.settings().items() if name not in ("mode", "seed") and value != ""}
    prompts = [{name: value for name, value in (
        ("name", end.name), ("prompt", end.prompt), ("negative", end.negative), ("guidance", end.guidance),
        ("seed", None if end.seed is None else str(end.seed)), ("source", end.source)) if value not in (None, "")}
        for end in (job.first, job.second)]
    return {"generator": job.mode, "seed": str(job.seed), "settings": settings, "pictures": prompts,
            **({"plan": list(job.batches)} if job.batches else {}), **facts}


def mark_of(end: End, frame: int) -> Mark:
    """The cue point of an end in its movie."""
    return Mark(frame, end.name or end.hash[:8], picture=end.hash, prompt=end.prompt or None, seed=end.seed)


def _left_behind(folder: Path, of: str) -> list[tuple[Closed, FrameIndex]]:
    """Parts without a living owner that belong to the same transition, from its beginning on, as far as they reach."""
    living = _living(folder)
    found: dict[int, tuple[Closed, FrameIndex]] = {}
    for path in files_in(folder, "*.mov"):
        try:
            index = read_sidecar(path)
            fresh = index is not None and sidecar_state(path) == "fresh"
        except MediaError:
            continue
        made = index.made if index is not None and fresh else None
        if index is None or made is None or made.get("part_of") != of or path.name.partition("-")[0] in living:
            continue
        begin = made.get("begin")
        if isinstance(begin, int):
            found[begin] = Closed(path, begin, index.count), index
    parts: list[tuple[Closed, FrameIndex]] = []
    while (part := found.get(sum(closed.count for closed, _ in parts))) is not None:
        parts.append(part)
    return parts


def _swept(making: Path, held: Held | None) -> list[Path]:
    """Remove what nobody owns and nobody holds, and the folder itself when it is empty then."""
    living, removed = _living(making), []
    for file in files_in(making, "*.mov*"):
        movie = making / f"{file.name.partition('.mov')[0]}.mov"
        if file.name.partition("-")[0] in living or (held is not None and held(movie)):
            continue
        with contextlib.suppress(OSError):
            file.unlink()
            removed.append(file)
    _remove_empty(making)
    return removed


def _living(folder: Path) -> set[str]:
    """The tokens of those who are at work in a folder; what others left of themselves is removed."""
    return {owner.name.removeprefix(f"{OWNER}-") for owner in files_in(folder, f"{OWNER}-*")
            if not remove_abandoned(owner)}


def _removed(movie: Path) -> bool:
    """Remove a movie and its index; False where the system does not allow it now."""
    try:
        movie.unlink(missing_ok=True)
        sidecar(movie).unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
