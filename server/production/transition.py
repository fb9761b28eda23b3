"""A transition between two stage frames, by any mode: its frames one by one, or a movie with all that is known of it.

The ends are never drawn: they are the stage frames' own bytes.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, Final, Protocol

from server.errors import Cancelled, InputError, OutOfRange
from server.index.format import FrameIndex
from server.index.opening import write_sidecar
from server.index.reader import FrameReader
from server.media.difference import Thumbnail, difference, thumbnail_of_jpeg
from server.media.jpeg import decode_rgb, encode_planes
from server.media.parallel import ordered_map
from server.media.warp import Picture, resize
from server.media.writer import MovieWriter
from server.production.judgement import LEAST, WIDTH, Judgement, judge_pictures
from server.production.stage_frames import StagePicture
from server.production.worker_jobs import Work
from server.render.fields import SEED_DIGITS
from server.render.job import FRAMES_MOST, End, TransitionJob
from server.render.morph import RECIPE, Morph

FRAMES: Final = 61

Step = Callable[[int, int], None]
"""Is told (done, of)."""


@dataclass(frozen=True, slots=True)
class TransitionOptions:
    """What a transition is to be. `even`: equal times look like equal steps. Raises InputError, OutOfRange."""

    mode: str = "morph"
    frames: int = FRAMES
    seed: int = 0
    rate: Fraction = Fraction(30)
    quality: int = 88
    even: bool = True
    model: str = ""
    """For the modes that have one: its hash, and what is added to it (`HASH+HASH*0.8`)."""
    steps: int | None = None
    depth: float = 0.5
    guidance: float | None = None
    embedding: str = "lerp"
    decoder: str = "tiny"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            near = difflib.get_close_matches(self.mode, MODES, 1)
            raise InputError(f"there is no mode {self.mode!r}" + (f", did you mean {near[0]}?" if near else "")
                             + f"; the modes are: {', '.join(MODES)}")
        if not LEAST <= self.frames <= FRAMES_MOST:
            raise OutOfRange(f"a transition has {LEAST} to {FRAMES_MOST} frames, not {self.frames}")
        if not 0 <= self.seed < 10 ** SEED_DIGITS:
            raise OutOfRange(f"a seed is a whole number from 0 on, of at most {SEED_DIGITS} digits")
        if self.mode != MORPH and not self.model:
            raise InputError(f"the mode {self.mode} needs a model; interscene model list shows what there is")


class Way(Protocol):
    """What a mode makes of two stage frames."""

    def between(self) -> Iterator[bytes]:
        """Yield the frames that are neither the first nor the last, as JPEG, in order."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the mode adds to the provenance; complete after the last frame."""


