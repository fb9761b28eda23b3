"""What is seen of layers: which player shows each, at which frame and level. Pure; decides no openings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from server.playback.players import PLAYERS, Player, Players
from server.playback.program import Drive, Layer, Segment
from server.playback.timeline import Place
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

    def seen(self, layer: Layer, t: Seconds) -> tuple[Player, Segment] | None:
        """The player that shows a layer at `t`; while it waits for another movie, the one that was seen last."""
        segment = layer.program.segment(t, self.drive)
        player = self.players.find(layer.program.id, segment.place.movie.name)
        if player is not None and player.ready:
            return player, segment
        last = layer.seen
        player = self.players.find(*last.key) if last is not None else None
        if last is None or player is None or not player.ready:
            return None
        movie = next(span.movie for span in layer.program.clip.spans if span.movie.name == last.movie)
        return player, Segment(Place(segment.place.span, movie, float(last.frame), 1), 0.0)

    def remembered(self, t: Seconds) -> tuple[Layer, ...]:
        """The layers, each with the frame that is seen of it at `t`."""
        return tuple(self._remembered(layer, t) for layer in self.layers)

    def _remembered(self, layer: Layer, t: Seconds) -> Layer:
        current = layer.program.wants(t, self.drive)[0]
        player = self.players.find(*current.key)
        if player is None or not player.ready or current == layer.seen:
            return layer
        return replace(layer, seen=current)

    def shown(self, t: Seconds) -> Iterable[tuple[Player, Segment, float]]:
        """Every player that shows something, and its level in the mix."""
        for layer in self.layers:
            seen = self.seen(layer, t)
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
