"""Models in the real worker process: frames arrive as they are made here; a model that is not there fails in words."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from recorded import HASHES, SIZE, Recorded

from server.render.child.diffusion import DiffusionGenerator
from server.render.job import End, PictureJob, TransitionJob
from server.render.local_pool import LocalPool, PoolOptions


class Waiting:
    """A sink that keeps what comes, until the end."""

    def __init__(self) -> None:
        self.frames: dict[int, bytes] = {}
        self.facts: Mapping[str, Any] = {}
        self.trouble: tuple[str, str] | None = None
        self.over = threading.Event()

    def started(self, *_: object) -> None: ...
    def progress(self, *_: object) -> None: ...
    def note(self, *_: object) -> None: ...

    def frame(self, job: str, number: int, jpeg: bytes) -> None:
        self.frames[number] = jpeg

    def done(self, job: str, facts: Mapping[str, Any]) -> None:
        self.facts = facts
        self.over.set()

    def failed(self, job: str, code: str, text: str, retry: bool) -> None:
        self.trouble = code, text
        self.over.set()


@pytest.mark.full
@pytest.mark.timeout(600)
def test_the_worker_makes_what_is_made_here(models: Path, made_ends: dict[str, tuple[End, End]]) -> None:
    first, second = made_ends["sdxl"]
    job = TransitionJob("j", first, second, "walk", 7, SIZE, Fraction(30), seed=3, model=HASHES["sdxl"][:16], steps=2,
                        batches=(2,))
    here = DiffusionGenerator(models, {"device": "cpu"})
    wanted = dict(here.transition(job, Recorded()))
    pool = LocalPool(time.perf_counter, PoolOptions(models, {"device": "cpu"}))
    try:
        sink = Waiting()
        pool.submit(job, sink)
        assert sink.over.wait(500)
        assert sink.trouble is None
        assert sink.frames == wanted
        assert sink.facts["curve"] == here.facts["curve"]
        missing = Waiting()
        pool.submit(replace(job, id="k", model="f" * 16), missing)
        assert missing.over.wait(100)
        assert missing.trouble is not None
        assert missing.trouble[0] == "input"
        assert "there is no model ffff" in missing.trouble[1]
        picture = Waiting()
        pool.submit(PictureJob("p", "a red cat", 10 ** 30, SIZE, HASHES["sdxl"][:16]), picture)
        assert picture.over.wait(100)
        assert picture.frames[0][:2] == b"\xff\xd8"
        assert picture.facts["seed"] == str(10 ** 30)
    finally:
        pool.close()
