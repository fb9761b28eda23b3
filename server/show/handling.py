"""How a handler is found and what it is given. Handlers live in `handlers_*.py`, one room a subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from server.playback.deck import Deck
from server.playback.program import Program
from server.playback.transport import Transport
from server.protocol.command import Command
from server.show.events import Later, NotNow
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show

Answer = NotNow | Later | None


@dataclass(slots=True)
class Call:
    """One command at one time. `time` is the deck's: ahead of `now` by its latency."""

    show: Show
    command: Command
    now: Seconds

    @property
    def args(self) -> tuple[Any, ...]:
        return self.command.args

    @property
    def number(self) -> int:
        """The deck that the address names, the selected one for a short form."""
        return int(self.command.where[0]) or self.show.state.selected

    @property
    def deck(self) -> Deck:
        return self.show.state.deck(self.number)

    @property
    def time(self) -> Seconds:
        return self.show.state.time_of(self.deck, self.now)

    def put(self, deck: Deck) -> None:
        self.show.put(deck)


Handler = Callable[[Call], Answer]
HANDLERS: dict[str, Handler] = {}


def handles(*addresses: str) -> Callable[[Handler], Handler]:
    """Register a handler for rows of the endpoint table. Raises ValueError when one is taken."""

    def register(handler: Handler) -> Handler:
        for address in addresses:
            if address in HANDLERS:
                raise ValueError(f"{address} has two handlers")
            HANDLERS[address] = handler
        return handler

    return register


def nothing_on(number: int) -> NotNow:
    return NotNow(f"deck {number} has nothing on screen; load a movie first: /deck/{number}/load NAME")


def on_program(address: str) -> Callable[[Callable[[Call, Program], Program]], Handler]:
    """Register a function that changes the current program of a deck."""

    def register(change: Callable[[Call, Program], Program]) -> Handler:
        def handler(call: Call) -> Answer:
            if call.deck.current is None:
                return nothing_on(call.number)
            call.put(call.deck.change(lambda program: change(call, program)))
            return None

        return handles(address)(handler)

    return register


def on_frames(address: str) -> Callable[[Callable[[Call, Transport], Transport]], Handler]:
    """Register a function that counts in frames: with `even` on, from the frame on screen to the one it means."""

    def register(change: Callable[[Call, Transport], Transport]) -> Handler:
        return on_program(address)(
            lambda call, program: program.in_frames(call.time, lambda transport: change(call, transport)))

    return register


def on_transport(address: str) -> Callable[[Callable[[Call, Transport], Transport]], Handler]:
    """Register a function that changes the transport of a deck's current program."""

    def register(change: Callable[[Call, Transport], Transport]) -> Handler:
        return on_program(address)(
            lambda call, program: replace(program, transport=change(call, program.transport)))

    return register
