"""The picture of a song's graph: scenes as columns, transitions by what they are worth, a route on top. Shapes only."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from server.library.graph.drawing_layout import Layout, Look, curve_of, laid_out
from server.library.graph.identity import PictureId
from server.library.graph.plan_graph import DAMAGED, MISSING, PLAYABLE, PlanGraph
from server.library.graph.song_graph import Presence, SongGraph
from server.media.shapes import Band, Colour, Curve, Disc, Drawing, Shape, Strokes, Words

GROUND: Final = (15, 17, 22)
_INK: Final = (226, 230, 238)
_DIM: Final = (139, 147, 163)
_FAINT: Final = (34, 38, 48)
_ROUTE: Final = (255, 209, 84)
_CASE: Final = (15, 17, 22)
_PICTURE: Final = {Presence.EXISTS: (232, 236, 244), Presence.STALE: (232, 236, 244), Presence.DAMAGED: (240, 92, 86),
                   Presence.MISSING: (92, 100, 118)}
_MANY: Final = 240
"""Missing transitions between two scenes from which they are drawn as one band."""
_HEAD: Final = 92
_SHORT: Final = 40.0
"""Hops shorter than this have no arrow: the numbers at their ends are enough."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of transition is drawn."""

    name: str
    colour: Colour
    width: float
    opacity: float
    dash: tuple[float, float] | None = None


_KINDS: Final = {
    "missing": _Kind("missing", (124, 133, 156), 0.9, 0.42, (3.0, 4.0)),
    "planned": _Kind("wanted", (120, 164, 255), 1.2, 0.8, (6.0, 3.5)),
    "exists": _Kind("exists", (74, 205, 132), 1.4, 0.8),
    "stale": _Kind("stale ends", (178, 206, 84), 1.4, 0.85),
    "damaged": _Kind("damaged", (244, 82, 76), 1.8, 0.95),
}


def draw_graph(song: SongGraph, graph: PlanGraph, route: Sequence[PictureId] = (), *, title: str = "") -> Drawing:
    """Draw a song's graph with a route on it; thousands of missing transitions become bands with their number."""
    layout = laid_out(song, graph, [graph.number(picture) for picture in route], _HEAD)
    counts = defaultdict[str, int](int)
    groups = _grouped(song, graph, counts)
    shapes: list[Shape] = [*_columns(layout)]
    for (one, other), kinds in groups.items():
        shapes += _bundle(layout, one, other, kinds.pop("missing", []))
        for name, pairs in kinds.items():
            if name == "planned":
                shapes.append(_strokes(_KINDS[name], [curve_of(layout, *pair) for pair in pairs]))
    for name in ("exists", "stale", "damaged"):
        drawn = [pair for kinds in groups.values() for pair in kinds.get(name, ())]
        if drawn:
            shapes.append(_strokes(_faded(_KINDS[name], len(drawn)), [curve_of(layout, *pair) for pair in drawn]))
    shapes += _route(layout, [graph.number(picture) for picture in route])
    shapes += _names(layout)
    shapes += _nodes(song, graph, layout)
    heading = title or song.name or "song"
    shapes += _heading(heading, song, graph, counts, len(route), layout.width)
    return Drawing(layout.width, layout.height, GROUND, tuple(shapes), heading)


