"""Soft takeover: a control that stands elsewhere than the value takes hold only when it gets there. Pure."""

from __future__ import annotations

from typing import Final

NEAR: Final = 1 / 64
"""So much of the travel is the same place: two steps of a seven-bit fader."""


class Pickup:
    """Both places are travels of the control, 0 to 1."""

    __slots__ = ("_at", "_held", "_told")

    def __init__(self) -> None:
        self._held = False
        self._at: float | None = None
        self._told = 0.0

    @property
    def waits(self) -> bool:
        """Whether the control was moved and has no hold of the value."""
        return self._at is not None and not self._held

    def takes(self, control: float, value: float) -> bool:
        """Whether a move of the control to `control` acts, while the value stands at `value`."""
        before, self._at = self._at, control
        if self._held and abs(value - self._told) > NEAR:
            self._held = False  # others moved the value meanwhile
        if not self._held:
            passed = before is not None and (before - value) * (control - value) <= 0
            self._held = passed or abs(control - value) <= NEAR
        if self._held:
            self._told = control
        return self._held
