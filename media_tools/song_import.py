"""`interscene song import`: make a song of the folders that the older programs left."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from media_tools.progress import ProgressLine
from media_tools.song_report import say_oddities, say_song
from server.library.songs.importing import import_song

HELP: Final = "make a song of the folders that the older programs left; they are copied and never changed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER",
                        help="the song's folder of inputs, its folder of media, or both; a .tar archive of one; or a "
                             "folder with several songs or a .env file in it, of which the song that is called like "
                             "SONG is taken. Where files differ, the folder that is named first counts")
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder to write")
    parser.add_argument("--overwrite", action="store_true",
                        help="replace files of a song that is there; its others stay")


def run(options: argparse.Namespace) -> int:
    """Import; return the exit code."""
    with ProgressLine(f"importing {options.song.name}") as progress:
        try:
            report = import_song(options.folders, options.song, overwrite=options.overwrite, progress=progress)
        except KeyboardInterrupt:
            print(f"\nthe import of {options.song.name} was cancelled; nothing of it was kept", file=sys.stderr)
            raise
    say_oddities(report.oddities)
    say_song(report.song, report.graph, report.files)
    print(f"{report.copied} files, {report.bytes / 1e6:.1f} MB copied; every file is as it was")
    return 0
