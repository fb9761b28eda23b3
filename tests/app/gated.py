"""A generator whose frames carry their numbers, made only as far as a file says: tests hold and let go what is made."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame
from server.render.child.generator import Control, Picture
from server.render.job import PictureJob, TransitionJob

FIRST = 5000
"""The number that frame 0 would have."""


class Gated:
    """Stands in for the morph. `options["gate"]`: a file with the number of the frame that is made last."""

    def __init__(self, models: Path | None, options: Mapping[str, Any]) -> None:
        self._gate = Path(options["gate"])
        self.facts: dict[str, Any] = {"generator": "gated"}

    def transition(self, job: TransitionJob, control: Control, since: object | None = None
                   ) -> Iterator[tuple[int, bytes]]:
        control.loaded({"device": "gate", "model": ""})
        pause = threading.Event()
        for number in range(job.start, job.frames - 1):
            control.between()
            while number > self._open():
                pause.wait(0.005)
                control.between()
            yield number, encode_rgb(numbered_frame(FIRST + number, *job.size), job.quality)

    def _open(self) -> int:
        try:
            return int(self._gate.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0  # it is being written just now

    def picture(self, job: PictureJob, control: Control) -> Picture:
        raise NotImplementedError

    def left_at(self, number: int) -> object | None:
        return None
