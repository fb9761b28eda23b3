"""Seeds as people and spreadsheets write them: every run of digits is one, an integer of any size."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from server.library.formats.oddity import Oddities, listed

LONGEST: Final = 400
"""Digits; what is longer is no seed of any generator, and no file could be named after it."""
_SCIENTIFIC: Final = re.compile(r"(?<![0-9.,])([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,3})(?![0-9])")
_DECIMAL: Final = re.compile(r"(?<![0-9.])([0-9]+)\.0+(?![0-9])")
_DIGITS: Final = re.compile(r"[0-9]+")
_SEPARATORS: Final = re.compile(r"[0-9\s,;]*")


@dataclass(frozen=True, slots=True)
class Seeds:
    """The seeds of a cell in their order, each once, and the cell as it stands there."""

    values: tuple[int, ...]
    text: str = ""


def parse_seeds(text: str, oddities: Oddities, line: int | None, name: str) -> Seeds:
    """Read the seeds of a cell; what had to be guessed or left out is said."""
    rest = _SCIENTIFIC.sub(lambda match: _unrounded(match, oddities, line, name), text)
    whole = _DECIMAL.sub(r"\1", rest)
    if whole != rest:
        oddities.note(line, f"seeds of {name!r} are written as decimals ({_DECIMAL.findall(rest)[0]}.0)",
                      "read as whole numbers")
    runs = _DIGITS.findall(whole)
    long = [run for run in runs if len(run) > LONGEST]
    if long:
        oddities.say(line, f"{name!r} has a number of {len(long[0])} digits among its seeds", "it is left out")
    runs = [run for run in runs if len(run) <= LONGEST]
    if not _SEPARATORS.fullmatch(whole):
        strange = "".join(dict.fromkeys(_DIGITS.sub("", whole)))
        oddities.say(line, f"the seeds of {name!r} hold more than numbers ({listed([repr(strange.strip())])})",
                     f"the numbers count: {listed(runs) or 'there are none'}")
    zeros = [run for run in runs if len(run) > 1 and run[0] == "0"]
    if zeros:
        oddities.note(line, f"seeds of {name!r} begin with zeros ({listed(zeros, 3)})",
                      f"they are numbers: {listed(map(int, zeros), 3)}; pictures are called {name}_{int(zeros[0])}")
    values = [int(run) for run in runs]
    twice = sorted(value for value, times in Counter(values).items() if times > 1)
    if twice:
        oddities.say(line, f"the seed {listed(twice)} of {name!r} is there more than once", "it counts once")
    return Seeds(tuple(dict.fromkeys(values)), text)


def _unrounded(match: re.Match[str], oddities: Oddities, line: int | None, name: str) -> str:
    """`1.5E+3` is 1500; of `1.23E+15` a spreadsheet has thrown away the digits that counted."""
    decimals, exponent = match[2] or "", int(match[3])
    if exponent <= max(len(decimals), 2) or (len(decimals) >= 14 and exponent <= 15):
        value = (match[1] + decimals).ljust(exponent + 1, "0")
        if not value[exponent + 1:].strip("0"):
            value = value[:exponent + 1]
            oddities.note(line, f"a seed of {name!r} is written as {match[0]}", f"it is {value}")
            return f" {value} "
    oddities.say(line, f"a spreadsheet has rounded a seed of {name!r} to {match[0]}; its digits are lost",
                 "it is left out; take the seed from the name of the picture, and format the column as text")
    return " "
