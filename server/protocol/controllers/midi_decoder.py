"""Bytes of one MIDI device to controls and values: 14 bits and NRPN put together. Total; pure, it reads no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from server.protocol.controllers.control import ANY, Control

_DATA: Final = 6
_DATA_LOW: Final = 38
_UP: Final = 96
_DOWN: Final = 97
_NRPN_LOW: Final = 98
_NRPN: Final = 99
_RPN: Final = (100, 101)
_NO_PARAMETER: Final = 16383

Reading = tuple[Control, int]


class MidiDecoder:
    """Keeps what belongs together of messages that come apart."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._channels: dict[int, _Channel] = {}

    def feed(self, data: Sequence[int]) -> list[Reading]:
        """What one message says; nothing for clocks, system exclusive, and what is cut short.

        A note that ends has the value 0. A fine controller is told under both of its names, `cc` and `cc14`.
        """
        if len(data) < 2 or not 0x80 <= data[0] < 0xF0 or any(not 0 <= byte < 128 for byte in data[1:3]):
            return []
        kind, number = data[0] & 0xF0, data[1]
        channel = (data[0] & 0x0F) + 1
        if kind == 0xC0:
            return [(self._control("program", ANY, channel), number)]
        if kind == 0xD0:
            return [(self._control("pressure", ANY, channel), number)]
        if len(data) < 3:
            return []
        value = data[2]
        if kind == 0xB0:
            return self._controller(channel, number, value)
        if kind == 0xE0:
            return [(self._control("bend", ANY, channel), value << 7 | number)]
        if kind == 0xA0:
            return [(self._control("keypressure", number, channel), value)]
        return [(self._control("note", number, channel), value if kind == 0x90 else 0)]

    def _control(self, kind: str, number: int, channel: int) -> Control:
        return Control(kind, self._device, number, channel)

    def _controller(self, channel: int, number: int, value: int) -> list[Reading]:
        known = self._channels.setdefault(channel, _Channel())
        readings = [(self._control("cc", number, channel), value)]
        nrpn = known.nrpn(number, value)
        if nrpn is not None:
            readings.append((self._control("nrpn", nrpn[0], channel), nrpn[1]))
        fine = known.fine(number, value)
        if fine is not None:
            readings.append((self._control("cc14", fine[0], channel), fine[1]))
        return readings


class _Channel:
    """What was said of controllers on one channel."""

    def __init__(self) -> None:
        self._parameter = _NO_PARAMETER
        self._values: dict[int, int] = {}
        self._coarse: dict[int, int] = {}
        self._with_low: set[tuple[str, int]] = set()
        self._last = ANY

    def nrpn(self, number: int, value: int) -> tuple[int, int] | None:
        """Parameter and value, when this controller completes one."""
        if number == _NRPN:
            self._parameter = value << 7 | self._parameter & 127
        elif number == _NRPN_LOW:
            self._parameter = self._parameter & ~127 | value
        elif number in _RPN:
            self._parameter = _NO_PARAMETER
        elif self._parameter != _NO_PARAMETER:
            return self._data(self._parameter, number, value)
        return None

    def _data(self, parameter: int, number: int, value: int) -> tuple[int, int] | None:
        before = self._values.get(parameter, 0)
        if number == _DATA:
            self._values[parameter] = value << 7
            if ("nrpn", parameter) in self._with_low:
                return None  # its fine part follows at once; without it the value would jump
        elif number == _DATA_LOW:
            self._with_low.add(("nrpn", parameter))
            self._values[parameter] = before & ~127 | value
        elif number in (_UP, _DOWN):
            self._values[parameter] = min(max(before + (1 if number == _UP else -1), 0), 16383)
        else:
            return None
        return parameter, self._values[parameter]

    def fine(self, number: int, value: int) -> tuple[int, int] | None:
        """Controller 0 to 31 with both of its parts, when this completes it. One without a fine part has none."""
        before, self._last = self._last, number
        if number < 32:
            self._coarse[number] = value
            # Twice the coarse part in a row: the fine one was left out, as a device may when it is 0.
            return (number, value << 7) if before == number and ("cc", number) in self._with_low else None
        coarse = number - 32
        if number >= 64 or coarse not in self._coarse:
            return None
        if before == coarse:
            self._with_low.add(("cc", coarse))
        if ("cc", coarse) not in self._with_low:
            return None  # a controller in its own right
        return coarse, self._coarse[coarse] << 7 | value
