"""Which parts of a snapshot are meant when not all of it is. Knows words and addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from server.errors import InputError
from server.show.snapshot import PARTS, Setting

_DECK: Final = re.compile(r"deck ?([1-9][0-9]?)")
_PART_OF: Final = {"clock": "clock", "timecode": "clock", "midi": "clock", "mtc": "clock", "master": "master",
                   "generate": "generate"}
"""The part that settings belong to, by the first word of their address; any other counts only with everything."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts by name; nothing named is everything. `decks`: single ones."""

    names: frozenset[str] = frozenset()
    decks: frozenset[int] = frozenset()

    @property
    def all(self) -> bool:
        return not (self.names or self.decks)

    def deck(self, number: int) -> bool:
        return self.all or "decks" in self.names or number in self.decks

    def part(self, name: str) -> bool:
        return self.all or name in self.names

    def setting(self, one: Setting) -> bool:
        """Whether a setting is to be brought back."""
        if one.row.startswith("/deck/{n}/"):
            return self.deck(int(one.where[0]))
        return self.all or _PART_OF.get(one.row.split("/")[1], "") in self.names


def read_parts(text: str) -> Parts:
    """Parts as a person writes them: `decks`, `deck1, clock`. Raises InputError."""
    names: set[str] = set()
    decks: set[int] = set()
    for word in filter(None, (part.strip().lower() for part in text.split(","))):
        deck = _DECK.fullmatch(word)
        if deck is not None:
            decks.add(int(deck[1]))
        elif word in PARTS:
            names.add(word)
        else:
            near = get_close_matches(word, PARTS, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(PARTS)}, and deck1 and so on"
            raise InputError(f"a snapshot has no part {word[:40]!r}{hint}")
    return Parts(frozenset(names), frozenset(decks))
