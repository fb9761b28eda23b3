"""Values that move to where a snapshot had them, tick by tick, until a hand takes them. The state knows which."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from server.errors import IntersceneError
from server.playback.fade import Ramp
from server.protocol.command import Command, Source
from server.protocol.endpoints import BY_ADDRESS
from server.show.events import NotNow
from server.show.handling import HANDLERS, Call
from server.show.snapshot_state import Glide
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show

GLIDING: Final = frozenset((
    "/deck/{n}/level", "/deck/{n}/latency", "/deck/{n}/pulse/add", "/deck/{n}/pulse/multiply",
    "/deck/{n}/pulse/filter", "/master/level", "/master/latency", "/clock/tempo"))
"""Settings that can be between two values."""
SPEED: Final = "/deck/{n}/speed"
ENDED_BY: Final = {"/clock/tap": "/clock/tempo", "/clock/source": "/clock/tempo"}
"""Rows that give another row's value anew."""
OURS: Final = Source("snapshot", 0, "http")


def follow(show: Show, row: str, where: tuple[int | str, ...], args: tuple[Any, ...], now: Seconds) -> str:
    """Do what a row says, as if somebody had sent it; why not, where it cannot be done."""
    command = Command(BY_ADDRESS[row], where, args, OURS)
    refusal = show.permission.refusal(command, engaged=True, locked=show.state.locked)
    if refusal is not None:
        return refusal.text
    try:
        answer = HANDLERS[row](Call(show, command, now))
    except IntersceneError as error:
        return str(error)
    return answer.why if isinstance(answer, NotNow) else ""


class Glides:
    """At most one for a row: a newer one goes on from where the value is."""

    def __init__(self, show: Show) -> None:
        self._show = show

    def begin(self, row: str, where: tuple[int | str, ...], ramp: Ramp, program: int = 0) -> None:
        """Let a value move; the first step is taken at the next tick."""
        self._put((*(one for one in self._all if (one.row, one.where) != (row, where)),
                   Glide(row, where, ramp, program)))

    def step(self, now: Seconds) -> None:
        """Move every value to where it is due; those that have arrived are forgotten."""
        for one in self._all:
            if one.program and not self._is_on(one):
                self._drop(one)
                continue
            why = follow(self._show, one.row, one.where, (one.ramp.level(now),), now)
            if why or one.ramp.done(now):
                self._drop(one)

    def touched(self, row: str, where: tuple[int | str, ...]) -> None:
        """Somebody has set a value: it is theirs from now on."""
        ended = ENDED_BY.get(row, row)
        if any((one.row, one.where) == (ended, where) for one in self._all):
            self._put(tuple(one for one in self._all if (one.row, one.where) != (ended, where)))

    def stop(self) -> None:
        """Let every value stay where it is."""
        self._put(())

    @property
    def any(self) -> bool:
        return bool(self._all)

    @property
    def _all(self) -> tuple[Glide, ...]:
        return self._show.state.snapshots.glides

    def _is_on(self, one: Glide) -> bool:
        current = self._show.state.deck(int(one.where[0])).current
        return current is not None and current.id == one.program

    def _drop(self, one: Glide) -> None:
        self._put(tuple(each for each in self._all if each is not one))

    def _put(self, glides: tuple[Glide, ...]) -> None:
        state = self._show.state
        self._show.state = replace(state, snapshots=replace(state.snapshots, glides=glides))
