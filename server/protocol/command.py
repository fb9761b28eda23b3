"""What comes out of the dispatcher: a command, a rejection, or a message for TouchDesigner.

Plain values. They never say what is to be done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from server.protocol.row import Row
from server.units import Seconds

SELECTED = (0,)
"""`Command.where` of a short form such as `/frame`: the deck that is selected."""


class Source(NamedTuple):
    """Who said it; answers go to `host:port` unless `/system/hello` named another port."""

    host: str
    port: int
    kind: Literal["osc", "http", "replay", "midi"] = "osc"


@dataclass(slots=True)
class Command:
    """An order that is well formed and in range; whether it makes sense now is for the show to say."""

    row: Row
    where: tuple[int | str, ...]
    """The values of the address's placeholders, in order; deck 0 is the selected one."""
    args: tuple[Any, ...]
    """One value for each of `row.args`; None or its default for an optional one that was left out."""
    source: Source
    request: str | None = None
    """The request id without its `#`: it wants `/ack` or `/error`."""
    due: Seconds | None = None
    """When to act, on the server's clock; None is now."""
    relative: Literal["", "+", "*"] = ""
    """`+`: add `args[0]` to the value; `*`: multiply it. The result is not yet in range."""
    asks: bool = False
    """`?`: do nothing but answer with the value, on the row's own address."""
    said: str = field(default="", compare=False)
    """The address as it was written: perhaps a short form, an alias or a pattern."""

    def address(self, selected: int) -> str:
        """The row's own address with what the sender put into it; `selected` stands for deck 0."""
        address = self.row.address
        word = next((one for one in ("{m}", "{id}") if one in address), "{name}")
        for placeholder, given in zip(("{n}", word), self.where, strict=False):
            address = address.replace(placeholder, str(given if placeholder != "{n}" else given or selected))
        return address


@dataclass(slots=True)
class Released:
    """A button that was let go, or a fader on a button that is not at 1. Nothing is done; told to who looks."""

    address: str
    args: tuple[Any, ...]
    source: Source


@dataclass(slots=True)
class Rejection:
    """A message that cannot be used, and one line that says what to do about it."""

    code: str
    """What `/error id code text` carries: `packet`, `address`, `input` or `range`."""
    text: str
    source: Source
    address: str = ""
    request: str | None = None


@dataclass(slots=True)
class Forward:
    """A message that TouchDesigner answers for: handed on as it came."""

    packet: bytes
    source: Source
    due: Seconds | None = None
