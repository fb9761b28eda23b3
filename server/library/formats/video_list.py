"""`videos.txt`, the concat lists of a story: a line for every frame, or one for every section's movie.

Paths in it are those of the machine that wrote it: their ends say which transition is meant, the rest is not believed.
The syntax is that of `server.media.concat`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from server.errors import InputError
from server.library.formats.frame_folders import TransitionName, parse_transition_name
from server.library.formats.oddity import Oddities, counted, listed
from server.library.formats.text import decoded
from server.media.concat import ConcatEntry, ConcatList, format_concat, parse_concat, quote

_SECTION: Final = re.compile(r"section_(?P<section>[^/]+)\.[A-Za-z0-9]+")
_FRAME: Final = re.compile(r"frame(\d{1,9})\.[A-Za-z]+", re.IGNORECASE)
_NICE_RATES: Final = 1000


@dataclass(frozen=True, slots=True)
class ListedTransition:
    """Frames of one transition in a row; `backwards` when their numbers fall."""

    name: TransitionName
    frames: tuple[int, ...]
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class VideoList:
    """What a list says: either transitions frame by frame, or sections by the name that their movies carry."""

    transitions: tuple[ListedTransition, ...] = ()
    sections: tuple[str, ...] = ()
    rate: Fraction | None = None
    concat: ConcatList = field(default_factory=ConcatList)


def parse_video_list(data: bytes, oddities: Oddities) -> VideoList:
    """Parse a list. Raises InputError with file and line."""
    text, _ = decoded(data, oddities)
    if not text.strip():
        oddities.note(None, "the list is empty", "nothing is read from it")
        return VideoList()
    try:
        concat = parse_concat(text)
    except InputError as reason:
        raise InputError(f"{oddities.file}, {reason}") from None
    transitions: list[ListedTransition] = []
    sections: list[str] = []
    others: list[str] = []
    run: list[int] = []
    last: TransitionName | None = None
    for entry in concat.entries:
        parts = [part for part in entry.file.replace("\\", "/").split("/") if part]
        file, folder = (parts[-1] if parts else ""), (parts[-2] if len(parts) > 1 else "")
        frame, name = _FRAME.fullmatch(file), parse_transition_name(folder)
        section = _SECTION.fullmatch(file)
        if frame is None or name is None:
            (sections if section else others).append(section["section"] if section else entry.file)
            continue
        number = int(frame[1])
        if name != last or not _goes_on(run, number):
            transitions += _closed(last, run)
            last, run = name, []
        run.append(number)
    transitions += _closed(last, run)
    if others:
        oddities.say(None, f"{counted(len(others), 'entry', 'entries')} that name neither a frame of a transition nor "
                           f"a section: {listed(others, 3)}", "kept in the file and not used")
    return VideoList(tuple(transitions), tuple(sections), _rate(concat.entries, oddities), concat)


def format_section_list(movies: Iterable[str]) -> bytes:
    """The list that joins the movies of sections, as FFmpeg and the older programs read it. Raises InputError."""
    return "".join(f"file {quote(movie)}\n" for movie in movies).encode()


def format_frame_list(frames: Iterable[str], rate: Fraction) -> bytes:
    """The list that shows frames one after the other, each as long as a frame of the rate. Raises InputError."""
    if rate <= 0:
        raise InputError(f"a rate is more than 0 frames per second, not {rate}")
    entries = tuple(ConcatEntry(frame, duration=1 / rate) for frame in frames)
    return format_concat(ConcatList(entries)).encode() if entries else b""


def _goes_on(run: Sequence[int], number: int) -> bool:
    """Whether a number goes on in the direction of those before it."""
    if len(run) < 2:
        return not run or number != run[-1]
    return (number > run[-1]) == (run[1] > run[0]) and number != run[-1]


def _closed(name: TransitionName | None, run: Sequence[int]) -> list[ListedTransition]:
    if name is None or not run:
        return []
    return [ListedTransition(name, tuple(run), len(run) > 1 and run[1] < run[0])]


def _rate(entries: Sequence[ConcatEntry], oddities: Oddities) -> Fraction | None:
    """Frames per second, from durations that were written as decimals of their reciprocal."""
    rates = {(1 / entry.duration).limit_denominator(_NICE_RATES) for entry in entries if entry.duration}
    if len(rates) > 1:
        oddities.say(None, "frames are shown for different times", "the list says no one rate")
    return rates.pop() if len(rates) == 1 else None
