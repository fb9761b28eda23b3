"""Where everything of a graph's picture lies: scenes as columns, in lines that turn back like a plough.

Neighbours in the sequence are thus always side by side or one above the other, and transitions between them short.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from server.library.graph.identity import ALIAS_DIGITS, PictureId
from server.library.graph.plan_graph import PLAYABLE, PlanGraph
from server.library.graph.song_graph import SongGraph
from server.media.shapes import Curve, Point

_COLUMN: Final = 158.0
_DEEP: Final = 24
"""Pictures one above the other; a scene that has more gets further rows of them side by side."""
_ASPECT: Final = 1.7
_MARGIN: Final = 28.0
_TITLE: Final = 40.0
_LABEL: Final = 18
"""Letters of a label at most."""


@dataclass(frozen=True, slots=True)
class Look:
    """A picture's place, and what stands beside it: `order` are its numbers on the route."""

    at: Point
    radius: float
    label: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A scene's box (left, top, right, bottom) with two lines above it."""

    box: tuple[float, float, float, float]
    label: str
    under: str
    line: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything placed; `column_of` says in which column a picture's scene is."""

    width: int
    height: int
    columns: tuple[Column, ...]
    looks: dict[int, Look]
    column_of: dict[int, int]
    place_of: dict[int, int]
    """The column of every scene."""

    def band(self, one: int, other: int) -> tuple[tuple[Point, ...], Point]:
        """The outline of a band from one scene to another, and where its number stands."""
        near, far = (self.columns[self.place_of[scene]].box if scene in self.place_of else (0.0, 0.0, 0.0, 0.0)
                     for scene in (one, other))
        if one == other:
            left, top, right, bottom = near
            return ((left + 3, top + 3), (right - 3, top + 3), (right - 3, bottom - 3), (left + 3, bottom - 3)), (
                (left + right) / 2, bottom + 11)
        if abs(near[1] - far[1]) > 1 and near[0] == far[0]:
            upper, lower = (near, far) if near[1] < far[1] else (far, near)
            return ((upper[0], upper[3]), (upper[2], upper[3]), (lower[2], lower[1]), (lower[0], lower[1])), (
                (upper[0] + upper[2]) / 2, (upper[3] + lower[1]) / 2)
        west, east = (near, far) if near[0] < far[0] else (far, near)
        return ((west[2], west[1]), (east[0], east[1]), (east[0], east[3]), (west[2], west[3])), (
            (west[2] + east[0]) / 2, (west[1] + east[1]) / 2 + 12)


def laid_out(song: SongGraph, graph: PlanGraph, route: Sequence[int], head: int) -> Layout:
    """Place all scenes and pictures below a head of so many pixels."""
    scenes = _in_order(song, graph)
    widths = [_COLUMN + (_rows_beside(len(members)) - 1) * 62.0 for _, _, members in scenes]
    heights = [_TITLE + _height(len(members)) + 34 for _, _, members in scenes]
    lines = _lines(widths, heights)
    orders: dict[int, list[int]] = {}
    for place, number in enumerate(route, 1):
        orders.setdefault(number, []).append(place)
    columns: list[Column] = []
    looks: dict[int, Look] = {}
    column_of: dict[int, int] = {}
    y = float(head)
    right_edge = max((sum(widths[at] for at in line) for line in lines), default=300.0) + 2 * _MARGIN
    for row, line in enumerate(lines):
        # every second line runs from right to left, from where the one above it ended
        x = _MARGIN if row % 2 == 0 else right_edge - _MARGIN - widths[line[0]]
        for at in line:
            _, name, members = scenes[at]
            box = (x + 62, y + _TITLE, x + widths[at] - 34, y + _TITLE + _height(len(members)))
            columns.append(Column(box, _short(name, 20), _facts(graph, members), row))
            for number, point in zip(members, _points(box, len(members)), strict=True):
                looks[number] = Look(point, 4.5 if _pitch(len(members)) > 14 else 3.5,
                                     _label(graph.pictures[number], name), _order(orders.get(number, [])))
                column_of[number] = len(columns) - 1
            following = line.index(at) + 1
            if following < len(line):
                x += widths[at] if row % 2 == 0 else -widths[line[following]]
        y += max(heights[at] for at in line)
    return Layout(max(math.ceil(right_edge), 560), math.ceil(y + 12), tuple(columns), looks, column_of,
                  {scene: place for place, (scene, _, _) in enumerate(scenes[at] for line in lines for at in line)})


