"""How the parameter tables are written: one parameter a line, with menus, defaults and the builds that have it.

    name Style [default] [menu=a|b|c] [min=0] [max=1] [since=2025.30000] [until=2023]

`t(x,y)` is a group of two parameters; `%ext 1` begins a sequence whose parameters follow as `*object`.
A bare year means the whole series.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Build = tuple[int, int]


def parse_build(text: str, *, last: bool = False) -> Build:
    """`2023.12600`, or `2023` for the first (or last) build of a series."""
    year, _, number = text.partition(".")
    return int(year), int(number) if number else (999_999 if last else 0)


@dataclass(frozen=True)
class ParSpec:
    """One parameter of one operator type."""

    name: str
    group: str
    index: int
    style: str
    default: Any
    page: str
    menu: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    since: Build = (0, 0)
    until: Build = (9999, 0)
    sequence: str = ""

    def exists_in(self, build: Build) -> bool:
        return self.since <= build <= self.until


@dataclass(frozen=True)
class SequenceSpec:
    """A sequence of blocks, each with the same parameters: `ext0object ext0name`, `ext1object` …"""

    name: str
    blocks: int
    since: Build
    until: Build


@dataclass(frozen=True)
class Table:
    """Everything a table says."""

    pars: tuple[ParSpec, ...]
    sequences: tuple[SequenceSpec, ...]

    def of(self, build: Build) -> Table:
        return Table(tuple(p for p in self.pars if p.exists_in(build)),
                     tuple(s for s in self.sequences if s.since <= build <= s.until))


_DEFAULTS = {"Float": 0.0, "Int": 0, "Toggle": False, "Pulse": False, "Momentary": False, "Menu": ""}
_LINE = re.compile(r"(\S+)\s+(\w+)(.*)")
_GROUP = re.compile(r"(\w+)\(([^)]*)\)$")


def table(*texts: str) -> Table:
    """Read tables; later ones are appended."""
    pars: list[ParSpec] = []
    sequences: list[SequenceSpec] = []
    for text in texts:
        page, sequence, span = "Common", "", ((0, 0), (9999, 0))
        for line in filter(None, (raw.split("#")[0].strip() for raw in text.splitlines())):
            if line.startswith("@"):
                page, sequence = line[1:].strip(), ""
            elif line.startswith("%"):
                name, count, *rest = line[1:].split()
                span = _span(rest)
                sequences.append(SequenceSpec(name, int(count), *span))
                sequence = name
            else:
                if not line.startswith("*"):
                    sequence = ""
                pars += _pars(line, page, sequence, span)
    return Table(tuple(pars), tuple(sequences))


def _span(words: list[str]) -> tuple[Build, Build]:
    since, until = (0, 0), (9999, 0)
    for word in words:
        key, _, value = word.partition("=")
        if key == "since":
            since = parse_build(value)
        elif key == "until":
            until = parse_build(value, last=True)
    return since, until


def _pars(line: str, page: str, sequence: str, span: tuple[Build, Build]) -> Iterator[ParSpec]:
    match = _LINE.match(line)
    assert match, f"not a line of a parameter table: {line}"
    name, style, rest = match[1], match[2], match[3].split()
    keys = dict(word.partition("=")[::2] for word in rest if "=" in word)
    plain = [word for word in rest if "=" not in word]
    default = _default(style, plain[0] if plain else None)
    since, until = _span(rest) if {"since", "until"} & keys.keys() else span if sequence else ((0, 0), (9999, 0))
    grouped = _GROUP.match(name)
    parts = [(grouped[1] + part, grouped[1]) for part in grouped[2].split(",")] if grouped else [(name, name)]
    for index, (full, group) in enumerate(parts):
        yield ParSpec(full, group, index, style, default, page, tuple(filter(None, keys.get("menu", "").split("|"))),
                      float(keys["min"]) if "min" in keys else None, float(keys["max"]) if "max" in keys else None,
                      since, until, sequence)


def _default(style: str, text: str | None) -> Any:
    if text is None:
        return _DEFAULTS.get(style, "")
    if style == "Toggle":
        return text == "1"
    if style == "Int":
        return int(text)
    if style == "Float":
        return float(text)
    return text
