"""What a hand moves: a knob of a MIDI device, or a number of an OSC message. Knows nothing of what it is laid on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from server.errors import InputError
from server.protocol.command import Source
from server.protocol.osc import IMPULSE
from server.protocol.text import printable
from server.units import Seconds

OSC: Final = "osc"
ANY: Final = -1
"""`Control.number` of what has no number: a bend, the pressure of a channel, a program whichever it is."""
TOPS: Final[Mapping[str, int]] = MappingProxyType({
    "cc": 127, "cc14": 16383, "nrpn": 16383, "note": 127, "bend": 16383, "program": 127, "pressure": 127,
    "keypressure": 127})
"""The kinds of MIDI controls, and the highest value of each."""
NUMBERS: Final[Mapping[str, int]] = MappingProxyType({
    "cc": 127, "cc14": 31, "nrpn": 16383, "note": 127, "program": 127, "keypressure": 127})
"""The highest number of those kinds that have one."""
NEEDS_NUMBER: Final = frozenset(NUMBERS) - {"program"}


class Control(NamedTuple):
    """One knob. `place`: an OSC address, or a MIDI device's name, empty for any. `channel`: 1 to 16, 0 for any.

    `number`: of an OSC message which value, the first is 1; else the controller, note or program.
    """

    kind: str
    place: str
    number: int = ANY
    channel: int = 0

    @property
    def is_osc(self) -> bool:
        """Whether it speaks OSC."""
        return self.kind == OSC

    def midi_text(self) -> str:
        """`cc 7`, as it stands in a file."""
        return self.kind if self.number == ANY else f"{self.kind} {self.number}"

    def text(self) -> str:
        """What people are told: `OSC /1/fader1`, `nanoKONTROL2 cc 7, channel 1`."""
        if self.is_osc:
            return f"OSC {printable(self.place, 80)}" + (f" value {self.number}" if self.number > 1 else "")
        channel = f", channel {self.channel}" if self.channel else ""
        return f"{self.place or 'any device'} {self.midi_text()}{channel}"


@dataclass(frozen=True, slots=True)
class Moved:
    """A control was moved. `values`: of an OSC message all its arguments, None for what is no number; of MIDI one."""

    control: Control
    values: tuple[float | None, ...]
    source: Source
    due: Seconds | None = None
    """When to act, on the server's clock; None is now."""
    request: str | None = None
    """The request id without its `#`: it wants `/ack` or `/error`."""


def read_midi(text: str) -> tuple[str, int]:
    """Kind and number of what a file calls `cc 7`, `note 60` or `bend`. Raises InputError."""
    words = text.split()
    kind = words[0].lower() if words else ""
    if kind not in TOPS:
        near = get_close_matches(kind, TOPS, n=1)
        raise InputError(f"{text!r} is no MIDI control{f'; did you mean {near[0]!r}?' if near else ''}; there are "
                         f"{', '.join(TOPS)}, with a number behind most, such as 'cc 7'")
    if len(words) == 1 and kind not in NEEDS_NUMBER:
        return kind, ANY
    high = NUMBERS.get(kind)
    if high is None:
        raise InputError(f"{kind} has no number; write {kind!r}")
    if len(words) != 2 or not words[1].isdecimal() or not words[1].isascii() or int(words[1][:6]) > high:
        raise InputError(f"{kind} has one number behind it, 0 to {high}, such as '{kind} {min(7, high)}'")
    return kind, int(words[1])


def numbers(args: Sequence[Any]) -> tuple[float | None, ...]:
    """The values of an OSC message as numbers: switches are 1 and 0, and a message without any is a press, 1."""
    if not args:
        return (1.0,)
    return tuple(_number(arg) for arg in args)


def _number(arg: Any) -> float | None:
    if arg is None or arg is IMPULSE:
        return 1.0
    if isinstance(arg, int | float) and math.isfinite(arg):
        return float(arg)
    return None
