"""A song's graph in numbers, compact and picklable: what routes and plans are computed on. It plans nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from server.errors import LibraryError
from server.library.graph.adjacency import Pairs, each_once, neighbours_of, rule_edges
from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.graph.song_graph import Presence, SceneStep, SongGraph, Transition
from server.library.paths import shortened

MISSING: Final = 0
PLAYABLE: Final = 1
DAMAGED: Final = 2


@dataclass(frozen=True, eq=False)
class PlanGraph:
    """Pictures by number; the arcs of picture `p` are `head[start[p]:start[p + 1]]`, ascending.

    Every edge is two arcs: a transition is played both ways. `state` of an arc is MISSING, PLAYABLE or DAMAGED.
    """

    name: str
    pictures: tuple[PictureId, ...]
    start: NDArray[np.int32]
    head: NDArray[np.int32]
    state: NDArray[np.uint8]
    scenes: tuple[str, ...]
    members: tuple[NDArray[np.int32], ...]
    """Numbers of the pictures of each scene, in their order."""
    never: NDArray[np.bool_]
    """Pictures that no way leads through."""
    rule: str = "scenes"

    @classmethod
    def of(cls, song: SongGraph, rule: str = "scenes", *, seed: int = 0, k: int = 4,
           sequences: Iterable[Sequence[SceneStep]] | None = None) -> Self:
        """The rule's edges and every transition the song has, whatever the rule. Raises InputError.

        `sequences`: whose neighbouring rows count as neighbouring scenes; all of the song's when not given.
        """
        pictures = _all_pictures(song)
        numbers = {picture: number for number, picture in enumerate(pictures)}
        wanted = rule_edges(song, rule, numbers, seed=seed, k=k, neighbours=neighbours_of(song, sequences))
        listed = [(numbers[edge[0]], numbers[edge[1]], _state_of(transition))
                  for edge, transition in song.transitions.items()]
        own = np.array(listed, dtype=np.int32).reshape(-1, 3)
        scenes = {name: [numbers[picture] for picture in scene.pictures] for name, scene in song.scenes.items()}
        start, head, state = _rows(len(pictures), each_once(np.concatenate((wanted, own[:, :2]))), own)
        return cls(song.name, pictures, start, head, state, tuple(scenes),
                   tuple(np.array(list(dict.fromkeys(scene)), dtype=np.int32) for scene in scenes.values()),
                   np.array([picture in song.never for picture in pictures], dtype=bool), rule)

    @cached_property
    def numbers(self) -> dict[PictureId, int]:
        """The number of every picture."""
        return {picture: number for number, picture in enumerate(self.pictures)}

    @cached_property
    def tail(self) -> NDArray[np.int32]:
        """Where every arc comes from."""
        return np.repeat(np.arange(len(self.pictures), dtype=np.int32), np.diff(self.start))

    @cached_property
    def scene_numbers(self) -> dict[str, int]:
        """The number of every scene."""
        return {name: number for number, name in enumerate(self.scenes)}

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return len(self.head) // 2

    def number(self, picture: PictureId) -> int:
        """The number of a picture. Raises LibraryError."""
        if picture not in self.numbers:
            raise LibraryError(f"{self.name or 'the song'} has no picture {shortened(picture.stem)}; "
                               "its pictures are listed by `interscene song overview`")
        return self.numbers[picture]

    def beside(self, number: int) -> NDArray[np.int32]:
        """The pictures that a picture has an edge to."""
        return self.head[self.start[number]:self.start[number + 1]]

    def states(self, number: int) -> NDArray[np.uint8]:
        """The states of a picture's arcs, in the order of `beside`."""
        return self.state[self.start[number]:self.start[number + 1]]

    def between(self, one: int, other: int) -> int | None:
        """The state of the edge between two pictures; None where there is no edge."""
        place = int(np.searchsorted(self.beside(one), other))
        row = self.beside(one)
        return int(self.states(one)[place]) if place < len(row) and row[place] == other else None

    def playable(self, one: PictureId, other: PictureId) -> bool:
        """Whether there is a movie between two pictures, whichever way."""
        return self.between(self.number(one), self.number(other)) == PLAYABLE

    def edge(self, one: int, other: int) -> Edge:
        """Two numbers as an edge."""
        return edge_of(self.pictures[one], self.pictures[other])

    def each_edge(self) -> Iterator[tuple[int, int, int]]:
        """Every edge once: the smaller number, the greater, the state."""
        once = self.tail < self.head
        return zip(self.tail[once].tolist(), self.head[once].tolist(), self.state[once].tolist(), strict=True)

    def only(self, kept: Pairs) -> PlanGraph:
        """The same pictures with these edges only, each worth what it was; pairs that were no edges are missing."""
        once = (self.tail < self.head) & (self.state != MISSING)
        own = np.column_stack((self.tail[once], self.head[once], self.state[once])).astype(np.int32)
        start, head, state = _rows(len(self.pictures), each_once(kept), own)
        return PlanGraph(self.name, self.pictures, start, head, state, self.scenes, self.members, self.never, self.rule)

    def __getstate__(self) -> dict[str, object]:
        """Without what is worked out again from the rest."""
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}


def arcs_of(graph: PlanGraph, numbers: NDArray[np.int32] | NDArray[np.int64]) -> tuple[
        NDArray[np.int64], NDArray[np.int64]]:
    """All arcs of some pictures, and for each the place in `numbers` of the picture that it leaves."""
    begin = graph.start[numbers].astype(np.int64)
    count = graph.start[numbers + 1] - begin
    ends = np.cumsum(count)
    owner = np.repeat(np.arange(len(numbers)), count)
    return np.arange(len(owner)) + (begin - ends + count)[owner], owner


def _all_pictures(song: SongGraph) -> tuple[PictureId, ...]:
    """Pictures of the song, of its scenes and of its transitions, in the order of scenes."""
    found = dict.fromkeys(picture for scene in song.scenes.values() for picture in scene.pictures)
    found |= dict.fromkeys(song.pictures)
    found |= dict.fromkeys(picture for edge in song.transitions for picture in edge)
    return tuple(found)


def _state_of(transition: Transition) -> int:
    if transition.playable:
        return PLAYABLE
    return DAMAGED if transition.presence is Presence.DAMAGED else MISSING


def _rows(count: int, pairs: Pairs, own: NDArray[np.int32]) -> tuple[
        NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    """Edges (each once) as rows of arcs, with the states of those in `own` (one, other, state)."""
    keys = pairs[:, 0].astype(np.int64) << 32 | pairs[:, 1]
    state = np.zeros(len(pairs), dtype=np.uint8)
    low, high = np.minimum(own[:, 0], own[:, 1]), np.maximum(own[:, 0], own[:, 1])
    wanted = low.astype(np.int64) << 32 | high
    place = np.searchsorted(keys, wanted)
    there = place < len(keys)
    there[there] = keys[place[there]] == wanted[there]
    state[place[there]] = own[there, 2]
    tail, head = np.concatenate((pairs[:, 0], pairs[:, 1])), np.concatenate((pairs[:, 1], pairs[:, 0]))
    order = np.lexsort((head, tail))
    start = np.concatenate(([0], np.cumsum(np.bincount(tail, minlength=count)))).astype(np.int32)
    return start, head[order].astype(np.int32), np.concatenate((state, state))[order]
