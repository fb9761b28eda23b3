"""A show without threads: commands go in by address, a scripted disk and renderers answer, time is moved by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Self

from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from server.index.format import Axis, Mark
from server.playback.tempo import Tempo
from server.playback.timeline import Clip, Movie, path_length
from server.protocol.command import Command, Rejection, Source
from server.protocol.dispatch import Dispatcher
from server.show.events import Event, Loaded, NeedMovie, Send, SendBytes
from server.show.show import About, Show
from server.show.state import ShowState, SongPlace
from server.show.view import deck_values

TICK = 1 / 64
PERSON = Source("10.0.0.9", 9000)


def plain_movie(name: str, **more: Any) -> Movie:
    return Movie(name, **{"count": 300, "rate": Fraction(30), "width": 64, "height": 64, **more})


def marked_movie() -> Movie:
    marks = (Mark(0, "start", "red-1", "a red field", 1), Mark(100, "chorus"), Mark(200, "end", "blue-2", "sea", 2))
    return plain_movie("marked.mov", marks=marks)


def grid_movie() -> Movie:
    return plain_movie("grid.mov", count=12, axes=(Axis("seed", (0.0, 1.0, 2.0)), Axis("zoom", (1.0, 2.0, 3.0, 4.0))))


def uneven_movie() -> Movie:
    import numpy as np

    return plain_movie("uneven.mov", path_length=path_length(np.array([0.0] + [10.0] * 150 + [1.0] * 149)))


class Stage:
    """Drives one show. `disk` maps names to movies or to (code, text)."""

    def __init__(self, decks: int = 2, locked: Mapping[str, str] = MappingProxyType({})) -> None:
        self.show = Show(ShowState.fresh(decks, TICK, Tempo(120.0)), About("test", 1 / TICK, "/media", 7), locked)
        self.dispatcher = Dispatcher(decks)
        self.now = 0.0
        self.ticks = 0
        self.disk: dict[str, Movie | tuple[str, str]] = {
            name: plain_movie(name) for name in ("a.mov", "b.mov", "c.mov")}
        self.song = SongPlace("song", ("a.mov", "b.mov", "c.mov"))
        self.sent: list[SendBytes] = []
        self.said: list[Send] = []
        self.events: list[Event] = []

    def do(self, address: str, *args: Any, source: Source = PERSON) -> Self:
        """Send a command and let everything that it starts happen."""
        self.feed(self.dispatcher.command(address, list(args), source))
        return self

    def feed(self, items: Iterable[Any]) -> None:
        for item in items:
            self.show.apply(item, self.now)
        self.show.flush(self.now)
        self.settle()

    def settle(self) -> None:
        """Carry out the events; what the disk answers is applied at once."""
        while events := self.show.take_events():
            for event in events:
                self.carry_out(event)
            self.show.flush(self.now)

    def carry_out(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, SendBytes):
            self.sent.append(event)
        elif isinstance(event, Send):
            self.said.append(event)
        elif isinstance(event, NeedMovie):
            self.show.apply(self.answer(event), self.now)

    def answer(self, event: NeedMovie) -> Loaded:
        name = self.song.movies[0] if event.kind == "song" else event.name
        found = self.disk.get(name, ("library", f"there is no movie {name}"))
        if isinstance(found, tuple):
            return Loaded(event.ticket, None, code=found[0], error=found[1])
        song = self.song if found.name in self.song.movies else SongPlace()
        return Loaded(event.ticket, Clip.of_movie(found), song)

    def wait(self, seconds: float) -> Self:
        """Let time pass, tick by tick."""
        for _ in range(round(seconds / TICK)):
            self.ticks += 1
            self.now = self.ticks * TICK
            self.show.tick(self.ticks, self.now)
            self.settle()
        return self

    def state(self, name: str, deck: int = 1) -> Any:
        return deck_values(self.show.state, self.show.state.deck(deck), self.now)[name][0]

    def screen(self, deck: int = 1) -> list[tuple[str, int]]:
        value = self.show.state.deck(deck)
        return [(p.movie, p.frame) for p in value.pictures(self.show.state.time_of(value, self.now))]

    def answers(self) -> list[tuple[str, tuple[Any, ...]]]:
        """What was said to the person since the last call."""
        answers = [(s.address, s.args) for s in self.said if s.to[:2] == PERSON[:2]]
        self.said.clear()
        return answers


class Renderer:
    """A scripted renderer: hears what is sent to its ports."""

    def __init__(self, stage: Stage, name: str = "td", port: int = 7502, decks: str = "all") -> None:
        self.stage, self.source, self.stream_port = stage, Source("10.0.0.2", port), port - 1
        stage.do("/system/hello", name, self.stream_port, port, 1, "2025", 60.0, 1280, decks, source=self.source)

    def heard(self, port: int) -> list[OscMessage]:
        return [m for event in self.stage.sent if event.port == port for m in messages(event.packet)]

    def asked(self, kind: str = "open", deck: int = 1) -> list[list[Any]]:
        return [list(m.params) for m in self.heard(self.source.port) if m.address == f"/td/deck/{deck}/{kind}"]

    def stream(self, deck: int = 1) -> dict[str, Any]:
        """The newest value of every address of the stream, by its last two parts."""
        values: dict[str, Any] = {}
        for m in self.heard(self.stream_port):
            if m.address.startswith(f"/td/deck/{deck}/"):
                values[m.address.removeprefix(f"/td/deck/{deck}/")] = m.params[0]
        return values

    def say(self, what: str, *args: Any, deck: int = 1) -> None:
        self.stage.do(f"/td/deck/{deck}/{what}", *args, source=self.source)

    def ready(self, deck: int = 1) -> int:
        """Answer the newest open; returns its id."""
        id_ = self.asked("open", deck)[-1][0]
        self.say("opening", id_, deck=deck)
        self.say("ready", id_, deck=deck)
        return int(id_)


def messages(packet: bytes) -> list[OscMessage]:
    if OscBundle.dgram_is_bundle(packet):
        return [content for content in OscBundle(packet) if isinstance(content, OscMessage)]
    return [OscMessage(packet)]


def one(items: Iterable[Command | Rejection | Any]) -> Any:
    (item,) = items
    return item
