"""Which way a morph takes: what moves where, and when each place turns from one picture into the other.

Everything lies on a small grid, lengths in its cells; the pictures' own size is not its business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from server.media.canvas import Canvas
from server.media.steps import rmse
from server.media.warp import Floats, Picture, blur, dense_flow, grey, sample

ALIKE: Final = 0.6
"""Below this share of the difference left after the flow, the two show the same things moved."""
AKIN: Final = 0.85
"""Above this correlation after the flow they do, in another light."""
SAME: Final = 0.5
"""Levels; below it there is no way between them."""
_CARRIED: Final = 0.115
"""Heights that the current carries unlike pictures, for the fourth root of the frames: less, and their detail flickers
more than it moves; more, and what lies at the border of the second picture is not seen before it ends."""
_LEAST, _MOST = 0.12, 0.37
_ZOOM, _SHIFT = 0.05, 0.10
_RIPPLE: Final = 0.03
"""Heights by which alike pictures swing out half-way, at first; a middle that is no double exposure may need more."""
_MOST_AMOUNT: Final = 0.50


@dataclass(frozen=True, slots=True)
class Course:
    """`leave` is how far away the first picture is read at the end, `arrive` the second at the beginning, `swing` both
    half-way (2, rows, columns: right and down); `order` (rows, columns), evenly from 0 to 1, says which places turn
    first."""

    leave: Floats
    arrive: Floats
    swing: Floats
    order: Floats
    alike: bool
    amount: float
    """Heights that pictures are carried beside what the flow between them does; 0 when they are the same."""

    def carried(self, times: float) -> Course | None:
        """The same course with a farther way, or None when it would be too far."""
        if not 0 < self.amount * times <= _MOST_AMOUNT:
            return None
        factor = np.float32(times)
        if self.alike:
            return Course(self.leave, self.arrive, self.swing * factor, self.order, True, self.amount * times)
        return Course(self.leave * factor, self.arrive * factor, self.swing, self.order, False, self.amount * times)


def courses_between(first: Picture, second: Picture, seed: int, frames: int) -> Iterator[Course]:
    """Yield the seed's course between two small pictures (rows, columns, 3) when it is to last so many frames, then
    the same with the current, or what alike pictures swing along, turned by one, two and three quarters."""
    rows, columns = first.shape[:2]
    canvas = Canvas(seed, columns, rows)
    current, rags = _Current(canvas), _rags(canvas)
    still = np.zeros((2, rows, columns), np.float32)
    if rmse(first, second) < SAME:
        yield Course(still, still, still, _order(rags, current.turned(0)[0]), alike=True, amount=0.0)
        return
    one, two = grey(first), grey(second)
    forth, back = _flow(one, two), _flow(two, one)
    alike = _are_alike(one, two, forth, back)
    waves = _waves(canvas) if alike else still
    amount = _RIPPLE if alike else min(max(_CARRIED * frames ** 0.25, _LEAST), _MOST)
    for quarters in range(4):
        potential, speed = current.turned(quarters)
        order = _order(rags, potential)
        if alike:
            swing = _swing(canvas, _turned(waves, quarters)) * np.float32(amount * rows)
            yield Course(back, forth, swing, order, True, amount)
            continue
        # A place reads where its content was: against the current. Both pictures go with it at one speed.
        carried = speed * np.float32(-amount * rows)
        yield Course(carried, -carried, still, order, alike=False, amount=amount)


def _flow(one: Picture, two: Picture) -> Floats:
    """Motion (2, rows, columns) in cells.

    In narrow pictures the flow runs away, and reading far beyond a mirrored border takes ages.
    """
    reach = np.float32(max(one.shape))
    flow = np.clip(np.nan_to_num(dense_flow(one, two)), -reach, reach)
    return np.ascontiguousarray(np.moveaxis(flow, 2, 0), dtype=np.float32)


def _are_alike(one: Picture, two: Picture, forth: Floats, back: Floats) -> bool:
    half = [_moved(one, back), _moved(two, forth)]
    before, left = np.abs(one.astype(np.float32) - two).mean(), np.abs(half[0] - half[1]).mean()
    return bool(left < ALIKE * before or _correlation(half[0], half[1]) > AKIN)


def _moved(picture: Picture, flow: Floats) -> Floats:
    columns, rows = np.meshgrid(np.arange(picture.shape[1], dtype=np.float32),
                                np.arange(picture.shape[0], dtype=np.float32))
    return sample(picture, columns + flow[0] / 2, rows + flow[1] / 2).astype(np.float32)


def _correlation(first: Floats, second: Floats) -> float:
    one, two = first - first.mean(), second - second.mean()
    spread = float(np.sqrt((one * one).mean(dtype=np.float64) * (two * two).mean(dtype=np.float64)))
    return float((one * two).mean(dtype=np.float64)) / spread if spread > 0 else 0.0


class _Current:
    """A drift with a zoom, by the seed."""

    def __init__(self, canvas: Canvas) -> None:
        self._x, self._y = canvas.x, canvas.y
        self._angle = float(canvas.between(0, 2 * np.pi))
        self._zoom = _ZOOM if canvas.between(0, 1) < 0.5 else -_ZOOM

    def turned(self, quarters: int) -> tuple[Floats, Floats]:
        """Its potential (rows, columns), and its speed (2, rows, columns) of mean square 1.

        It is the slope of the potential, so what comes in at a border is where the potential is low.
        """
        angle, zoom, x, y = self._angle + quarters * np.pi / 2, self._zoom, self._x, self._y
        across, down = _SHIFT * np.cos(angle), _SHIFT * np.sin(angle)
        potential = zoom * (x ** 2 + y ** 2) / 2 + across * x + down * y
        speed = np.stack((zoom * x + across, zoom * y + down))
        speed /= np.sqrt((speed * speed).sum(axis=0).mean())
        return _normal(potential), np.asarray(speed, dtype=np.float32)


def _rags(canvas: Canvas) -> Floats:
    """What makes the front ragged."""
    bend = canvas.waves(canvas.x, canvas.y, 1.2, 8)
    return _normal(canvas.noise(canvas.x + np.float32(0.10) * bend, canvas.y, 1.4, 3.6))


def _order(rags: Floats, potential: Floats) -> Floats:
    """The second picture comes in with the current, along a ragged front: where the first has no more to show."""
    field = rags + np.float32(2.5) * potential
    rank = np.empty(field.size, np.float32)
    rank[np.argsort(field, axis=None, kind="stable")] = np.linspace(0, 1, field.size, dtype=np.float32)
    return np.asarray(blur(rank.reshape(field.shape), 1.2), dtype=np.float32)


def _waves(canvas: Canvas) -> Floats:
    """Slow waves to the right and down (2, rows, columns)."""
    return np.stack([canvas.waves(canvas.x, canvas.y, 0.7, 9) for _ in range(2)])


def _turned(waves: Floats, quarters: int) -> Floats:
    right, down = waves
    return np.stack(((right, down), (-down, right), (-right, -down), (down, -right))[quarters])


def _swing(canvas: Canvas, waves: Floats) -> Floats:
    """The waves, and towards the middle as far as keeps the border out of sight; of mean square 1."""
    inwards = np.stack((canvas.x, canvas.y)) * np.float32(-1.2)
    swing = waves + inwards
    return np.asarray(swing / np.sqrt((swing * swing).sum(axis=0).mean()), dtype=np.float32)


def _normal(field: Floats) -> Floats:
    return np.asarray((field - field.mean()) / field.std(), dtype=np.float32)
