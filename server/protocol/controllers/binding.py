"""A mapping in use: moves of its control become arguments of its row, and the row's value a place of the control.

Pure; asks for the row's value by what it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from server.protocol.controllers.control import Control, Moved
from server.protocol.controllers.encoders import steps_of
from server.protocol.controllers.mapping import PRESSED, Mapping, Where
from server.protocol.controllers.mapping_file import Laid
from server.protocol.controllers.pickup import Pickup
from server.protocol.controllers.rows import JUMPS, as_number, row_kind

Values = tuple[Any, ...]
Current = Callable[[], Values | None]
"""The row's value now; None when it has none."""
_HUNDREDTH: Final = 0.01


class Binding:
    """Keeps whether a button is down, whether a fader has hold, and where an encoder has got to."""

    def __init__(self, laid: Laid, where: Where, heard: Moved | None = None) -> None:
        self.laid, self.where = laid, where
        self.mapping: Mapping = laid.mapping
        self.target = laid.target
        self.kind = row_kind(laid.target.row)
        self.heard = heard
        """The last move: it says which device of several it was, and who is to be told the value."""
        self._pickup = Pickup()
        self._down = False
        self._before: Values | None = None
        self._at: float | None = None
        self._sent: Values | None = None
        self._presses = self.kind in ("press", "text") or self.mapping.value is not None or bool(self.mapping.button)

    @property
    def waits(self) -> bool:
        """Whether its fader has still to be moved to where the value is."""
        return self.mapping.pickup and self._pickup.waits

    @property
    def remembers_place(self) -> bool:
        """Whether what the control says is where it stands: not so for buttons, whose lamps are ours, and encoders."""
        return not self._presses and not self.mapping.encoder

    def take(self, moved: Moved, current: Current) -> Values | None:
        """What the row is to be told; None when nothing is. Raises OutOfRange, InputError as the row does."""
        raw = self.mapping.raw(moved)
        if raw is None:
            return None
        self.heard = moved
        if self.mapping.encoder:
            return self._turned(steps_of(raw, self.mapping.encoder), current)
        travel = self.mapping.travel(raw)
        if self._presses:
            return self._pressed(travel, current)
        if self.mapping.pickup and not self._has_hold(travel, current):
            return None
        args = self._args(self.mapping.target(travel))
        if self.kind != "number" and args == self._sent:
            return None  # it has steps, and stays on the same one
        self._sent = args
        return args

    def stands(self, raw: float, current: Current) -> None:
        """A motor has gone where it was told: a hand that takes the control there has hold of the value."""
        if self.mapping.pickup:
            self._has_hold(self.mapping.travel(raw), current)

    def _args(self, number: float) -> Values | None:
        """The row's arguments for a number on its range."""
        low, high = self.mapping.range
        if self.kind == "choice":
            return self.target.coerce((round(number),))
        if self.kind == "switch":
            return self.target.coerce((abs(number - low) >= abs(number - high),))
        return self.target.coerce((float(number),))

    def _has_hold(self, travel: float, current: Current) -> bool:
        value = self._number(current())
        return value is None or self._pickup.takes(travel, self.mapping.place(value))

    def _number(self, values: Values | None) -> float | None:
        return as_number(self.target.row, values[0]) if values else None

    def _pressed(self, travel: float, current: Current) -> Values | None:
        """A button: acts when it goes down, and where it is to be held when it is let go."""
        was, self._down = self._down, travel >= PRESSED
        # There are buttons that say nothing when they are let go: they say their highest value again.
        if self._down and (not was or travel >= 1.0):
            return self._on_press(current)
        if was and not self._down and self.mapping.button == "momentary":
            return self._on_release()
        return None

    def _on_press(self, current: Current) -> Values | None:
        mapping = self.mapping
        if self.kind == "press" and mapping.value is None:
            return ()
        if mapping.value is not None:
            wanted = self.target.coerce(mapping.value)
            now = current() if mapping.button in ("toggle", "momentary") else None
            if now is None or wanted is None:
                return wanted
            if mapping.button == "toggle" and wanted[:len(now)] == now:
                return self._before
            self._before = self.target.coerce(now)
            return wanted
        return self._toggled(current) if mapping.button == "toggle" else self._args(mapping.target(1.0))

    def _on_release(self) -> Values | None:
        if self.mapping.value is not None:
            return self._before
        return None if self.kind == "press" else self._args(self.mapping.target(0.0))

    def _toggled(self, current: Current) -> Values | None:
        """The other end of the range; of choices the next one."""
        low, high = self.mapping.target(0.0), self.mapping.target(1.0)
        now = self._number(current())
        if now is None:
            now = self._at if self._at is not None else low
        if self.kind == "choice":
            first, last = sorted(self.mapping.range)
            self._at = now + 1 if first <= now < last else first
        else:
            self._at = low if abs(now - high) < abs(now - low) else high
        return self._args(self._at)

    def _turned(self, steps: int, current: Current) -> Values | None:
        """An encoder: from where the row is, by so many steps, and not beyond the range."""
        mapping, row = self.mapping, self.target.row
        whole = self.kind != "number" or row.args[0].tag in "ih"
        low, high = min(mapping.range), max(mapping.range)
        usual = 1.0 if whole or row.address in JUMPS else (high - low) * _HUNDREDTH
        by = steps * (mapping.step or usual) * (-1 if mapping.invert else 1)
        if row.address in JUMPS:
            return self.target.coerce((by,))
        if self.kind == "switch":
            return self._args(high if by > 0 else low)
        now = self._number(current())
        # Between two whole numbers only the encoder knows how far it has got.
        start = self._at if self._at is not None and (now is None or (whole and abs(self._at - now) < 1)) else now
        self._at = min(max((low if start is None else start) + by, low), high)
        return self._args(self._at)

    def lamp(self, values: Values | None) -> float | None:
        """What the control is to be told of the row's value: a place, or for a button its light. None: nothing."""
        mapping, number = self.mapping, self._number(values)
        if values is None:
            return None
        if mapping.value is not None:
            wanted = self.target.coerce(mapping.value)
            return mapping.raw_at(1.0 if wanted is not None and wanted[:len(values)] == values else 0.0)
        if number is None:
            return None
        if mapping.button:
            low, high = mapping.target(0.0), mapping.target(1.0)
            lit = number > min(mapping.range) if self.kind == "choice" else abs(number - high) < abs(number - low)
            return mapping.raw_at(1.0 if lit else 0.0)
        if mapping.encoder:
            low, high = mapping.range
            share = (number - low) / (high - low) if high != low else 0.0
            return mapping.raw_at(min(max(1 - share if mapping.invert else share, 0.0), 1.0))
        return mapping.raw_at(mapping.place(number))

    def lamp_of(self) -> Control | None:
        """The very control that has to be told: of any device or channel the one that was heard last."""
        control = self.mapping.control
        if control.is_osc:
            return control
        heard = self.heard.control if self.heard is not None else control
        place, channel = control.place or heard.place, control.channel or heard.channel
        return control._replace(place=place, channel=channel) if place else None
