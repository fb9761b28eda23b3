"""`interscene song morph`: transitions for a song without any model; exit code 1 if one could not be made."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from media_tools.argument_types import count, quality, rate
from media_tools.progress import ProgressLine
from media_tools.song_check import kept_when_stopped
from server.index.identity import typed
from server.production.song_morphs import MorphChoice, MorphReport, morph_song
from server.production.transition import FRAMES

HELP: Final = "make morphs for the transitions that are planned and missing, so that the song can be walked"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder; plan it first: interscene song plan")
    parser.add_argument("--most", type=count, metavar="N", help="at most so many, in the order of the plan")
    parser.add_argument("--frames", type=count, default=FRAMES, metavar="N",
                        help=f"frames of each, both ends counted ({FRAMES})")
    parser.add_argument("--rate", type=rate, metavar="FPS", help="frames a second (that of the song's movies, else 30)")
    parser.add_argument("--quality", type=quality, default=88, metavar="1-100", help="(88)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another one is another way (0)")


def run(options: argparse.Namespace) -> int:
    """Make them; return the exit code."""
    choice = MorphChoice(options.frames, options.rate, options.quality, options.seed)
    label = f"morphs of {options.song.name}"
    with kept_when_stopped("every movie that was finished"), ProgressLine(label) as progress:
        report = morph_song(options.song, choice, most=options.most, progress=progress)
    _say(report, options.song)
    return int(bool(report.left))


def _say(report: MorphReport, song: Path) -> None:
    for path in report.made:
        print(f"made: {path}")
    for name, reason in report.left:
        print(f"left: {name}: {reason}", file=sys.stderr)
    if not report.made and not report.left:
        print("nothing to make: no transition is planned and missing; plan more with: "
              f"interscene song plan {typed(song)}")
        return
    print(f"{len(report.made)} made, {len(report.left)} left; play it: interscene serve "
          f"{typed(song.absolute().parent)}, then /song {song.name} and /go/auto 1")
