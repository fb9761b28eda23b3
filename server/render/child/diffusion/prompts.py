"""What people write as a prompt: several prompts with shares, words with weights. Pure; it knows no tokens.

`one prompt::0.7 another::0.3` is a mixture of two; `a (very:1.3) red cat` presses on a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from server.errors import InputError

PARTS_MOST: Final = 8
PRESSURE_MOST: Final = 10.0
_SHARE: Final = re.compile(r"::\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+))(?=\s|$)")
_PRESSED: Final = re.compile(r"\(([^()]*):\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+))\)")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in a row with one weight."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Part:
    """One prompt of a mixture; the shares of all parts add up to one."""

    pieces: tuple[Piece, ...]
    share: float

    @property
    def text(self) -> str:
        """The words without their weights."""
        return "".join(piece.text for piece in self.pieces)


def parse_prompt(text: str) -> tuple[Part, ...]:
    """Read a prompt. Raises InputError for shares that sum to zero, weights out of range, and too many parts."""
    written: list[tuple[str, float]] = []
    place = 0
    for mark in _SHARE.finditer(text):
        written.append((text[place:mark.start()].strip(), float(mark[1])))
        place = mark.end()
    rest = text[place:].strip()
    if rest or not written:
        written.append((rest, 1.0))
    if len(written) > PARTS_MOST:
        raise InputError(f"a prompt is mixed of at most {PARTS_MOST} prompts, not {len(written)}")
    total = sum(share for _, share in written)
    if abs(total) < 1e-6:
        raise InputError(f"the weights of a prompt's parts sum to zero ({_short(text)}); change one of them")
    return tuple(Part(_pieces(words), share / total) for words, share in written)


def _pieces(text: str) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    place = 0
    for mark in _PRESSED.finditer(text):
        pieces += [Piece(text[place:mark.start()], 1.0), Piece(mark[1], _weight(mark[2], text))]
        place = mark.end()
    pieces.append(Piece(text[place:], 1.0))
    kept = tuple(piece for piece in pieces if piece.text)
    if any(piece.text.strip() for piece in kept) and not any(
            piece.weight for piece in kept if piece.text.strip()):
        raise InputError(f"all words of a prompt have the weight zero ({_short(text)}); change one of them")
    return kept


def _weight(digits: str, text: str) -> float:
    weight = float(digits)
    if not abs(weight) <= PRESSURE_MOST:
        raise InputError(f"a word's weight is a number from {-PRESSURE_MOST:g} to {PRESSURE_MOST:g}, not {digits[:20]} "
                         f"({_short(text)})")
    return weight


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
