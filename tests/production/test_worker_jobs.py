"""A job that a person waits for: frames in order, failures as errors of their own kind, and nothing left running."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.errors import Cancelled, OutOfMemory, RenderError
from server.production.worker_jobs import Work

sys.path.append(str(Path(__file__).parents[1] / "render"))
import toys
from inline_pool import InlinePool

NOW = itertools.count().__next__


@pytest.fixture
def pool() -> Iterator[InlinePool]:
    pool = InlinePool({**toys.TABLE, "small": "painters:Painter"}, options={"room": 10})
    yield pool
    pool.close()


def test_frames_come_in_order_and_facts_afterwards(pool: InlinePool) -> None:
    job = toys.job("one", frames=12)
    work = Work(pool, job, NOW)

    assert list(work.frames()) == toys.contents(job)
    assert work.facts["generator"] == "count"


def test_when_it_began_is_when_the_model_was_there(pool: InlinePool) -> None:
    ticks = itertools.count(5)
    work = Work(pool, toys.job("one", frames=12), lambda: float(next(ticks)))
    assert work.begun_at is None
    list(work.frames())
    assert work.begun_at == 5.0


def test_what_a_generator_cannot_do_is_an_error_in_its_own_words(pool: InlinePool) -> None:
    with pytest.raises(RenderError) as raised:
        list(Work(pool, toys.job("one", "raise"), NOW).frames())
    assert type(raised.value) is RenderError


def test_memory_is_an_error_of_its_own(pool: InlinePool) -> None:
    with pytest.raises(OutOfMemory, match="does not fit"):
        list(Work(pool, toys.job("one", "small", frames=5), NOW).frames())


def test_a_person_who_stops_it_leaves_nothing_running(pool: InlinePool) -> None:
    seen: list[int] = []
    work = Work(pool, toys.job("one", frames=5_000), NOW, cancelled=lambda: len(seen) >= 3)

    with pytest.raises(Cancelled, match="nothing of it was kept"):
        seen.extend(number for number, _ in work.frames())
    assert list(Work(pool, toys.job("one", frames=5), NOW).frames()), "its id is free again"


def test_who_leaves_in_the_middle_cancels_the_job(pool: InlinePool) -> None:
    frames = Work(pool, toys.job("one", frames=5_000), NOW).frames()
    next(frames)
    frames.close()  # type: ignore[attr-defined]

    assert list(Work(pool, toys.job("one", frames=5), NOW).frames())


def test_a_mode_that_there_is_not_is_said(pool: InlinePool) -> None:
    with pytest.raises(RenderError, match="no mode 'nonsense'"):
        list(Work(pool, toys.job("one", "nonsense"), NOW).frames())
