"""`interscene song restore`: put back what was taken out of a song."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from media_tools.song_check import say_moved
from server.production.quarantine import restore

HELP: Final = "put back what was quarantined; nothing is written over"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these, by file name or path")
    parser.add_argument("--from", dest="moment", default="", metavar="TIME",
                        help="the folder in quarantine/, or how its name begins; the last one if it is left out")


def run(options: argparse.Namespace) -> int:
    """Move them back; return the exit code."""
    moved = restore(options.song, options.moment, options.names)
    say_moved(moved, "restored")
    return int(bool(moved.kept))
