"""A server's ear with four decks, and what tests ask of it."""

from __future__ import annotations

from server.protocol.command import Command, Rejection, Source
from server.protocol.dispatch import Dispatcher, Result

HERE = Source("127.0.0.1", 9000)
NOW, WALL = 1000.0, 1_700_000_000.0
DECKS = 4


def dispatch(packet: bytes, dispatcher: Dispatcher | None = None) -> list[Result]:
    return (dispatcher or Dispatcher(DECKS)).dispatch(packet, HERE, NOW, WALL)


def one(packet: bytes) -> Result:
    result, = dispatch(packet)
    return result


def command(packet: bytes) -> Command:
    result = one(packet)
    assert isinstance(result, Command), result
    return result


def rejection(packet: bytes) -> Rejection:
    result = one(packet)
    assert isinstance(result, Rejection), result
    assert result.text.isprintable()
    return result


def ntp(seconds: float) -> int:
    return round((WALL + 2_208_988_800 + seconds) * 2 ** 32)


def commands(packet: bytes, dispatcher: Dispatcher | None = None) -> list[Command]:
    return [result for result in dispatch(packet, dispatcher) if isinstance(result, Command)]
