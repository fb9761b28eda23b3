"""What is seen of layers: which player shows each, at which frame and level. Pure; decides no openings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from server.playback.players import PLAYERS, Player, Players
from server.playback.program import Drive, Layer, Program, Segment
from server.units import Seconds, shown


class PlayerState(NamedTuple):
    """One player's part of the stream; `clip` 0 means that nothing is open. `rate` is in frames per second."""

    clip: int
    frame: float
    rate: float
    level: float


class Picture(NamedTuple):
    """A frame that is part of what is on screen."""

    movie: str
    frame: int
    level: float
    player: int


class Screen(NamedTuple):
    """Layers, oldest first, and what is needed to evaluate them."""

    layers: tuple[Layer, ...]
    players: Players
    drive: Drive

    def seen(self, program: Program, t: Seconds) -> tuple[Player, Segment] | None:
        """The player that shows a program at `t`; one that waits for another movie holds what it showed last."""
        segment = program.segment(t, self.drive)
        player = self.players.find(program.id, segment.place.movie.name)
        if player is not None and player.ready:
            return player, segment
        return self.holding(program, t)

    def holding(self, program: Program, t: Seconds) -> tuple[Player, Segment] | None:
        """The ready player of a program that showed its frame last."""
        ways = [(way, player) for player in self.players.of_program(program.id) if player.ready
                and (way := program.way_back(player.movie, t, self.drive)) is not None]
        if not ways:
            return None
        (_, place), player = min(ways, key=lambda one: one[0][0])
        return player, Segment(place, 0.0)

    def shown(self, t: Seconds) -> Iterable[tuple[Player, Segment, float]]:
        """Every player that shows something, and its level in the mix."""
        for layer in self.layers:
            seen = self.seen(layer.program, t)
            if seen is not None:
                yield *seen, layer.ramp.level(t)

    def stream(self, t: Seconds, gain: float) -> tuple[PlayerState, ...]:
        """Each player's state, in player order; hidden ones stand where they were opened."""
        states = [PlayerState(0, 0.0, 0.0, 0.0)] * PLAYERS
        for player in self.players.slots:
            if player.id:
                states[player.number] = PlayerState(player.id, float(player.frame), 0.0, 0.0)
        for player, segment, level in self.shown(t):
            states[player.number] = PlayerState(player.id, segment.place.position, segment.rate, level * gain)
        return tuple(states)

    def pictures(self, t: Seconds, gain: float) -> list[Picture]:
        """The frames that are mixed, oldest layer first."""
        return [Picture(player.movie, shown(segment.place.position), level * gain, player.number)
                for player, segment, level in self.shown(t) if level * gain > 0]
