"""`interscene song new`: make a song folder to fill."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from media_tools import argument_types
from server.index.identity import typed
from server.library.songs.new_song import FRAMES, SIZE, make_song

HELP: Final = "make a song folder to fill: prompts, settings, a sequence of scenes, and a place for pictures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the folder to make")
    parser.add_argument("--size", type=argument_types.size, default=SIZE, metavar="WIDTHxHEIGHT",
                        help=f"size of its pictures; {SIZE[0]}x{SIZE[1]} if not given")
    parser.add_argument("--frames", type=int, default=FRAMES, metavar="N",
                        help=f"frames of a transition; {FRAMES} if not given")


def run(options: argparse.Namespace) -> int:
    """Make the folder; return the exit code."""
    names = make_song(options.song, size=options.size, frames=options.frames)
    print(f"{options.song}: {', '.join(names)}")
    print("write a row into prompt_image_definitions.csv for every prompt, or add pictures that you have:")
    print(f"  interscene song add {typed(options.song)} PICTURE…")
    return 0
