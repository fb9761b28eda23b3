"""One control laid on one row: what a file says of it, and a move of the control made into a travel. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from server.protocol.controllers.control import TOPS, Control, Moved
from server.protocol.controllers.curves import shaped, unshaped
from server.protocol.controllers.rows import Range
from server.protocol.text import printable

BUTTONS: Final = ("trigger", "toggle", "momentary")
GRIDS: Final = ("off", "beat", "bar")
GLOBAL: Final = "global"
SONG: Final = "song"
Where = Literal["global", "song"]
_NAME_MAX: Final = 56
"""A number may have to stand behind it."""
PRESSED: Final = 0.5
"""From this travel on a control that is used as a button is down."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a file says; checked: its row exists, its range fits. `range` is of the row, `source` of the control."""

    name: str
    control: Control
    row: str
    value: tuple[Any, ...] | None = None
    """What a press sends, instead of the control's own value."""
    range: Range = (0.0, 1.0)
    source: Range = (0.0, 1.0)
    curve: str = "linear"
    invert: bool = False
    steps: int = 0
    button: str = ""
    encoder: str = ""
    step: float = 0.0
    """What one step of an encoder adds; 0 is a hundredth of the range, of a whole number or a choice one."""
    pickup: bool = False
    quantise: str = "off"
    feedback: bool | str = True
    """Whether the control is told the row's value; a text says where: a device, or HOST:PORT."""

    def raw(self, moved: Moved) -> float | None:
        """The number that a move says to this mapping; None when it says none."""
        if not self.control.is_osc:
            return moved.values[0]
        place = self.control.number - 1
        return moved.values[place] if place < len(moved.values) else None

    def travel(self, raw: float) -> float:
        """Where the control stands, 0 to 1."""
        low, high = self.source
        return min(max((raw - low) / (high - low), 0.0), 1.0)

    def target(self, travel: float) -> float:
        """The row's value for a place of the control."""
        low, high = self.range
        return low + (high - low) * shaped(travel, self.curve, invert=self.invert, steps=self.steps)

    def place(self, value: float) -> float:
        """Where the control would stand for a value of the row, 0 to 1."""
        low, high = self.range
        share = (value - low) / (high - low) if high != low else 0.0
        return unshaped(share, self.curve, invert=self.invert)

    def raw_at(self, travel: float) -> float:
        """What the control says, or is told, at a place; MIDI has whole numbers."""
        low, high = self.source
        raw = low + (high - low) * travel
        return raw if self.control.is_osc else float(round(raw))


def usual_source(control: Control) -> Range:
    """What a control says at its ends, when a file does not say."""
    return (0.0, 1.0) if control.is_osc else (0.0, float(TOPS[control.kind]))


def usual_name(control: Control, taken: set[str]) -> str:
    """A name for a mapping that has none, one that is still free."""
    if control.is_osc:
        plain = control.place.strip("/").replace("/", " ") + (f" {control.number}" if control.number > 1 else "")
    else:
        plain = f"{control.place} {control.midi_text()}".strip()
    plain = printable(plain, _NAME_MAX) or "control"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain} ({number})"
    return name
