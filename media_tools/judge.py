"""`interscene judge`: how good a transition between two pictures is; exit code 1 when a figure misses its limit."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Final

from media_tools.progress import ProgressLine
from server.production.judgement import LIMITS, SHOWN, Judgement, judge

HELP: Final = "say how good a transition is: exact ends, even speed, flicker, double exposure, sharpness, colour"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("movie", type=Path, metavar="MOVIE", help="the transition")
    parser.add_argument("first", type=Path, metavar="A", help="the picture that it begins with, at the movie's size")
    parser.add_argument("second", type=Path, metavar="B", help="the picture that it ends with")
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of text")


def run(options: argparse.Namespace) -> int:
    """Judge; return the exit code."""
    with ProgressLine(f"judging {options.movie.name}") as progress:
        verdict = judge(options.movie, options.first, options.second, progress)
    if options.json:
        print(json.dumps(verdict.document(), indent=2, ensure_ascii=False))
    else:
        print("\n".join(_lines(options.movie, verdict)))
    return int(bool(verdict.failures))


def _lines(movie: Path, verdict: Judgement) -> list[str]:
    failures = verdict.failures
    ends = "exact" if verdict.ends == math.inf else f"{verdict.ends:.1f} dB"
    lines = [f"{movie}: {verdict.frames} frames, {verdict.seconds:.2f} s, {verdict.encoding}",
             f"  ends       {ends:>9}  {'MISSED' if 'ends' in failures else 'ok':7} {SHOWN['ends']}"]
    if verdict.still:
        return [*lines, "  both pictures are the same: there is no way between them to be judged"]
    for name, (least, most) in LIMITS.items():
        limit = f"≥ {least:g}" if most == math.inf else f"≤ {most:g}"
        lines.append(f"  {name:10} {getattr(verdict, name):9.3f}  {'MISSED' if name in failures else 'ok':7} "
                     f"{SHOWN[name]} ({limit})")
    return lines
