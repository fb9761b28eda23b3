"""A concat list as a source of frames: pictures for as long as it says, movies whole or between two times."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Final

from server.errors import DamagedMovie, InputError
from server.media.concat import ConcatEntry, read_concat
from server.media.movie_source import MovieSource
from server.media.picture import is_picture
from server.media.placement import Size
from server.media.resample import nearest_frame, resample
from server.media.shots import PictureShot, Shot
from server.media.sources import Findings, Source
from server.media.stills import PictureSequence
from server.units import exact_rate

_STILL: Final = Fraction(1, 25)
"""What FFmpeg gives a picture that has no duration."""


class ConcatSource:
    """The files of a list, one after the other. Raises MissingFile, InputError, and what the files' sources do."""

    def __init__(self, path: Path, leave_out: Collection[Path] = ()) -> None:
        self.path = path
        concat = read_concat(path)
        self._entries = [entry for entry in concat.entries if self._file(entry) not in leave_out]
        if not self._entries:
            raise DamagedMovie(f"{path}: none of its {len(concat.entries)} pictures can be read; make them again")
        self._ignored = [*concat.others, *(line for entry in concat.entries for line in entry.others)]
        if any(entry.duration == 0 for entry in self._entries):
            raise InputError(f"{path}: a duration of 0 shows nothing; leave the file out, or give it a time")

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def pictures(self) -> list[Path]:
        """Every picture that the list names, where it lies."""
        return [file for file in map(self._file, self._entries) if is_picture(file)]

    @property
    def size(self) -> Size:
        return self._first.size

    @property
    def chroma(self) -> str | None:
        return self._first.chroma

    @property
    def rate(self) -> Fraction | None:
        """The rate of its first movie, else one over the duration that all its pictures share."""
        movie = next((entry for entry in self._entries if not is_picture(self._file(entry))), None)
        if movie is not None:
            return self._movie(movie).rate
        return self._picture_rate

    def frames(self, rate: Fraction) -> int:
        return sum(nearest_frame(self._seconds(entry), rate) for entry in self._entries)

    def shots(self, rate: Fraction, findings: Findings) -> Iterator[Shot]:
        for line in self._ignored:
            findings.warn(f"{self.path.name}: the line {line!r} is not understood and was left out")
        for entry in self._entries:
            if entry.backwards:
                findings.warn(f"{self.path.name} wants {entry.file} backwards, which only interscene join does: it "
                              "was taken forwards")
        for still, run in groupby(self._entries, key=lambda entry: is_picture(self._file(entry))):
            if still:
                yield from self._stills(list(run), rate, findings)
                continue
            for entry in run:
                yield from self._movie(entry).shots(rate, findings)

    def _stills(self, entries: Sequence[ConcatEntry], rate: Fraction, findings: Findings) -> Iterator[Shot]:
        if rate == self._picture_rate and all(entry.duration is not None for entry in entries):
            # 1/30 s is written 0.033333: counted, not added up.
            yield from (PictureShot(self._file(entry)) for entry in entries)
            return
        timed, time = [], Fraction(0)
        for entry in entries:
            timed.append((time, self._file(entry)))
            time += entry.duration or _STILL
        for path, repeat in resample(timed, rate, findings.tally, last=entries[-1].duration or _STILL):
            yield PictureShot(path, repeat)

    @cached_property
    def _first(self) -> Source:
        entry = self._entries[0]
        file = self._file(entry)
        return PictureSequence([file]) if is_picture(file) else self._movie(entry)

    @cached_property
    def _picture_rate(self) -> Fraction | None:
        durations = {entry.duration for entry in self._entries if is_picture(self._file(entry))}
        if len(durations) == 1 and (only := durations.pop()):
            return exact_rate(float(1 / only))
        return None

    def _seconds(self, entry: ConcatEntry) -> Fraction:
        if is_picture(self._file(entry)):
            return entry.duration or _STILL
        return Fraction(self._movie(entry).frames(Fraction(1000)), 1000)

    def _file(self, entry: ConcatEntry) -> Path:
        return self.path.parent / entry.file

    def _movie(self, entry: ConcatEntry) -> MovieSource:
        return MovieSource(self._file(entry), begin=entry.inpoint, end=entry.outpoint)
