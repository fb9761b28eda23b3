"""The show behind OSC as a surface: what passed the dispatcher is done, and answers are spelt as they are sent.

And the models of the component: whatever a server's stream says, a renderer goes on.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from campaign import Surface
from surfaces_wire import DECKS, OSC_WORDS, WALL, bundle, osc_seeds

from server.index.format import Axis, Mark
from server.playback.tempo import Tempo
from server.playback.timeline import Clip, Movie
from server.protocol.command import Source
from server.protocol.dispatch import Dispatcher
from server.protocol.encode import message
from server.protocol.osc import Message, messages
from server.show.events import Loaded, NeedMovie, NeedStory, Send, Storied
from server.show.show import About, Show
from server.show.state import ShowState, SongPlace
from server.show.view import deck_values
from td_extensions.deck_model import DeckModel
from td_extensions.link_model import LinkModel
from td_project.rehearsal.wire import read_streams

TICK = 1 / 64
ROUNDS = 20
"""How often what the show wants may lead to what it wants next, within one packet."""


def _movies() -> dict[str, Movie]:
    marks = (Mark(0, "start", "red-1", "a red field", 1), Mark(100, "chorus"))
    axes = (Axis("seed", (0.0, 1.0, 2.0)), Axis("zoom", (1.0, 2.0, 3.0, 4.0)))
    return {"a.mov": Movie("a.mov", 300, Fraction(30), 64, 64, marks=marks),
            "grid.mov": Movie("grid.mov", 12, Fraction(25), 64, 64, axes=axes),
            "one.mov": Movie("one.mov", 1, Fraction(30000, 1001), 64, 64)}


class LiveShow:
    """A show with a movie on each deck and a renderer that answers nothing; packets come from some hundred senders."""

    def __init__(self) -> None:
        state = ShowState.fresh(DECKS, TICK, Tempo(120.0))
        self.show = Show(state, About("test", 1 / TICK, "/media", 7), {"/clock/tempo": "tempo"})
        self._dispatcher = Dispatcher(DECKS, self.show.controllers.ears)
        self._movies = _movies()
        self._ticks = 0
        for deck in range(1, DECKS + 1):
            self._take(message(f"/deck/{deck}/load", "a.mov"), Source("10.0.0.1", 7502))
        self._take(message("/system/hello", "td", 7501, 7502, 1, "2025", 60.0, 1280, "all"), Source("10.0.0.2", 7502))

    def feed(self, packet: bytes) -> None:
        number = sum(packet[:64])
        self._take(packet, Source(f"10.0.1.{number % 7}", 9000 + number % 50))
        self._ticks += 1
        self.show.tick(self._ticks, self._now)
        self._settle()
        for deck in self.show.state.decks:
            values = deck_values(self.show.state, deck, self._now)
            assert math.isfinite(values["frame"][0])
            assert 0 <= values["frame"][0] <= max(values["frames"][0] - 1, 0)

    @property
    def _now(self) -> float:
        return self._ticks * TICK

    def _take(self, packet: bytes, source: Source) -> None:
        for item in self._dispatcher.dispatch(packet, source, self._now, WALL):
            self.show.apply(item, self._now)
        self.show.flush(self._now)
        self._settle()

    def _settle(self) -> None:
        for _ in range(ROUNDS):
            events = self.show.take_events()
            if not events:
                return
            for event in events:
                self._carry_out(event)
            self.show.flush(self._now)

    def _carry_out(self, event: Any) -> None:
        if isinstance(event, Send):
            message(event.address, *event.args)
        elif isinstance(event, NeedMovie):
            self.show.apply(self._found(event), self._now)
        elif isinstance(event, NeedStory):
            self.show.apply(Storied(event.ticket, code="library", error="there is no story"), self._now)

    def _found(self, event: NeedMovie) -> Loaded:
        movie = self._movies.get("a.mov" if event.kind == "song" else event.name)
        if movie is None:
            return Loaded(event.ticket, None, code="library", error=f"there is no movie {event.name}")
        return Loaded(event.ticket, Clip.of_movie(movie), SongPlace("song", tuple(self._movies)))


class Renderer:
    """The models that run inside TouchDesigner, told by packets of any origin."""

    def __init__(self) -> None:
        self._deck, self._link, self._now = DeckModel(1), LinkModel(), 0.0

    def feed(self, packet: bytes) -> None:
        self._now += 1 / 60
        for stream in read_streams(packet):
            self._link.heard(self._now)
            self._deck.apply(stream.tick, stream.players, self._now)
        for said in messages(packet):
            if isinstance(said, Message):
                self._event(said)
        for shown in self._deck.shown(self._now):
            assert 0.0 <= shown.level <= 1.0
            assert shown.position is None or math.isfinite(shown.position)
        self._link.due(self._now)

    def _event(self, said: Message) -> None:
        kinds = tuple(map(type, said.args))
        if said.address == "/td/deck/1/open" and kinds == (int, int, str, int):
            self._deck.open(*said.args)
            self._deck.opened(said.args[0], 100)
        elif said.address == "/td/deck/1/close" and kinds == (int,):
            self._deck.close(said.args[0])
        elif said.address == "/system/welcome" and kinds[:1] == (int,):
            self._link.welcomed(said.args[0], self._now)


def _stream(tick: int, clip: int, frame: float, level: float) -> bytes:
    player = "/td/deck/1/player/0/"
    return bundle(message("/td/deck/1/tick", tick), message(f"{player}clip", clip), message(f"{player}frame", frame),
                  message(f"{player}rate", 0.5), message(f"{player}level", level))


_RENDERED = (_stream(100, 1, 12.5, 1.0), _stream(101, 2, 0.0, 0.5), message("/td/deck/1/open", 1, 0, "set/a.mov", 0),
             message("/td/deck/1/open", 2, 1, "set/b.mov", 12), message("/td/deck/1/close", 1),
             message("/system/welcome", 7))
SURFACES = (
    Surface("show", LiveShow().feed, osc_seeds(), (), OSC_WORDS),
    Surface("renderer", Renderer().feed, _RENDERED, (), OSC_WORDS),
)
