"""A control and a value to the bytes that set its motor, its ring of lights or its lamp. Pure."""

from __future__ import annotations

from server.protocol.controllers.control import TOPS, Control


def midi_messages(control: Control, raw: int) -> list[bytes]:
    """The messages that tell a device where one of its controls stands; a control of any channel is told on the first.

    A note is a lamp: off is a note of velocity 0, which every device understands.
    """
    channel = max(control.channel, 1) - 1
    value = min(max(raw, 0), TOPS[control.kind])
    number = max(control.number, 0)
    if control.kind == "cc":
        return [bytes((0xB0 | channel, number, value))]
    if control.kind == "cc14":
        return [bytes((0xB0 | channel, number, value >> 7)), bytes((0xB0 | channel, number + 32, value & 127))]
    if control.kind == "nrpn":
        return [bytes((0xB0 | channel, *pair)) for pair in (
            (99, number >> 7), (98, number & 127), (6, value >> 7), (38, value & 127))]
    if control.kind == "note":
        return [bytes((0x90 | channel, number, value))]
    if control.kind == "bend":
        return [bytes((0xE0 | channel, value & 127, value >> 7))]
    if control.kind == "keypressure":
        return [bytes((0xA0 | channel, number, value))]
    return [bytes(((0xC0 if control.kind == "program" else 0xD0) | channel, value))]
