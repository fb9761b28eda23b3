"""`interscene song stills`: all pictures of a song in one movie, a frame each, so that any can be shown at once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from media_tools.progress import ProgressLine
from media_tools.song_check import kept_when_stopped
from server.media.indexing import index_of
from server.production.stage_song import make_stills

HELP: Final = "put all pictures into one movie, a frame each, so that a show can cut to any of them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")


def run(options: argparse.Namespace) -> int:
    """Make them; return the exit code."""
    with kept_when_stopped("every stage frame that was made"), ProgressLine(options.song.name) as progress:
        movie = make_stills(options.song, progress=progress)
    print(f"{movie}: {index_of(movie).count} pictures")
    return 0
