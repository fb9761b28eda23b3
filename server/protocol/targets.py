"""Which rows an address means: exact, short, by alias, with a free word in it, or by pattern.

Knows how many decks there are, and nothing of arguments.
"""

from __future__ import annotations

import difflib
from typing import Final, NamedTuple

from server.errors import UnknownAddress
from server.protocol.arguments import Coercer
from server.protocol.command import SELECTED
from server.protocol.endpoints import ALIASES, DECK, TABLE
from server.protocol.match import Pattern, Text, is_pattern
from server.protocol.row import Row
from server.protocol.text import printable

MARKS_MAX: Final = 999
WORD_MAX: Final = 64
JOB: Final = "{id}"
"""In an address: the number of a job, which no table can know."""
PATTERNS_KEPT: Final = 256
ITSELF: Final = "this"
"""Behind an address with others below it, it means that address: some OSCQuery clients see only a folder there."""
FOLDERS: Final = frozenset(row.address for row in TABLE if row.access != "r" and any(
    other.address.startswith(row.address + "/") for other in TABLE))


class Target(NamedTuple):
    """A row, the values of its placeholders, and what coerces its arguments."""

    row: Row
    where: tuple[int | str, ...]
    coerce: Coercer


class Targets:
    """Every address that means something to a server with so many decks."""

    def __init__(self, decks: int) -> None:
        self.decks = decks
        self._exact: dict[str, Target] = {}
        self._open: list[tuple[list[str], Row, Coercer]] = []
        self._patterns: dict[str, tuple[Target, ...]] = {}
        self._tails = [row.address.removeprefix(DECK) for row in TABLE
                       if row.address.startswith(DECK) and "{" not in row.address.removeprefix(DECK)]
        for row in TABLE:
            self._add(row, Coercer(row))
        self._texts = [(Text(address), target) for address, target in self._exact.items()
                       if target.row.access != "r" and not address.endswith("/" + ITSELF)]
        self._add_short()
        for alias, address in ALIASES.items():
            if address in self._exact:
                self._exact[alias] = self._exact[address]

    def find(self, address: str) -> tuple[Target, ...]:
        """What an address or a pattern means. Raises UnknownAddress, or InputError for a bad pattern."""
        target = self._exact.get(address) or self._with_word(address)
        if target is not None:
            return (target,)
        if is_pattern(address):
            return self._by_pattern(address)
        raise UnknownAddress(self._unknown(address))

    def is_pattern(self, address: str) -> bool:
        """Whether an address is no address of its own, but may mean several."""
        return address not in self._exact and is_pattern(address)

    def is_new_pattern(self, address: str) -> bool:
        """Whether finding it costs a pass over all addresses."""
        return address not in self._patterns and self.is_pattern(address)

    def suggestion(self, address: str) -> str | None:
        """The address that was perhaps meant. Takes milliseconds: for a line that a person reads."""
        deck, tail = _deck_and_tail(address[:WORD_MAX])
        if deck.isdecimal() and int(deck) > self.decks and address.startswith("/deck/") and tail in self._tails:
            return None  # another deck is no spelling of this one, and the refusal says how many there are
        # Behind a common beginning everything looks alike: a deck's addresses are compared without it.
        known = {one.lower(): one for one in (self._tails if deck else self._exact)}
        near = difflib.get_close_matches(tail.lower(), known, n=1, cutoff=0.7)
        if not near:
            return None
        there = is_pattern(deck) or (deck.isdecimal() and 1 <= int(deck) <= self.decks)
        return f"/deck/{deck if there else 1}{known[near[0]]}" if deck else known[near[0]]

    def _add(self, row: Row, coerce: Coercer) -> None:
        decks = range(1, self.decks + 1) if "{n}" in row.address else (0,)
        free = row.address.replace("{n}", "")
        if "{" in free:
            if row.access != "r" or JOB in row.address:
                self._open += [(address.split("/"), row, coerce) for address in _spellings(row)]
            return
        for deck in decks:
            where = (deck,) if deck else ()
            for address in _spellings(row):
                self._exact[address.replace("{n}", str(deck))] = Target(row, where, coerce)

    def _add_short(self) -> None:
        """`/frame` for `/deck/{n}/frame`; what the table itself has under that name goes first."""
        for row in TABLE:
            tail = row.address.removeprefix(DECK)
            if tail == row.address or row.access == "r":
                continue
            coerce = Coercer(row)
            for short in (address.removeprefix(DECK) for address in _spellings(row)):
                if "{" in tail:
                    self._open.append((short.split("/"), row, coerce))
                else:
                    self._exact.setdefault(short, Target(row, SELECTED, coerce))

    def _with_word(self, address: str) -> Target | None:
        words = address.split("/")
        for template, row, coerce in self._open:
            if len(template) != len(words):
                continue
            where = self._values(template, words)
            if where is not None:
                return Target(row, where if template[1] == "deck" else SELECTED + where, coerce)
        return None

    def _values(self, template: list[str], words: list[str]) -> tuple[int | str, ...] | None:
        values: list[int | str] = []
        for expected, word in zip(template, words, strict=True):
            if expected in ("{name}", JOB):
                if not 0 < len(word) <= WORD_MAX or is_pattern(word):
                    return None
                values.append(printable(word))
            elif expected in ("{n}", "{m}"):
                limit = self.decks if expected == "{n}" else MARKS_MAX
                if not (word.isascii() and word.isdigit() and len(word) <= 3 and 1 <= int(word) <= limit):
                    return None
                values.append(int(word))
            elif expected != word:
                return None
        return tuple(values)

    def _by_pattern(self, address: str) -> tuple[Target, ...]:
        found = self._patterns.get(address)
        if found is None:
            pattern = Pattern(address)
            found = tuple(target for text, target in self._texts if pattern.matches(text))
            if len(self._patterns) >= PATTERNS_KEPT:
                self._patterns.clear()
            self._patterns[address] = found
        if not found:
            raise UnknownAddress(f"no endpoint matches {printable(address)} (interscene send --list shows them all)")
        return found

    def _unknown(self, address: str) -> str:
        means = ALIASES.get(address, address)
        words = means.split("/", 4)
        deck = next((place + 1 for place, word in enumerate(words[:3]) if word == "deck"), 0)
        if deck and len(words) > deck + 1 and words[deck].isdigit():
            template = means.replace(f"/deck/{words[deck]}/", "/deck/1/", 1)
            if template in self._exact or self._with_word(template):
                return f"there is no deck {printable(words[deck], 20)}: this server has {self.decks}, numbered from 1"
        return f"no endpoint has the address {printable(address)}"


def _spellings(row: Row) -> tuple[str, ...]:
    return (row.address, f"{row.address}/{ITSELF}") if row.address in FOLDERS else (row.address,)


def _deck_and_tail(address: str) -> tuple[str, str]:
    """`/deck/2/play` as `2` and `/play`; an address of no deck as nothing and itself."""
    words = address.split("/", 3)
    if len(words) == 4 and words[1].lower() == "deck" and words[2]:
        return words[2], "/" + words[3]
    return "", address
