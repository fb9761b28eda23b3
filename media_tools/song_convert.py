"""`interscene song convert`: folders of frames to movies with instant access; exit code 1 if any was left."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from media_tools.argument_types import quality, rate
from media_tools.progress import ProgressLine
from media_tools.song_check import kept_when_stopped
from server.production.convert_frames import QUALITY, USUAL_RATE, ConvertOptions, convert_song

HELP: Final = "make movies of the folders of frames that the older programs left; the folders stay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these folders; all if none are named")
    parser.add_argument("--rate", type=rate, help=f"frames a second (that of the song's movies, else {USUAL_RATE})")
    parser.add_argument("--quality", type=quality, default=QUALITY, help=f"1 to 100 ({QUALITY})")
    parser.add_argument("--fast", action="store_true", help="encode in a third of the time, to larger movies")


def run(options: argparse.Namespace) -> int:
    """Convert; return the exit code."""
    choice = ConvertOptions(options.rate, options.quality, "fast" if options.fast else "small")
    label = f"converting {options.song.name}"
    with kept_when_stopped("every movie that was finished"), ProgressLine(label) as progress:
        report = convert_song(options.song, choice, names=options.names, progress=progress)
    for path in report.made:
        print(f"made: {path}")
    for path, note in report.notes:
        print(f"  {path}: {note}")
    for path, reason in report.left:
        print(f"left: {path}: {reason}", file=sys.stderr)
    print(f"{len(report.made)} made, {len(report.there)} there already, {len(report.left)} left")
    return int(bool(report.left))
