"""Reading a `.env` file: names and values, as people and other programs write them. Knows no option.

Total: any bytes give some pairs, in time linear in their number; what cannot be a pair is passed over.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

# name, `=`, and where the value begins; a name without `=` sets nothing
_PAIR: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*")
_COMMENT: Final = re.compile(r"[ \t]#|^#")
_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_QUOTES: Final = "'\""


class Pair(NamedTuple):
    """One name with its value, and the line it begins on."""

    line: int
    name: str
    value: str


def decode_env(data: bytes) -> str:
    """The text of a file from any editor: UTF-8, UTF-16 with its mark (PowerShell), else Windows' Latin."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_env(text: str, environ: Mapping[str, str]) -> tuple[Pair, ...]:
    """Every pair in order; `${NAME}` and `${NAME:-otherwise}` are taken from `environ`, else from the file."""
    known: dict[str, str] = {}
    pairs = []
    for line, name, raw, literal in _raw_pairs(text):
        value = raw if literal else _fill_in(raw, environ, known)
        known[name] = value
        pairs.append(Pair(line, name, value))
    return tuple(pairs)


def _fill_in(raw: str, environ: Mapping[str, str], known: Mapping[str, str]) -> str:
    def look_up(match: re.Match[str]) -> str:
        name, otherwise = match.groups()
        return environ.get(name) or known.get(name) or otherwise or ""

    return _REFERENCE.sub(look_up, raw)


def _raw_pairs(text: str) -> Iterator[tuple[int, str, str, bool]]:
    """Line, name, value as written, and whether it is to be taken literally (single quotes)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number = 0
    while number < len(lines):
        start, match = number, _PAIR.match(lines[number])
        number += 1
        if match is None:
            continue
        rest = lines[start][match.end():]
        if rest[:1] and rest[0] in _QUOTES:
            quoted, number = _quoted(lines, start, rest)
            if quoted is not None:
                yield start + 1, match[1], quoted, rest[0] == "'"
                continue
        comment = _COMMENT.search(rest)
        yield start + 1, match[1], (rest[: comment.start()] if comment else rest).strip(), False


def _quoted(lines: list[str], start: int, first: str) -> tuple[str | None, int]:
    """The value up to its closing quote, over several lines if need be; None when it never closes.

    Only the quote itself and the backslash can be escaped: `"D:\\new"` is a folder, not a line break.
    """
    quote, rest = first[0], first[1:]
    value: list[str] = []
    for number in range(start, len(lines)):
        line = rest if number == start else lines[number]
        if number > start and _PAIR.match(line):
            break  # the next pair has begun: the quote was part of the value
        position = 0
        while position < len(line):
            character = line[position]
            if character == quote:
                return "".join(value), number + 1
            if character == "\\" and line[position + 1: position + 2] in (quote, "\\"):
                position += 1
                character = line[position]
            value.append(character)
            position += 1
        value.append("\n")
    return None, start + 1
