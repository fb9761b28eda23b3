"""A way from one picture to another without any model: a current carries both, a soft front turns one into the other.

Alike pictures move along the flow between them and swing out together. It knows arrays only; what the ends are called
and where the frames go is not its business.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from server.errors import InputError
from server.media.canvas import smoothstep
from server.media.colour import Planes
from server.media.composite import Compositor, Layers
from server.media.flaws import ghost, sharpness
from server.media.perceived import apart, perceived
from server.media.warp import Floats, Picture, blur, resize, sample
from server.render.morph_course import Course, course_between
from server.render.pace import STEADY, Doubles, Pace, pace_of

RECIPE: Final = 2
"""Counts up whenever the same ends and seed come out otherwise, so that old movies are not taken for new."""
USUAL: Final = 61
_GRID: Final = 320
_LEAST: Final = 16
_SHARP, _SOFT = 0.25, 0.50
"""Half the width of the front, in shares of the way: where details turn, and where light and colour do.

What turns slowly does not flicker, and what turns at once is no double exposure: light is most of a picture, and a
doubled outline is what an eye sees.
"""
_LIGHT: Final = 5.0
"""Grid cells; what is larger is light and colour, what is smaller is detail."""
_GHOST: Final = 0.70
_WIDE: Final = 1200
"""Pixels; in pictures so wide the finest detail is nothing that a moving eye sees, unless it flickers."""
_SHARP_ENOUGH: Final = 0.85
"""Beside the softer end; below it no detail may be given away."""
_FARTHER: Final = 1.35
_PILOT: Final = 25


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
        self._light = [np.asarray(blur(small.astype(np.float32), _LIGHT), np.float32) for small in self._small]
        columns, rows = np.meshgrid(np.arange(grid[0], dtype=np.float32), np.arange(grid[1], dtype=np.float32))
        self._columns, self._rows = columns, rows
        self._tints: Doubles = np.zeros((2, 3))
        self._pilot = Compositor(*self._small)
        self._course = self._clear(course_between(*self._small, seed, frames))
        self._soft = False
        measured = self._measured()
        self.pace: Pace = measured if even else STEADY
        self._compositor = Compositor(first, second, crisp=self.alike or self._soft or first.shape[1] < _WIDE)

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

    def _clear(self, course: Course) -> Course:
        """The course, carried so far that its middle is no double exposure."""
        while ghost(*self._small, self._pilot.picture(self._layers(course, 0.5))) > _GHOST:
            farther = course.carried(_FARTHER)
            if farther is None:
                break
            course = farther
        return course

    def _measured(self) -> Pace:
        """A pilot pass at the size of the grid: how far pictures lie apart, how sharp they are, how colour strays."""
        places = np.linspace(0, 1, _PILOT)
        pictures = [self._pilot.picture(self._layers(self._course, float(place))) for place in places]
        means = np.array([picture.reshape(-1, 3).mean(axis=0) for picture in pictures])
        self._tints = _strays(means)
        self._soft = sharpness([_halved(picture) for picture in pictures])[0] < _SHARP_ENOUGH
        seen = [perceived(picture) for picture in pictures]
        return pace_of([apart(one, two) for one, two in pairwise(seen)])

    def _layers(self, course: Course, place: float) -> Layers:
        """What is seen when so much of the course is behind."""
        at, swung = np.float32(place), np.float32(4 * place * (1 - place))
        first = course.leave * at + course.swing * swung
        second = course.arrive * (1 - at) + course.swing * swung
        front = np.float32((1 + 2 * _SOFT) * place - _SOFT) - course.order
        mask, soft = smoothstep(-_SHARP, _SHARP, front), smoothstep(-_SOFT, _SOFT, front)
        lights = [sample(light, self._columns + bend[..., 0], self._rows + bend[..., 1])
                  for light, bend in zip(self._light, (first, second), strict=True)]
        tint = (soft - mask)[..., None] * (lights[1] - lights[0]) + self._tint(place)
        return Layers(first, second, mask, np.asarray(tint, dtype=np.float32))

    def _tint(self, place: float) -> Floats:
        """Levels (3) to add so that the mean colour goes the straight way."""
        known = np.linspace(0, 1, len(self._tints))
        return np.array([np.interp(place, known, channel) for channel in self._tints.T], dtype=np.float32)


def _strays(means: Doubles) -> Doubles:
    """How far mean colours (frames, 3) are from the straight way between the outer two."""
    way = means[-1] - means[0]
    along = (means - means[0]) @ way / max(float(way @ way), 1e-6)
    return np.asarray(means[0] + np.clip(along, 0, 1)[:, None] * way - means, dtype=np.float64)


def _grid(picture: Picture) -> tuple[int, int]:
    height, width = picture.shape[:2]
    scale = _GRID / max(height, width)
    return max(_LEAST, round(width * scale)), max(_LEAST, round(height * scale))


def _halved(picture: Picture) -> Picture:
    """At half the size what was lost by reading between the grid's own pixels no longer counts."""
    return np.asarray(resize(picture, max(1, picture.shape[1] // 2), max(1, picture.shape[0] // 2)), dtype=np.uint8)


def _size(picture: Picture) -> str:
    return f"{picture.shape[1]} x {picture.shape[0]}"