class MorphWay:
    """The mode that needs no model."""

    def __init__(self, first: bytes, second: bytes, options: TransitionOptions) -> None:
        self._last, self._quality = options.frames - 1, options.quality
        self._morph = Morph(decode_rgb(first), decode_rgb(second), options.seed, frames=options.frames,
                            even=options.even)

    def between(self) -> Iterator[bytes]:
        """Made by all cores."""
        return ordered_map(self._jpeg, range(1, self._last))

    def _jpeg(self, number: int) -> bytes:
        return encode_planes(*self._morph.planes(number / self._last), self._quality)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The curve of even speed, and how the two were taken."""
        return {"recipe": RECIPE, "alike": self._morph.alike, "curve": self._morph.pace.document()}


class WorkerWay:
    """The modes that need a model: a worker process makes the frames."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def between(self) -> Iterator[bytes]:
        """As they come."""
        return (jpeg for _, jpeg in self._work.frames())

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the worker told."""
        return {**self._work.begun, **self._work.facts}


MORPH: Final = "morph"
MODES: Final = (MORPH, "bridge", "walk", "blend")


Making = Callable[[TransitionJob, Callable[[Work], FrameIndex]], FrameIndex]
"""Has a job made by whatever it is handed, smaller where memory does not suffice: `Workbench.transition`."""


def job_of(first: StagePicture, second: StagePicture, options: TransitionOptions) -> TransitionJob:
    """The job that makes this transition in a worker. Raises InputError, OutOfRange."""
    return TransitionJob(
        f"{first.hash[:12]}-{second.hash[:12]}-{options.mode}", end_of(first), end_of(second), options.mode,
        options.frames, first.size, options.rate, options.quality, options.seed, options.model, options.steps,
        options.depth, options.guidance, options.embedding, options.even, options.decoder)


def end_of(stage: StagePicture) -> End:
    """A stage frame as one of the two ends of a job, with what is known of how its picture was made."""
    recipe = stage.recipe
    guidance = recipe.get("guidance")
    return End(stage.jpeg, stage.hash, stage.name, str(recipe.get("prompt") or ""), str(recipe.get("negative") or ""),
               stage.seed, float(guidance) if isinstance(guidance, (int, float)) else None,
               str(recipe.get("model") or ""))


def frames_between(first: bytes, second: bytes, way: Way) -> Generator[tuple[bytes, float], None, None]:
    """Yield every frame as JPEG with its distance to the one before, in order; a few ahead."""
    before: Thumbnail | None = None
    for jpeg, now in ordered_map(_with_thumbnail, chain((first,), way.between(), (second,))):
        yield jpeg, 0.0 if before is None else difference(before, now)
        before = now


def _with_thumbnail(jpeg: bytes) -> tuple[bytes, Thumbnail]:
    return jpeg, thumbnail_of_jpeg(jpeg)


def make_transition(first: StagePicture, second: StagePicture, out: Path, options: TransitionOptions, *,
                    overwrite: bool = False, step: Step | None = None,
                    cancelled: Callable[[], bool] | None = None, making: Making | None = None) -> FrameIndex:
    """Make the movie, whole or not at all; return its index. Modes that need a model are made by `making`.

    Raises InputError, OutputError, RenderError, Cancelled.
    """
    if first.size != second.size:
        raise InputError("a transition is between stage frames of one size, not {}×{} and {}×{}".format(
            *first.size, *second.size))

    def write(way: Way) -> FrameIndex:
        return _written(first, second, out, options, way, overwrite, step, cancelled)

    if options.mode == MORPH:
        return write(MorphWay(first.jpeg, second.jpeg, options))
    if making is None:
        raise InputError(f"the mode {options.mode} needs a worker, and none was started")
    return making(job_of(first, second, options), lambda work: write(WorkerWay(work)))


def _written(first: StagePicture, second: StagePicture, out: Path, options: TransitionOptions, way: Way,
             overwrite: bool, step: Step | None, cancelled: Callable[[], bool] | None) -> FrameIndex:
    with MovieWriter(out, width=first.size[0], height=first.size[1], rate=options.rate,
                     marks=(first.mark(0), second.mark(options.frames - 1)), ends=(first.hash, second.hash),
                     overwrite=overwrite) as movie, closing(frames_between(first.jpeg, second.jpeg, way)) as frames:
        for jpeg, apart in frames:
            if cancelled is not None and cancelled():
                raise Cancelled(f"{out.name} was cancelled; nothing of it was kept")
            movie.add(jpeg, apart)
            if step is not None:
                step(movie.count, options.frames)
        movie.made = provenance(first, options, way)
    return movie.index


def provenance(stage: StagePicture, options: TransitionOptions, way: Way) -> dict[str, Any]:
    """Enough to make the same transition from the same stage frames again."""
    settings = {"frames": options.frames, "size": list(stage.size), "quality": options.quality, "even": options.even,
                "rate": [options.rate.numerator, options.rate.denominator]}
    return {"generator": options.mode, "seed": str(options.seed), "settings": settings, **way.facts}


def judged_size(size: tuple[int, int]) -> tuple[int, int]:
    """The size at which pictures of a movie are judged."""
    width, height = size
    return size if width <= WIDTH else (WIDTH, max(1, round(WIDTH * height / width)))


def judged(movie: Path, index: FrameIndex, step: Step | None = None) -> tuple[FrameIndex, Judgement]:
    """Judge a transition that was just made, and store the figures with it. Raises InputError, MediaError."""
    size = judged_size((index.width, index.height))
    pictures: list[Picture] = []
    with FrameReader(movie, index) as reader:
        for frame in range(index.count):
            picture = decode_rgb(reader.read(frame))
            pictures.append(resize(picture, *size) if index.width > WIDTH else picture)
    verdict = judge_pictures(pictures, index, (True, True), math.inf, step)
    told = replace(index, made={**(index.made or {}), "judgement": verdict.document()})
    write_sidecar(movie, told)
    return told, verdict
