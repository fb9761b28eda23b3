"""`interscene soak`: hours of a show with everything at once and blows on a schedule, and what became of it."""

from __future__ import annotations

import argparse
import json
import logging
import platform
import sys
import tempfile
import threading
from pathlib import Path
from typing import Final

from server.app.serve import watch
from server.app.soaking.run import Plan, soak
from server.errors import InputError, OutputError
from server.playback.clock import SystemClock

HELP: Final = ("Try a show for hours: a real server under its supervisor and a stand-in deck, takes and fades that "
               "overlap, processes killed on a schedule; every picture is read, every message must be answered.")
LONGEST: Final = 7 * 24 * 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("--minutes", type=float, default=120.0, metavar="N", help="how long (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed does the same (default: %(default)s)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write all figures there, as JSON")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="use this folder for its movies, and keep it")
    parser.add_argument("--verbose", action="store_true", help="print what the server says")


def run(options: argparse.Namespace) -> int:
    """Soak and print what was seen; 1 when anything was not as it should be."""
    if not 0.5 <= options.minutes <= LONGEST:
        raise InputError(f"--minutes lies between 0.5 and {LONGEST:g} (a week), not {options.minutes:g}")
    if options.report is not None and not options.report.absolute().parent.is_dir():
        raise InputError(f"{options.report.parent} is no folder; --report names a file in one that is there")
    logging.basicConfig(format="%(message)s", level=logging.INFO if options.verbose else logging.ERROR,
                        stream=sys.stderr)
    stop = threading.Event()
    watch(stop)
    with tempfile.TemporaryDirectory(prefix="interscene-soak-", ignore_cleanup_errors=True) as folder:
        media = (options.keep or Path(folder)).absolute()
        print("making movies with a number in every picture ...", flush=True)
        figures = soak(Plan(options.minutes * 60, options.seed, media, {}), SystemClock(),
                       lambda line: print(line, flush=True), stop)
    print("\n".join(figures.lines()))
    if options.report is not None:
        document = {"machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
                    "seed": options.seed, **figures.document()}
        try:
            options.report.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        except OSError as reason:
            raise OutputError(f"{options.report} cannot be written: {reason.strerror}; name another place") from None
    good = not figures.faults()
    print("soak passed" if good else "soak FAILED")
    return 0 if good else 1
