"""What a transition is worth: exact ends, even speed, no flicker, no double exposure. It makes nothing.

Every figure has the limit that a transition must keep; a plain crossfade misses one of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from server.errors import DamagedMovie, InputError
from server.index.format import FrameIndex
from server.index.reader import FrameReader
from server.media.flaws import colour_drift, crossfade, flicker, ghost, psnr, sharpness
from server.media.indexing import index_of
from server.media.jpeg import decode_rgb
from server.media.picture import decode_picture, read_picture
from server.media.steps import Picture, evenness, peak, rmse, steps_of
from server.media.warp import resize

WIDTH: Final = 512
"""Pictures are judged at this width: details below it are not what an eye follows in a moving picture."""
STILL: Final = 0.5
"""Levels; below it the ends are the same picture, and there is no way to be even on."""
LEAST: Final = 3
SHOWN: Final = {
    "ends": "frames 0 and last are the two pictures, byte for byte or pixel for pixel",
    "evenness": "1 − Gini of the FLIP steps",
    "peak": "largest step beside the mean one",
    "flicker": "motion-compensated flicker beyond that of a crossfade",
    "ghost": "R² of the middle as a double exposure",
    "softest": "detail of the softest picture beside the softer end",
    "sharpest": "detail of the sharpest picture beside the sharper end",
    "drift": "mean colour off the straight way, in levels",
}
LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "evenness": (0.93, math.inf), "peak": (0.0, 1.5), "flicker": (-math.inf, 0.10), "ghost": (-math.inf, 0.75),
    "softest": (0.75, math.inf), "sharpest": (0.0, 1.3), "drift": (0.0, 2.0)}
"""(least, most) of each figure."""

Step = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Figures of one transition. `ends` is the lower PSNR of both ends in dB, infinite where they are exact."""

    frames: int
    seconds: float
    encoding: str
    identical: tuple[bool, bool]
    ends: float
    evenness: float
    peak: float
    flicker: float
    ghost: float
    softest: float
    sharpest: float
    drift: float
    still: bool = False

    @property
    def failures(self) -> tuple[str, ...]:
        """The names of figures outside their limits, `ends` first; between equal pictures only the ends count."""
        out = [] if self.ends == math.inf else ["ends"]
        if not self.still:
            out += [name for name, (least, most) in LIMITS.items() if not least <= getattr(self, name) <= most]
        return tuple(out)

    def document(self) -> dict[str, Any]:
        """As JSON and provenance hold it: finite numbers, None for an infinite PSNR."""
        figures = {name: round(getattr(self, name), 4) for name in LIMITS}
        return {"frames": self.frames, "seconds": round(self.seconds, 3), "encoding": self.encoding,
                "identical_ends": list(self.identical),
                "ends_psnr": None if self.ends == math.inf else round(self.ends, 2), **figures,
                "failures": list(self.failures)}


def judge(movie: Path, first: Path, second: Path, step: Step | None = None) -> Judgement:
    """Judge a movie as the transition from one picture file to another. `step` is told (done, of).

    Raises MissingFile, NotAMovie, DamagedMovie, and InputError for a movie that is no transition.
    """
    index = index_of(movie)
    if index.count < LEAST:
        raise InputError(f"{movie.name} has {index.count} frames; a transition has at least {LEAST}")
    with FrameReader(movie, index) as reader:
        ends = [_end(reader.read(frame), path, index) for frame, path in ((0, first), (index.count - 1, second))]
        pictures = [_small(decode_rgb(reader.read(frame))) for frame in range(index.count)]
    return judge_pictures(pictures, index, (ends[0][0], ends[1][0]), min(ends[0][1], ends[1][1]), step)


def judge_pictures(pictures: Sequence[Picture], index: FrameIndex, identical: tuple[bool, bool], ends: float,
                   step: Step | None = None) -> Judgement:
    """The same for decoded pictures (height, width, 3) of any one size, and what is known of the ends."""
    tell = step or (lambda _done, _of: None)
    steps: list[float] = []
    for number in range(1, len(pictures)):
        steps += steps_of(pictures[number - 1:number + 1])
        tell(number, len(pictures))
    dissolve = crossfade(pictures[0], pictures[-1], len(pictures))
    softest, sharpest = sharpness(pictures)
    tell(len(pictures), len(pictures))
    return Judgement(
        frames=index.count, seconds=float(index.count / index.rate), encoding=_encoding(index), identical=identical,
        ends=ends, evenness=evenness(steps), peak=peak(steps), flicker=flicker(pictures) - flicker(dissolve),
        ghost=ghost(pictures[0], pictures[-1], pictures[len(pictures) // 2]), softest=softest, sharpest=sharpest,
        drift=colour_drift(pictures), still=rmse(pictures[0], pictures[-1]) < STILL)


def _end(jpeg: bytes, path: Path, index: FrameIndex) -> tuple[bool, float]:
    """Whether an end is its picture, and how close it is in dB."""
    data = read_picture(path)
    if data == jpeg:
        return True, math.inf
    wanted, shown = decode_picture(data, path).rgb, decode_rgb(jpeg)
    if wanted.shape != shown.shape:
        raise InputError(f"{path.name} has {wanted.shape[1]}×{wanted.shape[0]} pixels and the movie "
                         f"{index.width}×{index.height}; give the picture at the movie's size, as the stage frame is")
    level = psnr(wanted, shown)
    return level == math.inf, level


def _small(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    if width <= WIDTH:
        return picture
    return resize(picture, WIDTH, max(1, round(WIDTH * height / width)))


def _encoding(index: FrameIndex) -> str:
    if not index.intra:
        raise DamagedMovie("this movie's frames depend on each other; encode it with: interscene encode")
    return f"{index.codec} {index.chroma} {index.width}×{index.height}"
