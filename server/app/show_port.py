"""The show as browsers see it: the frozen state evaluated on their threads, and commands handed to the queue."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from typing import Any

from server.app.outlet import Answer as Said
from server.app.outlet import Outlet
from server.app.textport import textport_line
from server.app.way import way_of
from server.errors import InputError
from server.frontends.ports import Answer, Layer
from server.library.shelf import MovieShelf
from server.playback.clock import Clock
from server.playback.deck import Deck
from server.protocol.command import Command, Rejection, Source
from server.protocol.dispatch import Dispatcher, Result
from server.show.loop import ShowLoop
from server.show.state import ShowState
from server.show.view import Values, clock_values, deck_values, master_value, system_values
from server.show.view_making import making_values

MARKS_MAX = 128
SPANS_MAX = 256
MASTER = ("level", "black", "latency", "freeze")


def _bare(values: dict[str, Values]) -> dict[str, Any]:
    return {name: value[0] for name, value in values.items()}


class LivePort:
    """A `ShowPort` over a running show. `submit` takes commands, the loop's own when it is left out."""

    def __init__(self, loop: ShowLoop, outlet: Outlet, shelf: MovieShelf, dispatcher: Dispatcher, clock: Clock,
                 submit: Callable[[Sequence[Result]], None] | None = None) -> None:
        self._loop, self._outlet, self._shelf, self._clock = loop, outlet, shelf, clock
        self._dispatcher = dispatcher
        self._submit = submit or loop.submit
        self._requests = itertools.count(1)

    @property
    def _state(self) -> ShowState:
        return self._loop.show.state

    def snapshot(self) -> dict[str, Any]:
        show, state, now = self._loop.show, self._state, self._clock.now()
        return {
            "decks": [{**self.deck_state(deck.number), **way_of(state, deck, now)} for deck in state.decks],
            "clock": _bare(clock_values(state, now)),
            "master": {name: value[0] for name in MASTER if (value := master_value(state, name)) is not None},
            "system": _bare(system_values(state, show.counts())),
            "renderers": [{"name": r.name, "host": r.host, "lost": r.lost, "fps": r.health[0] if r.health else None,
                           "dropped": r.health[2] if r.health else None,
                           "shown": {deck: frame for deck, (_, frame) in list(r.shown.items())}}
                          for r in show.renderers],
            "textport": textport_line(),
            "jobs": [job.document() for job in state.making.jobs],
            "making": {**_bare(making_values(state.making)), "paused": state.making.paused,
                       "attached": state.making.attached},
            "messages": [{"number": c.number, "code": c.code, "text": c.text} for c in list(show.complaints)],
        }

    def deck_state(self, deck: int) -> dict[str, Any]:
        state = self._state
        value = state.deck(self._known(state, deck))
        return {**_bare(deck_values(state, value, self._clock.now())), "fade": value.fade, **_landmarks(state, value)}

    def layers(self, deck: int) -> Sequence[Layer]:
        state = self._state
        value = state.deck(self._known(state, deck))
        time = state.time_of(value, self._clock.now())
        return [Layer(p.movie, p.frame, p.level) for p in value.pictures(time, state.master.gain)]

    def submit(self, address: str, args: Sequence[bool | float | str], source: Source) -> Future[Answer]:
        future: Future[Answer] = Future()
        if args and isinstance(args[-1], str) and args[-1].startswith("#"):
            args = args[:-1]
        request = f"page-{next(self._requests)}"
        results = self._dispatcher.command(address, [*args, f"#{request}"], source)
        for result in results:
            if isinstance(result, Rejection):
                result.text = self._dispatcher.explain(result)
        acts = [result for result in results if isinstance(result, Command | Rejection) and result.request == request]
        if acts:
            self._outlet.expect(request, lambda said: _resolve(future, said))
        else:
            # A released button, or a message for TouchDesigner: nobody answers those.
            future.set_result(Answer())
        self._submit(results)
        return future

    def jpeg(self, movie: str, frame: int) -> bytes:
        return self._shelf.jpeg(movie, frame)

    def job_picture(self, job: str) -> bytes:
        return self._outlet.job_picture(job)

    def movies(self) -> list[str]:
        return list(self._shelf.folder.names)

    @staticmethod
    def _known(state: ShowState, deck: int) -> int:
        if not 1 <= deck <= len(state.decks):
            raise InputError(f"there is no deck {deck}; this server has {len(state.decks)}")
        return deck


def _landmarks(state: ShowState, deck: Deck) -> dict[str, Any]:
    """Where the frames of a deck's clip lie, and what is marked in it."""
    if deck.current is None:
        return {"spans": [], "marks": []}
    clip = deck.current.clip
    whole = len(clip.spans) == 1 and clip.spans[0].count == clip.spans[0].movie.count and clip.spans[0].direction > 0
    cues = [[frame, f"cue {number}"] for number, frame in state.hot_cues.get(clip.name, {}).items()]
    return {
        "spans": [] if whole else [[span.movie.name, span.first, span.last] for span in clip.spans[:SPANS_MAX]],
        "marks": [[mark.frame, mark.name] for mark in clip.marks[:MARKS_MAX]] + cues,
    }


def _resolve(future: Future[Answer], said: Said) -> None:
    """The first answer counts: a pattern has one for each address that it means."""
    address, args = said
    # Done already, or given up by a browser that went away.
    with contextlib.suppress(InvalidStateError):
        done = Answer("", str(args[1]) if len(args) > 1 else "")
        future.set_result(done if address == "/ack" else Answer(str(args[1]), str(args[2])))
