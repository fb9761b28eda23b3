"""A transition between two stage frames, by any mode: its frames one by one, or a movie with all that is known of it.

The ends are never drawn: they are the stage frames' own bytes.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
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
from server.production.morph import RECIPE, Morph
from server.production.stage_frames import StagePicture

FRAMES: Final = 61
FRAMES_MAX: Final = 36_000
SEED_DIGITS: Final = 100

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

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            near = difflib.get_close_matches(self.mode, MODES, 1)
            raise InputError(f"there is no mode {self.mode!r}" + (f", did you mean {near[0]}?" if near else "")
                             + f"; the modes are: {', '.join(MODES)}")
        if not LEAST <= self.frames <= FRAMES_MAX:
            raise OutOfRange(f"a transition has {LEAST} to {FRAMES_MAX} frames, not {self.frames}")
        if not 0 <= self.seed < 10 ** SEED_DIGITS:
            raise OutOfRange(f"a seed is a whole number from 0 on, of at most {SEED_DIGITS} digits")


class Way(Protocol):
    """What a mode makes of two stage frames. Every thread may call it."""

    def jpeg(self, number: int) -> bytes:
        """The frame of this number, which is neither the first nor the last."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the mode adds to the provenance."""


class MorphWay:
    """The mode that needs no model."""

    def __init__(self, first: bytes, second: bytes, options: TransitionOptions) -> None:
        self._last, self._quality = options.frames - 1, options.quality
        self._morph = Morph(decode_rgb(first), decode_rgb(second), options.seed, frames=options.frames,
                            even=options.even)

    def jpeg(self, number: int) -> bytes:
        """One frame, encoded."""
        return encode_planes(*self._morph.planes(number / self._last), self._quality)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The curve of even speed, and how the two were taken."""
        return {"recipe": RECIPE, "alike": self._morph.alike, "curve": self._morph.pace.document()}


MODES: Final[Mapping[str, Callable[[bytes, bytes, TransitionOptions], Way]]] = MappingProxyType({"morph": MorphWay})
"""Name → what makes the way between two stage frames."""


def frames_between(first: bytes, second: bytes, way: Way, count: int) -> Iterator[tuple[bytes, float]]:
    """Yield every frame as JPEG with its distance to the one before, in order; made by all cores, a few ahead."""
    ends = {0: first, count - 1: second}

    def frame(number: int) -> tuple[bytes, Thumbnail]:
        jpeg = ends.get(number) or way.jpeg(number)
        return jpeg, thumbnail_of_jpeg(jpeg)

    before: Thumbnail | None = None
    for jpeg, now in ordered_map(frame, range(count)):
        yield jpeg, 0.0 if before is None else difference(before, now)
        before = now


def make_transition(first: StagePicture, second: StagePicture, out: Path, options: TransitionOptions, *,
                    overwrite: bool = False, step: Step | None = None,
                    cancelled: Callable[[], bool] | None = None) -> FrameIndex:
    """Make the movie, whole or not at all; return its index. Raises InputError, OutputError, Cancelled."""
    if first.size != second.size:
        raise InputError("a transition is between stage frames of one size, not {}×{} and {}×{}".format(
            *first.size, *second.size))
    way = MODES[options.mode](first.jpeg, second.jpeg, options)
    with MovieWriter(out, width=first.size[0], height=first.size[1], rate=options.rate,
                     marks=(first.mark(0), second.mark(options.frames - 1)), ends=(first.hash, second.hash),
                     made=provenance(first, options, way), overwrite=overwrite) as movie:
        for jpeg, apart in frames_between(first.jpeg, second.jpeg, way, options.frames):
            if cancelled is not None and cancelled():
                raise Cancelled(f"{out.name} was cancelled; nothing of it was kept")
            movie.add(jpeg, apart)
            if step is not None:
                step(movie.count, options.frames)
    return movie.index


def provenance(stage: StagePicture, options: TransitionOptions, way: Way) -> dict[str, Any]:
    """Enough to make the same transition from the same stage frames again."""
    settings = {"frames": options.frames, "size": list(stage.size), "quality": options.quality, "even": options.even,
                "rate": [options.rate.numerator, options.rate.denominator]}
    return {"generator": options.mode, "seed": str(options.seed), "settings": settings, **way.facts}


def judged(movie: Path, index: FrameIndex, step: Step | None = None) -> tuple[FrameIndex, Judgement]:
    """Judge a transition that was just made, and store the figures with it. Raises InputError, MediaError."""
    height = max(1, round(WIDTH * index.height / index.width))
    pictures: list[Picture] = []
    with FrameReader(movie, index) as reader:
        for frame in range(index.count):
            picture = decode_rgb(reader.read(frame))
            pictures.append(resize(picture, WIDTH, height) if index.width > WIDTH else picture)
    verdict = judge_pictures(pictures, index, (True, True), math.inf, step)
    told = replace(index, made={**(index.made or {}), "judgement": verdict.document()})
    write_sidecar(movie, told)
    return told, verdict
