"""`interscene song build`: a story out of a song in one go: checked, planned, assembled, locked; or its atlas."""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Final

from media_tools import argument_types
from media_tools.song_report import warn_of_sequences
from media_tools.step_lines import StepLines
from media_tools.time_of_day import time_of_day
from server.errors import Cancelled, InputError
from server.library.formats.oddity import counted
from server.library.songs.song_folder import open_song
from server.production.atlas import described
from server.production.atlas_packing import BUDGET, build_atlas
from server.production.stage_song import make_stills
from server.production.story_build import BuildReport, build_story
from server.production.story_plan import BuildOptions
from server.production.story_verify import verify_story
from server.units import format_bytes, format_rate, format_seconds

HELP: Final = "make section movies and the whole of a story in one go, and lock it"
_UNITS: Final = {"": 1, "k": 10 ** 3, "m": 10 ** 6, "g": 10 ** 9, "t": 10 ** 12}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", re.IGNORECASE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    way = parser.add_argument_group("the way")
    way.add_argument("--sequence", metavar="NAME", help="the scene sequence (the plain one, or the only one)")
    way.add_argument("--seed", type=int, help="another seed is another way; the same one the same bytes (1)")
    way.add_argument("--from", dest="hops_file", type=Path, metavar="CSV",
                     help="a transition sequence to build as it stands, such as one that was edited by hand")
    way.add_argument("--bridge", action="store_true", help="bridge missing transitions by morphs")
    story = parser.add_argument_group("the story")
    story.add_argument("--story", default="", metavar="LABEL", help="what it is called (as the sequence, or main)")
    story.add_argument("--note", default="", help="what you want to remember about it")
    story.add_argument("--rate", type=argument_types.rate, metavar="FPS", help="frames a second (as its transitions)")
    story.add_argument("--size", type=argument_types.size, metavar="WxH", help="its size (as its transitions)")
    story.add_argument("--resume", action="store_true", help="go on with a build that was stopped, the same way")
    story.add_argument("--new-version", action="store_true", help="keep the locked story, and build the next version")
    story.add_argument("--verify", metavar="LABEL", nargs="?", const="",
                       help="prove that a locked story is what was locked, and comes out the same again")
    atlas = parser.add_argument_group("the atlas")
    atlas.add_argument("--atlas", action="store_true",
                       help="also pack all stage frames and transitions into one movie: a hop opens nothing then")
    atlas.add_argument("--only-atlas", action="store_true", help="the atlas, and no story")
    atlas.add_argument("--budget", "--max-bytes", type=_bytes, metavar="SIZE",
                       help=f"how large the atlas may be, such as 2GB; the least used is left out "
                            f"({format_bytes(BUDGET)})")


def run(options: argparse.Namespace) -> int:
    """Build or verify; return the exit code."""
    if options.budget is not None and not (options.atlas or options.only_atlas):
        raise InputError("--budget says how large the atlas may be; add --atlas, or --only-atlas")
    try:
        if options.verify is not None:
            return _verify(options)
        warn_of_sequences(options.song)
        if not options.only_atlas:
            _build(options)
        if options.atlas or options.only_atlas:
            _atlas(options)
    except (KeyboardInterrupt, Cancelled):
        print("\nstopped; what is whole was kept, and --resume goes on with it", file=sys.stderr)
        raise
    return 0


def _build(options: argparse.Namespace) -> None:
    asked = BuildOptions(options.story, options.sequence, options.seed, options.rate, options.size, options.bridge,
                         options.resume, options.new_version, options.hops_file, options.note)
    with StepLines() as lines:
        report = build_story(options.song, asked, date=time_of_day(), observer=lines, clock=time.monotonic)
    # A show cuts to any picture by them, whatever is missing between the pictures.
    make_stills(options.song)
    _say(report)


def _say(report: BuildReport) -> None:
    for note in report.notes:
        print(f"  {note}")
    lock = report.lock
    seconds = float(lock.whole.frames / lock.rate)
    what = "nothing to do: all of it is there" if report.kept else f"built of {counted(len(lock.hops), 'transition')}"
    sections = counted(len(lock.sections), "section")
    print(f"{report.folder / lock.whole.movie}: {what}; {sections}, {lock.whole.frames} frames, "
          f"{lock.size[0]}×{lock.size[1]}, {format_rate(lock.rate)} fps, {format_seconds(seconds)}, seed {lock.seed}")


def _atlas(options: argparse.Namespace) -> None:
    with StepLines() as lines:
        report = build_atlas(options.song, open_song(options.song), budget=options.budget or BUDGET, observer=lines,
                             clock=time.monotonic)
    for line in described(report.left_out):
        print(f"  left out: {line}")
    for path in report.removed:
        print(f"  {path.name} was removed: nobody plays the song now")
    holds = f"{counted(report.pictures, 'picture')} and {counted(report.edges, 'transition')}"
    print(f"{report.path}: {holds}, {report.index.count} frames, {format_bytes(report.index.movie.bytes)}"
          + (", as it was" if report.kept else ""))


def _verify(options: argparse.Namespace) -> int:
    with StepLines() as lines:
        verdict = verify_story(options.song, options.verify or options.story, observer=lines,
                               clock=time.monotonic)
    for line in (*verdict.problems, *verdict.notes):
        print(f"  {line}")
    print(f"{verdict.name}: {verdict.movies} movies, {verdict.joints} seams: "
          + (f"{len(verdict.problems)} problems" if verdict.problems else "all as they were locked, and made again "
             "byte for byte"))
    return 1 if verdict.problems else 0


def _bytes(text: str) -> int:
    match = _SIZE.fullmatch(text.strip())
    size = 0 if match is None else int(float(match[1]) * _UNITS[match[2].lower()])
    if not size:
        raise argparse.ArgumentTypeError(f"{text!r} is no size of a file; write one like 500MB or 2.5GB")
    return size
