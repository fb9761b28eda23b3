"""`never_again.txt`: pictures that are never to be shown again, one a line; `#` begins a comment.

A line is a prompt's name (all its pictures) or `name_seed`. Which of them it is, only the song's own pictures tell:
names may end in digits themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from server.errors import InputError
from server.library.formats.oddity import Oddities
from server.library.formats.text import decoded
from server.library.graph.identity import PictureId
from server.library.paths import shortened

FILE_NAME: Final = "never_again.txt"
_COMMENT: Final = "#"
_PICTURES: Final = (".png", ".jpg", ".jpeg")


class Entry(NamedTuple):
    """A line that names something."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class NeverAgain:
    """The entries of a list, and its text with comments and all."""

    entries: tuple[Entry, ...] = ()
    text: str = ""

    def pictures(self, known: Iterable[PictureId], oddities: Oddities) -> frozenset[PictureId]:
        """The pictures that the entries mean; entries that mean none are said."""
        pictures = list(known)
        stems = {picture.stem: (picture,) for picture in pictures} | {picture.node: (picture,) for picture in pictures}
        names = _by(pictures, "name")
        aliases = _by(pictures, "alias")
        aliases |= {alias[::-1].replace("-", "_", 1)[::-1]: found for alias, found in aliases.items()}
        found: set[PictureId] = set()
        for line, text in self.entries:
            meant = stems.get(text) or names.get(text) or aliases.get(text)
            meant = meant or _with_case(text, stems) or _with_case(text, names) or ()
            if not meant:
                oddities.say(line, f"{shortened(text)} is no picture and no prompt of this song", "it has no effect")
            found.update(meant)
        return frozenset(found)

    def added(self, picture: PictureId) -> NeverAgain:
        """The list with a picture more, if it is not on it. Raises InputError for names that are no line."""
        text = picture.stem
        if any(sign in text for sign in "\r\n") or text.lstrip().startswith(_COMMENT) or text != text.strip():
            raise InputError(f"{shortened(text)} cannot stand on a line of {FILE_NAME}; rename the prompt")
        if any(entry.text == text for entry in self.entries):
            return self
        joint = "" if not self.text or self.text.endswith("\n") else "\n"
        line = (self.text + joint).count("\n") + 1
        return NeverAgain((*self.entries, Entry(line, text)), f"{self.text}{joint}{text}\n")

    def without(self, picture: PictureId) -> NeverAgain:
        """The list without the line of a picture; a line for all of a prompt's pictures stays."""
        lines = self.text.split("\n")
        gone = {entry.line for entry in self.entries if entry.text in (picture.stem, picture.node)}
        text = "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)
        return replace(self, entries=_entries(text), text=text)


def parse_never_again(data: bytes, oddities: Oddities) -> NeverAgain:
    """Parse a list. Raises InputError for what is no text."""
    text = decoded(data, oddities)[0].replace("\r\n", "\n").replace("\r", "\n")
    return NeverAgain(_entries(text), text)


def format_never_again(found: NeverAgain) -> bytes:
    """The bytes of a list."""
    return found.text.encode("utf-8", "replace")


def _entries(text: str) -> tuple[Entry, ...]:
    """Lines without comments; a `#` inside a name is part of it unless a blank stands before it."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        for sign in (" #", "\t#"):
            bare = bare.partition(sign)[0].rstrip()
        if bare and not bare.startswith(_COMMENT):
            found.append(Entry(number, _without_suffix(bare)))
    return tuple(found)


def _without_suffix(text: str) -> str:
    """People paste names of files."""
    return next((text[:-len(suffix)] for suffix in _PICTURES if text.lower().endswith(suffix)), text)


def _by(pictures: Iterable[PictureId], attribute: str) -> dict[str, tuple[PictureId, ...]]:
    found: dict[str, tuple[PictureId, ...]] = {}
    for picture in pictures:
        key = getattr(picture, attribute)
        found[key] = (*found.get(key, ()), picture)
    return found


def _with_case(text: str, table: Mapping[str, tuple[PictureId, ...]]) -> tuple[PictureId, ...]:
    wanted = text.casefold()
    return next((found for key, found in table.items() if key.casefold() == wanted), ())
