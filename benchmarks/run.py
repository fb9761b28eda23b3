"""The verb `bench`: which subjects there are, and what is done with their figures. It measures nothing itself."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, cast

from benchmarks.bench import REPOSITORY, Bench
from benchmarks.figures import Figure, markdown_table, put_into, read_report, report, text_table, write_report
from benchmarks.machine import machine_facts
from server.errors import InputError

HELP = "Measure speed beside other programs and limits, in the same run."
RESULTS: Final = REPOSITORY / "benchmarks" / "results"
SUBJECTS: Final = {
    "frame_bytes": "random frames as bytes",
    "frame_decode": "random frames as RGB, beside PyAV, torchcodec, OpenCV and decord",
    "cold_open": "ten minutes of 1080p, cold, to the first frame; needs 10 GB of disk",
    "encode": "both encoding paths beside the ffmpeg command",
    "osc_in": "OSC into a running server: bursts, a minute's flood, parsing, latency",
    "tick": "the 60 Hz stream beside a bare sleeping loop, idle and on a busy machine",
    "song_load": "a song of 20,000 transitions: warm, cold, and watched while it plays",
    "navigation": "from /go/picture to the first frame of the way, from an atlas and through opens",
    "planning": "routes and plans of a song of 1,000 pictures and 100,000 transitions",
    "morph": "transitions without a model: frames a second, and their quality on drawn pictures and photographs",
    "oscquery": "the address space over HTTP, and 32 WebSocket clients that listen beside the stream",
    "page": "the page in a real browser: its size, how soon it works, and the program picture live",
    "restart": "a server that is killed while it plays: how soon the next one sends the right frame",
    "server": "memory with 10,000 movies, and time to the first frame",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--only", action="append", metavar="NAME", choices=SUBJECTS,
                        help=f"measure this only, repeatable: {', '.join(SUBJECTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller movies")
    parser.add_argument("--json", type=Path, metavar="OUT", nargs="?", const=RESULTS / "latest.json",
                        help="store the figures and the facts of this machine (benchmarks/results/latest.json)")
    parser.add_argument("--readme", type=Path, metavar="README.md", nargs="?", const=REPOSITORY / "README.md",
                        help="put the table between the marks of a README")
    parser.add_argument("--from", dest="stored", type=Path, metavar="JSON", help="measure nothing, read a stored run")
    parser.add_argument("--peer-python", default=sys.executable, metavar="PYTHON",
                        help="a Python with torchcodec and decord, where this one has not")
    parser.add_argument("--folder", type=Path, help="where to put test movies, which are removed afterwards")


def run(options: argparse.Namespace) -> int:
    """Measure, print, store; 1 when a limit is missed."""
    if options.stored is not None:
        figures, machine = read_report(options.stored)
    else:
        machine = machine_facts()
        with tempfile.TemporaryDirectory(prefix="interscene-bench-", dir=options.folder) as folder:
            bench = Bench(Path(folder), options.quick, options.peer_python, _say)
            figures = measure_all(options.only or list(SUBJECTS), bench)
    print(text_table(figures))
    if options.json is not None:
        write_report(report(figures, machine, quick=options.quick), options.json)
    if options.readme is not None:
        put_into(options.readme, markdown_table(figures, machine))
    return int(any(figure.passed is False for figure in figures))


def measure_all(names: Sequence[str], bench: Bench) -> list[Figure]:
    """The figures of some subjects, one after the other: they would disturb each other."""
    figures: list[Figure] = []
    for place, name in enumerate(names, 1):
        bench.say(f"{name} ({place} of {len(names)}): {SUBJECTS[name]}")
        figures += subject(name)(bench)
    return figures


def subject(name: str) -> Callable[[Bench], list[Figure]]:
    """What measures one subject. Raises InputError."""
    if name not in SUBJECTS:
        raise InputError(f"there is no benchmark {name!r}; there are {', '.join(SUBJECTS)}")
    return cast("Callable[[Bench], list[Figure]]", importlib.import_module(f"benchmarks.{name}").measure)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
