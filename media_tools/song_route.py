"""`interscene song route`: a way through a song, in words, and as a transition sequence."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from media_tools.route_arguments import FoundRoute, add_route, add_rule, find_route, graph_of
from media_tools.song_report import warn_of_sequences
from server.errors import OutputError
from server.library.graph.plan_graph import PlanGraph
from server.library.graph.song_graph import SongGraph
from server.library.sequences import write_sequence
from server.library.songs.song_folder import open_song
from server.library.songs.story_lock import Hop
from server.production.story_route import plan_sequence, with_scenes

HELP: Final = "find a way through a song: along its sequence, of so many hops, or the shortest"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    add_route(parser)
    add_rule(parser)
    parser.add_argument("--csv", type=Path, metavar="OUT", help="also write it as a transition sequence")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")


def run(options: argparse.Namespace) -> int:
    """Find it and print it; return the exit code."""
    if options.csv is not None and options.csv.exists() and not options.overwrite:
        raise OutputError(f"{options.csv} is already there; choose another name, or replace it with --overwrite")
    song = open_song(options.song)
    warn_of_sequences(options.song)
    graph = graph_of(song, options)
    found = find_route(song, graph, options)
    for line in described(song, graph, found):
        print(line)
    if options.csv is not None:
        write_sequence(options.csv, plan_sequence(hops_of(song, found), song))
        print(f"written: {options.csv}")
    return 0


def hops_of(song: SongGraph, found: FoundRoute) -> tuple[Hop, ...]:
    """The hops of a route with the scenes they lead from."""
    route, rows = found.route, found.route.rows or (-1,) * len(found.route.pictures)
    hops = [Hop(section or "1", found.steps[row].scene if row >= 0 else "", first, second)
            for section, row, (first, second) in zip(route.sections, rows, pairwise(route.pictures), strict=False)]
    return with_scenes(song, (), hops)


def described(song: SongGraph, graph: PlanGraph, found: FoundRoute) -> Iterator[str]:
    """A line for every hop, and how good the route is."""
    route = found.route
    yield from (f"note: {note}" for note in found.notes)
    if not route.hops:
        yield f"{route.pictures[0].stem}: it is there already"
    wide = max(len(picture.stem) for picture in route.pictures)
    scene = None
    for number, hop in enumerate(hops_of(song, found), 1):
        if hop.scene != scene:
            yield (hop.scene or "in no scene") + (f", section {hop.section}" if found.steps else "")
            scene = hop.scene
        there = graph.playable(hop.first, hop.second)
        line = f"{number:5}  {hop.first.stem:<{wide}}  to  {hop.second.stem:<{wide}}"
        yield line.rstrip() if there else f"{line}  missing"
    quality = "no way is better" if route.optimal else f"none is better by more than {route.gap:g} hops"
    missing = f"{len(set(route.missing))} transitions of it are missing" if route.missing else "all of it is there"
    yield f"{route.hops} hops, {len(set(route.pictures))} pictures; {missing}; {quality}"
