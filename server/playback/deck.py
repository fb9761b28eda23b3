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
from server.playback.players import (
    GRACE,
    LATE_LIMIT,
    PLAYERS,
    SHARED_GRACE,
    SPARE,
    Closed,
    Opened,
    Player,
    Players,
    Want,
)
from server.playback.program import Drive, Layer, Program
from server.playback.pulse import Pulse
from server.playback.quantise import launch_time
from server.playback.screen import Picture, PlayerState, Screen
from server.playback.tempo import Tempo
from server.playback.timeline import Clip
from server.playback.transport import Transport
from server.playback.walk import Route
from server.units import Seconds, shown

_STILL = Pulse()
_JUST: Seconds = 1e-6


class Take(NamedTuple):
    """Show the prepared program at `at` (in the deck's time), fading over `fade` seconds.

    On a grid, a program that is ready too late waits for the next boundary instead of entering off the beat.
    """

    at: Seconds
    fade: Seconds
    grid: str = "off"


class Frozen(NamedTuple):
    """What is on screen instead of the layers; `thawing`: until those can be shown."""

    layers: tuple[Layer, ...]
    thawing: bool = False


class Took(NamedTuple):
    """The prepared program went on screen; `late` names renderers that it did not wait for any longer."""

    at: Seconds
    clip: str
    late: tuple[str, ...]


class Failed(NamedTuple):
    """No renderer could open a movie of what was prepared."""

    clip: str
    movie: str
    reason: str


class Ended(NamedTuple):
    """The playhead reached the end of a clip whose end mode is `next`."""

    at: Seconds
    clip: str


