"""`interscene explore`: many seeds of a prompt on one sheet, then keep some and put the others aside."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import Final

from media_tools import argument_types
from media_tools.progress import ProgressLine
from media_tools.worker_arguments import add_model_arguments, models_of, recipe_of, workbench
from server.errors import InputError
from server.index.identity import typed
from server.production.explore_run import ExploreChoice, ExploreReport, explore
from server.production.exploring import Decided, decide, draw, explored
from server.production.subjects import definitions_of, subjects

HELP: Final = ("Make pictures of a prompt with many seeds and show them on one sheet; then choose: interscene explore "
               "SONG NAME --keep 0 3 7-9 --reject all. What is kept goes into the song and its list of prompts.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("prompt", nargs="+", metavar="PROMPT", help="a name of the song's list, NA* for all that begin "
                        "so, NAME=PROMPT for a new one, or a prompt itself")
    parser.add_argument("--count", type=argument_types.count, default=12, metavar="N",
                        help="how many seeds of each prompt (12)")
    parser.add_argument("--seeds", type=argument_types.seed, nargs="+", default=(), metavar="SEED",
                        help="these instead of new ones")
    parser.add_argument("--size", type=argument_types.size, metavar="WxH", help="(that of the song)")
    parser.add_argument("--negative", metavar="TEXT", help="what is not to be seen (the prompt's own)")
    choose = parser.add_argument_group("choosing")
    choose.add_argument("--keep", nargs="+", default=(), metavar="N", help="numbers of the sheet, ranges, or all")
    choose.add_argument("--reject", nargs="+", default=(), metavar="N",
                        help="numbers of the sheet, ranges, or all: put aside, and their seeds not made again")
    choose.add_argument("--sheet", action="store_true", help="only draw the sheet again")
    add_model_arguments(parser, between=False)


def run(options: argparse.Namespace) -> int:
    """Explore, or choose; return the exit code."""
    if options.keep or options.reject or options.sheet:
        return _choose(options)
    wanted = subjects(definitions_of(options.song), options.prompt)
    models = models_of(options)
    choice = ExploreChoice(recipe_of(options, models, needed=True), options.count, tuple(options.seeds), options.size,
                           options.steps, options.guidance, options.negative, options.decoder)
    label = f"exploring {', '.join(each.name for each in wanted)}"
    with workbench(options, models) as bench, ProgressLine(label) as line:
        report = explore(options.song, bench, wanted, choice, random.SystemRandom(), line, line.say)
    return _say(report, options.song)


def _choose(options: argparse.Namespace) -> int:
    if len(options.prompt) != 1:
        raise InputError("choose from one prompt at a time: the numbers are those of its sheet")
    name = options.prompt[0]
    if options.keep or options.reject:
        _say_decided(decide(options.song, name, options.keep, options.reject))
    sheet = draw(options.song, name)
    left = len(explored(options.song, name))
    print(f"{left} left to choose from: {sheet}" if sheet else f"nothing is left to choose from of {name}")
    return 0


def _say_decided(decided: Decided) -> None:
    for each in decided.kept:
        print(f"kept: {each.file}")
    if decided.rejected:
        print(f"put aside: {', '.join(decided.rejected)}")
    for stem in decided.other:
        print(f"NOTE: {stem} was made from another prompt than the song's list has now; the list was not changed",
              file=sys.stderr)


def _say(report: ExploreReport, song: Path) -> int:
    for note in report.notes:
        print(note, file=sys.stderr)
    for what, why in report.left:
        print(f"left: {what}: {why}", file=sys.stderr)
    for name, sheet in report.sheets.items():
        print(f"{name}: {sheet}")
        print(f"  choose: interscene explore {typed(song)} {typed(Path(name))} --keep N… --reject all")
    if report.trouble:
        print(f"it ended early: {report.trouble}", file=sys.stderr)
    if report.stopped:
        return 130
    return int(bool(report.left or report.trouble) or not report.made)
