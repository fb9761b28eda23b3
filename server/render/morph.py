"""A way from one picture to another without any model: a current carries both, a soft front turns one into the other.

Alike pictures move along the flow between them and swing out together. It knows arrays only; what the ends are called
and where the frames go is not its business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from server.errors import InputError
from server.media.canvas import smoothstep
from server.media.colour import Planes
from server.media.composite import YCC, Compositor, Layers
from server.media.flaws import ghost, mean_colour, sharpness
from server.media.perceived import apart, perceived
from server.media.warp import Floats, Picture, blur, resize, sample
from server.render.morph_course import Course, courses_between
from server.render.pace import STEADY, Doubles, Pace, pace_of

RECIPE: Final = 3
"""Counts up whenever the same ends and seed come out otherwise, so that old movies are not taken for new."""
USUAL: Final = 61
_GRID: Final = 320
_LEAST: Final = 16
_SHARP, _SHARP_ALIKE, _SOFT = 0.16, 0.10, 0.50
"""Half the width of the front, in shares of the way: where details turn, and where light and colour do.

What turns slowly does not flicker, and what turns at once is no double exposure: light is most of a picture, and a
doubled outline is what an eye sees. Two details in one place also have less contrast than either. Where the flow has
laid the second picture onto the first there is little to flicker, and every miss of it is a doubled outline.
"""
_LIGHT: Final = 5.0
"""Grid cells; what is larger is light and colour, what is smaller is detail."""
_GHOST: Final = 0.70
_FARTHER: Final = 1.35
_SEEN: Final = 512
"""Pixels of the longer side at which distances are measured: in smaller ones fine detail, which is far apart from one
frame to the next, is averaged away."""
_PLACES: Final = np.linspace(0, 1, 17)
"""Of the course, where pictures of a pilot pass are."""
_CHECKED: Final = (np.arange(8) + 0.5) / 8
"""Shares of the way where the step that frames make is measured, after the pilot."""
_UNDER_WAY: Final = np.linspace(0.1, 0.9, 13)
"""Of the course, where detail is looked for."""
_DETAIL: Final = 0.85
"""Of the softer end's; when less is in sight somewhere on the way, the course is turned."""


