"""Which controls have still to be told where their values are; never what they said themselves. Pure; time is given."""

from __future__ import annotations

from typing import Final

from server.protocol.controllers.control import Control
from server.units import Seconds

RESTS: Final[Seconds] = 0.3
"""A control under a hand is not told anything: a motor must not pull against it."""
ECHOES: Final[Seconds] = 1.0
"""A device that says back what it was told does so within this."""
_SAME: Final = 1e-4


class Telling:
    """What every control is known to stand at. Moves come from one thread, questions from another: single values."""

    def __init__(self) -> None:
        self._known: dict[Control, float] = {}
        self._moved: dict[Control, Seconds] = {}
        self._told: dict[Control, tuple[float, Seconds]] = {}

    def moved(self, control: Control, raw: float, now: Seconds, *, stands: bool) -> None:
        """A hand was on a control. `stands`: what it says is where it is; else its lamp is not known any more."""
        self._moved[control] = now
        self._told.pop(control, None)
        if stands:
            self._known[control] = raw
        else:
            self._known.pop(control, None)

    def is_echo(self, control: Control, raw: float, now: Seconds) -> bool:
        """Whether a control only says back what it was told, and was not moved since."""
        told = self._told.get(control)
        return told is not None and now - told[1] < ECHOES and abs(raw - told[0]) <= _SAME

    def rests(self, control: Control, now: Seconds) -> bool:
        """Whether no hand is on a control."""
        return now - self._moved.get(control, -RESTS) >= RESTS

    def changed_at(self, control: Control) -> Seconds | None:
        """When a control was moved last, or its device plugged in; None before."""
        return self._moved.get(control)

    def due(self, control: Control, raw: float, now: Seconds) -> bool:
        """Whether a control is to be told this; then it counts as told."""
        known = self._known.get(control)
        if known is not None and abs(known - raw) <= _SAME:
            return False
        self._known[control] = raw
        self._told[control] = raw, now
        return True

    def forget(self, place: str) -> None:
        """A device was plugged in: nothing is known of its lamps."""
        for control in [control for control in list(self._known) if control.place == place]:
            self._known.pop(control, None)
            self._moved[control] = self._moved.get(control, 0.0) - RESTS
