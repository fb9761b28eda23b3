"""A scene sequence against a graph: for every row the pictures one may be at, those one may come in at, and the hops.

It says in words what a row asks in vain; it finds no way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.library.graph.identity import PictureId
from server.library.graph.plan_graph import PlanGraph
from server.library.graph.request import NoRoute
from server.library.graph.song_graph import SceneStep, SongGraph
from server.library.paths import shortened

USUAL_HOPS = 3
"""Hops in a scene where a song has no sequence, as the older program that made sequences wrote them."""


@dataclass(frozen=True, eq=False)
class Passage:
    """One row in numbers. `entries` are those of `inside` that the way through the scene may begin with."""

    row: int
    scene: str
    section: str
    hops: int
    inside: NDArray[np.int32]
    entries: NDArray[np.int32]
    anchored: bool


class Fitted(NamedTuple):
    """Steps that can be walked, and in words what was changed for that."""

    steps: tuple[SceneStep, ...]
    notes: tuple[str, ...]


def passages_of(graph: PlanGraph, steps: Sequence[SceneStep], allowed: NDArray[np.bool_]) -> tuple[Passage, ...]:
    """Every row in numbers; `allowed` says which pictures may be shown. Raises NoRoute for a row that has none."""
    return tuple(_passage(graph, row, step, allowed) for row, step in enumerate(steps))


def _passage(graph: PlanGraph, row: int, step: SceneStep, allowed: NDArray[np.bool_]) -> Passage:
    label = f"row {row + 1}, scene {shortened(step.scene)}"
    if step.scene not in graph.scene_numbers:
        raise NoRoute(f"{label}: the song has no such scene; its scenes are {_few(graph.scenes)}")
    members = graph.members[graph.scene_numbers[step.scene]]
    avoided = {graph.numbers[picture] for picture in step.avoid if picture in graph.numbers}
    inside = np.array([number for number in members.tolist() if allowed[number] and number not in avoided],
                      dtype=np.int32)
    if not len(inside):
        why = "it has no pictures; add some" if not len(members) else (
            f"every one of its {len(members)} pictures is avoided or never to be shown; take one from avoid "
            f"or from never_again.txt, such as {graph.pictures[members[0]].stem}")
        raise NoRoute(f"{label}: {why}")
    return Passage(row, step.scene, step.section, max(0, step.hops), inside,
                   _entries(graph, step, inside, label), bool(step.start))


def _entries(graph: PlanGraph, step: SceneStep, inside: NDArray[np.int32], label: str) -> NDArray[np.int32]:
    if not step.start:
        return inside
    anchors = {graph.numbers[picture] for picture in step.start if picture in graph.numbers}
    entries = np.array([number for number in inside.tolist() if number in anchors], dtype=np.int32)
    if not len(entries):
        raise NoRoute(f"{label}: its start {_few([picture.stem for picture in step.start])} is "
                      f"{_why_not(graph, step)}; leave start empty, or name one of {_stems(graph, inside)}")
    return entries


def _why_not(graph: PlanGraph, step: SceneStep) -> str:
    members = set(graph.members[graph.scene_numbers[step.scene]].tolist())
    reasons = {"not in this scene" if graph.numbers.get(picture) not in members else
               "also in its avoid list" if picture in step.avoid else "avoided or never to be shown"
               for picture in step.start}
    return " or ".join(sorted(reasons))


def fitted_steps(song: SongGraph, steps: Sequence[SceneStep], *, no_repeat: bool = True) -> Fitted:
    """The steps as far as the song can follow them: rows of no scene are left out, anchors that cannot be come to
    are dropped, and without repeats a scene gets no more hops than it has pictures left for.
    """
    fitted: list[SceneStep] = []
    notes: list[str] = []
    left: dict[str, int] = {}
    for row, step in enumerate(steps, 1):
        label = f"row {row}, scene {shortened(step.scene)}"
        usable = _usable(song, step)
        if not usable:
            notes.append(f"{label}: left out; " + ("the song has no such scene" if step.scene not in song.scenes
                                                   else "none of its pictures may be shown"))
            continue
        start = tuple(picture for picture in step.start if picture in usable)
        if step.start and not start:
            notes.append(f"{label}: its start {_few([picture.stem for picture in step.start])} is not among the "
                         "pictures that may be shown there; it begins anywhere")
        rest = left.get(step.scene, len(usable))
        hops = min(max(0, step.hops), rest - 1) if no_repeat else max(0, step.hops)
        if hops < 0:
            notes.append(f"{label}: left out; all its {len(usable)} pictures were shown before")
            continue
        if hops < step.hops:
            notes.append(f"{label}: it asks for {_count(step.hops, 'hop')}, and {_count(rest, 'picture')} "
                         f"{'is' if rest == 1 else 'are'} left for it; it gets {_count(hops, 'hop')}")
        left[step.scene] = rest - hops - 1
        fitted.append(replace(step, hops=hops, start=start))
    return Fitted(tuple(fitted), tuple(notes))


def _usable(song: SongGraph, step: SceneStep) -> set[PictureId]:
    scene = song.scenes.get(step.scene)
    return set() if scene is None else set(scene.pictures) - step.avoid - song.never


def usual_steps(song: SongGraph) -> tuple[SceneStep, ...]:
    """A sequence for a song that has none: every scene in order, three hops in each as far as its pictures last."""
    return tuple(SceneStep(scene.name, min(USUAL_HOPS, len(usable) - 1)) for scene in song.scenes.values()
                 if (usable := set(scene.pictures) - song.never))


def _stems(graph: PlanGraph, numbers: NDArray[np.int32]) -> str:
    return _few([graph.pictures[number].stem for number in numbers.tolist()])


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _few(names: Iterable[str], most: int = 4) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
