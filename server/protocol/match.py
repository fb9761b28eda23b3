"""OSC address patterns: `?`, `*`, `[a-z]`, `[!…]`, `{foo,bar}` and the `//` of OSC 1.1.

A pattern is matched in one pass over its parts: the set of places in the address that the parts so far can
reach is one integer, so nothing is ever tried twice and no pattern is slow. Knows no address of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from server.errors import InputError
from server.protocol.osc import ADDRESS_MAX
from server.protocol.text import printable

WILDCARDS_MAX: Final = 16
WORDS_MAX: Final = 16
"""Alternatives in all braces of one pattern."""
_SPECIAL: Final = frozenset("?*[{")


class Text:
    """An address prepared for matching: for every character, where it stands, as a bit set."""

    __slots__ = ("full", "inside", "text", "where")

    def __init__(self, text: str) -> None:
        self.text = text
        self.full = (1 << len(text)) - 1
        self.where: dict[str, int] = {}
        for place, char in enumerate(text):
            self.where[char] = self.where.get(char, 0) | 1 << place
        self.inside = self.full & ~self.where.get("/", 0)
        """Everywhere but at the slashes."""


Step = Callable[[Text, int], int]
"""From the places reached before a part of the pattern to the places reached after it."""


def is_pattern(address: str) -> bool:
    """Whether an address has wildcards."""
    return not _SPECIAL.isdisjoint(address) or "//" in address


class Pattern:
    """A compiled pattern. Raises InputError when it is malformed or has more than 16 wildcards."""

    __slots__ = ("prefix", "steps")

    def __init__(self, pattern: str) -> None:
        if len(pattern) > ADDRESS_MAX:
            raise InputError(f"a pattern has at most {ADDRESS_MAX} characters, not {len(pattern)}")
        steps, wildcards, words, at = [], 0, 0, 0
        self.prefix = ""
        while at < len(pattern):
            step, after = _part(pattern, at)
            if step is None:
                if not wildcards:
                    self.prefix += pattern[at]
                else:
                    steps.append(_literal(pattern[at]))
            else:
                wildcards += 1
                words += pattern.count(",", at, after) + 1 if pattern[at] == "{" else 0
                steps.append(step)
            at = after
        if wildcards > WILDCARDS_MAX:
            raise InputError(f"a pattern has at most {WILDCARDS_MAX} wildcards, not {wildcards}")
        if words > WORDS_MAX:
            raise InputError(f"a pattern has at most {WORDS_MAX} alternatives, not {words}")
        self.steps = tuple(steps)

    def matches(self, text: Text) -> bool:
        """Whether the whole address is what the pattern describes."""
        if not text.text.startswith(self.prefix):
            return False
        places = 1 << len(self.prefix)
        for step in self.steps:
            places = step(text, places)
            if not places:
                return False
        return bool(places >> len(text.text))


class Mask:
    """Several patterns, separated by spaces, at least one of which must match; `*` alone matches everything."""

    def __init__(self, text: str) -> None:
        self.text = text
        words = text.split()
        self.everything = "*" in words or not words
        self._patterns = () if self.everything else tuple(Pattern(word) for word in words)

    def matches(self, address: str) -> bool:
        """Whether a subscriber with this mask wants to hear an address."""
        if self.everything:
            return True
        text = Text(address)
        return any(pattern.matches(text) for pattern in self._patterns)


def _part(pattern: str, at: int) -> tuple[Step | None, int]:
    """The wildcard that begins at `at`, or None for a plain character, and where the next part begins."""
    char = pattern[at]
    if char == "/" and pattern.startswith("//", at):
        end = at
        while end < len(pattern) and pattern[end] == "/":
            end += 1
        return _levels, end
    if char == "?":
        return _any_one, at + 1
    if char == "*":
        return _any_run, at + 1
    if char in "[{":
        end = pattern.find("]" if char == "[" else "}", at)
        if end < 0:
            raise InputError(f"{printable(pattern)!r}: {char} is never closed")
        inside = pattern[at + 1:end]
        return (_one_of(inside) if char == "[" else _either(inside)), end + 1
    return None, at + 1


def _literal(char: str) -> Step:
    return lambda text, places: (places & text.where.get(char, 0)) << 1


def _any_one(text: Text, places: int) -> int:
    return (places & text.inside) << 1


def _any_run(text: Text, places: int) -> int:
    # Carries of the addition run through each stretch between slashes (MatchStar of Cameron et al., 2014).
    inside = text.inside
    return (((places & inside) + inside) ^ inside) | places


def _levels(text: Text, places: int) -> int:
    slashes = text.where.get("/", 0)
    first = places & slashes
    first &= -first
    return (slashes & -first) << 1 if first else 0


def _one_of(inside: str) -> Step:
    negated = inside[:1] == "!"
    chars, spans, at = set(), [], int(negated)
    while at < len(inside):
        if inside[at + 1:at + 2] == "-" and at + 2 < len(inside):
            spans.append((inside[at], inside[at + 2]))
            at += 3
        else:
            chars.add(inside[at])
            at += 1

    known: dict[str, bool] = {}

    def step(text: Text, places: int) -> int:
        wanted = 0
        for char, where in text.where.items():
            if char not in known:
                known[char] = (char in chars or any(low <= char <= high for low, high in spans)) != negated
            if known[char]:
                wanted |= where
        return (places & wanted & text.inside) << 1
    return step


def _either(inside: str) -> Step:
    words = inside.split(",")

    def step(text: Text, places: int) -> int:
        reached = 0
        for word in words:
            here = places
            for char in word:
                here = (here & text.where.get(char, 0)) << 1
                if not here:
                    break
            reached |= here
        return reached
    return step