Happening = Opened | Closed | Took | Failed | Ended


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
    frozen: Frozen | None = None
    pulse: Pulse = field(default_factory=Pulse)
    latency: Seconds = 0.0
    next_program: int = 1
    advanced: Seconds = -math.inf

    @property
    def current(self) -> Program | None:
        return self.layers[-1].program if self.layers else None

    @property
    def drive(self) -> Drive:
        return Drive(self.tempo, self.pulse, self.tick)

    # what a person asks for -------------------------------------------------------------------

    def prepare(self, clip: Clip, now: Seconds, *, runs: bool | None = None, route: Route | None = None) -> Deck:
        """Open a clip on a hidden player; it plays the way the one before it does when it is taken.

        A walk goes forwards at its own speed instead.
        """
        transport = Transport(count=clip.count, rate=clip.rate, anchor_time=now, end=self.end)
        if self.current is not None:
            old = self.current.transport
            start = transport.first if route or old.forward == (old.speed >= 0) else transport.last
            transport = replace(transport, anchor=float(start))
        return replace(self, prepared=Program(self.next_program, clip, transport, runs=runs, route=route),
                       next_program=self.next_program + 1, take=None)

    def take_at(self, at: Seconds, fade: Seconds, grid: str = "off") -> Deck:
        """Show what is prepared as soon as it is ready, at the earliest at `at`."""
        return replace(self, take=Take(at, fade, grid)) if self.prepared else self

    def cancel(self) -> Deck:
        """Forget what is prepared; what is on screen goes on."""
        return replace(self, prepared=None, take=None)

    def hold(self, now: Seconds) -> Deck:
        """Stop every playhead, push and fade where it is seen, and forget scheduled takes."""
        return replace(self, layers=self._still(now), frozen=None, take=None, pulse=replace(
            self.pulse, add=0.0, multiply=0.0))

    def freeze(self, now: Seconds, on: bool) -> Deck:
        """Hold the picture while time goes on underneath, or let it go to where time has got to."""
        if on and self.frozen is None:
            return replace(self, frozen=Frozen(self._still(now)))
        if self.frozen is not None:
            return replace(self, frozen=self.frozen._replace(thawing=not on))
        return self

    def change(self, change: Callable[[Program], Program]) -> Deck:
        """Replace the current program; a deck with nothing on screen stays as it is."""
        if not self.layers:
            return self
        last = self.layers[-1]
        return replace(self, layers=(*self.layers[:-1], replace(last, program=change(last.program))))

    def with_tempo(self, tempo: Tempo, now: Seconds) -> Deck:
        """Run on another tempo: a take that waits for a beat keeps its beat."""
        take = self.take
        if take is not None and take.grid != "off" and take.at > now:
            at = tempo.time_of(round(self.tempo.beat(take.at)))
            take = take._replace(at=at if at > now else launch_time(tempo, now, take.grid))
        return replace(self, tempo=tempo, take=take)

    def _still(self, now: Seconds) -> tuple[Layer, ...]:
        """What is seen now, standing."""
        screen = self.screen
        return tuple(replace(layer, program=layer.program.held(now, screen.drive), ramp=layer.ramp.stopped(now))
                     for layer in screen.remembered(now))

    # what renderers say -----------------------------------------------------------------------

    def joined(self, renderer: str) -> Deck:
        return replace(self, audience=self.audience | {renderer}, players=self.players.rejoin(renderer))

    def left(self, renderer: str) -> Deck:
        return replace(self, audience=self.audience - {renderer}, players=self.players.leave(renderer))

    def answered(self, id_: int, renderer: str, now: Seconds, failure: str = "") -> Deck:
        return replace(self, players=self.players.answer(id_, renderer, now, failure, seen=self._on_screen))

    @property
    def _on_screen(self) -> frozenset[int]:
        return frozenset(layer.program.id for layer in self.screen.layers)

    # time -------------------------------------------------------------------------------------

    def advance(self, now: Seconds) -> tuple[Deck, list[Happening]]:
        """Do everything that is due by `now`, each thing at the time it is due, and say what happened.

        However far apart the calls are, the result is the same: a late tick changes nothing.
        """
        happenings: list[Happening] = []
        deck, done = self, self.advanced
        while True:
            t = min((moment for moment in deck._moments(done) if done < moment < now), default=now)
            deck, done = deck._at(t, happenings), t
            if t == now:
                return replace(deck, advanced=now), happenings

    def ahead(self, t: Seconds) -> Deck:
        """This deck as it will be at `t` if nobody touches it."""
        return self.advance(t)[0]

    def _moments(self, done: Seconds) -> Iterator[Seconds]:
        """When something may change after `done` without anybody's doing."""
        for layer in self.layers if done > -math.inf else ():
            border = layer.program.next_border(done)
            if border is not None:
                # Just before it, too: that frame is what stays if the next movie is not ready.
                yield from (border - _JUST, border)
        if self.take is not None:
            yield self.take.at
        for layer in self.layers[:-1]:
            yield layer.ramp.start + layer.ramp.duration
        for player in self.players.slots:
            if not player.id:
                yield from (player.freed + SHARED_GRACE, player.freed + GRACE)
            elif not player.ready and player.answered:
                yield player.opened + LATE_LIMIT
                if self.take is not None:
                    yield self.take.at + LATE_LIMIT
        ends = self._ends_at()
        if ends is not None:
            yield ends

    def _at(self, t: Seconds, happenings: list[Happening]) -> Deck:
        on_screen = self._on_screen | {layer.program.id for layer in self.layers}
        deck = replace(self, players=self.players.without_the_late(t, on_screen))
        deck = deck._ended(t, happenings)._taken(t, happenings)._faded(t)._dropped(happenings)._thawed(t)
        for _ in range(2):
            deck = deck._crowded(t)
            players, opened = deck.players.assign(deck._wants(t), deck.audience, t)
            if players is deck.players:
                break
            happenings.extend(opened)
            # Without renderers to wait for, what was opened can be taken in the same moment.
            deck = replace(deck, players=players)._taken(t, happenings)
        return deck._remembering(t)

    def _ends_at(self) -> Seconds | None:
        """When the current clip gives way to the next, if it is to do so by itself; every frame is seen once."""
        program = self.current
        if program is None or program.transport.end != "next" or self.take is not None or self.prepared is None:
            return None
        if program.route is not None and (self.prepared.route is None or program.transport.velocity < 0):
            return None  # a walk goes on to its own next leg only, and never by playing back to where it began
        ends = program.transport.ends_at()
        if ends is None:
            return None
        ramp = self.layers[-1].ramp
        # A picture that a walk only stands on is seen whole before it goes on.
        seen = ramp.duration if program.route is not None else 0.0
        return max(ends, ramp.start + max(seen, 1.0 / abs(program.transport.velocity)))

    def _ended(self, now: Seconds, happenings: list[Happening]) -> Deck:
        at = self._ends_at()
        if self.current is None or at is None or at > now:
            return self
        happenings.append(Ended(at, self.current.clip.name))
        # The fade to the next clip begins when this one ends: its last frame is what is faded from.
        route = self.prepared.route if self.prepared is not None else None
        return self.take_at(at, self.fade if route is None else route.fade)

    def _taken(self, now: Seconds, happenings: list[Happening]) -> Deck:
        if self.take is None or self.prepared is None or now < self.take.at:
            return self
        player = self._prepared_player
        late = LATE_LIMIT if player is not None and not player.ready else 0.0
        if player is None or (late and not player.answered):
            return self
        # A take that had to wait starts when it could, not when it should have.
        at = max(self.take.at + late, player.opened + late, player.heard)
        if at > self.take.at and self.take.grid != "off":
            at = launch_time(self.tempo, at, self.take.grid)
            if at > now and not late:
                return replace(self, take=self.take._replace(at=at))
        if at > now:
            return self
        fade = self.take.fade
        layers = tuple(replace(layer, ramp=layer.ramp.towards(at, fade, 0.0)) for layer in self.layers
                       if fade > 0 and layer.ramp.level(at) > 0)
        happenings.append(Took(at, self.prepared.clip.name, tuple(sorted(player.waiting))))
        top = Layer(self.prepared.started(at, self.current), Ramp(at, fade, 0.0 if fade > 0 else 1.0, 1.0))
        players = self.players.with_player(replace(player, ready=True))
        return replace(self, layers=(*layers, top), prepared=None, take=None, players=players)

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
        happenings.append(Failed(self.prepared.clip.name, bad[0].movie, bad[0].failed))
        return self.cancel()

    def _thawed(self, now: Seconds) -> Deck:
        """Let a held picture go once what is underneath can be shown."""
        if self.frozen is None or not self.frozen.thawing:
            return self
        below = Screen(self.layers, self.players, self.drive)
        if self.layers and below.seen(self.layers[-1], now) is None:
            return self
        return replace(self, frozen=None)

    def _crowded(self, now: Seconds) -> Deck:
        """When all players are fading and one is to be taken, the faintest picture gives way to it."""
        if self.take is None or self.prepared is None or len(self.layers) < PLAYERS or self._prepared_player:
            return self
        # Not the newest: commands are about that one.
        faintest = min(self.layers[:-1], key=lambda layer: layer.ramp.level(now))
        rest = [layer for layer in self.layers if layer is not faintest]
        gone, heir = faintest.ramp, max(rest, key=lambda layer: layer.ramp.level(now))
        ramp = replace(heir.ramp, low=heir.ramp.low + gone.low, high=heir.ramp.high + gone.high)
        return replace(self, layers=tuple(replace(layer, ramp=ramp) if layer is heir else layer for layer in rest))

    def _wants(self, now: Seconds) -> list[Want]:
        """Movies by urgency: seen, needed on screen, prepared, next, previous."""
        seen: list[Want] = []
        needed: list[Want] = []
        later: list[Want | None] = []
        below = Screen(self.layers, self.players, self.drive)
        for screen in (self.screen, below) if self.frozen is not None else (below,):
            for layer in reversed(screen.layers):
                current, following, previous = layer.program.wants(now, screen.drive)
                later += [following, previous if layer.program is self.current else None]
                shown_by = screen.seen(layer, now)
                if shown_by is not None:
                    # What is seen must not close for what is not ready yet.
                    seen.append(Want(shown_by[0].program, shown_by[0].movie, shown_by[0].frame))
                needed.append(current)
        if self.prepared is not None:
            needed.append(self._first_of(self.prepared))
        route = self.current.route if self.current is not None else None
        if route is not None and route.ready:
            later.append(Want(SPARE, route.hops[-1].movie.name, route.hops[-1].first, shared=True))
        return seen + needed + [want for want in later if want is not None]

    def _remembering(self, now: Seconds) -> Deck:
        """This deck knowing what is seen of each layer at this moment."""
        frozen = self.frozen
        if frozen is not None:
            frozen = frozen._replace(layers=self.screen.remembered(now))
        below = Screen(self.layers, self.players, self.drive)
        return replace(self, layers=below.remembered(now), frozen=frozen)

    # what is seen -----------------------------------------------------------------------------

    @property
    def screen(self) -> Screen:
        """What is on screen: the layers, or the picture that is held in their place."""
        if self.frozen is not None:
            return Screen(self.frozen.layers, self.players, self.drive._replace(pulse=_STILL))
        return Screen(self.layers, self.players, self.drive)

    def stream(self, t: Seconds, master: float = 1.0) -> tuple[PlayerState, ...]:
        """Each player's state at `t`, in player order."""
        return self.screen.stream(t, self.level * master)

    def pictures(self, t: Seconds, master: float = 1.0) -> list[Picture]:
        """What is on screen at `t`: the frames that are mixed, and their levels, oldest layer first."""
        return self.screen.pictures(t, self.level * master)

    def frame_of(self, player: Player, t: Seconds) -> int:
        """The frame that a player shows, or will show first: where to open its movie."""
        for one, segment, _ in self.screen.shown(t):
            if one.number == player.number:
                return shown(segment.place.position)
        return player.frame

    def _first_of(self, prepared: Program) -> Want:
        """The movie that is seen first when it is taken: at the other end when playing backwards."""
        return prepared.started(0.0, self.current).wants(0.0, self.drive)[0]

    @property
    def _prepared_player(self) -> Player | None:
        """The player that holds what will be seen first of what is prepared."""
        return self.players.find(*self._first_of(self.prepared).key) if self.prepared is not None else None

    def waiting_for(self) -> tuple[str, ...]:
        """The renderers that have not yet said that they can show what is prepared."""
        player = self._prepared_player
        return tuple(sorted(player.waiting)) if player is not None else ()

    @property
    def prepared_ready(self) -> bool:
        """Whether what is prepared could be shown at once."""
        player = self._prepared_player
        return player is not None and player.ready