def _grouped(song: SongGraph, graph: PlanGraph,
             counts: dict[str, int]) -> dict[tuple[int, int], dict[str, list[tuple[int, int]]]]:
    """Edges by the scenes that they join and by kind."""
    scene_of = {int(number): at for at, members in reversed(list(enumerate(graph.members))) for number in members}
    groups: dict[tuple[int, int], dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for one, other, state in graph.each_edge():
        kind = {MISSING: "missing", PLAYABLE: "exists", DAMAGED: "damaged"}[state]
        if state != DAMAGED and (transition := song.transitions.get(graph.edge(one, other))) is not None:
            kind = "stale" if transition.presence is Presence.STALE else kind if state == PLAYABLE else "planned"
        counts[kind] += 1
        scenes = sorted((scene_of.get(one, -1), scene_of.get(other, -1)))
        groups[scenes[0], scenes[1]][kind].append((one, other))
    return groups


def _bundle(layout: Layout, one: int, other: int, pairs: Sequence[tuple[int, int]]) -> Iterator[Shape]:
    """Missing transitions as faint dashes, fainter the more there are; very many as one band with their number."""
    if not pairs:
        return
    if len(pairs) < _MANY:
        yield _strokes(_faded(_KINDS["missing"], len(pairs)), [curve_of(layout, *pair) for pair in pairs])
        return
    outline, at = layout.band(one, other)
    colour = _KINDS["missing"].colour
    label = f"{len(pairs):,} missing"
    yield Band(outline, colour, 0.10, label)
    yield Words(label, at, 9, _DIM, "middle", halo=True)


def _faded(kind: _Kind, count: int) -> _Kind:
    fade = min(1.0, math.sqrt(60 / max(1, count)))
    return _Kind(kind.name, kind.colour, max(0.5, kind.width * (0.5 + fade / 2)),
                 max(0.16, kind.opacity * (0.4 + 0.6 * fade)), kind.dash)


def _strokes(kind: _Kind, curves: Sequence[Curve]) -> Strokes:
    return Strokes(tuple(curves), kind.colour, kind.width, kind.opacity, kind.dash)


def _columns(layout: Layout) -> Iterator[Shape]:
    for column in layout.columns:
        left, top, right, bottom = column.box
        yield Band(((left, top), (right, top), (right, bottom), (left, bottom)), _FAINT, 0.55)


def _names(layout: Layout) -> Iterator[Shape]:
    for column in layout.columns:
        left, top, right, _ = column.box
        yield Words(column.label, ((left + right) / 2, top - 18), 12, _INK, "middle", bold=True, halo=True)
        yield Words(column.under, ((left + right) / 2, top - 5), 9, _DIM, "middle", halo=True)


def _route(layout: Layout, route: Sequence[int]) -> Iterator[Shape]:
    curves = tuple(curve_of(layout, *hop) for hop in pairwise(route))
    if curves:
        yield Strokes(curves, _CASE, 6.5, 0.85)
        yield Strokes(curves, _ROUTE, 2.8, 1.0, title="route")
        yield Strokes(tuple(barb for curve in curves for barb in _arrow(curve)), _ROUTE, 2.4)


def _arrow(curve: Curve) -> Iterator[Curve]:
    """Two barbs in the middle of a curve, as curves."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = curve
    if math.hypot(x3 - x0, y3 - y0) < _SHORT:
        return
    x, y = (x0 + 3 * x1 + 3 * x2 + x3) / 8, (y0 + 3 * y1 + 3 * y2 + y3) / 8
    angle = math.atan2(y3 + y2 - y1 - y0, x3 + x2 - x1 - x0)
    for turn in (2.6, -2.6):
        end = (x + 7 * math.cos(angle + turn), y + 7 * math.sin(angle + turn))
        yield ((x, y), (x, y), end, end)


def _nodes(song: SongGraph, graph: PlanGraph, layout: Layout) -> Iterator[Shape]:
    for number, look in layout.looks.items():
        picture = graph.pictures[number]
        known = song.pictures.get(picture)
        presence = known.presence if known is not None else Presence.MISSING
        colour: Colour = (56, 60, 70) if graph.never[number] else _PICTURE[presence]
        what = "never to be shown again" if graph.never[number] else (known.reason if known else "") or presence.value
        title = f"{picture.stem}: {what}, {len(graph.beside(number))} transitions possible"
        yield from _node(look, colour, title)


def _node(look: Look, colour: Colour, title: str) -> Iterator[Shape]:
    if look.order:
        yield Disc(look.at, 7.5, _ROUTE, 2.0, _CASE, title)
        yield Words(look.order, (look.at[0], look.at[1] + 3), 8 if len(look.order) < 3 else 6.5, _CASE, "middle",
                    bold=True)
    else:
        yield Disc(look.at, look.radius, colour, 1.5, _CASE, title)
    if look.label:
        shift = 13 if look.order else look.radius + 6
        yield Words(look.label, (look.at[0] - shift, look.at[1] + 3), 9, _ROUTE if look.order else _DIM, "end",
                    halo=True)


def _heading(title: str, song: SongGraph, graph: PlanGraph, counts: dict[str, int], stops: int,
             width: int) -> Iterator[Shape]:
    yield Words(title, (28, 40), 20, _INK, bold=True)
    there = counts["exists"] + counts["stale"]
    facts = (f"{len(song.scenes):,} scenes, {len(graph.pictures):,} pictures, {there:,} of {graph.edges:,} transitions "
             f"there ({100 * there / max(1, graph.edges):.0f} %)" + (f", route of {stops - 1:,} hops" if stops else ""))
    yield Words(facts, (28, 60), 11, _DIM)
    legend: list[tuple[str, _Kind]] = [(f"{kind.name} {counts[name]:,}", kind)
                                       for name, kind in _KINDS.items() if counts[name]]
    if stops:
        legend.append(("route", _Kind("route", _ROUTE, 2.8, 1.0)))
    x, y = 28.0, 79.0
    for label, kind in legend:
        yield Strokes((((x, y - 4), (x + 8, y - 4), (x + 16, y - 4), (x + 24, y - 4)),), kind.colour,
                      max(1.4, kind.width), max(0.8, kind.opacity), kind.dash)
        yield Words(label, (x + 30, y), 10, _DIM)
        x += 30 + 6.2 * len(label) + 18
        if x > width - 90:
            return
