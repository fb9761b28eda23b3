"""A song as a graph: scenes of pictures, transitions between them, and the orders in which scenes are visited.

Values only. What a file is worth is found out elsewhere and kept here as a `Presence` with a reason in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.library.graph.identity import Edge, PictureId, edge_of


class Presence(StrEnum):
    """What is known of a picture or a transition on disk; only what exists is ever played."""

    EXISTS = "exists"
    MISSING = "missing"
    DAMAGED = "damaged"
    """It is there and cannot be used: cut short, partly black, of another size, with gaps."""
    STALE = "stale"
    """A transition that can be played, but was made for other pictures than those that are there now."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A node: what it was made from, and its file in the song folder, with / (empty: there is none)."""

    id: PictureId
    prompt: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Columns of its own: guidance_scale, negative_prompt, mask, cnet_scale."""
    file: str = ""
    stage: str = ""
    """What names its stage frame: SHA-1 of the JPEG; empty until it was made."""
    presence: Presence = Presence.MISSING
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """Pictures that belong together, in their order."""

    name: str
    pictures: tuple[PictureId, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """An edge: the movie's first frame is `first`, its last is `second`; backwards it leads the other way."""

    first: PictureId
    second: PictureId
    presence: Presence = Presence.MISSING
    movie: str = ""
    """Path in the song folder, with /; empty: there is none."""
    frames: int = 0
    reason: str = ""

    @property
    def edge(self) -> Edge:
        return edge_of(self.first, self.second)

    @property
    def playable(self) -> bool:
        """Whether a show may play it: it exists, or only its ends are those of older pictures."""
        return self.presence in (Presence.EXISTS, Presence.STALE) and bool(self.movie)


@dataclass(frozen=True, slots=True)
class SceneStep:
    """One row of a scene sequence: a scene, and how to go through it.

    `hops`: transitions to spend inside it. `start`: pictures of which the way through the scene begins with one;
    empty: any. `random`: the row says so itself, which makes it an anchor where sections are cut. `avoid`: not to be
    visited here.
    """

    scene: str
    hops: int = 0
    section: str = "1"
    start: tuple[PictureId, ...] = ()
    random: bool = False
    avoid: frozenset[PictureId] = frozenset()


@dataclass(frozen=True, slots=True)
class SongGraph:
    """Everything that routes and plans are made from. `scenes` are in the order of the song.

    `transitions` holds those that are on disk or wanted; where two pictures have none, the edge is simply not there.
    `sequences`: scene sequences by name, the plain one under "". `never`: pictures that are not to be shown again.
    """

    name: str
    pictures: Mapping[PictureId, Picture] = field(default_factory=dict)
    scenes: Mapping[str, Scene] = field(default_factory=dict)
    transitions: Mapping[Edge, Transition] = field(default_factory=dict)
    sequences: Mapping[str, tuple[SceneStep, ...]] = field(default_factory=dict)
    never: frozenset[PictureId] = frozenset()

    def scenes_of(self, picture: PictureId) -> Iterator[str]:
        """Names of the scenes that a picture is in."""
        return (scene.name for scene in self.scenes.values() if picture in scene.pictures)

    def between(self, one: PictureId, other: PictureId) -> Transition | None:
        """The transition between two pictures, whichever way it was made."""
        return self.transitions.get(edge_of(one, other))
