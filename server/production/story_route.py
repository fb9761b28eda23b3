"""The way of a story: from a scene sequence and a seed, or from a sequence that was edited by hand. Makes no movie.

Plan and result are written in the older programs' own form, so that they can be compared, and edited.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from server.errors import InputError, LibraryError
from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.graph.plan_graph import PlanGraph
from server.library.graph.request import NoRoute, RouteRequest
from server.library.graph.routes import plan_route
from server.library.graph.song_graph import Presence, SceneStep, SongGraph, Transition
from server.library.paths import shortened
from server.library.sequences import SequenceRow, TransitionSequence, read_sequence
from server.library.songs.listing import FRAMES
from server.library.songs.naming import Names
from server.library.songs.story_lock import Hop, LockedTransition

MISSING_PRICE: Final = 8.0
"""So many existing transitions rather than one that is missing."""
PLAN_COLUMNS: Final = ("", "scene_from", "c1", "c2", "section", "reversed", "input_image_folder")
RESULT_COLUMNS: Final = ("", "path_section", "section", "scene_from", "c1", "c2", "reversed", "input_image_folder",
                         "kind")


@dataclass(frozen=True, slots=True)
class ChosenSequence:
    """A scene sequence and its name."""

    name: str
    steps: tuple[SceneStep, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Every row as one line, in which every part of it is named."""
        return tuple(_line(step) for step in self.steps)

    @property
    def hash(self) -> str:
        """What names this version: SHA-1 of what the rows mean, however they are written."""
        return hashlib.sha1("\n".join(self.lines).encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class StoryRoute:
    """The hops of a story and what is to be told about them."""

    hops: tuple[Hop, ...]
    notes: tuple[str, ...] = ()


def choose_sequence(song: SongGraph, name: str | None) -> ChosenSequence:
    """The sequence of that name; without a name the plain one, or the only one. Raises LibraryError."""
    if name is not None:
        if name not in song.sequences:
            known = ", ".join(repr(each) if each else "the plain one, which has no name" for each in song.sequences
                              ) or "none"
            raise LibraryError(f"{song.name} has no scene sequence {shortened(name)}; there are: {known}")
        return _checked(song, ChosenSequence(name, song.sequences[name]))
    if "" in song.sequences or len(song.sequences) == 1:
        only = "" if "" in song.sequences else next(iter(song.sequences))
        return _checked(song, ChosenSequence(only, song.sequences[only]))
    if song.sequences:
        raise LibraryError(f"{song.name} has {len(song.sequences)} scene sequences; choose one with --sequence: "
                           + ", ".join(song.sequences))
    raise LibraryError(f"{song.name} has no scenes to go through; it needs pictures in its "
                       "prompt_image_definitions.csv, or a scene_sequence.csv")


def find_route(song: SongGraph, sequence: ChosenSequence, seed: int, *, bridge: bool) -> StoryRoute:
    """A way through the scenes over what exists; only where there is none, or with `bridge`, over missing ones too.

    The same song, sequence and seed give the same way. Raises LibraryError with what blocks it.
    """
    graph = PlanGraph.of(_with_frame_folders(song), sequences=[sequence.steps])
    notes: list[str] = []
    for attempt, note in _attempts(RouteRequest(steps=sequence.steps, seed=seed), bridge):
        try:
            route = plan_route(graph, attempt)
        except NoRoute as reason:
            last = reason
            continue
        hops = tuple(Hop(section, sequence.steps[row].scene if row >= 0 else "", first, second)
                     for section, row, (first, second) in zip(route.sections, route.rows, pairwise(route.pictures),
                                                              strict=False))
        if not hops:
            raise LibraryError(f"the way through {song.name} has no hop; its sequence needs more scenes, or hops "
                               "inside them")
        notes += [note] if note else []
        notes += [] if route.optimal else [f"the way is at most {route.gap:g} hops from the best one"]
        return StoryRoute(with_scenes(song, sequence.steps, hops), tuple(notes))
    raise last


def _attempts(request: RouteRequest, bridge: bool) -> Iterator[tuple[RouteRequest, str]]:
    """What is asked for, and then what is given up of it, with the words for that."""
    twice = "some pictures come twice: there is no way through all scenes without"
    missing = "over what exists there is no way through all scenes"
    for price, note in ((MISSING_PRICE, ""),) if bridge else ((math.inf, ""), (MISSING_PRICE, missing)):
        for no_repeat in (True, False):
            said = "; ".join(each for each in (note, "" if no_repeat else twice) if each)
            yield replace(request, missing_price=price, no_repeat=no_repeat), said


def hops_of_file(song: SongGraph, path: Path) -> StoryRoute:
    """The way that a transition sequence says, in the older programs' form. Raises MissingFile, InputError."""
    names = Names(song.pictures)
    hops: list[Hop] = []
    for number, row in enumerate(read_sequence(path).rows, 1):
        first, second = (_picture(names, node, f"{path}, row {number}") for node in (row.c1, row.c2))
        if hops and hops[-1].second != first:
            raise InputError(f"{path}, row {number}: the way breaks: it goes on from {first.node}, but the row before "
                             f"leads to {hops[-1].second.node}")
        hops.append(Hop(row.section or "1", row.extra.get("scene_from", ""), first, second))
    if not hops:
        raise InputError(f"{path} has no transitions")
    return StoryRoute(tuple(hops))


def with_scenes(song: SongGraph, steps: Sequence[SceneStep], hops: Iterable[Hop]) -> tuple[Hop, ...]:
    """The hops, each with the scene that it leads from: a picture in several is in the one that the sequence is at."""
    place, named = 0, []
    inside = [frozenset(song.scenes[step.scene].pictures) if step.scene in song.scenes else frozenset()
              for step in steps]
    for hop in hops:
        place = next((at for at in range(place, len(steps)) if hop.first in inside[at]), place)
        there = bool(steps) and hop.first in inside[place]
        scene = steps[place].scene if there else next(song.scenes_of(hop.first), "")
        named.append(replace(hop, scene=hop.scene or scene))
    return tuple(named)


def usable(transition: Transition | None) -> bool:
    """Whether a story can be made from a transition: a movie that can be played, or a folder of frames."""
    return transition is not None and (transition.playable or frame_folder(transition))


def frame_folder(transition: Transition) -> bool:
    """Whether all there is of a transition are the frames of an older program."""
    return transition.presence is Presence.EXISTS and not transition.movie


def plan_sequence(hops: Sequence[Hop], song: SongGraph) -> TransitionSequence:
    """The plan in the older programs' form."""
    rows = tuple(_row(hop, song.between(hop.first, hop.second), {"scene_from": hop.scene}) for hop in hops)
    return TransitionSequence(rows, PLAN_COLUMNS)


def result_sequence(hops: Sequence[Hop], used: Mapping[Edge, LockedTransition]) -> TransitionSequence:
    """What was built, in the older programs' form: `reversed` says what was played backwards, `kind` what is no
    transition of the song."""
    rows = []
    sections = list(dict.fromkeys(hop.section for hop in hops))
    for hop in hops:
        locked = used[edge_of(hop.first, hop.second)]
        made = Transition(locked.first, locked.second, movie=locked.movie)
        rows.append(_row(hop, made, {"path_section": str(sections.index(hop.section)), "scene_from": hop.scene,
                                     "kind": locked.kind}))
    return TransitionSequence(tuple(rows), RESULT_COLUMNS)


def _row(hop: Hop, transition: Transition | None, extra: dict[str, str]) -> SequenceRow:
    backwards = transition is not None and transition.first != hop.first
    movie = transition.movie if transition is not None else ""
    return SequenceRow(hop.first.node, hop.second.node, hop.section, backwards,
                       {**extra, "input_image_folder": movie})


def _with_frame_folders(song: SongGraph) -> SongGraph:
    """The song with folders of frames counted as what they can be made into: transitions that can be played."""
    transitions = {edge: replace(each, movie=FRAMES) if frame_folder(each) else each
                   for edge, each in song.transitions.items()}
    return replace(song, transitions=transitions)


def _checked(song: SongGraph, sequence: ChosenSequence) -> ChosenSequence:
    if not sequence.steps:
        raise LibraryError(f"the scene sequence {sequence.name!r} of {song.name} is empty; write scenes into it")
    return sequence


def _picture(names: Names, node: str, where: str) -> PictureId:
    found = names.pictures(node)
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{where}: {shortened(node)} can be {' or '.join(each.node for each in found)}; write the "
                         "whole seed")
    raise InputError(f"{where}: the song has no picture {shortened(node)}")


def _line(step: SceneStep) -> str:
    parts = [f"scene {step.scene}", f"{step.hops} hops", f"section {step.section}"]
    if step.random:
        parts.append("starts at random")
    if step.start:
        parts.append("starts at " + ", ".join(each.node for each in step.start))
    if step.avoid:
        parts.append("avoids " + ", ".join(each.node for each in sorted(step.avoid)))
    return "; ".join(parts)
