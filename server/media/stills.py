"""Pictures as a source of frames: one after the other, or each held and dissolved into the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.errors import OutOfRange
from server.index.jpeg import jpeg_header
from server.media.picture import decode_picture, read_picture
from server.media.placement import Size
from server.media.resample import nearest_frame, resample
from server.media.shots import BlendShot, PictureShot, PixelShot, Shared, Shot
from server.media.sources import Findings


class _FirstPicture:
    """Size and chroma of the first picture, read when they are asked for."""

    paths: Sequence[Path]

    @cached_property
    def _looks(self) -> tuple[Size, str | None]:
        path = self.paths[0]
        data = read_picture(path)
        height, width = decode_picture(data, path).rgb.shape[:2]
        chroma = jpeg_header(data).chroma if data[:3] == b"\xff\xd8\xff" else None
        return (width, height), chroma

    @property
    def size(self) -> Size:
        """(width, height), upright."""
        return self._looks[0]

    @property
    def chroma(self) -> str | None:
        """The chroma of a JPEG."""
        return self._looks[1]


@dataclass
class PictureSequence(_FirstPicture):
    """Pictures that are frames: `rate` of them a second, None when they may come at any rate."""

    paths: Sequence[Path]
    rate: Fraction | None = None

    @property
    def name(self) -> str:
        return str(self.paths[0].parent if len(self.paths) > 1 else self.paths[0])

    def frames(self, rate: Fraction) -> int:
        return max(1, nearest_frame(len(self.paths) / (self.rate or rate), rate))

    def shots(self, rate: Fraction, findings: Findings) -> Iterator[Shot]:
        own = self.rate or rate
        timed = ((number / own, path) for number, path in enumerate(self.paths))
        for path, repeat in resample(timed, rate, findings.tally, last=1 / own):
            yield PictureShot(path, repeat)


@dataclass
class DrawnFrames:
    """Frames that a program draws, one after the other: RGB (height, width, 3), `count` of them."""

    name: str
    size: Size
    count: int
    draw: Callable[[], Iterable[NDArray[np.uint8]]]
    """Called once for every encoding; no frame is drawn before it is needed."""
    rate: Fraction | None = None
    chroma: str | None = None

    def frames(self, rate: Fraction) -> int:
        return max(1, nearest_frame(self.count / (self.rate or rate), rate))

    def shots(self, rate: Fraction, findings: Findings) -> Iterator[Shot]:
        own = self.rate or rate
        timed = ((number / own, (number, pixels)) for number, pixels in enumerate(self.draw()))
        for (number, pixels), repeat in resample(timed, rate, findings.tally, last=1 / own):
            yield PixelShot(pixels, f"{self.name}, frame {number}", repeat)


@dataclass
class Slideshow(_FirstPicture):
    """Every picture held for `hold` seconds, then dissolved into the next within `dissolve` seconds."""

    paths: Sequence[Path]
    hold: Fraction
    dissolve: Fraction
    rate: Fraction | None = None

    @property
    def name(self) -> str:
        return str(self.paths[0].parent)

    def frames(self, rate: Fraction) -> int:
        return self._places(rate)[-1][1]

    def shots(self, rate: Fraction, findings: Findings) -> Iterator[Shot]:  # noqa: ARG002
        places = self._places(rate)
        shared = Shared(PictureShot(self.paths[0])) if len(self.paths) > 1 else None
        for number, path in enumerate(self.paths):
            begin, end = places[number]
            yield PictureShot(path, end - begin, mark=path.stem)
            if shared is None or number + 1 == len(self.paths):
                return
            following = Shared(PictureShot(self.paths[number + 1]))
            blends = places[number + 1][0] - end
            for step in range(1, blends + 1):
                yield BlendShot(shared, following, step / (blends + 1))
            shared = following

    def _places(self, rate: Fraction) -> list[tuple[int, int]]:
        """First frame of every picture, and the first frame that is not it any more."""
        period = self.hold + self.dissolve
        begins = [nearest_frame(number * period, rate) for number in range(len(self.paths))]
        if any(after <= before for before, after in pairwise(begins)) or period <= 0:
            raise OutOfRange(f"a picture every {float(period):g} s is shorter than a frame at {float(rate):g} frames "
                             "a second; hold the pictures longer")
        return [(begin, max(begin + 1, nearest_frame(number * period + self.hold, rate)))
                for number, begin in enumerate(begins)]


