"""A drawing as values: curves, discs, bands and words on one ground. It knows no file, and nothing of what is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
"""A cubic Bézier curve: begin, two controls, end."""
Colour = tuple[int, int, int]
"""RGB."""
STEPS: Final = 14
"""Straight pieces that a curve is drawn of in pixels."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """Curves of one look, painted at once: where they cross, they do not add up."""

    curves: tuple[Curve, ...]
    colour: Colour
    width: float = 1.0
    opacity: float = 1.0
    dash: tuple[float, float] | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A filled outline."""

    points: tuple[Point, ...]
    colour: Colour
    opacity: float = 1.0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle, with a rim where `rim` has a width."""

    centre: Point
    radius: float
    colour: Colour
    rim: float = 0.0
    rim_colour: Colour = (0, 0, 0)
    title: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `anchor` is start, middle or end of it, `at` lies on its base line."""

    text: str
    at: Point
    size: float
    colour: Colour
    anchor: str = "start"
    bold: bool = False
    halo: bool = False
    """Outlined in the colour of the ground, so that it can be read across lines."""


Shape = Strokes | Band | Disc | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes in the order in which they are painted, on `ground`; sizes in pixels."""

    width: int
    height: int
    ground: Colour
    shapes: tuple[Shape, ...]
    title: str = ""


def flattened(curve: Curve, steps: int = STEPS) -> list[Point]:
    """A curve as points on it, both ends included."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = curve
    points = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3
        points.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return points
