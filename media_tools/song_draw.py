"""`interscene song draw`: the graph of a song as a picture, with a route on it if one is named."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from media_tools.route_arguments import add_route, add_rule, find_route, graph_of, wants_route
from server.errors import InputError
from server.library.graph.drawing import draw_graph
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import SongGraph
from server.library.graph.svg import svg_of
from server.library.songs.song_folder import open_song
from server.media.draw_shapes import SUFFIXES, write_drawing
from server.media.part_file import write_file
from server.production.story_route import hops_of_file

HELP: Final = "draw the graph of a song: what exists, what is missing or damaged, and a route"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("out", type=Path, metavar="OUT", help="the .svg, .png or .jpg to write")
    parser.add_argument("--route", type=Path, metavar="CSV", help="a transition sequence to draw as the route")
    add_route(parser)
    add_rule(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")


def run(options: argparse.Namespace) -> int:
    """Draw it; return the exit code."""
    suffix = options.out.suffix.lower()
    if suffix not in (".svg", *SUFFIXES):
        raise InputError(f"{options.out.name!r} is no picture that can be drawn; name it .svg, .png or .jpg")
    song = open_song(options.song)
    graph = graph_of(song, options)
    drawing = draw_graph(song, graph, _route(song, options))
    if suffix == ".svg":
        write_file(options.out, svg_of(drawing).encode("utf-8"), overwrite=options.overwrite)
        size = drawing.width, drawing.height
    else:
        size = write_drawing(drawing, options.out, overwrite=options.overwrite)
    print(f"{options.out}: {size[0]}×{size[1]}, {len(graph.pictures):,} pictures, {graph.edges:,} transitions")
    return 0


def _route(song: SongGraph, options: argparse.Namespace) -> tuple[PictureId, ...]:
    if options.route is not None:
        hops = hops_of_file(song, options.route).hops
        return (hops[0].first, *(hop.second for hop in hops))
    if wants_route(options):
        return find_route(song, graph_of(song, options), options).route.pictures
    return ()
