"""A show log as a person names it: its segments one after the other, and times in it. Replays nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.app.show_log_folder import segments_of
from server.errors import ArchiveDamaged, InputError, MissingFile, OutOfRange
from server.show.log_format import Recorded, SegmentReader
from server.show.scribe import Began
from server.units import Seconds

_TIME: Final = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,4}):)?(\d{1,7}(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a log: when it began, by the server's clock and by the time of day."""

    path: Path
    began: Seconds
    wall: Seconds


class ShowLogReader:
    """`problems` are told as they are found: ends that are torn, files that are none, gaps."""

    def __init__(self, place: Path) -> None:
        """Raises MissingFile, and ArchiveDamaged where nothing of it can be read."""
        self.problems: list[str] = []
        self.segments = [segment for path in segments_of(place) if (segment := self._look(path)) is not None]
        if not self.segments:
            raise ArchiveDamaged(f"nothing of {place} can be read: {'; '.join(self.problems)}")

    @property
    def began(self) -> Seconds:
        """When it begins, by the server's clock: times that people say are counted from here."""
        return self.segments[0].began

    def steps(self, since: Seconds = 0.0) -> Iterator[Recorded]:
        """Every step from the segment on in which `since` (seconds after the beginning) lies; that one is whole."""
        first = max((number for number, one in enumerate(self.segments) if one.began <= self.began + since),
                    default=0)
        for segment in self.segments[first:]:
            yield from self._steps(segment.path)

    def _steps(self, path: Path) -> Iterator[Recorded]:
        reader = SegmentReader(_read(path))
        for step in reader.steps():
            if isinstance(step, Began) and step.lost:
                self._note(f"{path.name}: {step.lost} steps before it are missing; it begins anew")
            yield step
        if reader.problem:
            self._note(f"{path.name}: {reader.problem}")

    def _look(self, path: Path) -> Segment | None:
        try:
            reader = SegmentReader(_read(path))
        except ArchiveDamaged as problem:
            self._note(f"{path.name}: {problem}")
            return None
        first = next(reader.steps(), None)
        if not isinstance(first, Began):
            self._note(f"{path.name}: {reader.problem or 'it does not begin with a show'}")
            return None
        return Segment(path, first.now, reader.head.wall)

    def _note(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def parse_time(text: str) -> Seconds:
    """A place in a log as people write it: `90`, `1:30`, `1:02:03.5`. Raises OutOfRange."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise OutOfRange(f"{text!r} is no time in a log; write seconds, or 1:30, or 1:02:03")
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600.0 + int(minutes or 0) * 60.0 + float(seconds)


def time_text(seconds: Seconds) -> str:
    """`1:02:03.500`."""
    minutes, rest = divmod(max(seconds, 0.0), 60.0)
    return f"{int(minutes) // 60}:{int(minutes) % 60:02}:{rest:06.3f}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise MissingFile(f"{path} cannot be read: {problem.strerror or problem}") from None


def place_of(text: str) -> Path:
    """The log that a person names. Raises InputError for an empty name."""
    if not text.strip():
        raise InputError("name a show log: a folder, or a file of one")
    return Path(text)
