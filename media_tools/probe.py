"""`interscene probe`: say what movies are, and whether TouchDesigner will keep up with them."""

from __future__ import annotations

import argparse
import json
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from media_tools.movie_arguments import add_movies, each_movie
from server.errors import InputError
from server.media.probe import as_json, lines, probe
from server.units import parse_rate

HELP: Final = "say what movies are, and what they cost to play"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    add_movies(parser)
    parser.add_argument("--rate", type=_rate, metavar="FPS",
                        help="the rate that it has to hold in TouchDesigner (its own unless given)")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of text")


def run(options: argparse.Namespace) -> int:
    """Probe every movie that is named; return the exit code."""
    documents: list[dict[str, Any]] = []

    def one(movie: Path) -> bool:
        facts = probe(movie, options.rate)
        if options.json:
            documents.append(as_json(facts))
        else:
            print("\n".join(lines(facts)))
        return True

    code = each_movie(options.movies, one)
    if options.json:
        print(json.dumps(documents, indent=2, ensure_ascii=False))
    return code


def _rate(text: str) -> Fraction:
    try:
        return parse_rate(text)
    except InputError as reason:
        raise argparse.ArgumentTypeError(str(reason)) from None
