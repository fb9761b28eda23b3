"""Songs small enough to try everything, and the trying: what tests of routes and plans are held against."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hypothesis import strategies as st

from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.graph.request import RouteRequest
from server.library.graph.song_graph import Picture, Presence, Scene, SceneStep, SongGraph, Transition


def picture(name: str, seed: int = 1) -> PictureId:
    return PictureId(name, seed)


def made_song(scenes: Mapping[str, int | Sequence[PictureId]], existing: Iterable[Edge] = (),
              steps: Sequence[SceneStep] = (), *, never: Iterable[PictureId] = ()) -> SongGraph:
    """A song of scenes with so many pictures each (or these), and transitions that exist."""
    built = {name: Scene(name, tuple(PictureId(name, 1000 + i) for i in range(content))
                         if isinstance(content, int) else tuple(content)) for name, content in scenes.items()}
    transitions = {edge_of(*edge): Transition(*edge_of(*edge), Presence.EXISTS, "transitions/x.mov", 30)
                   for edge in existing}
    pictures = {one: Picture(one) for scene in built.values() for one in scene.pictures}
    return SongGraph("small", pictures, built, transitions, {"": tuple(steps)} if steps else {}, frozenset(never))


def full_edges(song: SongGraph) -> set[Edge]:
    """Complete inside scenes and between scenes that follow each other in the song's order or sequence."""
    found = {edge_of(*pair) for scene in song.scenes.values() for pair in itertools.combinations(scene.pictures, 2)}
    rows = [step.scene for step in next(iter(song.sequences.values()), ())]
    pairs = [*itertools.pairwise(rows)]
    for pair in itertools.pairwise(song.scenes):
        reached = {pair[0]}
        for _ in song.scenes:
            reached |= {name for known in pairs for name in known if reached.intersection(known)}
        pairs += [pair] if pair[1] not in reached else []
    for one, other in pairs:
        found |= {edge_of(*edge) for edge in itertools.product(song.scenes[one].pictures, song.scenes[other].pictures)
                  if edge[0] != edge[1]}
    return found


def price_of(request: RouteRequest, existing: set[Edge], path: Sequence[PictureId]) -> float:
    """What a way costs, counted hop by hop in thousandths, as the request says it."""
    total = 0.0
    for one, other in itertools.pairwise(path):
        total += 1 + (0 if edge_of(one, other) in existing else round(request.missing_price, 3))
        count = request.visited.get(other, 0) if request.prefer_unvisited else 0
        total += round(request.visited_price * count / (count + 1), 3) if count else 0
    return total


def every_way(edges: set[Edge], layers: Sequence[Sequence[PictureId]]) -> Iterator[tuple[PictureId, ...]]:
    """Every way along edges through layers."""
    ways: list[tuple[PictureId, ...]] = [(one,) for one in layers[0]]
    for layer in layers[1:]:
        ways = [(*way, to) for way in ways for to in layer if to != way[-1] and edge_of(way[-1], to) in edges]
    yield from ways


def best_price(request: RouteRequest, song: SongGraph, edges: set[Edge], longest: int = 6) -> float:
    """The least that any way costs that keeps to the request; inf where there is none."""
    existing = {edge for edge, transition in song.transitions.items() if transition.playable}
    usable = {edge for edge in edges if edge in existing or not math.isinf(request.missing_price)}
    barred = request.avoid | song.never
    if request.steps:
        candidates = every_way(usable, _layers(song, request, barred))
    else:
        free = [one for one in song.pictures if one not in barred]
        first = [request.start] if request.start else free
        lengths = [request.hops] if request.hops is not None else range(longest + 1)
        candidates = itertools.chain.from_iterable(every_way(usable, [first, *[free] * hops]) for hops in lengths)
    return min((price_of(request, existing, way) for way in candidates if keeps(request, way)), default=math.inf)


def keeps(request: RouteRequest, way: Sequence[PictureId]) -> bool:
    """Whether a way ends where it should, passes what it should in order, and repeats nothing it may not."""
    if request.no_repeat and len(set(way)) != len(way):
        return False
    if request.goals and way[-1] not in request.goals:
        return False
    rest = iter(way)
    return all(any(one == stop for one in rest) for stop in request.via)


def _layers(song: SongGraph, request: RouteRequest, barred: frozenset[PictureId]) -> list[list[PictureId]]:
    layers: list[list[PictureId]] = []
    for step in request.steps:
        inside = [one for one in song.scenes[step.scene].pictures if one not in barred | step.avoid]
        layers += [[one for one in inside if not step.start or one in step.start], *[inside] * step.hops]
    if request.start is not None:
        if request.start in layers[0]:
            layers[0] = [request.start]
        else:
            layers.insert(0, [request.start])
    return layers


@st.composite
def songs(draw: st.DrawFn, most_scenes: int = 3, most_pictures: int = 3) -> SongGraph:
    """Small songs with some transitions of the full graph, sequences with anchors and avoid lists, and repeats."""
    sizes = draw(st.lists(st.integers(1, most_pictures), min_size=1, max_size=most_scenes))
    plain = made_song({f"s{number}": size for number, size in enumerate(sizes)})
    rows = draw(st.lists(st.sampled_from(list(plain.scenes)), min_size=1, max_size=most_scenes))
    steps = []
    for name in rows:
        pictures = plain.scenes[name].pictures
        start = draw(st.lists(st.sampled_from(pictures), max_size=2, unique=True))
        avoid = draw(st.frozensets(st.sampled_from(pictures), max_size=len(pictures) - 1))
        steps.append(SceneStep(name, draw(st.integers(0, 2)), "1", tuple(one for one in start if one not in avoid),
                               False, avoid))
    sequenced = made_song({name: scene.pictures for name, scene in plain.scenes.items()}, (), steps)
    edges = sorted(full_edges(sequenced))
    existing = draw(st.lists(st.sampled_from(edges), unique=True)) if edges else []
    return made_song({name: scene.pictures for name, scene in plain.scenes.items()}, existing, steps)
