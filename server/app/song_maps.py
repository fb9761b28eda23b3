"""Maps of songs out of what the planner says of them, line by line. It asks nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from server.playback.timeline import Movie
from server.playback.walk import Hop, Missing
from server.show.song_map import SongMap, Spot


def movie_of(row: Sequence[Any]) -> Movie:
    """A movie as far as a walk needs to know it."""
    name, count, above, below = row
    return Movie(name, count, Fraction(above, below), 0, 0)


def hops_of(rows: Sequence[Sequence[Any]]) -> tuple[Hop | Missing, ...]:
    """The hops of a way."""
    movies: dict[str, Movie] = {}
    hops: list[Hop | Missing] = []
    for start, end, row, first, last in rows:
        if row is None:
            hops.append(Missing(start, end))
        else:
            movie = movies.get(row[0]) or movies.setdefault(row[0], movie_of(row))
            hops.append(Hop(start, end, movie, first, last))
    return tuple(hops)


class MapBuilder:
    """A map that is being told."""

    def __init__(self, begin: Mapping[str, Any]) -> None:
        self.folder, self._place, self._name = begin["folder"], begin["place"], begin["name"]
        self.version = begin["version"]
        self._movies: dict[str, Movie] = {}
        self._pictures: list[tuple[str, str, tuple[Movie, int] | None]] = []
        self._scenes: dict[str, list[int]] = {}
        self._edges: dict[str, tuple[str, str]] = {}
        self._packed: set[str] = set()
        self._never: set[str] = set()

    def add(self, part: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Take in some rows."""
        for node, prompt, row, frame in part.get("picture", ()):
            movie = None if row is None else self._movies.get(row[0]) or self._movies.setdefault(row[0], movie_of(row))
            self._pictures.append((node, prompt, None if movie is None else (movie, frame)))
        for name, members in part.get("scene", ()):
            self._scenes[name] = members
        for path, start, end in part.get("edge", ()):
            self._edges[path] = (self._pictures[start][0], self._pictures[end][0])
        self._packed.update(path for path, in part.get("movie", ()))
        self._never.update(self._pictures[number][0] for number, in part.get("never", ()))

    def whole(self) -> SongMap:
        """The map."""
        scenes: dict[int, list[str]] = {}
        for name, members in self._scenes.items():
            for number in members:
                scenes.setdefault(number, []).append(name)
        spots = {node: Spot(node, prompt, tuple(scenes.get(i, ())), still)
                 for i, (node, prompt, still) in enumerate(self._pictures)}
        return SongMap(
            self.folder, self._name, self._place, self.version, spots,
            {name: tuple(self._pictures[number][0] for number in members) for name, members in self._scenes.items()},
            tuple(self._edges), self._edges, frozenset(self._packed), frozenset(self._never))
