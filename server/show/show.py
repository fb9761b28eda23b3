"""The one owner of live state: commands and ticks go in, events come out, time is an argument.

Runs on one thread and never waits; whatever needs disk or network is an event for somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from server.errors import IntersceneError
from server.playback.deck import Deck, Failed, Happening, Took
from server.playback.players import Closed, Opened
from server.protocol.command import Command, Forward, Rejection, Source
from server.protocol.schedule import Schedule
from server.protocol.timecode.heard import TimeHeard
from server.show.asking import absolute, asked
from server.show.complaints import SUPERSEDED, Complaints
from server.show.control_events import ControlNews
from server.show.controllers import Controllers
from server.show.events import Event, Loaded, Made, Mapped, News, NotNow, Routed, Send, SendBytes, Storied
from server.show.following import Following
from server.show.growth import Growth
from server.show.handlers import HANDLERS
from server.show.handlers_system import repeat_asks
from server.show.handling import Answer, Call
from server.show.jobs import Jobs
from server.show.journal import Journal
from server.show.loading import Loading, Wish
from server.show.navigation import Navigation
from server.show.peer import Peer
from server.show.peer_state import BACKUP
from server.show.permission import Permission
from server.show.recall import Recall
from server.show.renderers import Renderer, Renderers
from server.show.snapshot_events import SnapshotNews
from server.show.snapshots import Snapshots
from server.show.state import ShowState
from server.show.stories import Stories
from server.show.streaming import TICK_LIMIT, Streamer
from server.show.subscribers import Subscribers
from server.show.timing import Timing
from server.show.walking import Walking
from server.units import Seconds

PREPARE_AHEAD: Seconds = 5.0
"""How long before a clip with end mode `next` ends its follower is opened."""

ADDRESSES_MAX = 256


@dataclass(frozen=True, slots=True)
class About:
    """What a welcome says of this server. `session` changes with every start."""

    name: str
    tick_rate: float
    media_folder: str
    session: int


class Show:
    """Applies commands and ticks to the state. `outbox` collects events until the loop takes them.

    `locked`: settings that nobody may change, by the row that each starts.
    """

    def __init__(self, state: ShowState, about: About, locked: Mapping[str, str] = MappingProxyType({})) -> None:
        self.state = state
        self.about = about
        self.renderers = Renderers()
        self.subscribers = Subscribers()
        self.loading = Loading(self)
        self.navigation = Navigation(self)
        self.walking = Walking(self)
        self.jobs = Jobs(self)
        self.growth = Growth(self)
        self.following = Following(self)
        self.stories = Stories(self)
        self.streamer = Streamer(len(state.decks), about.tick_rate)
        self.outbox: list[Event] = []
        self.dirty: set[int] = set()
        self.late: tuple[str, ...] = ()
        self.received = 0
        self.rejected = 0
        self.complaints = Complaints()
        self.journal = Journal()
        self.controllers = Controllers(self)
        self.timing = Timing(self)
        self.peer = Peer(self)
        self.snapshots = Snapshots(self)
        self.recall = Recall(self)
        self.permission = Permission(locked)
        self.scheduled: Schedule[Command | Forward] = Schedule()
        self._answer_at: dict[Source, Source] = {}

    # in ---------------------------------------------------------------------------------------

    def apply(self, item: Command | Rejection | Forward | News, now: Seconds) -> None:
        """Do what one message says; what cannot be done is answered in words, never raised."""
        if not isinstance(item, Command | Rejection | Forward):
            self._learn(item, now)
            return
        self.received += 1
        if isinstance(item, Rejection):
            self._reject(item, now)
        elif item.due is not None and item.due > now and self.scheduled.push(item, item.due):
            return
        elif isinstance(item, Forward):
            if self.state.engaged:
                self._forward(item)
                self.journal.forwarded(item, len(self.renderers.present()), now)
        else:
            # Too many wait for their time, or its time is past: better early or late than lost.
            self._command(item, now if item.due is None else min(item.due, now))

    def _learn(self, news: News, now: Seconds) -> None:
        """Take in what others found out."""
        if isinstance(news, TimeHeard):
            self.timing.heard(news, now)
        elif isinstance(news, ControlNews):
            self.controllers.heard(news, now)
        elif isinstance(news, Loaded):
            if not self.recall.loaded(news, now):
                self.loading.loaded(news, now)
        elif isinstance(news, SnapshotNews):
            self.snapshots.heard(news, now)
        elif isinstance(news, Routed):
            self.navigation.routed(news, now)
        elif isinstance(news, Mapped):
            self.navigation.mapped(news, now)
        elif isinstance(news, Storied):
            self.stories.storied(news, now)
        elif isinstance(news, Made):
            self.jobs.heard(news, now)

    def _command(self, command: Command, now: Seconds) -> None:
        address = command.row.address
        refusal = self.permission.refusal(command, engaged=self.state.engaged, locked=self.state.locked)
        if refusal is not None:
            self.refuse(command, *refusal, now)
            return
        try:
            answer = self._handle(command, address, now)
        except IntersceneError as error:
            self.refuse(command, error.code, str(error), now)
            return
        if isinstance(answer, NotNow):
            self.refuse(command, "not-now", answer.why, now)
            return
        if answer is None:
            self.acknowledge(command)
        if self.recall.busy:
            self.recall.touched(command)
        self.journal.done(command, "told" if command.asks else "done" if answer is None else "waiting", now)

    def _handle(self, command: Command, address: str, now: Seconds) -> Answer:
        if command.asks:
            found = asked(self, command, now)
            if found is None:
                return NotNow(f"{address} has no value to tell now")
            self.emit(Send(self.answer_to(command.source), command.address(self.state.selected), found))
            return None
        if command.relative:
            command = absolute(self, command, now)
        return HANDLERS[address](Call(self, command, now))

    def _reject(self, rejection: Rejection, now: Seconds) -> None:
        self.rejected += 1
        self.journal.refused(rejection, rejection.code, rejection.text, now)
        heard = rejection.source.kind == "osc"
        self.complain(rejection.source, rejection.request, rejection.code, rejection.text, now, logged=heard)

    def _forward(self, item: Forward) -> None:
        for renderer in self.renderers.present():
            self.emit(SendBytes(renderer.host, renderer.stream_port, item.packet))

    # time -------------------------------------------------------------------------------------

    def tick(self, number: int, deadline: Seconds) -> None:
        """Do what is due, advance every deck, and stream it.

        What commands did after the deadline is not due at it: their decks stay dirty for the next `flush`.
        """
        touched = set(self.dirty)
        for item in self.scheduled.pop_due(deadline):
            if isinstance(item, Command):
                self._command(item, item.due or deadline)
            elif self.state.engaged:
                self._forward(item)
        for renderer in self.renderers.sweep(deadline):
            self.tell(f"renderer {renderer.name} has not been heard for 5 s; the show goes on without it", "renderer")
            renderer.asks.clear()
            self.leave(renderer)
        self.peer.step(deadline)
        self.navigation.overdue(deadline)
        self.controllers.step(deadline)
        self.recall.step(deadline)
        for deck in self.state.decks:
            self._advance(deck, deadline)
            self.walking.step(self.state.deck(deck.number), deadline)
        self.growth.tidy(deadline)
        self.following.step(deadline)
        for renderer in self.renderers:
            self.outbox.extend(repeat_asks(renderer, deadline))
        self.streamer.tick(self.streamed(number), deadline)
        self._stream(self.state.decks, deadline)
        self.dirty = touched

    def streamed(self, number: int) -> int:
        """The number that a tick has in the stream.

        A renderer knows servers apart by ticks that are not in line. Main and backup, started by one script, would be;
        so a backup's are as far from those of its main server as they can be.
        """
        return number + (TICK_LIMIT // 2 if self.state.peer.role == BACKUP else 0)

    def flush(self, now: Seconds) -> None:
        """Between ticks: stream the decks that commands have changed, at once."""
        if not self.dirty:
            return
        decks = [self.state.deck(number) for number in sorted(self.dirty)]
        self.dirty.clear()
        for deck in decks:
            self._advance(deck, now)
        for renderer in self.renderers:
            self.outbox.extend(repeat_asks(renderer, now))
        self.dirty.clear()
        self._stream([self.state.deck(deck.number) for deck in decks], now)

    def _stream(self, decks: tuple[Deck, ...] | list[Deck], now: Seconds) -> None:
        targets = self.renderers.present()
        if not targets:
            return
        for deck in decks:
            to = [(r.host, r.stream_port) for r in targets if r.shows(deck.number)]
            if to:
                packet = self.streamer.packet(deck, self.state.time_of(deck, now), now, self.state.master.gain)
                self.outbox.extend(SendBytes(host, port, packet) for host, port in to)

    def _advance(self, deck: Deck, now: Seconds) -> None:
        advanced, happenings = deck.advance(self.state.time_of(deck, now))
        if advanced is not deck:
            self.state = self.state.with_deck(advanced)
        for happening in happenings:
            self._happened(deck.number, happening, now)
        self.timing.follow(deck.number, now)
        self._follow(advanced, now)

    def _happened(self, number: int, happening: Happening, now: Seconds) -> None:
        if isinstance(happening, Opened | Closed):
            for renderer in self.renderers:
                if renderer.shows(number) and not renderer.lost:
                    if isinstance(happening, Opened):
                        renderer.ask_open(number, happening, now)
                    else:
                        renderer.ask_close(number, happening, now)
        elif isinstance(happening, Took):
            self.late = happening.late
            self.loading.took(number, happening)
            self.navigation.took(number, happening)
            self.stories.took(number, now)
            self.recall.took(number, now)
        elif isinstance(happening, Failed):
            self.loading.failed(number, happening.clip)
            if self.walking.failed(number, happening.movie, now):
                return
            self.tell(f"deck {number} stays on its picture: {happening.movie} cannot be shown ({happening.reason})",
                      "renderer")

    def _follow(self, deck: Deck, now: Seconds) -> None:
        """Open the follower of a clip that is about to end in end mode `next`, past those that cannot be played."""
        program = deck.current
        if (program is None or program.transport.end != "next" or program.route is not None
                or deck.prepared is not None):
            return
        ends = program.transport.ends_at()
        if ends is None or ends - self.state.time_of(deck, now) > PREPARE_AHEAD or self.loading.pending(deck.number):
            return
        movies = self.state.song(deck.number).movies
        here = movies.index(program.clip.name) if program.clip.name in movies else -1
        playable = [name for name in (*movies[here + 1:], *movies[:here + 1])
                    if name not in self.loading.unplayable(deck.number)]
        if playable:
            self.loading.want(Wish(deck.number, playable[0], take=False, fade=deck.fade), now)

    # renderers --------------------------------------------------------------------------------

    def join(self, renderer: Renderer, now: Seconds) -> None:
        """A renderer said hello: it has nothing open, so it is asked for everything that is."""
        for twin in self.renderers.twins(renderer):
            self.tell(f"two renderers are called {twin.name}; give one another name", "renderer")
        gone = self.renderers.hello(renderer)
        # First in, then out: for a moment without renderers everything would count as ready.
        self._admit(renderer, now)
        for old in gone:
            if old.key != renderer.key:
                self.leave(old)

    def alive(self, renderer: Renderer, now: Seconds) -> None:
        """A renderer was heard; one that was lost is back in the quorum and is asked again."""
        renderer.heard = now
        if renderer.lost:
            renderer.lost = False
            self._admit(renderer, now)

    def _admit(self, renderer: Renderer, now: Seconds) -> None:
        for deck in self.state.decks:
            if not renderer.shows(deck.number):
                continue
            self.put(deck.joined(renderer.key))
            for player in deck.players.slots:
                if player.id:
                    frame = deck.frame_of(player, self.state.time_of(deck, now))
                    renderer.ask_open(deck.number, Opened(player.id, player.number, player.movie, frame), now)

    def leave(self, renderer: Renderer) -> None:
        """No deck waits for a renderer any more."""
        for deck in self.state.decks:
            if renderer.key in deck.audience:
                self.put(deck.left(renderer.key))

    # out --------------------------------------------------------------------------------------

    def put(self, deck: Deck) -> None:
        self.state = self.state.with_deck(deck)
        self.dirty.add(deck.number)

    def emit(self, event: Event) -> None:
        self.outbox.append(event)

    def take_events(self) -> list[Event]:
        """What is to be done in the world since the last call, in order."""
        events, self.outbox = self.outbox, []
        return self.peer.sifted(events)

    def answer_at(self, source: Source, to: Source) -> None:
        """Answers to `source` go to another port from now on."""
        if len(self._answer_at) >= ADDRESSES_MAX and source not in self._answer_at:
            del self._answer_at[next(iter(self._answer_at))]
        self._answer_at[source] = to

    def answer_to(self, source: Source) -> Source:
        return self._answer_at.get(source, source)

    def answers_at(self) -> tuple[tuple[Source, Source], ...]:
        """Who is answered elsewhere, and where; may be asked from any thread."""
        return tuple(self._answer_at.items())

    def acknowledge(self, command: Command, *result: str) -> None:
        if command.request is not None:
            self.emit(Send(self.answer_to(command.source), "/ack", (command.request, *result)))

    def refuse(self, command: Command, code: str, text: str, now: Seconds) -> None:
        self.journal.refused(command, code, text, now)
        self.complain(command.source, command.request, code, text, now)

    def complain(self, source: Source, request: str | None, code: str, text: str, now: Seconds, *,
                 logged: bool = False) -> None:
        """Tell a sender what was wrong; without a request id only so often, so that a flood is not doubled."""
        if request is None and not self.complaints.may(now):
            return
        if code != SUPERSEDED:
            self.tell(text, code, logged=logged)
        self.emit(Send(self.answer_to(source), "/error", (request or "", code, text)))

    def tell(self, text: str, code: str, *, logged: bool = False) -> None:
        """One line for the person at the server: for the log and the page."""
        self.complaints.add(text, code, logged=logged)

    def forget_scheduled(self) -> int:
        """Drop what waits for its time tag; returns how much it was."""
        return self.scheduled.clear()

    def counts(self) -> dict[str, tuple[Any, ...]]:
        """The `/system/state/` rows that only the show can count."""
        return {
            "renderers": (",".join(r.name for r in self.renderers.present()),),
            "late": (",".join(self.late),),
            "messages": (self.received,),
            "rejected": (self.rejected,),
        }
