"""`interscene song mend`: transitions end in the pictures that are there now; exit code 1 if any was left."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from media_tools.progress import ProgressLine
from media_tools.song_check import kept_when_stopped
from server.production.mend import mend_song

HELP: Final = "give transitions the pictures that are there now as their ends; all other frames stay as they are"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these transitions; all if none are named")
    parser.add_argument("--resize", action="store_true", help="also those of another size than the song has now: all "
                        "their frames are brought to it, which costs a little sharpness")
    parser.add_argument("--anyway", action="store_true", help="also where the new picture is another one: it will jump")


def run(options: argparse.Namespace) -> int:
    """Mend; return the exit code."""
    with kept_when_stopped("every movie that was mended"), ProgressLine(f"mending {options.song.name}") as progress:
        report = mend_song(options.song, names=options.names, anyway=options.anyway, resize=options.resize,
                           progress=progress)
    for path in report.mended:
        print(f"mended: {path}")
    for path in report.removed:
        print(f"removed: {path}, of which there is a newer one")
    for path, reason in report.left:
        print(f"left: {path}: {reason}", file=sys.stderr)
    if report.left:
        print("make what is left again: take it out with interscene song quarantine, then interscene song morph; "
              "or mend it all the same with --anyway, and with --resize what has another size", file=sys.stderr)
    waiting = f", {len(report.waiting)} older ones go when nobody plays the song" if report.waiting else ""
    print(f"{len(report.mended)} mended, {len(report.left)} left{waiting}")
    return int(bool(report.left))
