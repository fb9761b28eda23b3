"""A stage on which decks walk through a song of pictures; ways are planned by looking at it, at once or not at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from stage import Renderer, Stage, plain_movie

from server.playback.timeline import Movie
from server.playback.walk import Hop, Leg, Missing, lay_out
from server.show.events import (
    Event,
    Loaded,
    Mapped,
    NeedMovie,
    NeedRoute,
    NeedStory,
    NeedTransition,
    NeverAgain,
    Routed,
    Storied,
)
from server.show.song_map import SongMap, Spot
from server.show.state import SongPlace

FRAMES = 31
"""Of every transition: thirty steps, a second."""
Pair = tuple[str, str]
RING: tuple[Pair, ...] = (("a-1", "b-2"), ("b-2", "c-3"), ("c-3", "d-4"), ("d-4", "e-5"), ("a-1", "e-5"))


def path_of(pair: Pair) -> str:
    return f"song/transitions/{pair[0]} to {pair[1]}.mov"


class WalkStage(Stage):
    """`pairs`: the transitions there are. `silent`: the planner answers nothing. `packed`: all lie in one atlas."""

    def __init__(self, pairs: Iterable[Pair] = RING, *, more: Iterable[str] = (), packed: bool = False,
                 decks: int = 2, stills: bool = True) -> None:
        super().__init__(decks)
        self.pairs, self.more, self.packed, self.stills = tuple(pairs), tuple(more), packed, stills
        self.silent = False
        self.version = 0
        self.folder = "song"
        self.story: Any = None
        self.movies: dict[str, Movie] = {}
        self.graph = self.make()

    def make(self) -> SongMap:
        """The song as it is now."""
        self.version += 1
        nodes = tuple(dict.fromkeys((*(node for pair in self.pairs for node in pair), *self.more)))
        count = len(self.pairs) * FRAMES + len(nodes)
        whole = self.movies.setdefault("song/atlas.mov", plain_movie("song/atlas.mov", count=max(count, 1)))
        for pair in self.pairs:
            self.movies.setdefault(path_of(pair), plain_movie(path_of(pair), count=FRAMES))
        spots, scenes = {}, {}
        for i, node in enumerate(nodes):
            touching = [pair for pair in self.pairs if node in pair]
            still: tuple[Movie, int] | None = None
            if self.packed:
                still = (whole, len(self.pairs) * FRAMES + i)
            elif touching:
                still = (self.movies[path_of(touching[0])], 0 if touching[0][0] == node else FRAMES - 1)
            elif self.stills:
                still = (plain_movie("song/stills.mov", count=len(nodes)), i)
            name = node.rpartition("-")[0]
            spots[node] = Spot(node, f"a picture of {name}", (name,), still)
            scenes[name] = (*scenes.get(name, ()), node)
        edges = {path_of(pair): pair for pair in self.pairs}
        return SongMap("song", "song", self.folder, self.version, spots, scenes, tuple(edges), edges,
                       frozenset(("song/atlas.mov", "song/stills.mov")))

    def begin(self, deck: int = 1) -> WalkStage:
        """Have the song on a deck, standing on its first picture."""
        self.do(f"/deck/{deck}/song", "song").wait(0.25)
        return self

    def changed(self, **changes: Any) -> WalkStage:
        """The song is another on disk now."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.graph = self.make()
        self.feed([Mapped("song", self.graph)])
        return self

    # those who answer -------------------------------------------------------------------------

    def carry_out(self, event: Event) -> None:
        super().carry_out(event)
        if isinstance(event, NeedRoute) and not self.silent:
            self.show.apply(self.plan(event), self.now)
        elif isinstance(event, NeedStory):
            self.show.apply(Storied(event.ticket, "song", self.story), self.now)

    def answer(self, event: NeedMovie) -> Loaded:
        if event.kind != "song":
            return replace(super().answer(event), song=SongPlace("song", (), graph=self.graph)
                           if event.name.startswith("song/") else self.song)
        still = self.graph.standing(self.graph.start)
        if still is None:
            return Loaded(event.ticket, None, code="library", error="song has nothing to show")
        clip, route = lay_out(Leg((still,), (1.0,)), packed=self.graph.packed)
        return Loaded(event.ticket, clip, SongPlace("song", self.graph.movies, graph=self.graph), route=route)

    def plan(self, asked: NeedRoute) -> Routed:
        """The fewest hops over what exists, else one that is missing; without a goal the first neighbour."""
        broken = {tuple(sorted(pair)) for pair in asked.broken}
        beside: dict[str, list[str]] = {node: [] for node in self.graph.spots}
        for one, other in self.pairs:
            if tuple(sorted((one, other))) not in broken:
                beside[one].append(other)
                beside[other].append(one)
        if not asked.goals:
            fresh = [n for n in beside[asked.start] if n not in asked.avoid and n != asked.previous]
            fresh = fresh or [n for n in self.graph.spots if n not in asked.avoid and n != asked.start]
            if not fresh:
                return Routed(asked.ticket, code="no-route", error="there is no other picture")
            target = min(fresh, key=lambda node: asked.visited.get(node, 0))
            barred = tuple(sorted((asked.start, target))) in broken
            return Routed(asked.ticket, (Missing(asked.start, target) if barred else self.hop(asked.start, target),))
        came: dict[str, str] = {asked.start: ""}
        waiting = deque([asked.start])
        while waiting:
            node = waiting.popleft()
            if node in asked.goals:
                path = [node]
                while came[path[-1]]:
                    path.append(came[path[-1]])
                path.reverse()
                return Routed(asked.ticket, tuple(self.hop(a, b) for a, b in pairwise(path)))
            for other in beside[node]:
                if other not in came and other not in asked.avoid:
                    came[other] = node
                    waiting.append(other)
        return Routed(asked.ticket, (Missing(asked.start, asked.goals[0]),), note="no way is there")

    def hop(self, start: str, end: str) -> Hop | Missing:
        for i, pair in enumerate(self.pairs):
            if pair in ((start, end), (end, start)):
                begin = i * FRAMES if self.packed else 0
                ends = (begin, begin + FRAMES - 1)
                first, last = ends if pair[0] == start else ends[::-1]
                return Hop(start, end, self.movies["song/atlas.mov" if self.packed else path_of(pair)], first, last)
        return Missing(start, end)

    # looking ----------------------------------------------------------------------------------

    def asked(self) -> list[NeedRoute]:
        return [event for event in self.events if isinstance(event, NeedRoute)]

    def wished(self) -> list[Pair]:
        return [(event.start, event.end) for event in self.events if isinstance(event, NeedTransition)]

    def shut(self) -> list[str]:
        return [event.picture for event in self.events if isinstance(event, NeverAgain)]

    def seen(self, deck: int = 1) -> tuple[str, int]:
        """Movie (without its folder) and frame of the newest layer."""
        movie, frame = self.screen(deck)[-1]
        return movie.rpartition("/")[2].removesuffix(".mov"), frame

    def passing(self, seconds: float, deck: int = 1) -> list[str]:
        """The pictures that are passed while time goes on."""
        pictures: list[str] = []
        for _ in range(round(seconds * 64)):
            picture = self.wait(1 / 64).state("picture", deck)
            if pictures[-1:] != [picture]:
                pictures.append(picture)
        return pictures


class Slow(Renderer):
    """A renderer that is ready `delay` seconds after an open, unless the movie cannot be opened."""

    def __init__(self, stage: WalkStage, delay: float = 0.15, bad: Iterable[str] = ()) -> None:
        super().__init__(stage)
        self.delay, self.bad = delay, set(bad)
        self._known: dict[int, float] = {}
        self._done: set[int] = set()

    def turn(self) -> None:
        """Answer what is due by now."""
        for id_, _, path, _ in self.asked():
            due = self._known.setdefault(id_, self.stage.now + self.delay)
            if id_ not in self._done and self.stage.now >= due:
                self._done.add(id_)
                if path in self.bad:
                    self.say("failed", id_, "no such file")
                else:
                    self.say("ready", id_)
        self.stage.do("/td/health", 60.0, 16.0, 0, 0, 4.0, 512.0, source=self.source)

    def wait(self, seconds: float) -> Slow:
        for _ in range(round(seconds * 64)):
            self.stage.wait(1 / 64)
            self.turn()
        return self

    def opens(self) -> list[str]:
        """Movies in the order of their first open."""
        return list({id_: path for id_, _, path, _ in self.asked()}.values())
