"""A generator that is too slow is helped down the ladder: every frame still comes, in order, and the rung is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server.media.jpeg import decode_rgb, encode_rgb
from server.media.warp import Picture
from server.playback.clock import ManualClock
from server.render.child.control import LiveControl
from server.render.child.generator import Control, Generators
from server.render.child.generator import Picture as MadePicture
from server.render.child.laddering import Laddered, Ladders, applies
from server.render.child.loop import Loop
from server.render.job import End, PictureJob, TransitionJob
from server.render.messages import Done, Failed, Frame, Loaded, Message, Note, Start

SIZE = (64, 48)
FULL_STEPS = 4


def grey(level: float) -> bytes:
    """A picture whose level says at which part of the way it is."""
    return encode_rgb(np.full((SIZE[1], SIZE[0], 3), round(level), np.uint8), 95)


def level(jpeg: bytes) -> float:
    picture: Picture = decode_rgb(jpeg)
    return float(picture.mean())


class Slow:
    """Takes `cost` seconds a step and a frame, on the clock of the test; frame i of n is of level 200 · i / n."""

    clock = ManualClock()
    cost = 0.1
    calls: list[tuple[int, int, int | None]] = []  # noqa: RUF012 - the tests empty it

    def __init__(self, models: Path | None, options: Mapping[str, Any]) -> None:
        self.facts: Mapping[str, Any] = {}

    def transition(self, job: TransitionJob, control: Control, since: object | None = None
                   ) -> Iterator[tuple[int, bytes]]:
        self.calls.append((job.start, job.frames, job.steps))
        steps = job.steps or FULL_STEPS
        self.facts = {"steps": steps}
        control.loaded({"device": "toy"})
        for number in range(job.start, job.frames - 1):
            control.between()
            self.clock.advance(self.cost * steps)
            yield number, grey(200 * number / (job.frames - 1))

    def picture(self, job: PictureJob, control: Control) -> MadePicture:
        raise NotImplementedError

    def left_at(self, number: int) -> object | None:
        return number


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> type[Slow]:
    monkeypatch.setattr(Slow, "clock", ManualClock())
    monkeypatch.setattr(Slow, "calls", [])
    return Slow


def job(frames: int = 61, **more: Any) -> TransitionJob:
    return TransitionJob("j", End(grey(0), "a"), End(grey(200), "b"), "slow", frames, SIZE, **more)


class Bench:
    """A worker's loop on this thread, on the test's clock."""

    def __init__(self, slow: type[Slow]) -> None:
        self.said: list[Message] = []
        self.control = LiveControl(slow.clock.now, self.said.append, 10_000)
        self.generators = Generators(None, {}, {"slow": "test_laddering:Slow"})
        self.generators._made["test_laddering:Slow"] = slow(None, {})
        self.loop = Loop(self.control, self.generators, self.said.append)

    def make(self, made: TransitionJob, due: float | None = 0.1) -> list[tuple[int, bytes]]:
        """Have it made; its frames."""
        self.said.clear()
        self.control.hear(Start(made, 1, due))
        self.control.next_job()
        self.loop._make(Start(made, 1, due))
        self.control.end()
        assert not [each for each in self.said if isinstance(each, Failed)]
        return [(each.number, each.jpeg) for each in self.said if isinstance(each, Frame)]

    @property
    def facts(self) -> dict[str, Any]:
        return next(each.facts for each in self.said if isinstance(each, Done))

    @property
    def rungs(self) -> list[str]:
        return [each.text for each in self.said if isinstance(each, Note) and each.code == "rung"]


@pytest.fixture
def bench(slow: type[Slow]) -> Bench:
    return Bench(slow)


def test_fast_enough_nothing_is_changed(bench: Bench, slow: type[Slow], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow, "cost", 0.001)
    frames = bench.make(job())

    assert [number for number, _ in frames] == list(range(1, 60))
    assert slow.calls == [(1, 61, None)]
    assert "rungs" not in bench.facts


@pytest.mark.parametrize("frames", [60, 61])
def test_a_little_too_slow_it_takes_fewer_steps(bench: Bench, slow: type[Slow], monkeypatch: pytest.MonkeyPatch,
                                                frames: int) -> None:
    monkeypatch.setattr(slow, "cost", 0.0125)  # 20 a second with 4 steps, 40 with 2
    made = bench.make(job(frames))

    assert [number for number, _ in made] == list(range(1, frames - 1))
    assert [steps for _, _, steps in slow.calls] == [None, 2]
    [[at, rung]] = bench.facts["rungs"]
    assert rung == "fewer_steps"
    assert at == slow.calls[1][0]
    assert "fewer steps" in bench.rungs[0]
    assert len([each for each in bench.said if isinstance(each, Loaded)]) == 1


@pytest.mark.parametrize("frames", [60, 61])
def test_much_too_slow_every_second_frame_lies_between_its_neighbours(
        bench: Bench, slow: type[Slow], monkeypatch: pytest.MonkeyPatch, frames: int) -> None:
    monkeypatch.setattr(slow, "cost", 0.025)  # 10 a second, 20 with fewer steps, 40 with half of the frames
    made = bench.make(job(frames))

    assert [number for number, _ in made] == list(range(1, frames - 1))
    assert [rung for _, rung in bench.facts["rungs"]] == ["fewer_steps", "half"]
    levels = [level(jpeg) for _, jpeg in made]
    wanted = [200 * number / (frames - 1) for number, _ in made]
    assert np.abs(np.subtract(levels, wanted)).max() < 5
    assert np.all(np.diff(levels) >= -1)


def test_hopelessly_slow_it_ends_with_a_morph(bench: Bench, slow: type[Slow]) -> None:
    made = bench.make(job())

    assert [number for number, _ in made] == list(range(1, 60))
    assert [rung for _, rung in bench.facts["rungs"]] == ["fewer_steps", "half", "morph"]
    levels = [level(jpeg) for _, jpeg in made]
    assert np.all(np.diff(levels) >= -3)
    assert levels[-1] > 180
    assert "morph" in bench.rungs[-1]


def test_the_next_one_begins_where_the_last_one_had_to_go(bench: Bench, slow: type[Slow],
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow, "cost", 0.0125)
    bench.make(job())
    slow.calls.clear()
    bench.make(replace(job(), id="next"))

    assert slow.calls == [(1, 61, 2)]
    assert bench.facts["rungs"] == [[1, "fewer_steps"]]


def test_who_waits_for_nothing_gets_everything(bench: Bench, slow: type[Slow]) -> None:
    bench.make(job(20), due=None)
    bench.make(job(20, batches=(1,)))

    assert [steps for _, _, steps in slow.calls] == [None, None]


def test_a_morph_needs_no_ladder(bench: Bench) -> None:
    bench.control.hear(Start(job(), 1, 0.0))
    bench.control.next_job()
    assert applies(job(), bench.control)
    assert not applies(replace(job(), mode="morph"), bench.control)


def test_where_it_was_left_is_told_in_the_frames_of_the_generator(bench: Bench, slow: type[Slow],
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow, "cost", 0.025)
    bench.control.hear(Start(job(), 1, 0.1))
    bench.control.next_job()
    laddered = Laddered(bench.generators, Ladders(), "slow")
    frames = laddered.transition(job(), bench.control)
    next(frames)
    assert laddered.left_at(1) == 1
    while len(laddered.facts.get("rungs", [])) < 2:
        next(frames)
    next(frames)
    assert laddered.left_at(40) == 20
    monkeypatch.setattr(slow, "cost", 1.0)
    list(frames)
    assert laddered.left_at(59) is None
