"""`interscene song quarantine`: take pictures or transitions out of the way, with the reason; nothing is deleted."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from media_tools.song_check import moment, say_moved
from server.library.songs.song_folder import open_with_catalogue
from server.production.quarantine import quarantine, things_named

HELP: Final = "take pictures or transitions out of the way, with the reason; song restore puts them back"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("names", nargs="+", metavar="NAME",
                        help="a picture (sun_1001), a transition ('sun-1001 to sea-2001'), or a path in the song")
    parser.add_argument("--reason", default="taken out by hand", help="why; it is kept beside them")


def run(options: argparse.Namespace) -> int:
    """Move them; return the exit code."""
    song = open_with_catalogue(options.song)
    moved = quarantine(options.song, [(path, options.reason) for path in things_named(song, options.names)], moment())
    say_moved(moved, "quarantined")
    if moved.paths:
        print(f"they are in {moved.folder}; interscene song restore puts them back")
    return int(bool(moved.kept))
