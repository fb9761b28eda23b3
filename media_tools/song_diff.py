"""`interscene song diff`: how a story differs from the plan by which its transitions were made, in words."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from server.library.sequences import read_sequence
from server.library.songs.stories import read_story
from server.production.story_diff import diff, plan_and_result, summary

HELP: Final = "say how a story differs from its plan"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("label", nargs="?", default="", metavar="LABEL", help="the story (the approved or only one)")
    parser.add_argument("--plan", type=Path, metavar="CSV", help="another plan than the story's own")
    parser.add_argument("--result", type=Path, metavar="CSV", help="another result than the story's own")


def run(options: argparse.Namespace) -> int:
    """Compare; return the exit code."""
    song = options.song.resolve()
    plan, result = options.plan, options.result
    if plan is None or result is None:
        own = plan_and_result(song, read_story(song, options.label).name)
        plan, result = plan or own[0], result or own[1]
    planned, built = read_sequence(plan), read_sequence(result)
    for line in diff(planned, built):
        print(f"  {line}")
    print(f"{plan.name} and {result.name}: {summary(planned, built)}")
    return 0
