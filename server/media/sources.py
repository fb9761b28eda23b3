"""What can be encoded: pictures in a row, a folder of them held or dissolved, a concat list, a movie. Opens no codec.

Every source is a stream of shots at the rate that is asked for; none is ever held in memory as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, Protocol

from server.errors import MissingFile, NotAMovie
from server.media.placement import Size
from server.media.resample import Tally
from server.media.shots import Shot

DEFAULT_RATE: Final = Fraction(30)
LIST_SUFFIXES: Final = frozenset((".txt", ".ffconcat", ".concat", ".ffcat"))
_PATTERN: Final = re.compile(r"(?<!%)%(?:0(\d+))?d")
_DIGITS: Final = re.compile(r"(\d+)")


@dataclass(slots=True)
class Findings:
    """What reading the sources brought to light, for the report; nothing of it is dropped silently."""

    tally: Tally = field(default_factory=Tally)
    warnings: list[str] = field(default_factory=list)
    salvage: bool = False
    """Leave out what cannot be read of a damaged movie instead of refusing it."""

    def warn(self, line: str) -> None:
        """Add a line once."""
        if line not in self.warnings:
            self.warnings.append(line)


class Source(Protocol):
    """Something to encode; `size`, `chroma` and `rate` are its own, None where it has none."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> Size: ...

    @property
    def chroma(self) -> str | None: ...

    @property
    def rate(self) -> Fraction | None: ...

    def frames(self, rate: Fraction) -> int:
        """About how many frames `shots` makes at a rate, for the progress bar."""

    def shots(self, rate: Fraction, findings: Findings) -> Iterator[Shot]:
        """Yield the shots in order, shown at a constant rate."""


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sort key in which frame2 comes before frame10, whatever the case."""
    parts = _DIGITS.split(name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part], name


def pictures_of(folder: Path, findings: Findings) -> list[Path]:
    """Return the pictures of a folder in natural order, warning about gaps and other files. Raises MissingFile."""
    from server.media.picture import is_picture

    try:
        names = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    except OSError as reason:
        raise MissingFile(f"{folder} cannot be read: {reason.strerror}") from None
    pictures = sorted((path for path in names if is_picture(path)), key=lambda path: natural_key(path.name))
    if not pictures:
        raise MissingFile(f"there are no pictures in {folder}; name the folder that holds them")
    others = sorted(path.name for path in names if not is_picture(path))
    if others:
        findings.warn(f"{len(others)} files in {folder} are no pictures and were left out: {_some(others)}")
    gaps = missing_numbers([path.stem for path in pictures])
    if gaps:
        findings.warn(f"{folder} has gaps in its numbers, which were closed: {_some(gaps)} missing")
    return pictures


def missing_numbers(stems: Sequence[str]) -> list[str]:
    """The numbers that a numbered series lacks between its first and last; [] for names that are no series."""
    found = [re.fullmatch(r"(.*?)(\d+)", stem) for stem in stems]
    numbers = sorted({int(match[2]) for match in found if match})
    if len({match[1] if match else None for match in found}) != 1 or len(numbers) != len(stems):
        return []
    if numbers[-1] - numbers[0] >= 4 * len(numbers):
        return []  # seeds or dates, not frames
    width = max(len(match[2]) for match in found if match)
    present = set(numbers)
    return [f"{number:0{width}d}" for number in range(numbers[0], numbers[-1]) if number not in present]


def is_pattern(path: Path) -> bool:
    """Whether a path names numbered pictures, as `frame%06d.png` does."""
    return _PATTERN.search(path.name) is not None and not is_there(path)


def is_there(path: Path) -> bool:
    """Whether something has this name; a name that no file can have is simply not there."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def pictures_of_pattern(path: Path) -> list[Path]:
    """Return the pictures of a pattern from its lowest number on, without a gap. Raises MissingFile, NotAMovie."""
    if len(_PATTERN.findall(path.name)) != 1:
        raise NotAMovie(f"{path.name} is a pattern with several numbers; write one, like frame%06d.png")
    before, digits, after = _PATTERN.split(path.name)
    width = int(digits or 1)
    form = re.compile(f"{re.escape(before)}(\\d{{{width},}}){re.escape(after)}")
    try:
        found = {int(match[1]): file for file in path.parent.iterdir() if (match := form.fullmatch(file.name))
                 and (len(match[1]) == width or not match[1].startswith("0"))}
    except OSError as reason:
        raise MissingFile(f"{path.parent} cannot be read: {reason.strerror}") from None
    if not found:
        raise MissingFile(f"no picture in {path.parent} is named like {path.name}")
    first, last = min(found), max(found)
    for number in range(first, last):
        if number not in found:
            raise MissingFile(f"{before}{number:0{width}d}{after} is missing in {path.parent} (there are {first} to "
                              f"{last}); make it again, or name the folder to close the gap")
    return [found[number] for number in range(first, last + 1)]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def shown(path: Path) -> str:
    """A path for one line of text, cut and escaped where it would break the line."""
    text = str(path)
    if len(text) > 300:
        text = f"{text[:140]}…{text[-140:]}"
    return text if text.isprintable() else ascii(text)
