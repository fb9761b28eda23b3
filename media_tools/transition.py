"""`interscene transition`: a movie from one picture to another, whose ends are these pictures to the byte."""

from __future__ import annotations

import argparse
import sys
from fractions import Fraction
from pathlib import Path
from typing import Final

from media_tools import argument_types
from media_tools.movie_output import movie_output
from media_tools.movie_report import say_movie
from media_tools.progress import ProgressLine
from server.media.placement import FITS
from server.production.judgement import LIMITS, Judgement
from server.production.transition import FRAMES, MODES, TransitionOptions, judged, make_transition
from server.production.transition_ends import ends_from

HELP: Final = "make a movie from one picture to another, with exact ends and an even speed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("first", type=Path, metavar="A", help="the picture that it begins with")
    parser.add_argument("second", type=Path, metavar="B", help="the picture that it ends with")
    parser.add_argument("out", metavar="OUT.mov", help="the movie to write, or a folder for its next take")
    parser.add_argument("--mode", default="morph", metavar="NAME", help=f"one of: {', '.join(MODES)} (morph)")
    parser.add_argument("--frames", type=argument_types.count, default=FRAMES, metavar="N",
                        help=f"frames, both ends counted ({FRAMES})")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="another one is another way (0)")
    parser.add_argument("--even", action=argparse.BooleanOptionalAction, default=True,
                        help="let equal times look like equal steps (yes)")
    look = parser.add_argument_group("movie")
    look.add_argument("--size", type=argument_types.size, metavar="WxH", help="size (that of A, within 1080p)")
    look.add_argument("--fit", choices=tuple(FITS), default="cover",
                      help="a picture of another shape is: cover, cut off; contain, with black beside; stretch (cover)")
    look.add_argument("--rate", type=argument_types.rate, default=Fraction(30), metavar="FPS",
                      help="frames a second (30)")
    look.add_argument("--quality", type=argument_types.quality, default=88, metavar="1-100", help="(88)")
    parser.add_argument("--judge", action="store_true",
                        help="judge the movie and store the figures with it: interscene judge")
    parser.add_argument("--overwrite", action="store_true", help="replace the movie if it is there")


def run(options: argparse.Namespace) -> int:
    """Make the movie; return the exit code."""
    chosen = TransitionOptions(mode=options.mode, frames=options.frames, seed=options.seed, rate=options.rate,
                               quality=options.quality, even=options.even)
    ends = ends_from(options.first, options.second, size=options.size, quality=options.quality, fit=options.fit)
    out = movie_output(options.out, song=options.first.absolute().stem, kind="transition",
                       overwrite=options.overwrite)
    with ProgressLine(f"making {out.name}") as progress:
        try:
            index = make_transition(ends.first, ends.second, out, chosen, overwrite=options.overwrite, step=progress)
        except KeyboardInterrupt:
            print(f"\n{out.name} was cancelled; nothing of it was kept", file=sys.stderr)
            raise
    notes, warnings = list(ends.notes), list(ends.losses)
    if options.judge:
        with ProgressLine(f"judging {out.name}") as progress:
            index, verdict = judged(out, index, progress)
        (warnings if verdict.failures else notes).append(_verdict(verdict))
    say_movie(out, index, notes, warnings)
    return 0


def _verdict(verdict: Judgement) -> str:
    if verdict.still:
        return "both pictures are the same: there is no way between them to be judged"
    missed = [name for name in verdict.failures if name in LIMITS]
    figures = ", ".join(f"{name} {getattr(verdict, name):.2f}" for name in LIMITS)
    return f"judged: {figures}" + (f"; outside their limits: {', '.join(missed)}" if missed else "")


def _seed(text: str) -> int:
    """A whole number from 0 on."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal()) or len(plain) > 100:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no seed; it is a whole number from 0 on")
    return int(plain)
