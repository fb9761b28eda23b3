"""The show as OSCQuery sees it: its address space, values from the frozen state, packets handed to the queue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from server.app.outlet import Outlet
from server.frontends.ports import Hear
from server.playback.clock import Clock
from server.playback.deck import Deck
from server.protocol.command import Command, Rejection, Source
from server.protocol.dispatch import Dispatcher, Result
from server.protocol.oscquery_table import Shape, address_space
from server.protocol.oscquery_tree import AddressSpace, Node, Values
from server.show.feedback import HEARTBEAT_CYCLE
from server.show.loop import ShowLoop
from server.show.state import ShowState
from server.show.view import SYSTEM, deck_values, system_values, value
from server.units import Seconds

MARKS_MAX = 128
STATE = "/deck/{n}/state/"

Place = tuple[str, tuple[int | str, ...]]
"""A row's address, and the values of its placeholders."""


class LiveQuery:
    """A `QueryPort` over a running show. What comes in by OSC passes `submit`, so that listeners hear of it."""

    def __init__(self, name: str, loop: ShowLoop, outlet: Outlet, dispatcher: Dispatcher, clock: Clock,
                 wall: Callable[[], Seconds]) -> None:
        self.name = name
        self.osc_port = 0
        self._loop, self._outlet, self._clock, self._wall = loop, outlet, clock, wall
        self._dispatcher = dispatcher
        self._shapes: list[object] = []
        self._space = address_space([Shape()] * len(loop.show.state.decks))
        self._building = threading.Lock()
        self._watched: dict[Place, tuple[str, ...]] = {}
        self._hear: Hear = lambda _address, _args: None

    def submit(self, results: Iterable[Result]) -> None:
        """Hand commands to the show, and those to watched addresses to who watches them; from any thread."""
        self._loop.submit(results)
        if self._watched:
            for result in results:
                if isinstance(result, Command) and not result.asks:
                    self._tell(result)

    def overhear(self, command: Command) -> None:
        """A command that a control made: those who watch its address hear of it."""
        if self._watched:
            self._tell(command)

    def space(self) -> AddressSpace:
        # Two requests at once must not build two; the show never comes here.
        with self._building:
            state = self._loop.show.state
            parts = [part for deck in state.decks for part in _parts(state, deck)]
            if len(parts) != len(self._shapes) or any(a is not b for a, b in zip(parts, self._shapes, strict=True)):
                self._shapes = parts
                new = address_space([_shape(state, deck) for deck in state.decks], self._space)
                if self._space.changes_to(new).common:
                    self._space = new
            return self._space

    def values(self, nodes: Sequence[Node]) -> list[Values | None]:
        values = _Values(self._loop, self._clock.now())
        return [values.of(node) for node in nodes]

    def receive(self, packet: bytes, source: Source) -> None:
        results = self._dispatcher.dispatch(packet, source, self._clock.now(), self._wall())
        # Looking for what was perhaps meant takes a millisecond, and a packet may hold thousands.
        refused = next((result for result in results if isinstance(result, Rejection)), None)
        if refused is not None:
            refused.text = self._dispatcher.explain(refused)
        self.submit(results)

    def connect(self, source: Source, hear: Hear) -> None:
        self._outlet.connect(source, hear)

    def disconnect(self, source: Source) -> None:
        self._outlet.disconnect(source)
        self._loop.show.subscribers.remove(source)

    def watch(self, nodes: Sequence[Node], hear: Hear) -> None:
        watched: dict[Place, tuple[str, ...]] = {}
        for node in nodes:
            if node.method is not None and node.method.row is not None:
                place = node.method.row.address, node.method.where
                watched[place] = (*watched.get(place, ()), node.path)
        self._hear, self._watched = hear, watched

    def _tell(self, command: Command) -> None:
        where = command.where
        if where[:1] == (0,):
            where = (self._loop.show.state.selected, *where[1:])
        for path in self._watched.get((command.row.address, where), ()):
            self._hear(path, tuple(arg for arg in command.args if arg is not None))


class _Values:
    """Values at one moment; what several of them share is worked out once."""

    def __init__(self, loop: ShowLoop, now: Seconds) -> None:
        self._show, self._state, self._now = loop.show, loop.show.state, now
        self._decks: dict[int, dict[str, Values]] = {}
        self._system: dict[str, Values] | None = None

    def of(self, node: Node) -> Values | None:
        """The value of a readable node."""
        if node.method is None or node.method.row is None:
            return None
        address, where = node.method.row.address, node.method.where
        if address.startswith(STATE):
            number = int(where[0])
            if number not in self._decks:
                self._decks[number] = deck_values(self._state, self._state.deck(number), self._now)
            return self._decks[number].get(address.removeprefix(STATE))
        if address.startswith(SYSTEM):
            if self._system is None:
                self._system = system_values(self._state, self._show.counts())
            return self._system.get(address.removeprefix(SYSTEM))
        if address == "/heartbeat":
            return (self._now % HEARTBEAT_CYCLE / HEARTBEAT_CYCLE,)
        if address == "/error":
            last = list(self._show.complaints)[-1:]
            return ("", last[0].code, last[0].text) if last else None
        return value(self._state, address, where, self._now)


def _parts(state: ShowState, deck: Deck) -> tuple[object, object]:
    """What the shape of a deck follows from; both are replaced, never changed."""
    clip = deck.current.clip if deck.current is not None else None
    return clip, state.hot_cues.get(clip.name) if clip is not None else None


def _shape(state: ShowState, deck: Deck) -> Shape:
    if deck.current is None:
        return Shape()
    clip = deck.current.clip
    ordered = sorted(clip.marks, key=lambda mark: mark.frame)[:MARKS_MAX]
    marks = {number: mark.name for number, mark in enumerate(ordered, 1)}
    cues = {number: f"hot cue at {frame}" for number, frame in state.hot_cues.get(clip.name, {}).items()}
    axes = clip.spans[0].movie.axes if clip.spans else ()
    return Shape(tuple(sorted((marks | cues).items())),
                 tuple((axis.name, min(axis.values), max(axis.values)) for axis in axes if axis.values))
