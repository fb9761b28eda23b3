"""`interscene numbered`: make a test movie whose frames say their own number, to people and to programs."""

from __future__ import annotations

import argparse
import sys
from fractions import Fraction
from typing import Final

from media_tools import argument_types
from media_tools.movie_output import movie_output
from media_tools.movie_report import say_movie
from media_tools.progress import ProgressLine
from server.media.encode import CHROMAS
from server.media.numbered import write_numbered

HELP: Final = "make a test movie with its frame numbers in the picture"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("out", metavar="OUT.mov", help="the movie to write, or a folder for its next take")
    parser.add_argument("--count", type=argument_types.count, default=300, metavar="N", help="frames (300)")
    parser.add_argument("--size", type=argument_types.size, default=(1280, 720), metavar="WxH",
                        help="size, at least 64x64 (1280x720)")
    parser.add_argument("--rate", type=argument_types.rate, default=Fraction(30), metavar="FPS",
                        help="frames a second (30)")
    parser.add_argument("--quality", type=argument_types.quality, default=85, metavar="1-100", help="(85)")
    parser.add_argument("--chroma", choices=CHROMAS, default="420", help="colour resolution (420)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number on the first frame (0)")
    parser.add_argument("--overwrite", action="store_true", help="replace the movie if it is there")


def run(options: argparse.Namespace) -> int:
    """Write the movie; return the exit code."""
    out = movie_output(options.out, song="test", kind="numbered")
    width, height = options.size
    with ProgressLine(f"drawing {out.name}") as progress:
        try:
            index = write_numbered(out, options.count, width, height, options.rate, quality=options.quality,
                                   chroma=options.chroma, first=options.first, overwrite=options.overwrite,
                                   watch=lambda done: progress(done, options.count))
        except KeyboardInterrupt:
            print(f"\n{out.name} was cancelled; nothing of it was kept", file=sys.stderr)
            raise
    say_movie(out, index)
    return 0
