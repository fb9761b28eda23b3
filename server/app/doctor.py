"""`interscene doctor`: look at all on this computer that a show depends on, and say what to do. Changes nothing."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from server.app.examinations.finding import Level, page
from server.app.examinations.network import ECHO_PORT, Echo
from server.app.examinations.whole import examine
from server.app.osc_text import parse_endpoint
from server.app.programme import find
from server.app.serve import read_settings
from server.app.song_lists import song_entries
from server.errors import ServeError
from server.frontends.udp import lan_address
from server.playback.clock import Clock, SystemClock, wall_time
from server.settings.arguments import add_arguments as add_settings
from server.settings.arguments import given
from server.settings.resolved import Settings
from server.units import Seconds

HELP: Final = ("Look at all on this computer that a show depends on: ports, network, clock, disk, decoding, card, "
               "models, TouchDesigner; and say what to do. It changes nothing and may run beside a show.")
FLAGS: Final = ("osc_port", "http_port", "listen", "media_dir", "meta_dir", "model_cache_dir", "preset")
_ECHO_LINES: Final[Seconds] = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("song", nargs="?", help="the song or folder that is going to be played (default: all)")
    parser.add_argument("--with", dest="other", metavar="HOST[:PORT]",
                        help="measure the way to another computer, on which `interscene doctor --echo` runs")
    parser.add_argument("--echo", nargs="?", type=int, const=ECHO_PORT, metavar="PORT",
                        help=f"be that other computer, until Ctrl-C (port {ECHO_PORT} unless given)")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of text")
    add_settings(parser, FLAGS)


def run(options: argparse.Namespace, clock: Clock | None = None) -> int:
    """Examine and print; 1 when something is bad."""
    clock = clock or SystemClock()
    if options.echo is not None:
        return _echo(options.echo, clock)
    songs = [options.song] if options.song else []
    settings = read_settings(given(options), songs)
    other = parse_endpoint(options.other, ECHO_PORT) if options.other else None
    found = []
    for finding in examine(settings, _root(settings, songs), clock, wall_time, other):
        found.append(finding)
        if not options.json and sys.stdout.isatty():
            print(f"\r{len(found)} things looked at ...", end="", flush=True)
    if options.json:
        print(json.dumps([each.document() for each in found], indent=2, ensure_ascii=False))
    else:
        print("\r" * sys.stdout.isatty() + "\n".join(page(found)))
    return int(any(each.level is Level.BAD for each in found))


def _root(settings: Settings, songs: list[str]) -> Path:
    """The folder whose movies are read: the song's, else the media folder. Raises ServeError, LibraryError."""
    if not songs:
        return settings.media_dir.resolve()
    programme = find(settings, songs, song_entries((settings.meta_dir, settings.media_dir)))
    name, is_movie = programme.songs[0]
    place = (programme.root / name).resolve()
    return place.parent if is_movie else place


def _echo(port: int, clock: Clock) -> int:
    if not 0 <= port <= 65535:
        raise ServeError(f"a port is 0 to 65535, not {port}")
    with Echo("0.0.0.0", port) as echo:  # noqa: S104 - the other computer must reach it, and only its own packets count
        own = lan_address()
        print(f"echoing on {echo.port}/udp until Ctrl-C; on the other computer: "
              f"interscene doctor --with {own or 'THIS-COMPUTER'}:{echo.port}", flush=True)
        told = 0
        while True:
            clock.sleep_until(clock.now() + _ECHO_LINES)
            if echo.echoed != told:
                told = echo.echoed
                print(f"{told} echoed", flush=True)
