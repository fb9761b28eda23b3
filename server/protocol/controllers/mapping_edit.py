"""Changes to `controllers.toml` as text: what is not changed stays as a hand wrote it, comments too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from server.errors import InputError
from server.protocol.controllers.mapping_file import TABLE, entries, names_of, parse
from server.protocol.controllers.mapping_keys import KEYS
from server.protocol.controllers.toml_text import toml_key, toml_value

_HEADER: Final = re.compile(rf"[ \t]*\[\[[ \t]*{TABLE}[ \t]*\]\][ \t]*(#.*)?")
_ANY_HEADER: Final = re.compile(r"[ \t]*\[[^\]]*\]\]?[ \t]*(#.*)?")
_BEGINNING: Final = """\
# What controllers do: one [[mapping]] for every control. docs/controllers.md says what may stand in one.
# This file is read again as soon as it is saved.
"""


@dataclass(frozen=True, slots=True)
class Add:
    """Another mapping, as keys and values."""

    keys: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One key of a mapping; None takes it away."""

    name: str
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Remove:
    """A mapping, by its name."""

    name: str


Edit = Add | Change | Remove


def edited(text: str, edit: Edit) -> str:
    """The file after a change. Raises InputError when it cannot be read, or has no such mapping."""
    values = parse(text)
    before = entries(values)
    text = text.replace("\r\n", "\n")
    new: str | None
    if isinstance(edit, Add):
        wanted, new = [*before, edit.keys], _appended(text, edit.keys)
    else:
        place = _place(before, edit.name)
        if isinstance(edit, Remove):
            wanted = before[:place] + before[place + 1:]
            new = _without(text, place)
        else:
            one = {**before[place], edit.key: edit.value}
            if edit.value is None:
                del one[edit.key]
            wanted = [*before[:place], one, *before[place + 1:]]
            new = _changed(text, place, edit.key, edit.value)
    # Text that a person wrote may be laid out in ways that lines do not show: then all of it is written anew.
    return new if new is not None and _means(new, values, wanted) else _whole(values, wanted)


def _place(written: list[dict[str, Any]], name: str) -> int:
    names = names_of(written)
    if name not in names:
        raise InputError(f"there is no mapping called {name!r}"
                         + (f"; there are {', '.join(names[:8])}" if names else "; there are none"))
    return names.index(name)


def block(keys: dict[str, Any]) -> str:
    """A mapping as it stands in a file, the known keys first and in their order."""
    ordered = [key for key in KEYS if key in keys] + [key for key in keys if key not in KEYS]
    return "\n".join([f"[[{TABLE}]]", *(f"{toml_key(key)} = {toml_value(keys[key])}" for key in ordered)]) + "\n"


def _appended(text: str, keys: dict[str, Any]) -> str:
    start = text.rstrip("\n") + "\n" if text.strip() else _BEGINNING
    return f"{start}\n{block(keys)}"


def _blocks(lines: list[str]) -> list[tuple[int, int]]:
    """First line of each mapping and the line after its last; comments and space before the next header are not its."""
    found = []
    for number, line in enumerate(lines):
        if not _HEADER.fullmatch(line):
            continue
        end = next((n for n in range(number + 1, len(lines)) if _ANY_HEADER.fullmatch(lines[n])), len(lines))
        while end > number + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
            end -= 1
        found.append((number, end))
    return found


def _without(text: str, place: int) -> str | None:
    lines = text.split("\n")
    blocks = _blocks(lines)
    if place >= len(blocks):
        return None
    first, end = blocks[place]
    while end < len(lines) and not lines[end].strip() and first and not lines[first - 1].strip():
        end += 1
    return "\n".join(lines[:first] + lines[end:])


def _changed(text: str, place: int, key: str, value: Any) -> str | None:
    lines = text.split("\n")
    blocks = _blocks(lines)
    if place >= len(blocks):
        return None
    first, end = blocks[place]
    spelt = re.compile(rf"[ \t]*(?:{re.escape(key)}|\"{re.escape(key)}\")[ \t]*=")
    at = next((number for number in range(first + 1, end) if spelt.match(lines[number])), None)
    new = [] if value is None else [f"{toml_key(key)} = {toml_value(value)}"]
    if at is None:
        return "\n".join(lines[:end] + new + lines[end:])
    return "\n".join(lines[:at] + new + lines[at + 1:])


def _means(text: str, values: dict[str, Any], wanted: list[dict[str, Any]]) -> bool:
    try:
        return parse(text) == _with(values, wanted)
    except InputError:
        return False


def _with(values: dict[str, Any], wanted: list[dict[str, Any]]) -> dict[str, Any]:
    # TOML turns tuples into lists; compare what a reader will see.
    rest = {key: value for key, value in values.items() if key != TABLE}
    return {**rest, **({TABLE: [_read_back(one) for one in wanted]} if wanted else {})}


def _read_back(one: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in one.items()}


def _whole(values: dict[str, Any], wanted: list[dict[str, Any]]) -> str:
    rest = [f"{toml_key(key)} = {toml_value(value)}" for key, value in values.items() if key != TABLE]
    return "\n".join([_BEGINNING + "\n".join(rest) + ("\n" if rest else ""), *map(block, wanted)])
