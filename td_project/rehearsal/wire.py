"""The messages between a server and a renderer as values: packets in, packets out.

Knows nothing of sockets, nor of what is done with a message.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pythonosc.osc_message_builder import OscMessageBuilder

from server.protocol.osc import Message, messages
from td_extensions.player_model import Command


@dataclass(frozen=True, slots=True)
class Stream:
    """One bundle of one deck: the tick, and what it says to each of its players."""

    deck: int
    tick: int
    players: dict[int, Command]


def packed(address: str, *args: float | str) -> bytes:
    """One OSC message; a whole number goes as `i`, beyond 32 bits as `h`, another as `f`."""
    builder = OscMessageBuilder(address)
    for arg in args:
        # The name of a file may hold bytes that are no text.
        builder.add_arg(arg.encode(errors="replace").decode() if isinstance(arg, str) else arg)
    return builder.build().dgram


def read_streams(packet: bytes) -> list[Stream]:
    """The decks' streams in a packet; whatever is incomplete, foreign or not finite is left out."""
    ticks: dict[int, int] = {}
    values: dict[tuple[int, int], dict[str, float]] = {}
    for message in messages(packet):
        if not isinstance(message, Message) or len(message.args) != 1:
            continue
        value = message.args[0]
        parts = message.address.split("/")
        if isinstance(value, bool) or not isinstance(value, int | float) or parts[:3] != ["", "td", "deck"]:
            continue
        if not math.isfinite(value) or not all(part.isdecimal() for part in parts[3:6:2]):
            continue
        if len(parts) == 5 and parts[4] == "tick":
            ticks[int(parts[3])] = int(value)
        elif len(parts) == 7 and parts[4] == "player":
            values.setdefault((int(parts[3]), int(parts[5])), {})[parts[6]] = value
    return [Stream(deck, tick, {player: _command(said) for (of, player), said in values.items()
                                if of == deck and said.keys() >= {"clip", "frame", "rate", "level"}})
            for deck, tick in ticks.items()]


def _command(said: dict[str, float]) -> Command:
    return Command(int(said["clip"]), float(said["frame"]), float(said["rate"]), float(said["level"]))
