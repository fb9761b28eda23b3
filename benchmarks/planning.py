"""Planning on a song of a thousand pictures and a hundred thousand transitions, beside NetworkX where there is one."""

from __future__ import annotations

import importlib
import pickle
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, pairwise
from typing import Any

from benchmarks.bench import Bench
from benchmarks.figures import Figure, absent
from benchmarks.paired import median, middle_half, percentile, ratios, rounds_of
from server.library.graph.coverage import plan_coverage
from server.library.graph.identity import PictureId, edge_of
from server.library.graph.plan_graph import PLAYABLE, PlanGraph
from server.library.graph.request import RouteRequest
from server.library.graph.routes import plan_route
from server.library.graph.song_graph import Presence, Scene, SceneStep, SongGraph, Transition
from server.library.graph.walk import endless, endless_sequence

SUBJECT = "planning"
SCENES, PICTURES = 14, 72
"""1,008 pictures: 103,176 transitions in the full graph."""
HOPS = 3
THERE = 0.4
PRICE = 4.0
LIMIT_MS = 50.0
WALK = 10_000


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of route, and how it is asked for with a seed."""

    name: str
    request: Callable[[int], RouteRequest]


def measure(bench: Bench) -> list[Figure]:
    """Every kind of route in at most 50 ms, none of them wrong; 10,000 hops on a planned graph without a dead end."""
    song = large_song()
    begin = time.perf_counter()
    graph = PlanGraph.of(song)
    built = (time.perf_counter() - begin) * 1000
    figures = [Figure(SUBJECT, "the compact graph is built, once a song", built, "ms",
                      note=f"{len(graph.pictures):,} pictures, {graph.edges:,} edges, "
                           f"{len(pickle.dumps(graph)) / 1e6:.1f} MB to the helper process")]
    for kind in _kinds(song):
        figures.append(_routes(graph, kind, bench.few(40, 10)))
    figures += _peer(song, graph, bench.few(15, 5))
    return [*figures, *_coverage(bench)]


def large_song(share: float = THERE, seed: int = 1) -> SongGraph:
    """A song of which a seeded share of the full graph exists."""
    rng = random.Random(seed)
    scenes = {f"s{number}": Scene(f"s{number}", tuple(PictureId(f"s{number}", rng.randrange(10 ** 15))
                                                      for _ in range(PICTURES))) for number in range(SCENES)}
    bare = SongGraph("large", {}, scenes, {}, {"": tuple(SceneStep(name, HOPS) for name in scenes)})
    graph = PlanGraph.of(bare)
    edges = [graph.edge(one, other) for one, other, _ in graph.each_edge() if rng.random() < share]
    return replace(bare, transitions={edge: Transition(*edge, Presence.EXISTS, "x.mov", 30) for edge in edges})


def _kinds(song: SongGraph) -> list[_Kind]:
    pictures = [picture for scene in song.scenes.values() for picture in scene.pictures]
    steps = song.sequences[""]

    def some(seed: int, count: int) -> list[PictureId]:
        return random.Random(seed).sample(pictures, count)

    def shortest(seed: int, via: int = 0) -> RouteRequest:
        start, goal, *rest = some(seed, 2 + via)
        return RouteRequest(start, (goal,), tuple(rest), missing_price=PRICE, seed=seed)

    def visited(seed: int) -> dict[PictureId, int]:
        return {picture: random.Random(seed + at).randrange(4) for at, picture in enumerate(pictures)}

    along = RouteRequest(steps=steps, missing_price=PRICE, no_repeat=True)
    return [
        _Kind("the shortest way", shortest),
        _Kind("over two others", lambda seed: shortest(seed, 2)),
        _Kind("of 20 hops, no repeats", lambda seed: RouteRequest(some(seed, 1)[0], hops=20, missing_price=PRICE,
                                                                  no_repeat=True, seed=seed)),
        _Kind("along the sequence", lambda seed: replace(along, no_repeat=False, seed=seed)),
        _Kind("along the sequence, no repeats", lambda seed: replace(along, seed=seed)),
        _Kind("the same, what was shown least first", lambda seed: replace(along, seed=seed, prefer_unvisited=True,
                                                                           visited=visited(seed))),
    ]


def _routes(graph: PlanGraph, kind: _Kind, rounds: int) -> Figure:
    """The 95th percentile of the milliseconds, and how many routes were not proved the best."""
    times, unproved = [], 0
    for seed in range(rounds):
        request = kind.request(seed)
        begin = time.perf_counter()
        route = plan_route(graph, request, deadline=partial(_later_than, begin + LIMIT_MS / 1000))
        times.append((time.perf_counter() - begin) * 1000)
        unproved += not route.optimal
    return Figure(SUBJECT, f"{kind.name}, 95 of 100 routes", percentile(times, 0.95), "ms", LIMIT_MS, at_least=False,
                  spread=middle_half(times), rounds=rounds,
                  note=f"{rounds - unproved} of {rounds} proved the best" if unproved else "all proved the best")


def _later_than(moment: float) -> bool:
    return time.perf_counter() > moment


def _peer(song: SongGraph, graph: PlanGraph, rounds: int) -> list[Figure]:
    """The shortest way beside NetworkX on the same weights, and ways that cost something else."""
    name = "the shortest way beside NetworkX"
    try:
        networkx: Any = importlib.import_module("networkx")
    except ImportError:
        return [absent(SUBJECT, name, "networkx is not installed; pip install networkx")]
    other = networkx.Graph()
    other.add_weighted_edges_from((graph.pictures[one], graph.pictures[two], 1 if state == PLAYABLE else 1 + PRICE)
                                  for one, two, state in graph.each_edge())
    kind = _kinds(song)[0]
    costs: dict[str, dict[int, float]] = {"ours": {}, "networkx": {}}

    def ours(turn: int) -> float:
        request = kind.request(turn)
        begin = time.perf_counter()
        costs["ours"][turn] = plan_route(graph, request).cost
        return time.perf_counter() - begin

    def theirs(turn: int) -> float:
        request = kind.request(turn)
        begin = time.perf_counter()
        costs["networkx"][turn] = networkx.dijkstra_path_length(other, request.start, request.goals[0])
        return time.perf_counter() - begin

    taken = rounds_of({"ours": ours, "networkx": theirs}, rounds)
    shares = ratios(taken["networkx"], taken["ours"])
    wrong = sum(abs(cost - costs["networkx"][turn]) > 1e-6 for turn, cost in costs["ours"].items())
    return [Figure(SUBJECT, name, median(shares), "×", 1.0, spread=middle_half(shares), rounds=rounds,
                   note=f"{median(taken['ours']) * 1000:.1f} beside {median(taken['networkx']) * 1000:.1f} ms"),
            Figure(SUBJECT, "ways that cost something else than NetworkX's", wrong, "", 0, at_least=False,
                   rounds=rounds)]


def _coverage(bench: Bench) -> list[Figure]:
    """The plan of a whole song, and a walk on it: first all of it there, then two fifths."""
    song = replace(large_song(0.0), transitions={})
    begin = time.perf_counter()
    plan = plan_coverage(song, more=bench.few(1000, 100))
    seconds = time.perf_counter() - begin
    figures = [Figure(SUBJECT, "coverage of the song planned", seconds, "s",
                      note=f"{plan.minimum:,} transitions leave no dead end, {plan.least:,} are the least possible"),
               Figure(SUBJECT, "pictures that are a dead end on it", plan.after.pictures - plan.after.safe, "", 0,
                      at_least=False, rounds=plan.after.pictures)]
    edges = sorted(edge_of(each.first, each.second) for each in plan.edges)
    for share in (1.0, THERE):
        rng = random.Random(7)
        there = {edge for edge in edges if rng.random() < share}
        graph = PlanGraph.of(replace(song, transitions={
            edge: Transition(*edge, Presence.EXISTS, "x.mov", 30) if edge in there else Transition(*edge)
            for edge in edges}), "listed")
        begin = time.perf_counter()
        free = list(islice(endless(graph, graph.pictures[0], 1), WALK + 1))
        along = list(islice(endless_sequence(graph, song.sequences[""], 1), WALK + 1))
        each = (time.perf_counter() - begin) / (2 * WALK) * 1e6
        bridges = sum(not graph.playable(*hop) for walk in (free, along) for hop in pairwise(walk))
        walked = len(free) + len(along) - 2
        figures.append(Figure(SUBJECT, f"hops walked on it without a dead end, {share:.0%} there", walked, "", 2 * WALK,
                              note=f"{bridges:,} bridged, {each:.0f} µs a hop"))
    return figures