def _in_order(song: SongGraph, graph: PlanGraph) -> list[tuple[int, str, list[int]]]:
    """Scenes as the first sequence comes by, then the others; each picture in the first scene that has it."""
    names = [step.scene for steps in song.sequences.values() for step in steps if step.scene in graph.scene_numbers]
    taken: set[int] = set()
    found = []
    for name in dict.fromkeys((*names, *graph.scenes)):
        scene = graph.scene_numbers[name]
        members = [number for number in graph.members[scene].tolist() if number not in taken]
        taken.update(members)
        if members:
            found.append((scene, name, members))
    rest = [number for number in range(len(graph.pictures)) if number not in taken]
    return [*found, (-1, "in no scene", rest)] if rest else found


def _lines(widths: Sequence[float], heights: Sequence[float]) -> list[list[int]]:
    """Columns in lines, so that the whole is about as wide as a screen."""
    best: list[list[int]] = []
    closest = math.inf
    for count in range(1, len(widths) + 1):
        lines = [list(range(begin, min(begin + count, len(widths)))) for begin in range(0, len(widths), count)]
        width = max(sum(widths[at] for at in line) for line in lines) + 2 * _MARGIN
        height = sum(max(heights[at] for at in line) for line in lines) + 100
        off = abs(math.log(width / height / _ASPECT))
        if off < closest:
            best, closest = lines, off
    return best


def _rows_beside(count: int) -> int:
    return max(1, math.ceil(count / _DEEP))


def _pitch(count: int) -> float:
    return 30.0 if count <= 8 else 22.0 if count <= 14 else 18.0


def _height(count: int) -> float:
    return _pitch(count) * max(1, math.ceil(count / _rows_beside(count)) - 1) + 26


def _points(box: tuple[float, float, float, float], count: int) -> list[Point]:
    """Places of pictures in a box, column by column, every second column half a place lower."""
    beside, pitch = _rows_beside(count), _pitch(count)
    deep = math.ceil(count / beside)
    left, top, right, _ = box
    xs = [(left + right) / 2] if beside == 1 else [
        left + 31 + place * (right - left - 62) / (beside - 1) for place in range(beside)]
    used = pitch * max(1, deep - 1)
    pitch = used / (deep - 0.5) if beside > 1 else pitch
    return [(xs[at // deep], top + 13 + (at % deep + (at // deep % 2) / 2) * pitch) for at in range(count)]


def _label(picture: PictureId, scene: str) -> str:
    seed = str(picture.seed)[:ALIAS_DIGITS]
    return seed if picture.name == scene else f"{_short(picture.name, _LABEL - 5)} {seed}"


def _order(places: Sequence[int]) -> str:
    return "" if not places else str(places[0]) if len(places) == 1 else f"{places[0]}+"


def _facts(graph: PlanGraph, members: Sequence[int]) -> str:
    inside = set(members)
    arcs = [int(state) for number in members
            for to, state in zip(graph.beside(number).tolist(), graph.states(number), strict=True) if to in inside]
    there = int(np.count_nonzero(np.array(arcs) == PLAYABLE)) // 2
    pictures = f"{len(members)} picture{'s' * (len(members) != 1)}"
    return f"{pictures}, {there:,}/{len(arcs) // 2:,} inside" if arcs else pictures


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest - 1] + "…"


def curve_of(layout: Layout, one: int, other: int) -> Curve:
    """The line between two pictures: a bow inside a scene, a wave between columns, a bend between lines."""
    (x0, y0), (x3, y3) = layout.looks[one].at, layout.looks[other].at
    near, far = layout.columns[layout.column_of[one]], layout.columns[layout.column_of[other]]
    if near is far:
        if abs(x0 - x3) > 20:
            return (x0, y0), ((2 * x0 + x3) / 3, y0), ((x0 + 2 * x3) / 3, y3), (x3, y3)
        bow = 10 + min(34.0, abs(y3 - y0) * 0.28)
        return (x0, y0), (x0 + bow, y0 + (y3 - y0) * 0.2), (x3 + bow, y0 + (y3 - y0) * 0.8), (x3, y3)
    if near.line == far.line:
        reach = (x3 - x0) * 0.42
        return (x0, y0), (x0 + reach, y0), (x3 - reach, y3), (x3, y3)
    # beside the columns, on the side where the line turns
    side = 1 if min(near.line, far.line) % 2 == 0 else -1
    bend = side * (84 + min(30.0, abs(y3 - y0) * 0.05))
    edge = max(x0, x3) if side > 0 else min(x0, x3)
    return (x0, y0), (edge + bend, y0), (edge + bend, y3), (x3, y3)
