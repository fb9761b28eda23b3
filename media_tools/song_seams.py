"""`interscene song seams`: show that neighbouring frames of a story were the same bytes at every joint."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from server.production.story_verify import story_seams

HELP: Final = "show from the index that both sides of every joint were the same bytes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("label", nargs="?", default="", metavar="LABEL", help="the story (the approved or only one)")
    parser.add_argument("--all", action="store_true", help="print every joint, not only the wrong ones")


def run(options: argparse.Namespace) -> int:
    """Show the seams; return the exit code: 1 if any is wrong."""
    wrong = 0
    for movie, found in story_seams(options.song, options.label).items():
        for seam in found:
            wrong += bool(seam.problem)
            if options.all or seam.problem:
                print(f"  {seam.line}")
        compared = sum(seam.compared for seam in found)
        bad = sum(bool(seam.problem) for seam in found)
        print(f"{movie}: {len(found)} seams, {compared} compared with their sources byte for byte, "
              + (f"{bad} WRONG" if bad else "none wrong"))
    return 1 if wrong else 0
