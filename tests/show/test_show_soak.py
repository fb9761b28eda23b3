"""Hours of a show in a minute: everything at once, at random, and nothing piles up, stops or is forgotten."""

from __future__ import annotations

import gc
import math
import random
import sys
from collections.abc import Callable

import pytest
from stage import PERSON, TICK, Renderer, Stage, plain_movie

from server.protocol.osc import Message, messages

MINUTE = round(60 / TICK)
MOVIES = ("a.mov", "b.mov", "c.mov", "long.mov", "gone.mov")
LIMIT = 1 << 24


class Crew:
    """People and a renderer who do something all the time. What they asked for and what was answered is counted."""

    def __init__(self, seed: int) -> None:
        self.stage = Stage(decks=3)
        self.stage.disk["long.mov"] = plain_movie("long.mov", count=9000)
        self.chance = random.Random(seed)
        self.asked, self.unanswered = 0, set[str]()
        self.renderer = Renderer(self.stage)
        self.open: dict[int, int] = {}
        self.levels = 0.0

    def act(self) -> None:
        """One thing that somebody does."""
        chance, deck = self.chance, self.chance.randint(1, 3)
        what: list[tuple[str, Callable[[], tuple[object, ...]]]] = [
            ("load", lambda: (chance.choice(MOVIES),)), ("prepare", lambda: (chance.choice(MOVIES),)),
            ("take", lambda: ()), ("take/over", lambda: (chance.choice((0.0, 0.1, 1.0, 4.0)),)), ("cancel", lambda: ()),
            ("frame", lambda: (chance.randrange(-5, 400),)), ("position", lambda: (chance.random(),)),
            ("scrub", lambda: (chance.uniform(-40, 40),)), ("speed", lambda: (chance.uniform(-4, 4),)),
            ("reverse", lambda: ()), ("play", lambda: ()), ("pause", lambda: ()), ("stop", lambda: ()),
            ("loop", lambda: (chance.choice(("loop", "hold", "bounce", "next")),)),
            ("in", lambda: (chance.randrange(0, 300),)), ("out", lambda: (chance.randrange(0, 300),)),
            ("range/off", lambda: ()), ("jump/beats", lambda: (chance.choice((-8.0, 1.0, 4.0)),)),
            ("freeze", lambda: (chance.randint(0, 1),)), ("level", lambda: (chance.random(),)),
            ("mark/next", lambda: ()), ("nudge", lambda: (chance.uniform(-0.1, 0.1),)),
        ]
        name, args = chance.choice(what)
        self.ask(f"/deck/{deck}/{name}", *args())

    def ask(self, address: str, *args: object) -> None:
        self.asked += 1
        self.unanswered.add(str(self.asked))
        self.stage.do(address, *args, f"#{self.asked}")

    def trouble(self) -> None:
        """What happens less often: a renderer that is started anew, panic, other tempos, movies that go and come."""
        stage = self.stage
        chance = self.chance.randrange(5)
        if chance == 0:
            self.open.clear()
            self.renderer = Renderer(stage)
        elif chance == 1:
            self.ask("/system/panic")
        elif chance == 2:
            self.ask("/clock/tempo", self.chance.uniform(60, 180))
        elif chance == 3:
            self.ask("/clock/quantise", self.chance.choice(("off", "beat", "bar")))
        elif stage.disk.pop("b.mov", None) is None:
            stage.disk["b.mov"] = plain_movie("b.mov")

    def tick(self) -> None:
        """A tick: the renderer answers what it was asked a moment ago, and what the stream says is looked at."""
        self.stage.wait(TICK)
        heard = [(event.port, message) for event in self.stage.sent for message in messages(event.packet)
                 if isinstance(message, Message)]
        self.stage.sent.clear()
        for said in self.stage.said:
            if said.to[:2] == PERSON[:2] and said.address in ("/ack", "/error"):
                self.unanswered.remove(str(said.args[0]))
        self.stage.said.clear()
        self.stage.events.clear()
        for port, message in heard:
            if port == self.renderer.stream_port:
                self.look(message)
            elif message.address.endswith(("/open", "/close")):
                self.serve(message)

    def serve(self, message: Message) -> None:
        deck, kind = int(message.address.split("/")[3]), message.address.rpartition("/")[2]
        clip = int(message.args[0])
        if kind == "close":
            self.open.pop(clip, None)
        elif self.open.setdefault(clip, deck) == deck and self.chance.random() > 0.1:
            self.renderer.say("opening", clip, deck=deck)
            failed = self.chance.random() < 0.03
            self.renderer.say("failed" if failed else "ready", clip, *(["it broke"] if failed else []), deck=deck)

    def look(self, message: Message) -> None:
        value = message.args[0]
        assert isinstance(value, int | float)
        assert math.isfinite(value)
        assert abs(value) < LIMIT
        if message.address.endswith("/level"):
            assert 0 <= value <= 1
            self.levels = self.levels + value if not message.address.endswith("/0/level") else value
            assert self.levels <= 1 + 1e-3, "three players together are no brighter than one"


def held(crew: Crew) -> int:
    """Blocks of memory that are in use."""
    crew.stage.settle()
    gc.collect()
    return sys.getallocatedblocks()


def soaked(seed: int, minutes: int) -> list[int]:
    """Memory blocks after each minute of everything at once."""
    crew, blocks = Crew(seed), []
    for number in range(1, minutes * MINUTE + 1):
        if crew.chance.random() < 0.12:
            crew.act()
        if number % 500 == 0:
            crew.trouble()
        crew.tick()
        if number % MINUTE == 0:
            blocks.append(held(crew))
    for _ in range(round(10 / TICK)):
        crew.tick()
    assert crew.asked > 100 * minutes
    assert crew.unanswered == set(), "each is answered, and once"
    assert len(crew.open) <= 3 * 3 + 3, "what is not needed any more is closed"
    return blocks


@pytest.mark.timeout(600)
def test_ten_minutes_of_everything_at_once() -> None:
    blocks = soaked(1, 10)

    # Tables of bounded length fill in the first minutes; from then on nothing grows.
    assert blocks[-1] - blocks[3] < 0.01 * blocks[3], blocks


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [2, 3])
def test_two_hours_of_everything_at_once(seed: int) -> None:
    blocks = soaked(seed, 120)

    assert blocks[-1] - blocks[10] < 0.01 * blocks[10], blocks
