"""How a route is asked for on the command line, for all verbs that find one; it draws and prints nothing."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from media_tools import argument_types
from server.errors import InputError
from server.library.graph.adjacency import RULES
from server.library.graph.identity import PictureId
from server.library.graph.passages import fitted_steps
from server.library.graph.plan_graph import PlanGraph
from server.library.graph.request import Route, RouteRequest
from server.library.graph.routes import Tries, plan_route
from server.library.graph.song_graph import SceneStep, SongGraph
from server.production.removal import pictures_named
from server.production.story_route import MISSING_PRICE, choose_sequence

_LOOKS: Final = 600
"""Layers after which the search for a better route in great scenes ends; the same on every machine."""


@dataclass(frozen=True, slots=True)
class FoundRoute:
    """A route, the rows of the sequence that it follows (none: none), and what is to be told."""

    route: Route
    steps: tuple[SceneStep, ...] = ()
    notes: tuple[str, ...] = ()


def add_rule(parser: argparse._ActionsContainer) -> None:
    """Declare which transitions there might be."""
    parser.add_argument("--rule", default="scenes", metavar="RULE",
                        help=f"which transitions there might be: {', '.join(RULES)}, or INSIDE+BETWEEN (scenes)")


def add_route(parser: argparse.ArgumentParser) -> None:
    """Declare where a route goes."""
    way = parser.add_argument_group("the way")
    way.add_argument("--from", dest="start", metavar="PICTURE", help="where it begins, such as sun_1001")
    way.add_argument("--to", dest="goals", action="append", default=[], metavar="PICTURE",
                     help="where it ends: a picture, or any of a prompt; repeatable")
    way.add_argument("--via", action="append", default=[], metavar="PICTURE", help="passed on the way, in this order")
    way.add_argument("--avoid", action="append", default=[], metavar="PICTURE", help="not to be shown; repeatable")
    way.add_argument("--sequence", metavar="NAME", help="along this scene sequence (the plain one, or the only one)")
    way.add_argument("--hops", type=argument_types.count, metavar="N", help="of exactly N transitions")
    way.add_argument("--existing", action="store_true", help="over transitions that exist, or not at all")
    way.add_argument("--missing-price", type=float, default=MISSING_PRICE, metavar="HOPS",
                     help=f"how many hops more one that is missing costs ({MISSING_PRICE:g})")
    way.add_argument("--repeat", action="store_true", help="a picture may come more than once")
    way.add_argument("--seed", type=int, default=1, help="which of equally good ways (1)")


def wants_route(options: argparse.Namespace) -> bool:
    """Whether a route was asked for at all."""
    return any((options.start, options.goals, options.via, options.sequence is not None, options.hops))


def find_route(song: SongGraph, graph: PlanGraph, options: argparse.Namespace) -> FoundRoute:
    """Find the route that was asked for; along the song's sequence where neither goal nor hops were.

    Raises LibraryError in words that say what blocks, InputError.
    """
    steps: tuple[SceneStep, ...] = ()
    notes: list[str] = []
    if options.sequence is not None or not (options.goals or options.via or options.hops):
        chosen = choose_sequence(song, options.sequence)
        steps, changed = fitted_steps(song, chosen.steps, no_repeat=not options.repeat)
        notes += changed
        if not steps:
            raise InputError(f"no row of the sequence can be followed: {'; '.join(changed)}")
    request = RouteRequest(
        start=_one(song, options.start), goals=_all(song, options.goals),
        via=tuple(picture for text in options.via if (picture := _one(song, text)) is not None),
        avoid=frozenset(_all(song, options.avoid)), missing_price=math.inf if options.existing else
        options.missing_price, no_repeat=not options.repeat, steps=steps, seed=options.seed, hops=options.hops)
    return FoundRoute(plan_route(graph, request, deadline=Tries(_LOOKS)), steps, tuple(notes))


def graph_of(song: SongGraph, options: argparse.Namespace) -> PlanGraph:
    """The graph of the rule that was asked for. Raises InputError."""
    return PlanGraph.of(song, options.rule)


def _one(song: SongGraph, text: str | None) -> PictureId | None:
    if text is None:
        return None
    found = pictures_named(song, [text])
    if len(found) > 1:
        raise InputError(f"{text!r} can be {', '.join(each.stem for each in found[:4])}"
                         + (" …" if len(found) > 4 else "") + "; name one of them")
    return found[0]


def _all(song: SongGraph, texts: Sequence[str]) -> tuple[PictureId, ...]:
    return tuple(dict.fromkeys(picture for text in texts for picture in pictures_named(song, [text])))