class Morph:
    """The frames between two (height, width, 3) pictures of one size; `frame` may be called by several threads.

    `frames` is how many there will be: the current is as fast as it may be for them. `even`: equal steps of time look
    like equal steps. The same pictures, seed and numbers make the same frames.
    """

    def __init__(self, first: Picture, second: Picture, seed: int, *, frames: int = USUAL, even: bool = True) -> None:
        if first.shape != second.shape:
            raise InputError(f"a morph is between pictures of one size, not {_size(first)} and {_size(second)}")
        self._first, self._second = first, second
        grid = _grid(first)
        self._small = resize(first, *grid), resize(second, *grid)
        self._light = [_light_of(small) for small in self._small]
        high, wide = self._light[0].shape[:2]
        columns, rows = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
        self._columns, self._rows = columns, rows
        self._tints: Doubles = np.zeros((2, 3))
        self._pilot = Compositor(*(_seen(picture) for picture in (first, second)))
        self.pace: Pace = STEADY
        self._course = self._chosen(courses_between(*self._small, seed, frames))
        pictures = self._along(self._course, _PLACES)
        self._tints = _strays(np.array([mean_colour(picture) for picture in pictures])) @ YCC.T
        if even:
            self._even_out(pictures, frames)
        self._compositor = Compositor(first, second)

    @property
    def alike(self) -> bool:
        """Whether the pictures show the same things moved."""
        return self._course.alike

    def frame(self, t: float) -> Picture:
        """The picture at t: 0 is exactly the first, 1 exactly the second."""
        if t <= 0:
            return self._first
        if t >= 1:
            return self._second
        return self._compositor.picture(self._at(t))

    def planes(self, t: float) -> Planes:
        """Y, Cb and Cr of the picture at t, as a 4:2:0 JPEG has them: a third less work than RGB, and no loss."""
        return self._compositor.planes(self._at(t))

    def _at(self, t: float) -> Layers:
        return self._layers(self._course, self.pace.place(float(t)))

    def _chosen(self, courses: Iterable[Course]) -> Course:
        """The first course that keeps the pictures' detail in sight all the way, or the one that does so best."""
        best, most = None, -1.0
        first, last = self._read_between()
        for course in map(self._clear, courses):
            detail, _ = sharpness([first, *self._along(course, _UNDER_WAY), last])
            if detail > most:
                best, most = course, detail
            if detail >= _DETAIL:
                break
        assert best is not None
        return best

    def _read_between(self) -> list[Picture]:
        """Both small pictures, read everywhere from on its pixels to half-way between: as all is under way."""
        rows, columns = self._small[0].shape[:2]
        pixel = np.float32(columns / _seen(self._first).shape[1])
        ramp = np.stack(np.meshgrid(np.linspace(0, pixel, columns), np.linspace(0, pixel, rows))).astype(np.float32)
        shown = (np.full((rows, columns), mask, np.float32) for mask in (0, 1))
        return [self._pilot.picture(Layers(ramp, ramp, mask, np.zeros((3, rows, columns), np.float32)))
                for mask in shown]

    def _along(self, course: Course, places: Iterable[float]) -> list[Picture]:
        """Small pictures of places on a course."""
        return [self._pilot.picture(self._layers(course, float(place))) for place in places]

    def _clear(self, course: Course) -> Course:
        """The course, carried so far that its middle is no double exposure."""
        while ghost(*self._small, self._middle(course)) > _GHOST:
            farther = course.carried(_FARTHER)
            if farther is None:
                break
            course = farther
        return course

    def _middle(self, course: Course) -> Picture:
        picture, = self._along(course, [0.5])
        high, wide = self._small[0].shape[:2]
        return np.asarray(resize(picture, wide, high), np.uint8)

    def _even_out(self, pilot: Sequence[Picture], frames: int) -> None:
        """Find the even pace.

        Steps far apart fall short of the way between them, and the more so, the finer the detail is that moves: so the
        pace of the pilot's pictures is checked against steps as long as the frames make them.
        """
        seen = [perceived(picture) for picture in pilot]
        self.pace = pace_of([apart(one, two) for one, two in pairwise(seen)])
        half = 0.5 / max(frames - 1, 1)
        steps = [apart(*(perceived(self._pilot.picture(self._at(share + off))) for off in (-half, half)))
                 for share in _CHECKED]
        self.pace = pace_of(np.interp((_PLACES[1:] + _PLACES[:-1]) / 2, _CHECKED, steps).tolist(),
                            [self.pace.place(float(share)) for share in _PLACES])

    def _layers(self, course: Course, place: float) -> Layers:
        """What is seen when so much of the course is behind."""
        at, swung = np.float32(place), np.float32(4 * place * (1 - place))
        first = course.leave * at + course.swing * swung
        second = course.arrive * (1 - at) + course.swing * swung
        front = np.float32((1 + 2 * _SOFT) * place - _SOFT) - course.order
        sharp = _SHARP_ALIKE if course.alike else _SHARP
        mask, soft = smoothstep(-sharp, sharp, front), smoothstep(-_SOFT, _SOFT, front)
        tint = self._turn(first, second) * (soft - mask)
        tint += self._tint(place)[:, None, None]
        return Layers(first, second, mask, tint)

    def _turn(self, first: Floats, second: Floats) -> Floats:
        """How light and colour (Y, Cb, Cr) of the bent second picture differ from the first's (3, rows, columns)."""
        size, (high, wide) = first.shape[:0:-1], self._rows.shape
        lights = []
        for light, (right, down) in zip(self._light, (first, second), strict=True):
            x = self._columns + resize(right, wide, high) * np.float32(wide / size[0])
            y = self._rows + resize(down, wide, high) * np.float32(high / size[1])
            lights.append(sample(light, x, y))
        return np.ascontiguousarray(np.moveaxis(resize(lights[1] - lights[0], *size), 2, 0))

    def _tint(self, place: float) -> Floats:
        """Levels of Y, Cb and Cr to add so that the mean colour goes the straight way."""
        known = np.linspace(0, 1, len(self._tints))
        return np.array([np.interp(place, known, channel) for channel in self._tints.T], dtype=np.float32)


def _light_of(small: Picture) -> Floats:
    """Light and colour (Y, Cb, Cr) of a small picture, at half its size: nothing finer is in them."""
    blurred = np.asarray(blur(np.asarray(small @ YCC.T, np.float32), _LIGHT), np.float32)
    return np.asarray(resize(blurred, -(-small.shape[1] // 2), -(-small.shape[0] // 2)), np.float32)


def _strays(means: Doubles) -> Doubles:
    """How far mean colours (frames, 3) are from the straight way between the outer two."""
    way = means[-1] - means[0]
    along = (means - means[0]) @ way / max(float(way @ way), 1e-6)
    return np.asarray(means[0] + np.clip(along, 0, 1)[:, None] * way - means, dtype=np.float64)


def _grid(picture: Picture) -> tuple[int, int]:
    height, width = picture.shape[:2]
    scale = _GRID / max(height, width)
    return max(_LEAST, round(width * scale)), max(_LEAST, round(height * scale))


def _seen(picture: Picture) -> Picture:
    """The picture at the size at which distances are measured; small ones as they are."""
    scale = _SEEN / max(picture.shape[:2])
    if scale >= 1:
        return picture
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    return np.asarray(resize(picture, width, height), np.uint8)


def _size(picture: Picture) -> str:
    return f"{picture.shape[1]} x {picture.shape[0]}"
