"""Collects how a running server is doing, when somebody asks. Judges nothing."""

from __future__ import annotations

import random
import shutil
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from server.app.examinations.graphics import cards
from server.app.health import RendererVitals, Storage, Traffic, Vitals, WorkerVitals
from server.app.navigator import Navigator
from server.app.process_facts import overflowed, resident_memory
from server.errors import IntersceneError
from server.frontends.osc import OscReceiver, OscSender
from server.library.shelf import MovieShelf
from server.playback.clock import Clock
from server.show.loop import ShowLoop
from server.show.making_state import Making
from server.show.renderers import Renderer
from server.units import Seconds

SPAN: Final[Seconds] = 60.0
CARDS_EVERY: Final[Seconds] = 30.0
DISK_EVERY: Final[Seconds] = 10.0
FRAMES_READ: Final = 4
"""Of each movie on a deck, at places by chance: little enough not to be in the way of the show's own reading."""
COOK_RATE: Final = 60.0


class VitalSigns:
    """Asked from one thread at a time or from several: what is kept between two looks is replaced, never changed."""

    def __init__(self, loop: ShowLoop, receiver: OscReceiver, sender: OscSender, navigator: Navigator,
                 shelf: MovieShelf, clock: Clock, ask_cards: Callable[[], Sequence[str]] | None = None) -> None:
        self._loop, self._receiver, self._sender, self._navigator = loop, receiver, sender, navigator
        self._shelf, self._clock = shelf, clock
        self._ask_cards = ask_cards or card_lines
        self._began = clock.now()
        self._cards: tuple[Seconds, Sequence[str]] = (float("-inf"), ())
        self._disk: tuple[Seconds, float | None] = (float("-inf"), None)
        self._counts: dict[str, deque[tuple[Seconds, float, float]]] = {}

    def read(self) -> Vitals:
        """Everything at this moment; reads a few frames from disk and asks the driver of the card now and then."""
        now = self._clock.now()
        show = self._loop.show
        there = list(show.renderers)
        self._counts = {each.key: self._counts.get(each.key, deque(maxlen=2 * int(SPAN))) for each in there}
        if now - self._cards[0] > CARDS_EVERY:
            self._cards = now, self._ask_cards()
        return Vitals(
            uptime=now - self._began, tick=1.0 / show.about.tick_rate, stream=self._loop.lateness.figures(),
            traffic=self._traffic(), renderers=[self._renderer(each, now) for each in there],
            storage=self._storage(now), worker=_worker(show.state.making), cards=self._cards[1],
            planner=self._planner(), planner_starts=self._navigator.starts, memory=resident_memory())

    def _traffic(self) -> Traffic:
        counts, show = self._receiver.counts(), self._loop.show
        return Traffic(counts.packets, show.received, show.rejected, counts.refused,
                       self._loop.dropped + counts.left_out, overflowed(self._receiver.ports), self._sender.sent,
                       self._sender.lost)

    def _renderer(self, each: Renderer, now: Seconds) -> RendererVitals:
        wanted, health = each.cook_rate or COOK_RATE, each.health
        if not health:
            return RendererVitals(each.name, each.host, each.lost, now - each.heard, wanted)
        fps, frame_ms, dropped, misses, decode_ms, gpu_mb = health
        kept = self._counts.get(each.key, deque[tuple[Seconds, float, float]]())
        # A renderer that was started anew counts from zero. At the first look it is told what there was in all.
        begun = next(((at, d, m) for at, d, m in list(kept) if now - at <= SPAN and d <= dropped and m <= misses),
                     (now, 0.0, 0.0))
        kept.append((now, dropped, misses))
        return RendererVitals(each.name, each.host, each.lost, now - each.heard, wanted, fps, frame_ms,
                              int(dropped - begun[1]), int(misses - begun[2]), now - begun[0], decode_ms, gpu_mb)

    def _planner(self) -> str:
        if not self._navigator.starts:
            return "idle"
        return "running" if self._navigator.alive else "down"

    def _storage(self, now: Seconds) -> Storage:
        needed, names = 0.0, []
        state = self._loop.show.state
        for deck in state.decks:
            speed = abs(deck.current.transport.speed) if deck.current is not None else 0.0
            for picture in deck.pictures(state.time_of(deck, now), 1.0):
                try:
                    index = self._shelf.index(picture.movie)
                except IntersceneError:
                    continue
                names.append(picture.movie)
                needed += float(index.size.mean()) * float(index.rate) * (speed or 1.0)
        if names and now - self._disk[0] > DISK_EVERY:
            self._disk = now, self._speed(names)
        return Storage(self._free(), self._disk[1] if names else None, needed)

    def _free(self) -> int | None:
        try:
            return shutil.disk_usage(self._shelf.folder.root).free
        except OSError:
            return None

    def _speed(self, names: Sequence[str]) -> float | None:
        """Bytes a second of a few frames by chance."""
        total, begin = 0, self._clock.now()
        chance = random.Random(begin)
        for name in dict.fromkeys(names):
            try:
                count = self._shelf.index(name).count
                total += sum(len(self._shelf.jpeg(name, chance.randrange(count))) for _ in range(FRAMES_READ))
            except IntersceneError:
                continue
        spent = self._clock.now() - begin
        return total / spent if spent > 0 and total else None


def _worker(making: Making) -> WorkerVitals | None:
    if not making.attached:
        return None
    jobs, worker = making.open_jobs(), making.worker
    return WorkerVitals(worker.state, worker.device, next((job.model for job in jobs if job.state == "making"), ""),
                        worker.reason, worker.restarts, len(jobs))


def card_lines() -> list[str]:
    """The cards of this computer, a line each."""
    return [f"{card.name}, {card.used / 1024:.1f} of {card.total / 1024:.0f} GiB in use" for card in cards()]
