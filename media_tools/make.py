"""`interscene make`: a song's missing pictures, then its planned transitions; exit code 1 if something was left."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from media_tools import argument_types
from media_tools.progress import ProgressLine
from media_tools.song_check import moment
from media_tools.worker_arguments import add_model_arguments, models_of, recipe_of, workbench
from server.index.identity import typed
from server.production.make_report import clock_time, report_lines, write_report
from server.production.making import AUTO, MakeChoice, MakeReport, SongMaker, check_choice
from server.production.transition import MODES

HELP: Final = ("Make what a song lists and lacks: pictures from prompts and seeds, then the planned transitions. What "
               "is there and whole is left alone; what is damaged is put aside and made again. It may be stopped at "
               "any time, and goes on from there.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("--only", choices=("pictures", "transitions"), help="one of the two (both)")
    parser.add_argument("--mode", choices=(AUTO, *MODES), default=AUTO, help="auto: walk between pictures that the "
                        "model made, else bridge; without a model morph (auto)")
    parser.add_argument("--most", type=argument_types.count, metavar="N", help="at most so many transitions")
    parser.add_argument("--frames", type=argument_types.count, metavar="N",
                        help="frames of a transition, both ends counted (the song's, else 61)")
    parser.add_argument("--rate", type=argument_types.rate, metavar="FPS",
                        help="frames a second (that of the song's movies, else 30)")
    parser.add_argument("--quality", type=argument_types.quality, default=88, metavar="1-100", help="(88)")
    parser.add_argument("--seed", type=argument_types.seed, default=0, metavar="N",
                        help="another one is another way (0)")
    parser.add_argument("--judge", action=argparse.BooleanOptionalAction, default=True,
                        help="judge every transition and store the figures with it (yes)")
    parser.add_argument("--estimate", action="store_true", help="say how long it will take, and make nothing")
    add_model_arguments(parser, between=True)


def run(options: argparse.Namespace) -> int:
    """Make them; return the exit code."""
    models = models_of(options)
    wants_model = options.mode not in (AUTO, "morph")
    model = "" if options.mode == "morph" and options.only == "transitions" else recipe_of(
        options, models, needed=wants_model)
    choice = MakeChoice(
        model, options.mode, options.frames, options.rate, options.quality, options.seed, options.steps, options.depth,
        options.guidance, options.embedding, options.decoder, pictures=options.only != "transitions",
        transitions=options.only != "pictures", most=options.most, judge=options.judge)
    check_choice(choice)
    now = moment()
    with workbench(options, models) as bench:
        stages = _Stages(options.song.name)
        maker = SongMaker(options.song, bench, choice, now, stages, stages.say)
        left = maker.seconds_left()
        told = _time_left(left)
        if options.estimate:
            print(told)
            return 0
        for text in maker.warnings():
            print(text, file=sys.stderr)
        print(f"making {options.song.name}: {told}", file=sys.stderr)
        try:
            report = maker.run()
        finally:
            stages.end()
    return _say(report, options.song, now)


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return "nothing like it was made here yet, so nobody knows how long it takes"
    return f"about {clock_time(seconds)}, as it went before" if seconds else "nothing to make"


class _Stages:
    """A progress line for each stage, one at a time."""

    def __init__(self, song: str) -> None:
        self._song, self._stage = song, ""
        self._line: ProgressLine | None = None

    def __call__(self, stage: str, done: int, of: int) -> None:
        if stage != self._stage:
            self.end()
            self._stage, self._line = stage, ProgressLine(f"{stage} of {self._song}").__enter__()
        if self._line is not None:
            self._line(done, of)

    def say(self, text: str) -> None:
        """How far a model is loaded."""
        if self._line is not None:
            self._line.say(text)

    def end(self) -> None:
        if self._line is not None:
            self._line.__exit__(None, None, None)
        self._stage, self._line = "", None


def _say(report: MakeReport, song: Path, now: str) -> int:
    for line in report_lines(report):
        print(line)
    begun = report.pictures.wanted or report.transitions.wanted or report.put_aside
    if begun and song.is_dir():
        print(f"report: {write_report(song, report, now)}")
    if report.stopped:
        return 130
    if report.trouble:
        return 1
    if report.pictures.made and not report.transitions.made:
        print(f"next: interscene song overview {typed(song)} says what to do")
    return int(bool(report.pictures.left or report.transitions.left))
