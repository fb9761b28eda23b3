"""A way from one picture to another without any model: flow between alike pictures, else a liquid wipe.

It knows arrays only; what the ends are called and where the frames go is not its business.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from server.errors import InputError
from server.media.warp import Picture, blur, dense_flow, grey, mix, resize, sample
from server.production.art_canvas import Canvas, smoothstep

Plane = NDArray[Any]
_SMALL: Final = 320
_ALIKE: Final = 0.6
"""Below this share of the difference left after the flow, the two show the same things moved."""
_SOFT: Final = 0.20
_PUSH: Final = 0.11


def eased(t: float) -> float:
    """A path parameter that leaves and reaches the pictures gently, without standing still there."""
    return 0.5 * t + 0.5 * t * t * (3 - 2 * t)


class Morph:
    """The frames between two (height, width, 3) pictures of one size; `frame` may be called by several threads."""

    def __init__(self, first: Picture, second: Picture, seed: int) -> None:
        if first.shape != second.shape:
            raise InputError(f"a morph is between pictures of one size, not {_size(first)} and {_size(second)}")
        self._first, self._second = first, second
        height, width = first.shape[:2]
        columns = np.arange(width, dtype=np.float32)
        self._columns: Plane
        self._rows: Plane
        self._columns, self._rows = np.meshgrid(columns, np.arange(height, dtype=np.float32))
        forth, back, left_over = _flows(first, second)
        self._between: Callable[[float], Picture]
        if left_over < _ALIKE:
            self._forth, self._back = _grown(forth, width, height), _grown(back, width, height)
            self._between = self._moved
        else:
            self._order, self._push = _liquid(width, height, seed)
            self._between = self._wiped

    def frame(self, t: float) -> Picture:
        """The picture at t: 0 is exactly the first, 1 exactly the second."""
        if t <= 0:
            return self._first
        if t >= 1:
            return self._second
        return self._between(eased(float(t)))

    def _moved(self, t: float) -> Picture:
        # A picture is read where each pixel came from: backwards along the flow towards it.
        first = self._bent(self._first, self._back, t)
        second = self._bent(self._second, self._forth, 1 - t)
        return mix(first, second, np.full(self._columns.shape, eased(t), np.float32))

    def _wiped(self, t: float) -> Picture:
        mask = smoothstep(-_SOFT, _SOFT, (1 + 2 * _SOFT) * t - _SOFT - self._order)
        first = self._bent(self._first, self._push, t * t)
        second = self._bent(self._second, self._push, -(1 - t) * (1 - t))
        return mix(first, second, mask)

    def _bent(self, picture: Picture, field: tuple[Plane, Plane], amount: float) -> Picture:
        by = np.float32(amount)
        return np.asarray(sample(picture, self._columns + by * field[0], self._rows + by * field[1]), dtype=np.uint8)


def _flows(first: Picture, second: Picture) -> tuple[Plane, Plane, float]:
    """Motion forth and back on small copies, and the share of the difference that it leaves."""
    height, width = first.shape[:2]
    small = (_SMALL, max(16, round(_SMALL * height / width)))
    one, two = (grey(resize(picture, *small)) for picture in (first, second))
    forth, back = dense_flow(one, two), dense_flow(two, one)
    columns: Plane
    rows: Plane
    columns, rows = np.meshgrid(np.arange(small[0], dtype=np.float32), np.arange(small[1], dtype=np.float32))
    half = [sample(picture, columns + flow[..., 0] / 2, rows + flow[..., 1] / 2).astype(np.float32)
            for picture, flow in ((one, back), (two, forth))]
    before = np.abs(one.astype(np.float32) - two).mean()
    return forth, back, float(np.abs(half[0] - half[1]).mean() / before) if before > 0 else 0.0


def _grown(flow: Plane, width: int, height: int) -> tuple[Plane, Plane]:
    """A small flow at full size, in full-size pixels."""
    large = resize(flow, width, height)
    return (np.ascontiguousarray(large[..., 0] * np.float32(width / flow.shape[1])),
            np.ascontiguousarray(large[..., 1] * np.float32(height / flow.shape[0])))


def _liquid(width: int, height: int, seed: int) -> tuple[Plane, tuple[Plane, Plane]]:
    """When each pixel turns (0..1, evenly spread) and the way it is pushed, in pixels."""
    canvas = Canvas(seed, max(width // 6, 16), max(height // 6, 16))
    bend = canvas.waves(canvas.x, canvas.y, 1.2, 8)
    field = canvas.noise(canvas.x + 0.10 * bend, canvas.y, 2.2, 3.2)
    rank = np.empty(field.size, np.float32)
    rank[np.argsort(field, axis=None)] = np.linspace(0, 1, field.size, dtype=np.float32)
    order = resize(blur(rank.reshape(field.shape), 1.2), width, height)
    push = [resize(canvas.waves(canvas.x, canvas.y, 1.9, 9) * np.float32(_PUSH * height), width, height)
            for _ in range(2)]
    return order, (push[0], push[1])


def _size(picture: Picture) -> str:
    return f"{picture.shape[1]} x {picture.shape[0]}"
