"""A logical player: what is on screen, what is prepared, what was asked to be taken and when.

A frozen value and pure functions of time. It never knows who renders it, only their names; the show
sends what `advance` says was opened, closed and taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from server.playback.fade import Ramp
from server.playback.players import PLAYERS, Closed, Opened, Player, Players, Want
from server.playback.program import Drive, Layer, Program, Segment
from server.playback.pulse import Pulse
from server.playback.quantise import launch_time
from server.playback.tempo import Tempo
from server.playback.timeline import Clip
from server.playback.transport import Transport
from server.units import Seconds, shown

LATE_LIMIT: Seconds = 0.25
"""How long a take waits for the last of several renderers."""


class Take(NamedTuple):
    """Show the prepared program at `at` (in the deck's time), fading over `fade` seconds.

    On a grid, a program that is ready too late waits for the next boundary instead of entering off the beat.
    """

    at: Seconds
    fade: Seconds
    grid: str = "off"


class Took(NamedTuple):
    """The prepared program went on screen; `late` names renderers that it did not wait for any longer."""

    at: Seconds
    clip: str
    late: tuple[str, ...]


class Failed(NamedTuple):
    """No renderer could open a movie."""

    clip: str
    movie: str
    reason: str
    prepared: bool


class Ended(NamedTuple):
    """The playhead reached the end of a clip whose end mode is `next`."""

    at: Seconds
    clip: str


Happening = Opened | Closed | Took | Failed | Ended


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


_EMPTY = PlayerState(0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Deck:
    """The state of one deck. `layers` are oldest first: the last one is the current program."""

    number: int
    tick: Seconds
    tempo: Tempo
    layers: tuple[Layer, ...] = ()
    prepared: Program | None = None
    take: Take | None = None
    players: Players = field(default_factory=Players)
    audience: frozenset[str] = frozenset()
    fade: Seconds = 0.0
    end: str = "loop"
    level: float = 1.0
    frozen: Seconds | None = None
    pulse: Pulse = field(default_factory=Pulse)
    latency: Seconds = 0.0
    next_program: int = 1

    @property
    def current(self) -> Program | None:
        return self.layers[-1].program if self.layers else None

    @property
    def drive(self) -> Drive:
        return Drive(self.tempo, self.pulse, self.frozen, self.tick)

    # what a person asks for -------------------------------------------------------------------

    def prepare(self, clip: Clip, now: Seconds) -> Deck:
        """Open a clip on a hidden player. It inherits how the current one plays, not where."""
        transport = Transport(count=clip.count, rate=clip.rate, anchor_time=now, end=self.end)
        even, runs = False, True
        if self.current is not None:
            old = self.current.transport
            even, runs = self.current.even, old.playing
            transport = replace(transport, speed=old.speed, forward=old.forward, end=old.end)
        start = transport.first if transport.forward == (transport.speed >= 0) else transport.last
        transport = replace(transport, anchor=float(start))
        return replace(self, prepared=Program(self.next_program, clip, transport, even, runs),
                       next_program=self.next_program + 1, take=None)

    def take_at(self, at: Seconds, fade: Seconds, grid: str = "off") -> Deck:
        """Show what is prepared as soon as it is ready, at the earliest at `at`."""
        return replace(self, take=Take(at, fade, grid)) if self.prepared else self

    def cancel(self) -> Deck:
        """Forget what is prepared; what is on screen goes on."""
        return replace(self, prepared=None, take=None)

    def hold(self, now: Seconds) -> Deck:
        """Stop every playhead and fade where it is, and forget scheduled takes."""
        held = [(replace(layer.program, transport=layer.program.transport.pause(now)), layer.ramp.stopped(now))
                for layer in self.layers]
        return replace(self, layers=tuple(Layer(*both) for both in held), take=None)

    def change(self, change: Callable[[Program], Program]) -> Deck:
        """Replace the current program; a deck with nothing on screen stays as it is."""
        if not self.layers:
            return self
        last = self.layers[-1]
        return replace(self, layers=(*self.layers[:-1], replace(last, program=change(last.program))))

    # what renderers say -----------------------------------------------------------------------

    def joined(self, renderer: str) -> Deck:
        return replace(self, audience=self.audience | {renderer}, players=self.players.rejoin(renderer))

    def left(self, renderer: str) -> Deck:
        return replace(self, audience=self.audience - {renderer}, players=self.players.leave(renderer))

    def answered(self, id_: int, renderer: str, now: Seconds, failure: str = "") -> Deck:
        return replace(self, players=self.players.answer(id_, renderer, now, failure))

    # time -------------------------------------------------------------------------------------

    def advance(self, now: Seconds) -> tuple[Deck, list[Happening]]:
        """Do everything that is due by `now`, each thing at the time it is due, and say what happened.

        However far apart the calls are, the result is the same: a late tick changes nothing.
        """
        happenings: list[Happening] = []
        deck, done = self, -math.inf
        while True:
            t = min((moment for moment in deck._moments() if done < moment < now), default=now)
            deck, done = deck._at(t, happenings), t
            if t == now:
                return deck, happenings

    def _moments(self) -> Iterator[Seconds]:
        """When something may change without anybody's doing."""
        if self.take is not None:
            yield self.take.at
        for layer in self.layers[:-1]:
            yield layer.ramp.start + layer.ramp.duration
        ends = self._ends_at()
        if ends is not None:
            yield ends

    def _at(self, t: Seconds, happenings: list[Happening]) -> Deck:
        deck = self._ended(t, happenings)._taken(t, happenings)._faded(t)._dropped(happenings)
        for _ in range(2):
            players, opened = deck.players.assign(deck._wants(t), deck.audience, t)
            if not opened:
                break
            happenings.extend(opened)
            # Without renderers to wait for, what was opened can be taken in the same moment.
            deck = replace(deck, players=players)._taken(t, happenings)
        return deck

    def _ends_at(self) -> Seconds | None:
        """When the current clip gives way to the next, if it is to do so by itself."""
        program = self.current
        if program is None or program.transport.end != "next" or self.take is not None or self.frozen is not None:
            return None
        return program.transport.ends_at() if self.prepared is not None else None

    def _ended(self, now: Seconds, happenings: list[Happening]) -> Deck:
        at = self._ends_at()
        if self.current is None or at is None or at > now:
            return self
        happenings.append(Ended(at, self.current.clip.name))
        # The fade to the next clip begins when this one ends: its last frame is what is faded from.
        return self.take_at(at, self.fade)

    def _taken(self, now: Seconds, happenings: list[Happening]) -> Deck:
        if self.take is None or self.prepared is None or now < self.take.at:
            return self
        player = self._player(self.prepared, now)
        if player is None or not (player.ready or self._goes_without(player, now)):
            return self
        # A take that had to wait starts when it could, not when it should have.
        due = self.take.at if player.ready else max(self.take.at, player.opened) + LATE_LIMIT
        at = max(due, player.heard)
        if at > self.take.at and self.take.grid != "off":
            at = launch_time(self.tempo, at, self.take.grid)
            if at > now:
                return replace(self, take=self.take._replace(at=at))
        fade = self.take.fade
        program = self.prepared.started(at)
        layers = tuple(Layer(layer.program, layer.ramp.towards(at, fade, 0.0)) for layer in self.layers
                       if fade > 0 and layer.ramp.level(at) > 0)
        happenings.append(Took(at, program.clip.name, tuple(sorted(player.waiting))))
        low = 0.0 if fade > 0 else 1.0
        players = self.players.with_player(replace(player, ready=True))
        return replace(self, layers=(*layers, Layer(program, Ramp(at, fade, low, 1.0))), prepared=None, take=None,
                       players=players)

    def _goes_without(self, player: Player, now: Seconds) -> bool:
        assert self.take is not None
        return bool(player.answered) and now >= max(self.take.at, player.opened) + LATE_LIMIT

    def _faded(self, now: Seconds) -> Deck:
        kept = tuple(layer for layer in self.layers if not (layer.ramp.done(now) and layer.ramp.high == 0.0))
        return self if len(kept) == len(self.layers) else replace(self, layers=kept)

    def _dropped(self, happenings: list[Happening]) -> Deck:
        """A prepared program that nobody can open is given up, so that the next one finds a player."""
        if self.prepared is None:
            return self
        bad = [p for p in self.players.of_program(self.prepared.id) if p.failed]
        if not bad:
            return self
        happenings.append(Failed(self.prepared.clip.name, bad[0].movie, bad[0].failed, prepared=True))
        return self.cancel()

    def _wants(self, now: Seconds) -> list[Want]:
        """Movies by urgency: on screen, prepared, next, previous."""
        drive = self.drive
        wants: list[Want] = []
        later: list[Want | None] = []
        for layer in reversed(self.layers):
            current, following, previous = layer.program.wants(now, drive)
            wants.append(current)
            if layer is self.layers[-1]:
                later = [following, previous]
                held = self._held_player(layer.program, current)
                if held is not None:
                    wants.append(held)
        if self.prepared is not None:
            wants.append(self.prepared.wants(now, drive)[0])
        return wants + [want for want in later if want is not None]

    def _held_player(self, program: Program, current: Want) -> Want | None:
        """The player that still shows this program while the movie it needs is not ready: it must not close."""
        needed = self.players.find(*current.key)
        if needed is not None and needed.ready:
            return None
        ready = [p for p in self.players.of_program(program.id) if p.ready]
        return Want(program.id, ready[0].movie, ready[0].frame) if ready else None

    # what is seen -----------------------------------------------------------------------------

    def ahead(self, t: Seconds) -> Deck:
        """This deck as it will be at `t` if nobody touches it."""
        return self.advance(t)[0]

    def stream(self, t: Seconds, master: float = 1.0) -> tuple[PlayerState, ...]:
        """Each player's state at `t`, in player order."""
        states = [_EMPTY] * PLAYERS
        drive = self.drive
        for player in self.players.slots:
            if player.id:
                states[player.number] = PlayerState(player.id, float(player.frame), 0.0, 0.0)
        for layer in self.layers:
            seen = self._seen(layer.program, t, drive)
            if seen is not None:
                player, segment = seen
                states[player.number] = PlayerState(player.id, segment.place.position, segment.rate,
                                                    layer.ramp.level(t) * self.level * master)
        return tuple(states)

    def pictures(self, t: Seconds, master: float = 1.0) -> list[Picture]:
        """What is on screen at `t`: the frames that are mixed, and their levels, oldest layer first."""
        found = []
        drive = self.drive
        for layer in self.layers:
            seen = self._seen(layer.program, t, drive)
            level = layer.ramp.level(t) * self.level * master
            if seen is not None and level > 0:
                player, segment = seen
                found.append(Picture(player.movie, shown(segment.place.position), level, player.number))
        return found

    def _seen(self, program: Program, t: Seconds, drive: Drive) -> tuple[Player, Segment] | None:
        """The player that shows a program at `t`; one that waits for another movie holds its nearest frame."""
        segment = program.segment(t, drive)
        player = self.players.find(program.id, segment.place.movie.name)
        if player is not None and player.ready:
            return player, segment
        for other in self.players.of_program(program.id):
            place = program.held_in(other.movie, t, drive) if other.ready else None
            if place is not None:
                return other, Segment(place, 0.0)
        return None

    def _player(self, program: Program, t: Seconds) -> Player | None:
        return self.players.find(*program.wants(t, self.drive)[0].key)

    def frame_of(self, player: Player, t: Seconds) -> int:
        """The frame that a player shows, or will show first: where to open its movie."""
        for layer in self.layers:
            seen = self._seen(layer.program, t, self.drive)
            if seen is not None and seen[0].number == player.number:
                return shown(seen[1].place.position)
        return player.frame

    def waiting_for(self) -> tuple[str, ...]:
        """The renderers that have not yet said that they can show what is prepared."""
        if self.prepared is None:
            return ()
        return tuple(sorted({name for p in self.players.of_program(self.prepared.id) for name in p.waiting}))

    @property
    def prepared_ready(self) -> bool:
        """Whether what is prepared could be shown at once."""
        if self.prepared is None:
            return False
        player = next(iter(self.players.of_program(self.prepared.id)), None)
        return player is not None and player.ready
