"""What may be asked of a route, and what is answered. Values only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from server.errors import LibraryError
from server.library.graph.identity import Edge, PictureId
from server.library.graph.song_graph import SceneStep


class NoRoute(LibraryError):
    """There is no such way; the line says what blocks it and what would open it."""

    code = "no-route"


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """Where from, where to, and under which rules. A hop costs 1.

    With `steps`, the route goes through the rows of a scene sequence; with `hops`, it has exactly as many; else
    it is the cheapest. It begins at `start` (None: anywhere, with steps where the first row lets it), passes `via`
    in order, and ends at one of `goals` (none: anywhere). A start that the first row does not let it begin
    at is one hop before the first row.
    """

    start: PictureId | None = None
    goals: tuple[PictureId, ...] = ()
    via: tuple[PictureId, ...] = ()
    avoid: frozenset[PictureId] = frozenset()
    missing_price: float = math.inf
    """What a transition that does not exist costs beyond its hop; inf: only those that exist. Prices are told
    apart to a thousandth of a hop."""
    visited: Mapping[PictureId, int] = field(default_factory=dict)
    """How often each picture has been shown."""
    prefer_unvisited: bool = False
    visited_price: float = 0.5
    """What a picture that was shown costs, at most: once half of it, twice two thirds …"""
    no_repeat: bool = False
    """No picture twice on the route."""
    repeat_later: bool = False
    """With `no_repeat`: a picture may come again in a later row of the sequence."""
    steps: tuple[SceneStep, ...] = ()
    seed: int = 0
    """Which of equally good routes it is."""
    hops: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A way through the graph. `sections` has one name a hop, `rows` the row of the sequence for every picture (-1
    before the first; empty without a sequence).

    `optimal`: there is no cheaper one. Else `gap` is how much cheaper one could be at most, in hops.
    """

    pictures: tuple[PictureId, ...]
    sections: tuple[str, ...] = ()
    missing: tuple[Edge, ...] = ()
    cost: float = 0.0
    optimal: bool = True
    gap: float = 0.0
    rows: tuple[int, ...] = ()

    @property
    def hops(self) -> int:
        """How many transitions it is."""
        return len(self.pictures) - 1
