"""`interscene song plan`: which transitions to make, written as the lists that the older programs read."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

from media_tools import argument_types
from media_tools.progress import ProgressLine
from media_tools.route_arguments import add_rule
from media_tools.song_report import warn_of_sequences
from server.library.graph.coverage import Coverage, CoveragePlan, plan_coverage
from server.library.graph.song_graph import SceneStep, SongGraph
from server.library.songs.song_folder import open_song
from server.production.song_plan import write_plan
from server.production.story_route import choose_sequence
from server.units import parse_fraction

HELP: Final = "plan which transitions to make: no dead ends first, then the most useful ones"
_SECONDS: Final = 60
_MOST: Final = 10_000_000
_SHOWN: Final = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("--minutes", type=_minutes, metavar="M", help="what may be spent on all of them together")
    amount.add_argument("--more", type=_number, default=0, metavar="N", help="so many beyond the fewest needed (0)")
    parser.add_argument("--seconds-per-transition", type=_seconds, default=Fraction(_SECONDS), metavar="S",
                        help=f"what one takes to make ({_SECONDS})")
    parser.add_argument("--sequence", action="append", metavar="NAME",
                        help="plan for this scene sequence and its pictures only; repeatable (the whole song)")
    add_rule(parser)
    parser.add_argument("--seed", type=int, default=1, help="another seed is another plan as good (1)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be planned, and write nothing")


def run(options: argparse.Namespace) -> int:
    """Plan, say and write it; return the exit code."""
    song = open_song(options.song)
    warn_of_sequences(options.song)
    chosen = None if options.sequence is None else [choose_sequence(song, name).steps for name in options.sequence]
    each = options.seconds_per_transition
    budget = None if options.minutes is None else int(options.minutes * 60 / each)
    with ProgressLine("planning") as line:
        plan = plan_coverage(song, options.rule, budget=budget, more=options.more, seed=options.seed, sequences=chosen,
                             progress=line)
    for text in _described(song, plan, options.rule, budget, each):
        print(text)
    if not options.dry_run:
        written = write_plan(options.song, song, plan, _sequence(song, options.sequence), options.seed)
        for path in written.paths:
            print(f"written: {path}")
        for note in written.notes:
            print(f"note: {note}")
    return 0


def _described(song: SongGraph, plan: CoveragePlan, rule: str, budget: int | None, each: Fraction) -> Iterator[str]:
    yield from (f"note: {note}" for note in plan.notes)
    yield f"{song.name}: {len(song.scenes)} scenes, {len(song.pictures):,} pictures; rule {rule}"
    yield f"before: {_covered(plan.before)}"
    proof = "and fewer cannot do" if plan.minimum == plan.least else f"and fewer than {plan.least:,} cannot do"
    short = budget is not None and bool(plan.lacking) and plan.minimum == len(plan.edges)
    if short:
        yield (f"plan:   {len(plan.edges):,} transitions, which is what the time allows, the first scenes first; "
               f"{len(plan.lacking):,} things are still lacking, such as {plan.lacking[0]}")
    else:
        yield (f"plan:   {plan.minimum:,} transitions so that no picture is a dead end, {proof}; "
               f"{len(plan.edges) - plan.minimum:,} more")
    yield f"after:  {_covered(plan.after)}"
    yield f"time:   {len(plan.edges):,} × {float(each):g} s = {_hours(len(plan.edges) * each)}"
    further = plan.edges[plan.minimum:]
    yield from (f"        {edge.first.stem} to {edge.second.stem}: {edge.reason}" for edge in further[:_SHOWN])
    if len(further) > _SHOWN:
        yield f"        and {len(further) - _SHOWN:,} more"


def _hours(seconds: Fraction) -> str:
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"


def _covered(coverage: Coverage) -> str:
    share = 100 * coverage.edges / max(1, coverage.possible)
    return (f"{coverage.edges:,} of {coverage.possible:,} transitions ({share:.0f} %), {coverage.safe:,} of "
            f"{coverage.pictures:,} pictures without a dead end")


def _sequence(song: SongGraph, names: Sequence[str] | None) -> tuple[SceneStep, ...]:
    """The sequence along which the way over the plan goes: the first that was named, the plain one, or the first."""
    if names:
        return choose_sequence(song, names[0]).steps
    if len(song.sequences) > 1 and "" not in song.sequences:
        return choose_sequence(song, next(iter(song.sequences))).steps
    return choose_sequence(song, None).steps


def _number(text: str) -> int:
    if not text.strip().isdecimal() or int(text) > _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return int(text)


def _minutes(text: str) -> Fraction:
    try:
        value = parse_fraction(text)
    except ValueError:
        value = Fraction(-1)
    if not 0 <= value <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no time in minutes; write one like 90")
    return value


def _seconds(text: str) -> Fraction:
    value = argument_types.seconds(text)
    if not value:
        raise argparse.ArgumentTypeError("a transition takes more than 0 seconds to make")
    return value
