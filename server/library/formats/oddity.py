"""What is odd about a file that a person wrote: where, what, and what was done about it. It judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from server.errors import one_line

_LISTED: Final = 6


@dataclass(frozen=True, slots=True)
class Oddity:
    """One oddity in words that a VJ understands. `file`: its path in the folder, with /.

    `note`: it changes nothing that is seen (an empty row, a byte order mark), and is told after the others.
    """

    file: str
    line: int | None
    what: str
    done: str
    note: bool = False

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}, line {self.line}"
        return one_line(f"{where}: {self.what}; {self.done}")


class Oddities:
    """Collects the oddities of one file while it is read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Oddity] = []

    def say(self, line: int | None, what: str, done: str) -> None:
        """Something that a person should look at."""
        self._found.append(Oddity(self.file, line, one_line(what), done))

    def note(self, line: int | None, what: str, done: str) -> None:
        """Something that changes nothing."""
        self._found.append(Oddity(self.file, line, one_line(what), done, note=True))

    def __iter__(self) -> Iterator[Oddity]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def listed(things: Iterable[object], most: int = _LISTED) -> str:
    """Some of many, for one line: `a, b, c and 12 more`."""
    texts = [str(thing) for thing in things]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 row`, `3 rows`."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"
