"""What OSCQuery says of one method: its attributes as JSON values, after the proposal that Vidvox keeps.

Knows neither the tree that methods stand in, nor HTTP, nor our table.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from server.errors import InputError
from server.protocol.row import Row
from server.protocol.text import printable

READ: Final = 1
WRITE: Final = 2
VALUELESS: Final = frozenset("bmNI")
"""Types whose values JSON cannot say, or that are none; `null` stands in their place."""
PER_VALUE: Final = ("RANGE", "UNIT", "EXTENDED_TYPE", "CLIPMODE")
ATTRIBUTES: Final = frozenset({"FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "DESCRIPTION", "TAGS", "CRITICAL",
                               "OVERLOADS", *PER_VALUE})
"""What can be asked of a node; `HOST_INFO` and `HTML` can be asked too, but are none of its own."""
EXTENSIONS: Final[Mapping[str, bool]] = MappingProxyType(dict.fromkeys(
    (*sorted(ATTRIBUTES - {"FULL_PATH", "CONTENTS", "TYPE"}), "HTML", "LISTEN", "IGNORE", "PATH_CHANGED",
     "PATH_RENAMED", "PATH_REMOVED", "PATH_ADDED"), True) | {"OSC_STREAMING": False})
"""The optional parts of the proposal, and one of libossia's that is asked for by name."""
COMMAND_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a message: its OSC type tag, and what it may be."""

    tag: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] | None = None
    unit: str | None = None
    meaning: str | None = None
    clip: str | None = None

    def range(self) -> dict[str, Any] | None:
        """MIN, MAX and VALS as far as there are any; None where anything goes.

        A text without choices has no range object at all: Chataigne would make an empty menu of it.
        """
        if self.choices is not None:
            return {"VALS": list(self.choices)}
        number = int if self.tag in "ih" else float
        limits = {"MIN": self.low, "MAX": self.high}
        return {name: number(limit) for name, limit in limits.items() if limit is not None} or None


Items: TypeAlias = "tuple[Item | Items, ...]"
"""The values of a message in order; a tuple among them is an OSC array."""


@dataclass(frozen=True, slots=True)
class Method:
    """One OSC method. `row` and `where` say what it is in the table; `identity` stays when it gets another path."""

    items: Items
    access: int
    description: str = ""
    tags: tuple[str, ...] = ()
    critical: bool | None = None
    overloads: tuple[Items, ...] = ()
    row: Row | None = None
    where: tuple[int | str, ...] = ()
    identity: object = None

    def attributes(self) -> dict[str, Any]:
        """Everything but where it is, what it contains, and its value with its type."""
        said: dict[str, Any] = {"ACCESS": self.access, **per_value(self.items)}
        if self.description:
            said["DESCRIPTION"] = self.description
        if self.tags:
            said["TAGS"] = list(self.tags)
        if self.critical is not None:
            said["CRITICAL"] = self.critical
        if self.overloads:
            said["OVERLOADS"] = [{"TYPE": type_tags(items), **per_value(items)} for items in self.overloads]
        return said


def type_tags(items: Items, values: Sequence[Any] | None = None) -> str:
    """The OSC type tag string. A boolean that is known to be off is `F`: libossia reads its value from the type."""
    return "".join(_tag(item, values[place] if values is not None and place < len(values) else None)
                   for place, item in enumerate(items))


def _tag(item: Item | Items, value: Any) -> str:
    if isinstance(item, tuple):
        return f"[{type_tags(item, value)}]"
    return "F" if item.tag == "T" and value is False else item.tag


def per_value(items: Items) -> dict[str, Any]:
    """The attributes that have one entry for each value, nested as the type tags are; those without any left out."""
    picks: dict[str, Callable[[Item], Any]] = {
        "RANGE": Item.range, "UNIT": lambda item: item.unit, "EXTENDED_TYPE": lambda item: item.meaning,
        "CLIPMODE": lambda item: item.clip}
    said = {name: _mirrored(items, pick) for name, pick in picks.items()}
    return {name: entries for name, entries in said.items() if _any(entries)}


def _mirrored(items: Items, pick: Callable[[Item], Any]) -> list[Any]:
    return [_mirrored(item, pick) if isinstance(item, tuple) else pick(item) for item in items]


def _any(entries: Any) -> bool:
    return any(map(_any, entries)) if isinstance(entries, list) else entries is not None


def json_values(items: Items, values: Sequence[Any]) -> list[Any]:
    """The values of a message as JSON has them. Colours are given as 0xRRGGBBAA."""
    return [json_values(item, value) if isinstance(item, tuple) else _json_value(item.tag, value)
            for item, value in zip(items, values, strict=True)]


def _json_value(tag: str, value: Any) -> Any:
    if value is None or tag in VALUELESS:
        return None
    if tag in "fd":
        return float(value) if math.isfinite(value) else None
    if tag in "iht":
        return int(value)
    if tag in "TF":
        return bool(value)
    return f"#{value:08X}" if tag == "r" else str(value)


def host_info(name: str, ip: str, osc_port: int, ws_port: int) -> dict[str, Any]:
    """The answer to `?HOST_INFO`. `name` should not change: Chataigne refuses a server that was called otherwise."""
    return {"NAME": name, "EXTENSIONS": dict(EXTENSIONS), "OSC_IP": ip, "OSC_PORT": osc_port, "OSC_TRANSPORT": "UDP",
            "WS_IP": ip, "WS_PORT": ws_port}


def read_command(text: str) -> tuple[str, str]:
    """The COMMAND, LISTEN or IGNORE, of a text message, and the path in its DATA. Raises InputError."""
    usage = 'write {"COMMAND": "LISTEN", "DATA": "/deck/1/state/frame"}, or IGNORE'
    try:
        said = json.loads(text) if len(text) <= COMMAND_MAX else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise InputError(f"that is no JSON object of at most {COMMAND_MAX} characters; {usage}")
    command, path = said.get("COMMAND"), said.get("DATA")
    if command not in ("LISTEN", "IGNORE"):
        raise InputError(f"{printable(str(command), 40)} is no command that is understood; {usage}")
    if not isinstance(path, str) or not path.startswith("/"):
        raise InputError(f"DATA is to be a path that begins with /; {usage}")
    return command, path


def changed(path: str) -> str:
    """What is said when something at or below a path is not what it was."""
    return _command("PATH_CHANGED", path)


def removed(path: str) -> str:
    """What is said when a path is gone."""
    return _command("PATH_REMOVED", path)


def renamed(old: str, new: str) -> str:
    """What is said when a method has another path now."""
    return _command("PATH_RENAMED", {"OLD": old, "NEW": new})


def added(path: str, node: str) -> str:
    """What is said when a path is new; `node` is its JSON object.

    Its attributes stand beside COMMAND and DATA: libossia makes the new parameter from them, without asking.
    """
    return _command("PATH_ADDED", path)[:-1] + "," + node[1:]


def _command(command: str, data: Any) -> str:
    return json.dumps({"COMMAND": command, "DATA": data}, separators=(",", ":"))
