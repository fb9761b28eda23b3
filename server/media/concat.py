"""FFmpeg's concat lists: text to entries and back, quoting and all. It opens none of the files that a list names."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from server.errors import InputError
from server.index.identity import unreadable
from server.media.part_file import write_file
from server.units import parse_fraction

HEADER: Final = "ffconcat version 1.0"
REVERSE: Final = "# interscene: reverse"
_BLANKS: Final = " \t\r\n"
_DIRECTIVE: Final = re.compile(r"([^ \t\r\n]+)[ \t\r\n]*(.*)", re.DOTALL)
_UNITS: Final = {"us": Fraction(1, 1_000_000), "ms": Fraction(1, 1000), "s": Fraction(1)}
_CLOCK: Final = re.compile(r"(-?)(?:(\d+):)?(\d+):(\d+(?:\.\d*)?)")
_TEXT_MAX: Final = 64
_LATEST: Final = 10 ** 9
"""Seconds: thirty years."""
_COUNT: Final = re.compile(r"(-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(us|ms|s)?")


@dataclass(frozen=True, slots=True)
class ConcatEntry:
    """One file of a list; times in seconds. `others` are its further directives, as they stood there."""

    file: str
    duration: Fraction | None = None
    inpoint: Fraction | None = None
    outpoint: Fraction | None = None
    backwards: bool = False
    """Said by our own comment above the file: FFmpeg, which plays no list backwards, does not read it."""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConcatList:
    """The entries of a list; `others` are directives before the first file."""

    entries: tuple[ConcatEntry, ...] = ()
    others: tuple[str, ...] = field(default=())


def read_concat(path: Path) -> ConcatList:
    """Read a list. Raises MissingFile, InputError with the number of the line."""
    try:
        data = path.read_bytes()
    except OSError as reason:
        raise unreadable(path, reason) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is no concat list: it is not UTF-8 text") from None
    try:
        return parse_concat(text)
    except InputError as reason:
        raise InputError(f"{path}: {reason}") from None


def write_concat(path: Path, entries: Sequence[ConcatEntry]) -> None:
    """Write a list that FFmpeg and `read_concat` read alike. Raises OutputError, InputError."""
    text = format_concat(ConcatList(tuple(entries)))
    write_file(path, text.encode("utf-8"))


def parse_concat(text: str) -> ConcatList:
    """Parse the text of a list. Raises InputError with the number of the line."""
    entries: list[ConcatEntry] = []
    others: list[str] = []
    backwards = False
    # Only these end a line for FFmpeg; splitlines() would also cut at a form feed inside a name.
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        stripped = line.lstrip(_BLANKS)
        if not stripped or stripped.startswith("#"):
            backwards = backwards or stripped.rstrip(_BLANKS) == REVERSE
            continue
        keyword, rest = _DIRECTIVE.fullmatch(stripped).groups()  # type: ignore[union-attr]
        try:
            if keyword == "file":
                entries.append(ConcatEntry(unquote(rest), backwards=backwards))
                backwards = False
            elif keyword == "ffconcat":
                _check_version(unquote(rest.partition("version")[2]))
            elif not entries:
                others.append(stripped.rstrip(_BLANKS))
            else:
                entries[-1] = _with_directive(entries[-1], keyword, rest, stripped.rstrip(_BLANKS))
        except InputError as reason:
            raise InputError(f"line {number}: {reason}") from None
    if not entries:
        raise InputError("it names no files; every line is like: file 'a.mov'")
    return ConcatList(tuple(entries), tuple(others))


def format_concat(concat: ConcatList) -> str:
    """The text of a list."""
    lines = [HEADER, *concat.others]
    for entry in concat.entries:
        lines += [REVERSE] if entry.backwards else []
        lines.append(f"file {quote(entry.file)}")
        for name in ("duration", "inpoint", "outpoint"):
            value: Fraction | None = getattr(entry, name)
            if value is not None:
                lines.append(f"{name} {_format_seconds(value)}")
        lines.extend(entry.others)
    return "\n".join(lines) + "\n"


def quote(name: str) -> str:
    """A name as one word: in quotes, outside of which a quote itself stands escaped. Raises InputError."""
    if "\n" in name or "\r" in name or "\0" in name:
        raise InputError(f"the name {name!r} has a line break in it, which a concat list cannot hold; rename it")
    return "'" + name.replace("'", r"'\''") + "'"


def unquote(text: str) -> str:
    """The one word of a text by FFmpeg's rules: '…' is literal, a backslash keeps the next character."""
    word: list[str] = []
    text = text.lstrip(_BLANKS)
    place = 0
    while place < len(text):
        letter = text[place]
        if letter in _BLANKS:
            if text[place:].strip(_BLANKS):
                raise InputError(f"{text!r} is more than one word; put it in single quotes")
            break
        if letter == "\\" and place + 1 < len(text):
            word.append(text[place + 1])
            place += 2
        elif letter == "'":
            end = text.find("'", place + 1)
            if end < 0:
                raise InputError(f"{text!r} opens a quote and does not close it")
            word.append(text[place + 1:end])
            place = end + 1
        else:
            word.append(letter)
            place += 1
    if not any(word):
        raise InputError("a name or a value is missing")
    return "".join(word)


def parse_seconds(text: str) -> Fraction:
    """A time as FFmpeg writes it: 1.5, 250ms, 1:02:03.5. Raises InputError."""
    text = text.strip(_BLANKS)
    seconds = None
    if match := _CLOCK.fullmatch(text[:_TEXT_MAX]):
        seconds = int(match[2] or 0) * 3600 + int(match[3]) * 60 + Fraction(match[4].rstrip("."))
        seconds = -seconds if match[1] else seconds
    elif match := _COUNT.fullmatch(text[:_TEXT_MAX]):
        with contextlib.suppress(ValueError):
            number = match[1].rstrip(".") if "e" not in match[1].lower() else match[1]
            seconds = parse_fraction(number) * _UNITS[match[2] or "s"]
    if seconds is None or abs(seconds) > _LATEST:
        raise InputError(f"{text[:_TEXT_MAX]!r} is no time; write one like 1.5 or 0:01.5")
    return seconds


def _with_directive(entry: ConcatEntry, keyword: str, rest: str, line: str) -> ConcatEntry:
    if keyword == "duration":
        return replace(entry, duration=_not_negative(parse_seconds(unquote(rest))))
    if keyword == "inpoint":
        return replace(entry, inpoint=_not_negative(parse_seconds(unquote(rest))))
    if keyword == "outpoint":
        return replace(entry, outpoint=_not_negative(parse_seconds(unquote(rest))))
    return replace(entry, others=(*entry.others, line))


def _not_negative(seconds: Fraction) -> Fraction:
    if seconds < 0:
        raise InputError("a time is negative; it is counted from the beginning of the file")
    return seconds


def _check_version(text: str) -> None:
    if text != "1.0":
        raise InputError(f"version {text} of concat lists is not known; 1.0 is")


def _format_seconds(seconds: Fraction) -> str:
    text = f"{float(seconds):.9f}".rstrip("0").rstrip(".")
    return text or "0"

