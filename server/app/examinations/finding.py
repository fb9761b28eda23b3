"""What an examination says: how bad it is, what was seen, and what to do. Examines nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_WIDTH: Final = 96
_INDENT: Final = 15


class Level(IntEnum):
    """The worse the larger."""

    GOOD = 0
    NOTE = 1
    POOR = 2
    BAD = 3

    @property
    def word(self) -> str:
        """As it is printed."""
        return _WORDS[self]


_WORDS: Final = {Level.GOOD: "ok", Level.NOTE: "note", Level.POOR: "poor", Level.BAD: "BAD"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for a person. `advice` is empty where nothing is to be done."""

    level: Level
    part: str
    text: str
    advice: str = ""

    def document(self) -> dict[str, str]:
        """As JSON has it."""
        return {"level": self.level.word.lower(), "part": self.part, "text": self.text, "advice": self.advice}


def page(findings: Iterable[Finding]) -> list[str]:
    """Findings as lines of text, advice below what it is about; the last line sums them up."""
    found = list(findings)
    lines = [line for each in found for line in _lines(each)]
    wrong = [each for each in found if each.level >= Level.POOR]
    if not wrong:
        return [*lines, "", "nothing stands in the way of a show"]
    things = "one thing" if len(wrong) == 1 else f"{len(wrong)} things"
    return [*lines, "", f"{things} to look at before a show: {', '.join(dict.fromkeys(each.part for each in wrong))}"]


def _lines(finding: Finding) -> list[str]:
    head = f"{finding.level.word:<5}{finding.part:<10}"
    blank = " " * _INDENT
    return [*textwrap.wrap(finding.text, _WIDTH, initial_indent=head, subsequent_indent=blank, break_long_words=False),
            *textwrap.wrap(finding.advice, _WIDTH, initial_indent=f"{blank}→ ", subsequent_indent=f"{blank}  ",
                           break_long_words=False)]
