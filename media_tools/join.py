"""`interscene join`: put movies one behind another without encoding them again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from media_tools import argument_types
from media_tools.movie_output import movie_output
from media_tools.movie_report import say_movie
from media_tools.progress import ProgressLine
from server.errors import InputError
from server.library.sequence_source import entries_of_sequence
from server.library.sequences import is_sequence
from server.media.concat import ConcatEntry, write_concat
from server.media.join import JoinEntry, entries_of_list, join
from server.media.patterns import expanded
from server.media.sources import LIST_SUFFIXES

HELP: Final = "put movies one behind another without encoding them again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("paths", nargs="+", metavar="MOVIE",
                        help="movies, patterns like \"takes/*.mov\", concat lists (.txt) or transition "
                             "sequences (.csv) in order; the last path is the movie to write, or a folder for its "
                             "next take")
    parser.add_argument("--reverse", action="append", type=Path, default=[], metavar="MOVIE",
                        help="play this one of the movies backwards; may be given several times")
    parser.add_argument("--rate", type=argument_types.rate, metavar="FPS",
                        help="rate of the new movie, frame by frame, whatever the rates of the movies")
    parser.add_argument("--sections", action="store_true", help="write every section as a movie of its own, too")
    parser.add_argument("--transitions", type=Path, metavar="DIR", help="where the transitions of a sequence lie")
    parser.add_argument("--list", type=Path, metavar="FILE", help="also write what was joined as a concat list")
    parser.add_argument("--song", default="story", help="what the take is called when the last path is a folder")
    parser.add_argument("--overwrite", action="store_true", help="replace the movie if it is there")


def run(options: argparse.Namespace) -> int:
    """Join; return the exit code."""
    if len(options.paths) < 2:
        raise InputError("name the movies to join, and last the movie to write or a folder for it")
    named = expanded(Path(text) for text in options.paths[:-1])
    options.reverse = expanded(options.reverse)
    entries = _entries(named, options)
    out = movie_output(options.paths[-1], song=options.song, kind="joined", overwrite=options.overwrite)
    with ProgressLine(f"joining {out.name}") as progress:
        try:
            report = join(entries, out, rate=options.rate, sections=options.sections, overwrite=options.overwrite,
                          progress=lambda state: progress(state.done, state.of))
        except KeyboardInterrupt:
            print(f"\n{out.name} was cancelled; nothing of it was kept", file=sys.stderr)
            raise
    if options.list is not None:
        write_concat(options.list, [ConcatEntry(str(entry.path.absolute()), backwards=entry.backwards)
                                     for entry in entries])
    notes = [f"{report.joints} doubled frames at joints were kept once"] if report.joints else []
    say_movie(report.out, report.index, [*notes, *(f"section: {path}" for path in report.sections)], report.warnings)
    return 0


def _entries(named: list[Path], options: argparse.Namespace) -> list[JoinEntry]:
    unused = [path for path in options.reverse if path not in named]
    if unused:
        raise InputError(f"{unused[0]} is to be reversed, but is none of the movies")
    entries: list[JoinEntry] = []
    for path in named:
        if is_sequence(path):
            entries.extend(entries_of_sequence(path, folder=options.transitions))
        elif path.suffix.lower() in LIST_SUFFIXES:
            entries.extend(entries_of_list(path))
        else:
            entries.append(JoinEntry(path, path in options.reverse))
    return entries
