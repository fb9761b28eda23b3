"""Main and backup: asks how the other server's show is, keeps in step with it while muted, and takes over.

Both receive what people say; one plays, the other is muted. Runs on the show's thread; knows no socket.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from server.errors import InputError, IntersceneError
from server.protocol.command import Source
from server.show.archive import packed, unpacked
from server.show.events import Event, Jobbed, JobOrder, NeedDetour, NeedJob, NeedTransition, Send, SendBytes, Standing
from server.show.handlers_system import welcome
from server.show.peer_align import Steps
from server.show.peer_state import BACKUP, PeerState, PeerTold
from server.show.peer_telling import differences, movies_of, sound, told_of
from server.show.renderers import Renderer
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show

EVERY: Final[Seconds] = 0.2
"""Between questions to the other server."""
STOPPING: Final[Seconds] = 0.1
"""How long a server that takes over waits for the other one to stop before it plays to its renderers."""
FORGETTING: Final = 0.0005
"""Seconds a second by which the best round trip counts as longer than it was: clocks drift apart."""
TOLD_MAX: Final = 8
ASK: Final = "/system/peer/ask"
TOLD: Final = "/system/peer/told"
SILENCED: Final = SendBytes | NeedTransition | NeedJob | NeedDetour | Standing
"""What a muted server does not do: it plays to nobody and makes nothing."""


class Peer:
    """The other server, as far as it is known."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._next: Seconds = 0.0
        self._now: Seconds = 0.0
        self._waiting: list[Renderer] = []
        self._until: Seconds = 0.0
        self._trouble = ""
        self._held = False
        self._steps = Steps()

    @property
    def state(self) -> PeerState:
        return self._show.state.peer

    @property
    def muted(self) -> bool:
        """Whether nothing of the show leaves this server."""
        return not self.state.active

    def sifted(self, events: list[Event]) -> list[Event]:
        """What a muted server still does: it reads disks, and answers whoever asks it."""
        if not self.muted:
            return events
        for event in events:
            if isinstance(event, NeedJob | NeedDetour):
                self._show.jobs.heard(Jobbed(event.ticket, code="not-now", error="this server is muted and makes "
                                             "nothing; the one that plays does"), self._now)
        more, self._show.outbox = self._show.outbox, []
        return [event for event in (*events, *more) if not isinstance(event, SILENCED) and not _unasked(event)]

    # what is asked and told -------------------------------------------------------------------

    def step(self, now: Seconds) -> None:
        """Once a tick: ask the other server, keep in step with it, and see whether it is still there."""
        self._now = now
        peer = self.state
        if peer.claim is not None and now >= peer.claim:
            self._play(peer.term)
        if self._held != self.muted:
            self._hold()
        if peer.address is None:
            return
        self._greet(now)
        self._watch(now)
        if now < self._next:
            return
        self._next = now + EVERY
        told = self.state.told
        self._steps.look(self._show.state, now)
        if self.muted and told is not None and told.active and not self.state.silent(now):
            self._show.state = self._steps.aligned(self._show.state, told, self.state.offset, now)
        self._say(ASK, Source(*peer.address), None, now)
        self._compare(now)

    def asked(self, source: Source, port: int, document: bytes | None, now: Seconds) -> None:
        """Another server asks: it is answered, and known from now on. Raises InputError."""
        theirs = self._read(document)
        if theirs is None:
            return
        self._known(source, port, now)
        self._heard(theirs, now)
        self._say(TOLD, Source(source.host, port), theirs.now, now)

    def told(self, source: Source, port: int, document: bytes | None, now: Seconds) -> None:
        """The other server has answered. Raises InputError."""
        theirs = self._read(document)
        if theirs is None:
            return
        if self.state.address != (source.host, port):
            raise InputError(f"{source.host}:{port} is not the other server of this one; start it with --peer")
        if theirs.echo is not None and theirs.echo <= now:
            self._measure(theirs, theirs.echo, now)
        self._heard(theirs, now)

    def _read(self, document: bytes | None) -> PeerTold | None:
        """What the other server says; None for the same trouble again. Raises IntersceneError."""
        try:
            found = unpacked(document or b"")
            if not isinstance(found, PeerTold) or not sound(found):
                raise InputError("this is nothing that a server tells another")
            if found.session == self._show.about.session:
                raise InputError("this server was asked by itself; --peer names the other one")
        except IntersceneError as error:
            again, self._trouble = str(error) == self._trouble, str(error)
            if again:
                return None
            raise
        self._trouble = ""
        return found

    def _say(self, address: str, to: Source, echo: Seconds | None, now: Seconds) -> None:
        show, peer = self._show, self.state
        renderers = tuple(show.renderers.present()) if peer.active else ()
        told = told_of(show.state, show.about.session, show.about.tick_rate, renderers, now, echo)
        show.emit(Send(to, address, (peer.port, packed(told))))

    def _known(self, source: Source, port: int, now: Seconds) -> None:
        peer = self.state
        if peer.address == (source.host, port):
            return
        if peer.address is None or peer.silent(now) or peer.heard is None:
            self._put(address=(source.host, port))
        else:
            raise InputError(f"this server and {peer.told.name if peer.told else 'another'} are main and backup "
                             "already; a third one takes no part")

    def _heard(self, theirs: PeerTold, now: Seconds) -> None:
        first = self.state.heard is None
        before, away = self.state.told, self.state.away
        self._put(told=theirs, heard=now, away=False)
        if before is not None and before.session != theirs.session:
            self._put(trip=math.inf)  # another run, perhaps with another clock
        if first or away:
            self._show.tell(f"{theirs.role} {theirs.name} is there and {'plays' if theirs.active else 'is muted'}",
                            "peer")
        peer = self.state
        if peer.claim is not None and not theirs.active:
            self._play(max(peer.term, theirs.term))
        elif peer.claim is not None:
            self._put(claim=None)
            self._show.tell(f"{theirs.name} plays already: this server stays muted until /system/takeover", "peer")
        elif peer.active and theirs.active and _yields(peer, self._show.about.session, theirs):
            self._mute()
            self._show.tell(f"{theirs.name} has taken over: this server is muted until /system/takeover", "peer")

    def _measure(self, theirs: PeerTold, asked: Seconds, now: Seconds) -> None:
        """How the other clock lies to ours, by the quickest round trip of the last while."""
        peer, trip = self.state, now - asked
        if trip <= peer.trip + FORGETTING * (now - peer.measured):
            self._put(offset=theirs.now - (asked + now) / 2, trip=trip, measured=now)

    def _watch(self, now: Seconds) -> None:
        """Say that the other server has gone, and take over where that is wanted."""
        peer = self.state
        if peer.heard is None or peer.told is None:
            return
        if peer.silent(now) and not peer.away:
            self._put(away=True)
            self._show.tell(f"{peer.told.role} {peer.told.name} is not heard any more" + (
                "; /system/takeover plays on from here" if self.muted and peer.told.active else ""), "peer")
        after = peer.takeover_after
        if self.muted and after > 0 and peer.told.active and now - peer.heard > after:
            self.take_over(now, f"{peer.told.name} was not heard for {after:g} s")

    def _compare(self, now: Seconds) -> None:
        """Note how the two shows differ; what has just come up may be gone in a moment."""
        show, peer = self._show, self.state
        if peer.told is None:
            return
        here = told_of(show.state, show.about.session, show.about.tick_rate, (), now, None)
        names = [movies_of(song.movies, song.graph)[0] for song in show.state.songs]
        since = dict(peer.unlike)
        texts = [] if peer.silent(now) else list(differences(here, peer.told, peer.offset, now, names))[:TOLD_MAX]
        known = {_kind(text): begun for text, begun in since.items()}
        unlike = tuple((text, known.get(_kind(text), now)) for text in texts)
        self._put(unlike=unlike, compared=now)

    # who plays --------------------------------------------------------------------------------

    def take_over(self, now: Seconds, why: str = "") -> None:
        """Play from now on: the other server hears of it, and its renderers are played to."""
        peer = self.state
        if peer.active:
            return
        told = peer.told
        self._play(max(peer.term, told.term if told is not None else 0) + 1, why)
        self._next = now  # the other server is told at the next tick
        if told is not None and peer.address is not None:
            self._waiting = list(_renderers(told, peer.address[0], now))
            # What both stream is not to be told apart: the other one stops first, if it can.
            self._until = now if peer.silent(now) else now + STOPPING

    def _play(self, term: int, why: str = "") -> None:
        show = self._show
        self._put(active=True, term=term, claim=None)
        if term:
            show.tell(f"this server plays from now on{f': {why}' if why else ''}", "peer")

    def _hold(self) -> None:
        """What this server makes is held while it is muted."""
        self._held = self.muted
        if self.muted:
            self._show.emit(JobOrder("pause"))
        elif not self._show.state.making.paused:
            self._show.emit(JobOrder("go on"))

    def _mute(self) -> None:
        show = self._show
        self._put(active=False)
        self._waiting = []
        for renderer in show.renderers.dismiss():
            show.leave(renderer)

    def _greet(self, now: Seconds) -> None:
        """Play to renderers that have not asked: a welcome first, so that they know whose ids come."""
        told = self.state.told
        if not self._waiting or (now < self._until and (told is None or told.active)):
            return
        for renderer in self._waiting:
            renderer.heard = now
            welcome(self._show, Source(renderer.host, renderer.event_port))
            self._show.join(renderer, now)
        self._waiting = []

    def _put(self, **changes: Any) -> None:
        self._show.state = replace(self._show.state, peer=replace(self.state, **changes))


def _yields(peer: PeerState, session: int, theirs: PeerTold) -> bool:
    """Whether of two servers that both play this is the one to stop: the one that took over later goes on."""
    if peer.term != theirs.term:
        return peer.term < theirs.term
    if peer.role != theirs.role:
        return peer.role == BACKUP
    return session < theirs.session


def _kind(text: str) -> str:
    """A difference without its numbers: of frames and beats that are apart it is the same one."""
    deck, _, rest = text.rpartition(": ")
    return deck + "".join(char for char in rest if not char.isdigit() and char not in ".-")


def _renderers(told: PeerTold, host: str, now: Seconds) -> Iterator[Renderer]:
    """The other server's renderers as we reach them: what is on its own computer is there."""
    for one in told.renderers:
        place = host if one.host.startswith("127.") else one.host
        decks = None if one.decks is None else frozenset(one.decks)
        yield Renderer(place, one.port, one.name, one.stream_port, one.event_port, decks, now, one.build,
                       one.cook_rate, one.largest)


def _unasked(event: Event) -> bool:
    """A complaint that nobody asked for: those come from the server that plays."""
    return isinstance(event, Send) and event.to.kind == "osc" and event.address == "/error" and not event.args[0]
