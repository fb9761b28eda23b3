"""`interscene song without`: what breaks if pictures are taken out of a song; exit code 1 if anything does."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

from server.library.graph.identity import PictureId
from server.library.songs.song_folder import open_song
from server.production.removal import Breakage, breakage, pictures_named

HELP: Final = "say what breaks if pictures are taken out; it takes nothing out"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="sun_1001, or sun for all of a prompt")
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of text")


def run(options: argparse.Namespace) -> int:
    """Say it; return the exit code."""
    graph = open_song(options.song)
    found = breakage(graph, pictures_named(graph, options.pictures), options.song)
    if options.json:
        print(json.dumps({
            "pictures": _stems(found.pictures), "edges": [[one.node, other.node] for one, other in found.edges],
            "dead_ends": _stems(found.dead_ends), "unreachable": _stems(found.unreachable),
            "emptied": list(found.emptied), "parted": [list(pair) for pair in found.parted],
            "steps": list(found.steps), "stories": list(found.stories), "harmless": found.harmless}, indent=2,
            ensure_ascii=False))
    else:
        for line in _lines(found):
            print(line)
    return int(not found.harmless)


def _lines(found: Breakage) -> list[str]:
    names = ", ".join(_stems(found.pictures))
    lines = [f"without {names}: {len(found.edges)} transitions could not be played any more"]
    lines += [f"  {each.stem} would have one way only, in and out" for each in found.dead_ends]
    lines += [f"  {each.stem} could not be reached any more" for each in found.unreachable]
    lines += [f"  the scene {name} would have no pictures" for name in found.emptied]
    lines += [f"  no transition would lead from {one} to {other}" for one, other in found.parted]
    lines += [f"  {step}" for step in found.steps]
    lines += [f"  {path} uses it" for path in found.stories]
    return [*lines, "nothing else breaks"] if found.harmless else lines


def _stems(pictures: tuple[PictureId, ...]) -> list[str]:
    return [each.stem for each in pictures]
