"""`python -m td_project.rehearsal`: the stand-in deck as a program."""

from __future__ import annotations

import argparse
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from server.errors import InputError, IntersceneError
from td_project.rehearsal.clips import parse_open_time
from td_project.rehearsal.sockets import parse_address, resolve_address
from td_project.rehearsal.standin import Options, StandIn


def parse(arguments: Sequence[str] | None) -> Options:
    """Read the command line. Raises InputError."""
    parser = argparse.ArgumentParser(
        prog="python -m td_project.rehearsal",
        description="A deck without TouchDesigner: opens, decodes, reports what it shows; has no window.")
    add = parser.add_argument
    add("--server", default="127.0.0.1:7500", metavar="HOST:PORT", help="OSC port of the server")
    add("--backup", metavar="HOST:PORT", help="OSC port of the backup server")
    add("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for a server elsewhere")
    add("--stream-port", type=int, default=7501, help="UDP port of the stream; 0 takes a free one")
    add("--event-port", type=int, default=7502, help="UDP port of the events; 0 takes a free one")
    add("--name", default="stand-in", help="how the server calls it")
    add("--fps", type=float, default=60.0, help="cooks a second: 30, 50, 59.94, 120")
    add("--open-ms", default="20-800", metavar="LOW-HIGH", help="how long opening takes, or never")
    add("--seed", type=int, default=1, help="of those times")
    add("--decks", default="all", help="which decks it shows: all, or 1,2")
    add("--media", type=Path, help="the media folder here, if it is not where the server says")
    add("--report", metavar="HOST:PORT", help="where to send the number burnt into each picture shown")
    add("--snapshot", type=Path, metavar="FILE.png", help="write the program picture on exit")
    add("--headless", action="store_true", help="open no window, which it never does")
    given = parser.parse_args(arguments)
    if not 1 <= given.fps <= 1000:
        raise InputError(f"--fps lies between 1 and 1000, not {given.fps}")
    for port in (given.stream_port, given.event_port):
        if not 0 <= port <= 65535:
            raise InputError(f"a port lies between 0 and 65535, not {port}")
    return Options(
        server=resolve_address(parse_address(given.server, 7500)),
        backup=resolve_address(parse_address(given.backup, 7500)) if given.backup else None, host=given.host,
        stream_port=given.stream_port, event_port=given.event_port, name=given.name, fps=given.fps,
        open_time=parse_open_time(given.open_ms), seed=given.seed, decks=given.decks.replace(" ", ""),
        media=given.media,
        report=resolve_address(parse_address(given.report, 7599)) if given.report else None,
        snapshot=given.snapshot)


def stop_with_parent(stop: threading.Event) -> None:
    """Set `stop` when stdin is a pipe and closes: the program that started this one has gone."""
    try:
        kind = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
        def watch() -> None:
            # Not sys.stdin: its lock would be held by this thread while the interpreter ends.
            while os.read(0, 4096):
                pass
            stop.set()

        threading.Thread(target=watch, name="stdin", daemon=True).start()


def log(line: str) -> None:
    """Tell the person who started it."""
    print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT, SIGTERM or the end of stdin. Returns the exit code."""
    stop = threading.Event()
    try:
        options = parse(arguments)
        with ThreadPoolExecutor(2, "open") as executor:
            standin = StandIn(options, executor, time.perf_counter, log)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
            stop_with_parent(stop)
            stream, events = standin.ports
            log(f"stand-in deck: stream on port {stream}, events on port {events}, server "
                f"{options.server[0]}:{options.server[1]}")
            try:
                standin.run(stop)
            finally:
                standin.close()
    except IntersceneError as error:
        log(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
