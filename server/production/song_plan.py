"""A coverage plan into a song folder: the two lists of transitions, and a way over what is planned. Renders nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from server.errors import LibraryError, OutputError
from server.library.formats.transition_lists import PlannedTransition
from server.library.graph.coverage import CoveragePlan
from server.library.graph.identity import PictureId, edge_of
from server.library.graph.passages import fitted_steps
from server.library.graph.plan_graph import PlanGraph
from server.library.graph.request import Route, RouteRequest
from server.library.graph.routes import Tries, plan_route
from server.library.graph.song_graph import SceneStep, SongGraph, Transition
from server.library.sequences import write_sequence
from server.library.songs.planned_lists import write_lists
from server.library.songs.stories import PLAN
from server.library.songs.story_lock import Hop
from server.production.story_route import plan_sequence, with_scenes

FOLDER = "story"
_LOOKS = 600
"""Layers after which the search for a better way ends; the same on every machine."""


class WrittenPlan(NamedTuple):
    """What was written, and what is to be told about it."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def write_plan(folder: Path, song: SongGraph, plan: CoveragePlan, steps: Sequence[SceneStep], seed: int) -> WrittenPlan:
    """Write a plan as the older programs read it. Raises OutputError.

    Transitions that exist stay listed, with nothing to compute. `trans_sequence_gen.csv` is a way along `steps` over
    what exists and what is planned; where there is none yet, it is not written.
    """
    rows = [PlannedTransition(edge.first, edge.second, edge.scene_from, edge.scene_to) for edge in plan.edges]
    planned = {edge_of(edge.first, edge.second) for edge in plan.edges}
    there = [each for edge, each in song.transitions.items() if each.playable and edge not in planned]
    rows += [PlannedTransition(each.first, each.second, *_scenes(song, each), compute=False) for each in there]
    dropped = len(song.transitions.keys() - planned) - len(there)
    notes = [(f"{dropped:,} transitions that were listed before are not in this plan; the lists before it are "
             "kept as ….old.csv")] * bool(dropped)
    paths = list(write_lists(folder, rows))
    made = {each.edge: each for each in there} | {edge: Transition(*edge) for edge in planned}
    try:
        route = planned_route(replace(song, transitions=made), steps, seed)
        paths.append(_write_way(folder / FOLDER / PLAN, song, steps, route))
    except LibraryError as reason:
        notes.append(f"{FOLDER}/{PLAN} is not written: {reason}")
    return WrittenPlan(tuple(paths), tuple(notes))


def planned_route(song: SongGraph, steps: Sequence[SceneStep], seed: int) -> Route:
    """A way along a sequence over the transitions that a song lists, there or not. Raises NoRoute."""
    graph = PlanGraph.of(song, "listed")
    request = RouteRequest(steps=fitted_steps(song, steps).steps, missing_price=0, no_repeat=True, seed=seed)
    try:
        return plan_route(graph, request, deadline=Tries(_LOOKS))
    except LibraryError:
        return plan_route(graph, replace(request, repeat_later=True), deadline=Tries(_LOOKS))


def _write_way(path: Path, song: SongGraph, steps: Sequence[SceneStep], route: Route) -> Path:
    fitted = fitted_steps(song, steps).steps
    hops = [Hop(section or "1", fitted[row].scene if row >= 0 else "", first, second)
            for section, row, (first, second) in zip(route.sections, route.rows, pairwise(route.pictures),
                                                     strict=False)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise OutputError(f"the folder {path.parent} cannot be made: {reason.strerror}; choose another song") from None
    write_sequence(path, plan_sequence(with_scenes(song, fitted, hops), song))
    return path


def _scenes(song: SongGraph, transition: Transition) -> tuple[str, str]:
    """The scenes of both ends: one that has both, else the first of each."""
    first, second = (list(song.scenes_of(end)) for end in _ends(transition))
    both = next((name for name in first if name in second), None)
    return (both, both) if both is not None else (next(iter(first), ""), next(iter(second), ""))


def _ends(transition: Transition) -> tuple[PictureId, PictureId]:
    return transition.first, transition.second
