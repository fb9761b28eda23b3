"""One song as the planner holds it: its graph, what can be shown of it, and ways through it. It answers in rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from server.errors import IntersceneError, LibraryError, MediaError
from server.index.opening import open_index
from server.library.graph.identity import PictureId, edge_of
from server.library.graph.plan_graph import MISSING, PlanGraph
from server.library.graph.request import RouteRequest
from server.library.graph.routes import plan_route
from server.library.graph.song_graph import SongGraph
from server.library.graph.walk import next_hop
from server.production.atlas import Atlas, atlas_versions, read_atlas
from server.production.stage_song import find_stills

PRICE: Final = 8.0
"""Hops that a detour over transitions that exist may cost more than a missing one."""
RATE: Final = Fraction(30)

Row = list[Any]
"""[movie name, frames, rate numerator, rate denominator]"""


@dataclass(frozen=True, slots=True)
class _Still:
    movie: str
    frame: int


class PlannerSong:
    """One version of a song, never changed. `place`: its folder below the media folder, with /."""

    def __init__(self, root: Path, folder: Path, song: SongGraph) -> None:
        self.song, self.folder = song, folder
        self.place = folder.relative_to(root).as_posix()
        self.graph = PlanGraph.of(song, "scenes")
        self.packed = packed_in(folder)
        self.atlas: Atlas | None = read_atlas(folder)
        self._counts: dict[str, int] = {}
        self._rates: dict[str, Fraction] = {}
        self._stills = self._find_stills()

    # what there is ----------------------------------------------------------------------------

    def rows(self) -> Iterator[tuple[str, Row]]:
        """The map of the song: (kind, row), pictures before what refers to them."""
        numbers = {picture: i for i, picture in enumerate(self.graph.pictures)}
        for picture in self.graph.pictures:
            still = self._stills.get(picture)
            known = self.song.pictures.get(picture)
            yield "picture", [picture.node, known.prompt if known is not None else "",
                              self._movie(still.movie) if still else None, still.frame if still else 0]
        for scene in self.song.scenes.values():
            yield "scene", [scene.name, [numbers[picture] for picture in scene.pictures if picture in numbers]]
        for transition in self.song.transitions.values():
            if transition.playable:
                yield "edge", [self._path(transition.movie), numbers[transition.first], numbers[transition.second]]
        if self.atlas is not None:
            yield "movie", [self._path(self.atlas.movie)]
        for movie in dict.fromkeys(still.movie for still in self._stills.values()):
            yield "movie", [self._path(movie)]
        for picture in self.song.never:
            if picture in numbers:
                yield "never", [numbers[picture]]

    def _find_stills(self) -> Mapping[PictureId, _Still]:
        """A frame for every picture: in the atlas, else an end of a transition, else in the movie of all stills."""
        found: dict[PictureId, _Still] = {}
        if self.atlas is not None:
            self._counts[self.atlas.movie] = self.atlas.frames
            self._rates[self.atlas.movie] = self.atlas.rate
            found = {picture: _Still(self.atlas.movie, frame) for picture, frame in self.atlas.stills.items()}
        for transition in self.song.transitions.values():
            if transition.playable and transition.frames:
                self._counts[transition.movie] = transition.frames
                found.setdefault(transition.first, _Still(transition.movie, 0))
                found.setdefault(transition.second, _Still(transition.movie, transition.frames - 1))
        return {**self._stills_movie(), **found}

    def _stills_movie(self) -> dict[PictureId, _Still]:
        path = find_stills(self.folder)
        if path is None:
            return {}
        try:
            index = open_index(path)
        except MediaError:
            return {}
        name = path.relative_to(self.folder).as_posix()
        self._counts[name], self._rates[name] = index.count, index.rate
        nodes = {picture.node: picture for picture in self.graph.pictures}
        return {nodes[mark.name]: _Still(name, mark.frame) for mark in index.marks
                if mark.name in nodes and 0 <= mark.frame < index.count}

    # ways -------------------------------------------------------------------------------------

    def way(self, asked: Mapping[str, Any]) -> tuple[list[Row], str]:
        """The hops that were asked for, and a note where they are not what they might be. Raises InputError.

        A goal that no way leads to is a missing transition from where it was to begin.
        """
        start = PictureId.of_node(asked["start"])
        goals = tuple(PictureId.of_node(node) for node in asked["goals"])
        avoid = frozenset(PictureId.of_node(node) for node in asked["avoid"])
        graph = self._without(asked["broken"])
        try:
            if not goals:
                visited = {PictureId.of_node(node): int(count) for node, count in asked["visited"].items()}
                previous = PictureId.of_node(asked["previous"]) if asked["previous"] else None
                path: Sequence[PictureId] = (start, next_hop(graph, start, visited, asked["seed"], previous=previous,
                                                             avoid=avoid))
            else:
                path = plan_route(graph, RouteRequest(start, goals, avoid=avoid - {start}, missing_price=PRICE,
                                                      seed=asked["seed"])).pictures
        except LibraryError as reason:
            if not goals:
                raise
            return [[start.node, goals[0].node, None, 0, 0]], str(reason)
        broken = {edge_of(PictureId.of_node(one), PictureId.of_node(other)) for one, other in asked["broken"]}
        return self._hops(path, broken), ""

    def _hops(self, path: Sequence[PictureId], broken: set[tuple[PictureId, PictureId]]) -> list[Row]:
        hops: list[Row] = []
        for one, other in pairwise(path):
            found = None if edge_of(one, other) in broken else self._span(one, other)
            movie, first, last = found if found is not None else ("", 0, 0)
            hops.append([one.node, other.node, self._movie(movie) if movie else None, first, last])
        return hops

    def _span(self, one: PictureId, other: PictureId) -> tuple[str, int, int] | None:
        inside = self.atlas.span(one, other) if self.atlas is not None else None
        if inside is not None and self.atlas is not None:
            return self.atlas.movie, *inside
        transition = self.song.between(one, other)
        if transition is None or not transition.playable or not transition.frames:
            return None
        last = transition.frames - 1
        return (transition.movie, 0, last) if transition.first == one else (transition.movie, last, 0)

    def _without(self, broken: Sequence[Sequence[str]]) -> PlanGraph:
        """The graph with transitions that cannot be shown as missing ones."""
        graph = self.graph
        if not broken:
            return graph
        state = graph.state.copy()
        for one, other in broken:
            pair = [graph.numbers.get(PictureId.of_node(node)) for node in (one, other)]
            if pair[0] is None or pair[1] is None:
                continue
            for here, there in ((pair[0], pair[1]), (pair[1], pair[0])):
                begin = int(graph.start[here])
                places = begin + np.flatnonzero(graph.beside(here) == there)
                state[places] = MISSING
        return replace(graph, state=state)

    # movies -----------------------------------------------------------------------------------

    def _path(self, movie: str) -> str:
        return f"{self.place}/{movie}"

    def still_of(self, picture: PictureId) -> tuple[str, int] | None:
        """A movie of the song, and its frame that shows a picture; None where none does."""
        still = self._stills.get(picture)
        return (still.movie, still.frame) if still is not None else None

    def lacking(self, node: str) -> list[str]:
        """The pictures to which a picture has no transition that can be played: those that are listed first."""
        picture = PictureId.of_node(node)
        number = self.graph.numbers.get(picture)
        if number is None:
            return []
        found = [self.graph.pictures[int(there)] for there, state in zip(
            self.graph.beside(number), self.graph.states(number), strict=True) if state == MISSING]
        listed = self.song.between
        return [one.node for one in sorted(found, key=lambda one: listed(picture, one) is None)
                if one not in self.song.never]

    @property
    def usual_rate(self) -> Fraction:
        """The rate of its movies; 30 where there are none."""
        known = next((each.movie for each in self.song.transitions.values() if each.playable), "")
        return self._rate(known) if known else RATE

    def _movie(self, movie: str) -> Row:
        rate = self._rate(movie)
        return [self._path(movie), self._counts.get(movie, 0), rate.numerator, rate.denominator]

    def _rate(self, movie: str) -> Fraction:
        """The rate of a movie: its index says it; asked of one movie of the song, which are all made alike."""
        known = self._rates.get(movie) or self._rates.get("")
        if known is not None:
            return known
        try:
            self._rates[""] = open_index(self.folder / movie).rate
        except IntersceneError:
            return RATE
        return self._rates[""]


def packed_in(folder: Path) -> tuple[str, ...]:
    """Names of the movies that hold much of a song in one, as they are there now."""
    stills = find_stills(folder)
    return (*(path.name for _, path in atlas_versions(folder)), stills.name if stills is not None else "")
