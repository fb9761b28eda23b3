"""A logged show played to real renderers: they say hello as to any server, and see what was seen then.

What the log says that renderers answered counts in the replay; what these here answer only tells how they keep up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from server.app.show_log_reading import ShowLogReader, time_text
from server.errors import OutOfRange
from server.playback.deck import Deck
from server.playback.players import ID_LIMIT, Closed, Opened, Player
from server.protocol.command import Command, Forward, Rejection, Released
from server.show.events import Event, SendBytes
from server.show.handlers_system import repeat_asks
from server.show.log_format import Recorded
from server.show.peer_state import PeerState
from server.show.renderers import Renderer
from server.show.replay import Replay
from server.show.scribe import Began, Came
from server.show.show import About, Show
from server.show.state import ShowState
from server.units import Seconds

FOR_RENDERERS: Final = ("/td/", "/system/hello", "/system/ping")
"""Beginnings of the addresses that are answered; a replay takes no other orders."""
IDS: Final = 1 << 16
"""Opens that one pass through a log is taken to have at most: those of the next pass get other numbers."""


class LoggedShow:
    """The show of a log at a time that only grows, in seconds from the log's beginning. Raises ArchiveDamaged."""

    def __init__(self, reader: ShowLogReader, since: Seconds) -> None:
        """Raises OutOfRange where the log does not reach so far."""
        self._steps: Iterator[Recorded] = reader.steps(since)
        self._began = reader.began
        self._replay: Replay | None = None
        self._next: Recorded | None = next(self._steps, None)
        self.at: Seconds = since
        self.forwarded: list[Forward] = []
        self._last = self._began
        self.to(since)
        self.forwarded.clear()
        if self._next is None:
            raise OutOfRange(f"the log ends at {time_text(self._last - self._began)}; begin before")

    @property
    def state(self) -> ShowState | None:
        return self._replay.show.state if self._replay is not None else None

    @property
    def replay(self) -> Replay | None:
        return self._replay

    @property
    def now(self) -> Seconds:
        """The time on the clock of the server that wrote the log."""
        return self._began + self.at

    @property
    def over(self) -> bool:
        """Whether the log ends here."""
        return self._next is None

    def to(self, at: Seconds) -> None:
        """Do everything that was done up to a time."""
        self.at = max(at, self.at)
        while self._next is not None and self._next.now <= self.now:
            step = self._next
            self._last = step.now
            if isinstance(step, Came) and isinstance(step.item, Forward):
                self.forwarded.append(step.item)
            if self._replay is not None:
                self._replay.step(step)
            elif isinstance(step, Began):
                self._replay = Replay(step)
            self._next = next(self._steps, None)


class Rehearsal:
    """One pass after another through a log; everything that goes out is what `tick` and `hear` return."""

    def __init__(self, log: LoggedShow, about: About, speed: float = 1.0) -> None:
        self._log, self._speed = log, speed
        self._ids = 0
        self._open: dict[tuple[int, int], Player] = {}
        assert log.state is not None
        self.show = Show(self._as_seen(log.state), about)

    def again(self, log: LoggedShow) -> None:
        """Begin another pass: its opens are new ones."""
        self._log = log
        self._ids = (self._ids + IDS) % ID_LIMIT

    def hear(self, item: object, now: Seconds) -> list[Event]:
        """Take in what a renderer says; anybody else is told that this is a replay."""
        if isinstance(item, Command) and not item.row.address.startswith(FOR_RENDERERS):
            self.show.refuse(item, "replay", "this is a replay of a show log: it takes no orders", now)
        elif isinstance(item, Command | Rejection) and not isinstance(item, Released):
            self.show.apply(item, now)
        return self.show.take_events()

    def add(self, renderer: Renderer, now: Seconds) -> None:
        """Have a renderer that says no hello; it never counts as silent."""
        known = self.show.renderers.at(renderer.host, renderer.port)
        if known is None:
            self.show.join(renderer, now)
        else:
            known.heard = now

    def tick(self, number: int, deadline: Seconds, at: Seconds) -> list[Event]:
        """What goes out with a tick: the log's show at `at`, seconds from its beginning."""
        log, show = self._log, self.show
        log.to(at)
        assert log.state is not None
        show.state = self._as_seen(log.state)
        for renderer in show.renderers.sweep(deadline):
            renderer.asks.clear()
        self._tell_opens(deadline)
        events: list[Event] = [event for renderer in show.renderers for event in repeat_asks(renderer, deadline)]
        events += [SendBytes(renderer.host, renderer.stream_port, item.packet) for item in log.forwarded
                   for renderer in show.renderers.present()]
        log.forwarded.clear()
        show.streamer.tick(number, deadline)
        state = show.state
        for deck in state.decks:
            packet = show.streamer.packet(deck, state.time_of(deck, log.now), deadline, state.master.gain, self._speed)
            events += [SendBytes(renderer.host, renderer.stream_port, packet)
                       for renderer in show.renderers.present() if renderer.shows(deck.number)]
        return [*show.take_events(), *events]

    def _as_seen(self, state: ShowState) -> ShowState:
        """The state as renderers here are to be told it; a backup's log is shown as if it had played."""
        return replace(state, decks=tuple(self._renumbered(deck) for deck in state.decks), engaged=True,
                       peer=PeerState())

    def _renumbered(self, deck: Deck) -> Deck:
        if not self._ids:
            return deck
        slots = tuple(replace(player, id=(player.id + self._ids) % ID_LIMIT or ID_LIMIT - 1) if player.id else player
                      for player in deck.players.slots)
        return replace(deck, players=replace(deck.players, slots=slots))

    def _tell_opens(self, now: Seconds) -> None:
        """Have renderers open and close what was opened and closed."""
        log, state = self._log, self.show.state
        for deck in state.decks:
            for player in deck.players.slots:
                key = deck.number, player.number
                old = self._open.get(key)
                if old is not None and old.id == player.id:
                    continue
                for renderer in (one for one in self.show.renderers if one.shows(deck.number)):
                    if old is not None and old.id:
                        renderer.ask_close(deck.number, Closed(old.id, old.number, old.movie), now)
                    if player.id:
                        frame = deck.frame_of(player, state.time_of(deck, log.now))
                        renderer.ask_open(deck.number, Opened(player.id, player.number, player.movie, frame), now)
                self._open[key] = player
