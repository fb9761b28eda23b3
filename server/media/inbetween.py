"""Frames between frames: optical flow where shapes move, a dissolve where nothing matches. It knows no files.

The originals stay what they are: each is put on the output frame nearest to its time, and the new frames
lie between. Maths after the classical morph: both pictures are warped towards each other and dissolved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.media.encoders import Encoder
from server.media.resample import nearest_frame
from server.media.shots import Rendered, Rgb, Shared, Shot, render_rgb
from server.media.warp import dense_flow, grey

Flow = NDArray[np.float32]
"""(height, width, 2): where a pixel goes, in pixels of that picture."""

FLOW_WIDTH: Final = 320
MATCHES_BELOW: Final = 0.6
"""Warp residual over plain difference: 0.2 for a zoom or a turn, 0.9 to 1 for pictures that share nothing."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion between two pictures at a small size: forwards and backwards, None where they do not match."""

    forwards: Flow | None
    backwards: Flow | None


class Pair:
    """Two neighbouring originals; their motion is measured once, by the first thread that needs it."""

    def __init__(self, first: Shared, second: Shared) -> None:
        self.first, self.second = first, second
        self._lock = Lock()
        self._motion: Motion | None = None

    def motion(self, first: Rgb, second: Rgb) -> Motion:
        """Return the motion between the pixels of the two."""
        with self._lock:
            if self._motion is None:
                self._motion = motion_between(first, second)
            return self._motion


@dataclass(frozen=True, slots=True)
class InbetweenShot:
    """A frame at the part `t` of the way from one original to the next."""

    pair: Pair
    t: float
    repeat: int = 1
    mark: str | None = None

    @property
    def name(self) -> str:
        return f"{self.pair.first.name} → {self.pair.second.name}"

    def render(self, encoder: Encoder) -> Rendered:
        return render_rgb(self.rgb(encoder), encoder)

    def rgb(self, encoder: Encoder) -> Rgb:
        first, second = self.pair.first.rgb(encoder), self.pair.second.rgb(encoder)
        return inbetween(first, second, self.pair.motion(first, second), self.t)


def bake(shots: Iterator[Shot], base: Fraction, rate: Fraction) -> Iterator[Shot]:
    """Yield shots that come at the rate `base` at the higher `rate`, with in-betweens from one to the next.

    The last original is shown once: the movie ends on it.
    """
    place, before = 0, next(shots, None)
    if before is None:
        return
    shared = Shared(before)
    for following in shots:
        last = place + before.repeat - 1
        begin, solid_until = nearest_frame(place / base, rate), nearest_frame(last / base, rate)
        end = nearest_frame((last + 1) / base, rate)
        yield Repeated(before, solid_until - begin + 1)
        after = Shared(following)
        pair = Pair(shared, after)
        gap = end - solid_until
        for step in range(1, gap):
            yield InbetweenShot(pair, step / gap)
        place, before, shared = last + 1, following, after
    first, last = (nearest_frame((place + more) / base, rate) for more in (0, before.repeat - 1))
    yield Repeated(before, last - first + 1)


@dataclass(frozen=True, slots=True)
class Repeated:
    """Another shot, shown another number of times."""

    shot: Shot
    repeat: int

    @property
    def name(self) -> str:
        return self.shot.name

    @property
    def mark(self) -> str | None:
        return self.shot.mark

    def render(self, encoder: Encoder) -> Rendered:
        return self.shot.render(encoder)

    def rgb(self, encoder: Encoder) -> Rgb:
        return self.shot.rgb(encoder)


def motion_between(first: Rgb, second: Rgb) -> Motion:
    """Measure the motion both ways, and whether warping along it explains what changed."""
    height, width = first.shape[:2]
    size = min(FLOW_WIDTH, width), max(16, round(height * min(1.0, FLOW_WIDTH / width)))
    a, b = (grey(np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))
            for each in (first, second))
    forwards, backwards = dense_flow(a, b), dense_flow(b, a)
    apart = float(cv2.absdiff(a, b).mean())
    left = float(cv2.absdiff(_warped(a, forwards, 0.5), _warped(b, backwards, 0.5)).mean())
    if left >= MATCHES_BELOW * apart:
        return Motion(None, None)
    return Motion(forwards, backwards)


def inbetween(first: Rgb, second: Rgb, motion: Motion, t: float) -> Rgb:
    """The picture at the part `t` of the way: both warped to there and dissolved, or only dissolved."""
    if motion.forwards is not None and motion.backwards is not None:
        first = _warped(first, motion.forwards, t)
        second = _warped(second, motion.backwards, 1 - t)
    return np.asarray(cv2.addWeighted(first, 1 - t, second, t, 0), dtype=np.uint8)


def _warped(picture: NDArray[np.uint8], flow: Flow, part: float) -> NDArray[np.uint8]:
    """The picture moved along a part of its flow, which may be smaller than it."""
    height, width = picture.shape[:2]
    # A NumPy float64 scalar would turn the maps into float64, which remap refuses.
    across, down = float(part) * width / flow.shape[1], float(part) * height / flow.shape[0]
    full = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    x = np.arange(width, dtype=np.float32)[None, :] - full[..., 0] * np.float32(across)
    y = np.arange(height, dtype=np.float32)[:, None] - full[..., 1] * np.float32(down)
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)
