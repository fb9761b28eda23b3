"""Generators of tests that paint real pictures without a model: what they are asked for decides every pixel."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from server.errors import OutOfMemory, RenderError
from server.media.jpeg import decode_rgb, encode_rgb
from server.render.child.generator import Control, Picture
from server.render.job import PictureJob, TransitionJob

TABLE = dict.fromkeys(("bridge", "walk", "picture"), "painters:Painter")
DEVICE = "a card of the test"


class Painter:
    """`room`: pixels at once that fit, 0 for any number. A prompt with the word `impossible` is refused."""

    def __init__(self, _models: Path | None, options: Mapping[str, Any]) -> None:
        self.facts: Mapping[str, Any] = {}
        self._room = int(options.get("room", 0))

    def transition(self, job: TransitionJob, control: Control, _since: object | None = None
                   ) -> Iterator[tuple[int, bytes]]:
        control.loaded({"device": DEVICE, "model": job.model})
        self._fits(job.size, max(job.batches, default=16))
        self.facts = {"model": job.model, "batches": list(job.batches), "device": DEVICE,
                      "prompts": [job.first.prompt, job.second.prompt]}
        ends = [decode_rgb(end.jpeg).astype(np.float32) for end in (job.first, job.second)]
        for number in range(job.start, job.frames - 1):
            control.between()
            part = number / (job.frames - 1)
            yield number, encode_rgb((ends[0] * (1 - part) + ends[1] * part).astype(np.uint8), job.quality)

    def picture(self, job: PictureJob, control: Control) -> Picture:
        control.loaded({"device": DEVICE, "model": job.model})
        control.between()
        if "impossible" in job.prompt:
            raise RenderError("this prompt cannot be painted; write another one")
        self._fits(job.size, 1 if job.decoder == "tiny" else 2)
        shade = hashlib.sha256(f"{job.prompt} {job.seed} {job.guidance} {job.negative}".encode()).digest()
        picture = np.empty((job.size[1], job.size[0], 3), dtype=np.uint8)
        picture[:] = tuple(shade[:3])
        self.facts = {"prompt": job.prompt, "negative": job.negative, "seed": str(job.seed), "model": job.model,
                      "guidance": job.guidance, "decoder": job.decoder, "device": DEVICE}
        return Picture(encode_rgb(picture, job.quality), self.facts)

    def left_at(self, _number: int) -> object | None:
        return None

    def _fits(self, size: tuple[int, int], batch: int) -> None:
        if self._room and size[0] * size[1] * batch > self._room:
            raise OutOfMemory(f"{size[0]}×{size[1]} by {batch} does not fit")
