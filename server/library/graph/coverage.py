"""What to make of a song's transitions: first the few that leave no picture a dead end, then the most useful ones.

It plans edges; it writes and renders nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from server.errors import OutOfRange
from server.library.graph.guarantee import Demands, Pair, demands_of, mask_of, shortfalls
from server.library.graph.identity import PictureId
from server.library.graph.least_plan import least_bound, least_plan
from server.library.graph.passages import Passage
from server.library.graph.plan_graph import PLAYABLE, PlanGraph
from server.library.graph.song_graph import SceneStep, SongGraph
from server.library.graph.usefulness import Useful, Usefulness


@dataclass(frozen=True, slots=True)
class PlannedEdge:
    """A transition to make, with the scenes that it joins (the same one twice: inside it) and why."""

    first: PictureId
    second: PictureId
    scene_from: str
    scene_to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a song is covered: transitions that exist or will, of all that the rule allows, and pictures that
    are no dead end, of all."""

    edges: int
    possible: int
    safe: int
    pictures: int


@dataclass(frozen=True, slots=True)
class CoveragePlan:
    """`edges` in the order in which to make them: the first `minimum` give the guarantee, each further one the most
    useful after those before it.

    `least`: with fewer than so many no plan gives the guarantee. `lacking`: in words, what the guarantee still
    lacks with these edges (empty: it holds).
    """

    edges: tuple[PlannedEdge, ...]
    minimum: int
    least: int
    before: Coverage
    after: Coverage
    lacking: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plan_coverage(song: SongGraph, rule: str = "scenes", *, budget: int | None = None, more: int = 0, seed: int = 0,
                  sequences: Iterable[Sequence[SceneStep]] | None = None,
                  progress: Callable[[int, int], None] | None = None) -> CoveragePlan:
    """Plan what to make so that no walk comes to a dead end, then `more` transitions, or up to `budget` in all.

    Transitions that exist cost nothing. A budget smaller than the minimum makes its beginning, in the order of the
    sequences. `sequences`: what is planned for, with their pictures alone; else the whole song. The same arguments
    give the same plan; `progress` as for `least_plan`. Raises InputError, OutOfRange.
    """
    if more < 0 or (budget is not None and budget < 0):
        raise OutOfRange(f"{min(more, budget or 0)} transitions cannot be made; plan 0 or more")
    chosen = None if sequences is None else list(sequences)
    graph = PlanGraph.of(song, rule, seed=seed, sequences=chosen)
    demands = demands_of(song, graph, chosen)
    known = {(one, other): state for one, other, state in graph.each_edge()
             if not (graph.never[one] or graph.never[other])}
    there = {pair for pair, state in known.items() if state == PLAYABLE}
    least = least_plan(graph, demands, seed=seed, progress=progress)
    useful = Usefulness(demands.passages)
    ordered = _along(demands, useful, there, least)
    room = more if budget is None else max(0, budget - len(least))
    further = useful.most_useful(there | least, known.keys() - there - least, room, seed)
    planned = [_needed(graph, demands, pair) for pair in ordered]
    planned += [_more(graph, demands, each) for each in further]
    kept = planned if budget is None else planned[:budget]
    made = there | {_pair(graph, each) for each in kept}
    lacking = shortfalls(demands, len(graph.pictures), made)
    minimum = min(len(least), len(kept))
    # The bound counts what is asked; a rule that has too few transitions for it cannot give all of that.
    return CoveragePlan(tuple(kept), minimum, min(least_bound(graph, demands), minimum),
                        _coverage(graph, demands, there, len(known)), _coverage(graph, demands, made, len(known)),
                        tuple(f"{graph.pictures[each.picture].stem}: {each.what}" for each in lacking), demands.notes)


def _along(demands: Demands, useful: Usefulness, there: set[Pair], least: set[Pair]) -> list[Pair]:
    """The minimum in the order in which sequences come by, the more useful first where that is equal."""
    place: dict[int, int] = {}
    for passages in demands.passages:
        for at, passage in enumerate(passages):
            for number in passage.inside.tolist():
                place.setdefault(number, at)
    ways = useful.ways(there)
    far = max(place.values(), default=0) + 1
    return sorted(least, key=lambda pair: (max(place.get(pair[0], far), place.get(pair[1], far)),
                                           -useful.gain(pair, ways).gain, pair))


def _coverage(graph: PlanGraph, demands: Demands, pairs: set[Pair], possible: int) -> Coverage:
    lacking = {each.picture for each in shortfalls(demands, len(graph.pictures), pairs)}
    alive = mask_of(number for number in range(len(graph.pictures)) if not graph.never[number])
    return Coverage(len(pairs), possible, (alive & ~mask_of(lacking)).bit_count(), alive.bit_count())


def _needed(graph: PlanGraph, demands: Demands, pair: Pair) -> PlannedEdge:
    first, second, here, there = _placed(graph, demands, pair)
    where = f"inside {here}" if here == there else f"{here} to {there}"
    return PlannedEdge(graph.pictures[first], graph.pictures[second], here, there, f"no dead end: {where}")


def _more(graph: PlanGraph, demands: Demands, useful: Useful) -> PlannedEdge:
    first, second, here, there = _placed(graph, demands, useful.pair)
    return PlannedEdge(graph.pictures[first], graph.pictures[second], here, there,
                       f"more choice: {useful.ways + 1} ways instead of {useful.ways} at "
                       f"{graph.pictures[useful.picture].stem}")


def _placed(graph: PlanGraph, demands: Demands, pair: Pair) -> tuple[int, int, str, str]:
    """An edge in the direction in which a sequence goes, with its scenes; the song's order where none goes there."""
    for passages in demands.passages:
        for passage in passages:
            if _holds(passage, pair[0]) and _holds(passage, pair[1]):
                return (*pair, passage.scene, passage.scene)
        for at, here in enumerate(passages[:-1]):
            there = passages[at + 1]
            for one, other in (pair, pair[::-1]):
                if _holds(here, one) and _holds(there, other):
                    return one, other, here.scene, there.scene
    scenes = [[name for name, members in zip(graph.scenes, graph.members, strict=True) if number in members]
              for number in pair]
    both = [name for name in scenes[0] if name in scenes[1]]
    if both:
        return (*pair, both[0], both[0])
    return (*pair, next(iter(scenes[0]), ""), next(iter(scenes[1]), ""))


def _holds(passage: Passage, number: int) -> bool:
    return bool((passage.inside == number).any())


def _pair(graph: PlanGraph, planned: PlannedEdge) -> Pair:
    one, other = graph.numbers[planned.first], graph.numbers[planned.second]
    return (min(one, other), max(one, other))
