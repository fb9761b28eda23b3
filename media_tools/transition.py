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
from media_tools.worker_arguments import add_model_arguments, models_of, recipe_of, unused_by_morphs, workbench
from server.media.placement import FITS
from server.production.judgement import LIMITS, Judgement
from server.production.transition import FRAMES, MODES, MORPH, TransitionOptions, judged, make_transition
from server.production.transition_ends import ends_from
from server.production.worker_jobs import kept_in

HELP: Final = "make a movie from one picture to another, with exact ends and an even speed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("first", type=Path, metavar="A", help="the picture that it begins with")
    parser.add_argument("second", type=Path, metavar="B", help="the picture that it ends with")
    parser.add_argument("out", metavar="OUT.mov", help="the movie to write, or a folder for its next take")
    parser.add_argument("--mode", default=MORPH, metavar="NAME",
                        help=f"one of: {', '.join(MODES)}; all but morph need a model (morph)")
    parser.add_argument("--frames", type=argument_types.count, default=FRAMES, metavar="N",
                        help=f"frames, both ends counted ({FRAMES})")
    parser.add_argument("--seed", type=argument_types.seed, default=0, metavar="N",
                        help="another one is another way (0)")
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
    parser.add_argument("--prompts", nargs=2, metavar=("A", "B"),
                        help="what the pictures show, for the modes with a model (what made pictures say themselves)")
    add_model_arguments(parser, between=True)


def run(options: argparse.Namespace) -> int:
    """Make the movie; return the exit code."""
    models = models_of(options)
    model = recipe_of(options, models, needed=True) if options.mode in MODES and options.mode != MORPH else ""
    chosen = TransitionOptions(options.mode, options.frames, options.seed, options.rate, options.quality, options.even,
                               model, options.steps, options.depth, options.guidance, options.embedding,
                               options.decoder)
    ends = ends_from(options.first, options.second, size=options.size, quality=options.quality, fit=options.fit,
                     prompts=tuple(options.prompts) if options.prompts else None)
    out = movie_output(options.out, song=options.first.absolute().stem, kind="transition",
                       overwrite=options.overwrite)
    said: dict[str, None] = {}
    with workbench(options, models) as bench, ProgressLine(f"making {out.name}") as progress:
        bench.say = kept_in(said, progress.say)
        try:
            index = make_transition(ends.first, ends.second, out, chosen, overwrite=options.overwrite, step=progress,
                                    making=bench.transition)
        except KeyboardInterrupt:
            print(f"\n{out.name} was cancelled; nothing of it was kept", file=sys.stderr)
            raise
    notes, warnings = [*ends.notes, *said], list(ends.losses)
    unused = unused_by_morphs(options) if options.mode == MORPH else []
    if unused:
        warnings.append(f"{', '.join(unused)}: not used, a morph needs no model; --mode bridge, walk or blend do")
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
