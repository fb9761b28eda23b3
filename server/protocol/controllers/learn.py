"""Waiting for a control to be moved, and making out what it is: a fader, a button, an encoder. Pure; time is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from server.protocol.controllers.control import OSC, TOPS, Control, Moved
from server.protocol.controllers.encoders import guess
from server.protocol.controllers.mapping import Where
from server.protocol.controllers.rows import JUMPS, MOVING, row_kind
from server.protocol.targets import Target
from server.units import Seconds

SETTLES: Final[Seconds] = 0.35
"""A control that rests this long has been moved."""
LONGEST: Final[Seconds] = 2.0
"""Who keeps moving need not stop."""
PATIENCE: Final[Seconds] = 60.0
CONTROLS_MAX: Final = 256
VALUES_MAX: Final = 256
_NRPN_PARTS: Final = frozenset({6, 38, 96, 97, 98, 99})
_SPANS: Final = ((0.0, 1.0), (-1.0, 1.0), (0.0, 100.0), (0.0, 127.0), (0.0, 255.0), (0.0, 1023.0), (0.0, 16383.0))
"""What OSC controllers say between their ends, the most common first."""


@dataclass(slots=True)
class _Heard:
    """What one control said."""

    first: Seconds
    values: list[float] = field(default_factory=list)

    @property
    def span(self) -> float:
        return max(self.values) - min(self.values)


@dataclass(slots=True)
class Learning:
    """One row waits for a control. `value`: what a press is to send."""

    row: str
    target: Target
    where: Where = "global"
    value: tuple[Any, ...] | None = None
    began: Seconds = 0.0
    _heard: dict[Control, _Heard] = field(default_factory=dict)
    _last: Seconds = 0.0

    def feed(self, moved: Moved, now: Seconds) -> None:
        """Take what a control says."""
        for control, value in _parts(self._as_meant(moved)):
            known = self._heard.get(control)
            if known is None:
                if len(self._heard) >= CONTROLS_MAX:
                    continue
                known = self._heard[control] = _Heard(now)
            if len(known.values) < VALUES_MAX:
                known.values.append(value)
            self._last = now

    def _as_meant(self, moved: Moved) -> Moved:
        """A program change as the row needs it: a number where it has many values, else that one program."""
        control, kind = moved.control, row_kind(self.target.row)
        if control.kind != "program" or (kind in ("number", "choice") and self.value is None):
            return moved
        return Moved(control._replace(number=int(moved.values[0] or 0)), (1.0,), moved.source, moved.due)

    def is_over(self, now: Seconds) -> bool:
        """Whether what was moved can be made out, or nothing was for a minute."""
        if not self._heard:
            return now - self.began > PATIENCE
        return now - self._last >= SETTLES or now - min(one.first for one in self._heard.values()) >= LONGEST

    def result(self) -> dict[str, Any] | None:
        """The mapping as the keys of a file; None when nothing was moved."""
        control = self.control
        if control is None:
            return None
        values = self._heard[control].values
        keys: dict[str, Any] = {**_named(control), "row": self.row}
        if self.value is not None:
            keys["value"] = self.value[0] if len(self.value) == 1 else list(self.value)
        return keys | self._manner(control, values)

    @property
    def control(self) -> Control | None:
        """The control that was meant: a fine one before its parts, else the one that was moved furthest."""
        parts: set[tuple[str, int, int]] = set()
        fine: list[Control] = []
        for control, known in self._heard.items():
            if control.kind == "nrpn":
                parts |= {(control.place, control.channel, number) for number in _NRPN_PARTS}
                fine.append(control)
            elif control.kind == "cc14" and len(known.values) > 1:
                parts |= {(control.place, control.channel, number) for number in (control.number, control.number + 32)}
                fine.append(control)
        left = [control for control in self._heard if control not in fine and control.kind != "cc14"
                and not (control.kind == "cc" and (control.place, control.channel, control.number) in parts)]
        return max((*fine, *left), key=self._travel, default=None)

    def _travel(self, control: Control) -> float:
        known = self._heard[control]
        if control.is_osc:
            low, high = _span(known.values)
            return known.span / (high - low)
        if control.kind in ("note", "program"):
            return 1.0
        # An encoder says small numbers all the time: each counts as a part of a turn.
        return max(known.span / TOPS[control.kind], min(len(known.values) / 32, 1.0) if guess(known.values) else 0.0)

    def _manner(self, control: Control, values: list[float]) -> dict[str, Any]:
        """What the control is, as far as its row has a use for it."""
        row, kind = self.target.row, row_kind(self.target.row)
        keys: dict[str, Any] = {}
        if control.is_osc and (span := _span(values)) != (0.0, 1.0):
            keys["from"] = list(span)
        if kind in ("press", "text") or self.value is not None:
            return keys
        if control.kind == "cc" and (encoder := guess(values)):
            return {"encoder": encoder}
        if _is_button(control, values):
            return keys | {"button": "momentary" if kind == "number" else "toggle"}
        holds = row.access == "rw" and row.address not in MOVING and row.address not in JUMPS
        if not control.is_osc and holds and kind == "number" and control.kind in ("cc", "cc14", "nrpn", "bend"):
            keys["pickup"] = True
        return keys


def _parts(moved: Moved) -> list[tuple[Control, float]]:
    if not moved.control.is_osc:
        value = moved.values[0]
        return [] if value is None else [(moved.control, value)]
    return [(moved.control._replace(number=place), value) for place, value in enumerate(moved.values, 1)
            if value is not None]


def _span(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    for span in _SPANS:
        if span[0] <= low and high <= span[1]:
            return span
    return (low, high) if low < high else (min(low, 0.0), max(high, 0.0))


def _is_button(control: Control, values: list[float]) -> bool:
    """Whether only its ends were heard: a press with its release, or of MIDI a press alone.

    An OSC control that says one end and nothing more is a switch: it remembers itself where it stands.
    """
    if control.kind in ("note", "program"):
        return True
    if control.is_osc:
        return len(values) > 1 and set(values) == {0.0, 1.0} and values[0] == 1.0
    return control.kind == "cc" and set(values) <= {0.0, 127.0} and 127.0 in values


def _named(control: Control) -> dict[str, Any]:
    if control.kind == OSC:
        return {"osc": control.place, **({"argument": control.number} if control.number > 1 else {})}
    named: dict[str, Any] = {"device": control.place, "channel": control.channel, "midi": control.midi_text()}
    return {key: value for key, value in named.items() if value not in ("", 0)}
