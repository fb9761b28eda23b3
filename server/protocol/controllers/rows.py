"""What a row of the table is to a control: a press, a number, a switch, a choice, or a text that a file must give."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from server.errors import InputError, UnknownAddress
from server.protocol.row import NUMERIC, Arg, Row
from server.protocol.targets import Target, Targets
from server.protocol.text import printable

Kind = Literal["press", "number", "switch", "choice", "text"]
Range = tuple[float, float]

JUMPS: Final = frozenset({"/deck/{n}/step", "/deck/{n}/scrub", "/deck/{n}/nudge", "/deck/{n}/jump/beats",
                          "/clock/nudge"})
"""Rows that take a distance: an encoder says it as it is."""
MOVING: Final = frozenset({"/deck/{n}/frame", "/deck/{n}/seconds", "/deck/{n}/position", "/deck/{n}/beats"})
"""Rows whose value goes by itself: a fader that waited until it meets it would never act."""
USUAL: Final[Mapping[str, Range]] = MappingProxyType({
    "/deck/{n}/frame": (0, 1000), "/deck/{n}/seconds": (0, 60), "/deck/{n}/beats": (0, 64),
    "/deck/{n}/speed": (-2, 2), "/deck/{n}/fade": (0, 10), "/deck/{n}/step": (-10, 10), "/deck/{n}/scrub": (-10, 10),
    "/deck/{n}/nudge": (-10, 10), "/deck/{n}/jump/beats": (-4, 4), "/deck/{n}/loop/beats": (0, 16),
    "/deck/{n}/pulse/multiply": (0, 1), "/deck/{n}/latency": (0, 200), "/master/latency": (0, 200),
    "/clock/tempo": (60, 180), "/clock/nudge": (-0.25, 0.25), "/clock/ahead": (0, 200),
    "/deck/{n}/in": (0, 1000), "/deck/{n}/out": (0, 1000), "/deck/{n}/axis/{name}": (0, 1),
    "/deck/{n}/go/fade": (0, 10), "/deck/{n}/go/dwell": (0, 16), "/deck/{n}/go/pace": (0, 16),
    "/deck/{n}/go/seed": (0, 127), "/deck/{n}/take/over": (0, 10), "/deck/{n}/go/next/over": (0, 10),
    "/deck/{n}/go/back/over": (0, 10), "/deck/{n}/go/random/over": (0, 10), "/deck/{n}/cue/guard": (0, 5)})
"""The part of a row's range that a control is given when nobody says which: a whole hour of fade is no use."""
_WIDEST: Final = 1000.0


def find_row(address: str, targets: Targets) -> Target:
    """The one row that an address means. Raises InputError saying what to write instead."""
    try:
        found = targets.find(address)
    except UnknownAddress as problem:
        near = targets.suggestion(address)
        raise UnknownAddress(f"{problem}{f'; did you mean {near}?' if near else ''}") from None
    if targets.is_pattern(address):
        raise InputError(f"{printable(address, 80)} may mean several rows; a control is laid on one: name it, and lay "
                         "the same control on others too")
    target, = found
    if target.row.access == "r":
        raise InputError(f"{printable(address, 80)} is said by the server and cannot be set")
    if target.row.address.startswith(("/learn/", "/td/")):
        raise InputError(f"{printable(address, 80)} is not for controllers")
    return target


def row_kind(row: Row) -> Kind:
    """What a control can do with a row."""
    if not row.args:
        return "press"
    arg = row.args[0]
    if row.required > 1:
        return "text"
    if arg.choices:
        return "choice"
    if arg.tag == "T":
        return "switch"
    return "number" if arg.tag in NUMERIC else "text"


def usual_range(row: Row) -> Range | None:
    """The range that a control is given when a file says none; None where one must be said."""
    kind = row_kind(row)
    if kind == "choice":
        return 0.0, len(row.args[0].choices or ()) - 1.0
    if kind == "switch":
        return 0.0, 1.0
    if kind != "number":
        return 0.0, 1.0
    if row.address in USUAL:
        return USUAL[row.address]
    arg: Arg = row.args[0]
    if arg.low is None or arg.high is None or arg.high - arg.low > _WIDEST:
        return None
    return float(arg.low), float(arg.high)


def as_number(row: Row, value: Any) -> float | None:
    """A row's value as a number on its range; None for a text."""
    arg = row.args[0] if row.args else None
    if arg is not None and arg.choices:
        return float(arg.choices.index(value)) if value in arg.choices else None
    return float(value) if isinstance(value, int | float) else None
