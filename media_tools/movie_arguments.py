"""Movies as arguments of a verb: files, or folders for all movies below them; one that fails stops no other."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from server.errors import IntersceneError, LibraryError, SettingsError
from server.library.media_folder import SUFFIXES, natural_order
from server.media.files_below import files_below
from server.media.patterns import expanded


def add_movies(parser: argparse.ArgumentParser) -> None:
    """Take one movie or folder, or more."""
    parser.add_argument("movies", nargs="+", type=Path, metavar="MOVIE",
                        help="a movie, a pattern like \"takes/*.mov\", or a folder for every movie in it and below")


def movies_in(named: Sequence[Path]) -> Iterator[Path]:
    """Yield files as they are named, and the movies of folders in natural order. Raises LibraryError for none."""
    for path in named:
        if not path.is_dir():
            yield path
            continue
        found = [each for each in files_below(path) if each.suffix.lower() in SUFFIXES]
        if not found:
            raise LibraryError(f"{path} holds no movie ({', '.join(SUFFIXES)})")
        yield from sorted(found, key=lambda each: natural_order(each.relative_to(path).as_posix()))


def each_movie(named: Sequence[Path], work: Callable[[Path], bool]) -> int:
    """Do the work on every movie and return the exit code: 1 if it failed, or returned False, for any."""
    code = 0
    for path in named:
        try:
            for movie in movies_in(expanded([path])):
                code = max(code, _one(movie, work))
        except IntersceneError as reason:
            report(reason)
            code = 1
    return code


def report(reason: IntersceneError) -> None:
    """Say on the error stream, line by line, what is wrong."""
    for line in reason.problems if isinstance(reason, SettingsError) else [str(reason)]:
        print(line, file=sys.stderr)


def _one(movie: Path, work: Callable[[Path], bool]) -> int:
    try:
        return 0 if work(movie) else 1
    except IntersceneError as reason:
        report(reason)
        return 1
