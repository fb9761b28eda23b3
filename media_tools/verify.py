"""`interscene verify`: read every frame of movies and say what is damaged; exit code 1 if anything is."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

from media_tools.movie_arguments import add_movies, each_movie
from media_tools.progress import ProgressLine
from server.media.verify import verify

HELP: Final = "read every frame and say what is damaged"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    add_movies(parser)
    parser.add_argument("--full", action="store_true",
                        help="decode every frame as well: black, torn and half-grey pictures")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of text")


def run(options: argparse.Namespace) -> int:
    """Verify every movie that is named; return the exit code."""
    documents: list[dict[str, Any]] = []

    def one(movie: Path) -> bool:
        with ProgressLine(f"verifying {movie.name}") as progress:
            verdict = verify(movie, full=options.full, progress=progress)
        assert verdict is not None, "nobody cancelled it"
        if options.json:
            documents.append({"path": str(movie), "frames": verdict.count, "full": verdict.full,
                              "problems": list(verdict.problems)})
        else:
            inside = "" if verdict.full or not verdict.count else "; the pictures were not decoded: --full looks inside"
            print(f"{movie}: {verdict.count} frames, {'with problems' if verdict.problems else 'all whole'}{inside}")
            for problem in verdict.problems:
                print(f"  {problem}")
        return not verdict.problems

    code = each_movie(options.movies, one)
    if options.json:
        print(json.dumps(documents, indent=2, ensure_ascii=False))
    return code
