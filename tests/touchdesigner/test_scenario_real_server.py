"""The whole chain in real time: a real server, real UDP, the component in the fake, a few seconds of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from component_builder import build
from fake_td import FakeTouchDesigner, real_clock
from show_in_td import free_ports

from server.media.numbered import read_number

sys.path.append(str(Path(__file__).resolve().parents[1] / "app"))
from running import Client, running

PATIENCE = 30.0


class Live:
    """A TouchDesigner that cooks sixty times a second by the real clock while a test waits for something."""

    def __init__(self, parts: Any) -> None:
        self.td = FakeTouchDesigner("2025.32820", clock=real_clock)
        self.td.disk.open_time = lambda path, chance: chance.uniform(0.02, 0.1)
        self.comp = build(self.td, parts.receiver.ports[0], *free_ports(2))
        self.td.view(self.comp.op("out1"))
        self._next = real_clock()

    def until(self, condition: Callable[[], bool]) -> None:
        end = real_clock() + PATIENCE
        while not condition():
            assert real_clock() < end, "it did not happen"
            self.frame()

    def frame(self) -> None:
        self._next = max(self._next + 1 / 60, real_clock() - 0.1)
        time.sleep(max(0.0, self._next - real_clock()))
        self.td.frame()

    @property
    def number(self) -> int | None:
        return read_number(self.comp.op("out1")._picture[..., :3])


@pytest.fixture
def live(media: Path) -> Iterator[tuple[Live, Client]]:
    with running(media, decks="1") as parts, Client(parts) as client:
        made = Live(parts)
        try:
            made.until(lambda: bool(parts.loop.show.renderers.present()))
            yield made, client
            assert not made.td.failures, made.td.failures[0].text
        finally:
            made.td.close()


def test_a_real_server_shows_the_frame_that_was_asked_for(live: tuple[Live, Client]) -> None:
    made, client = live
    client.tell("/deck/1/load", "b.mov", 0.0)
    made.until(lambda: (made.number or 0) >= 1000)
    client.tell("/deck/1/pause")
    for wanted in (17, 3, 88, 0, 45):
        client.tell("/deck/1/frame", wanted)
        made.until(lambda wanted=wanted: made.number == 1000 + wanted)
    client.tell("/deck/1/load", "a.mov", 0.2)
    made.until(lambda: made.number is not None and made.number < 1000)
    client.tell("/deck/1/load", "missing.mov", 0.0)
    for _ in range(20):
        made.frame()
    assert made.number is not None
    client.tell("/deck/1/play")
    seen: set[int | None] = set()
    made.until(lambda: seen.add(made.number) or len(seen) > 20)  # type: ignore[func-returns-value]


@pytest.mark.full
def test_a_thousand_seeks_through_a_real_server(live: tuple[Live, Client]) -> None:
    import random

    made, client = live
    client.tell("/deck/1/load", "a.mov", 0.0)
    made.until(lambda: made.number is not None)
    client.tell("/deck/1/pause")
    chance = random.Random(9)
    for _ in range(1000):
        wanted = chance.randrange(120)
        client.tell("/deck/1/frame", wanted)
        made.until(lambda wanted=wanted: made.number == wanted)
