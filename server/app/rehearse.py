"""`interscene rehearse [SONG …]`: a show without TouchDesigner: a server, stand-in decks on the wire, and the page."""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import webbrowser
from contextlib import ExitStack
from typing import Final

from server.app.children import start_standin
from server.app.programme import Programme, find
from server.app.serve import FLAGS, read_settings, watch
from server.app.song_lists import song_entries
from server.errors import InputError
from server.settings.arguments import add_arguments as add_settings
from server.settings.arguments import given
from server.settings.resolved import Settings

HELP: Final = ("Play songs with stand-ins where TouchDesigner would be, and show the decks in the browser: the same "
               "messages, the same waiting for movies that open, no window.")
STANDINS_MAX: Final = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("song", nargs="*", help="a song's folder or name, or a movie; the first goes to deck 1")
    parser.add_argument("--standins", type=int, default=1, metavar="N", help="how many machines there are (default: 1)")
    parser.add_argument("--fps", default="60", help="cooks a second of each: 30, 50, 59.94, 60, 120")
    parser.add_argument("--open-ms", default="20-300", metavar="LOW-HIGH", help="how long movies take to open")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    add_settings(parser, FLAGS)


def run(options: argparse.Namespace) -> int:
    """Rehearse until Ctrl-C, SIGTERM, or the end of the program that started this one."""
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    if not 1 <= options.standins <= STANDINS_MAX:
        raise InputError(f"--standins lies between 1 and {STANDINS_MAX}, not {options.standins}")
    settings = read_settings(given(options), options.song)
    programme = find(settings, options.song, song_entries((settings.meta_dir, settings.media_dir)))
    stop = threading.Event()
    watch(stop)
    rehearse(settings, programme, stop, options)
    return 0


def rehearse(settings: Settings, programme: Programme, stop: threading.Event, options: argparse.Namespace) -> None:
    """Run a server and its stand-ins until `stop` is set. Raises ServeError when one does not start."""
    from server.app.serving import start

    with ExitStack() as stack:
        parts = start(settings, programme.root)
        stack.callback(parts.stop)
        for number in range(1, options.standins + 1):
            stack.enter_context(start_standin(parts.receiver.ports[0], "--name", f"stand-in {number}", "--fps",
                                              options.fps, "--open-ms", options.open_ms, "--seed", str(number)))
        for deck, (name, is_movie) in enumerate(programme.songs[:settings.decks], start=1):
            parts.begin(deck, name, is_movie=is_movie)
        print(f"rehearsal {options.standins} stand-in deck{'s' * (options.standins > 1)} instead of TouchDesigner, "
              f"{options.fps} frames a second, movies open in {options.open_ms} ms", flush=True)
        for line in parts.lines(programme.root):
            print(line, flush=True)
        if not options.no_browser:
            threading.Thread(target=webbrowser.open, args=(parts.http.url,), daemon=True).start()
        while not stop.wait(0.5):
            pass
