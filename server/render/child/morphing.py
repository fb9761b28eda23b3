"""The generator that needs no model: morphs, on all cores but one. It knows no wire and no files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from server.errors import InputError
from server.media.jpeg import decode_rgb, encode_planes
from server.media.parallel import cores, ordered_map
from server.media.warp import one_thread_a_call
from server.render.child.generator import Control, Picture
from server.render.job import PictureJob, TransitionJob
from server.render.morph import RECIPE, Morph


class MorphGenerator:
    """Mode `morph`: the same frames as `server.render.morph.Morph` makes anywhere."""

    facts: Mapping[str, Any]

    def __init__(self, _models: Path | None, _options: Mapping[str, Any]) -> None:
        self.facts = {}
        # Who wakes up on a busy core waits until it is given up, even by the lowest priority, and shares its caches.
        self._workers = max(1, cores() - 1)
        one_thread_a_call()

    def transition(self, job: TransitionJob, control: Control, since: object | None = None  # noqa: ARG002
                   ) -> Iterator[tuple[int, bytes]]:
        """Yield the frames between the ends. Raises InputError for ends of other sizes, DamagedMovie, NotAMovie."""
        first, second = decode_rgb(job.first.jpeg), decode_rgb(job.second.jpeg)
        for picture in (first, second):
            if (picture.shape[1], picture.shape[0]) != job.size:
                raise InputError(f"an end has {picture.shape[1]}×{picture.shape[0]} pixels and the transition "
                                 f"{job.size[0]}×{job.size[1]}; give stage frames of that size")
        control.between()
        morph = Morph(first, second, job.seed, frames=job.frames, even=job.even)
        self.facts = {"recipe": RECIPE, "alike": morph.alike, "curve": morph.pace.document()}
        control.loaded({"device": "cpu", "model": "", "threads": self._workers})
        last = job.frames - 1

        def made(number: int) -> tuple[int, bytes]:
            return number, encode_planes(*morph.planes(number / last), job.quality)

        with closing(ordered_map(made, range(job.start, last), workers=self._workers)) as frames:
            for number, jpeg in frames:
                control.between()
                yield number, jpeg

    def picture(self, job: PictureJob, control: Control) -> Picture:  # noqa: ARG002
        """Raises InputError: there is no picture without a model."""
        raise InputError("the mode morph makes transitions only; a picture needs a model: interscene model add")

    def left_at(self, number: int) -> object | None:  # noqa: ARG002
        """Nothing: a morph goes from pictures to pictures."""
        return None
