"""`interscene demo`: from nothing to pictures that play: makes a song, serves it, opens its page."""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Final

from server.app.programme import Programme
from server.app.serve import read_settings, watch
from server.errors import InputError
from server.frontends.http import listening_socket
from server.frontends.udp import receiving_socket
from server.library.paths import safe_name
from server.settings.arguments import add_arguments as add_settings
from server.settings.arguments import given
from server.settings.resolved import Settings

HELP: Final = "Make a song from your pictures, or from pictures drawn here, play it, and open its page."
FLAGS: Final = ("osc_port", "http_port", "listen", "media_dir", "decks")
SONG: Final = "demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="make the song from the pictures in there")
    parser.add_argument("--name", metavar="SONG", help=f"the song's name (default: {SONG}, or the folder's name)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    add_settings(parser, FLAGS)


def run(options: argparse.Namespace) -> int:
    """Make what is missing of the song, then serve until Ctrl-C."""
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    settings = read_settings(given(options), ())
    check_ports(settings)
    song = make(settings, options.pictures, options.name)
    stop = threading.Event()
    watch(stop)
    play(settings, song, stop, browser=not options.no_browser)
    return 0


def make(settings: Settings, pictures: Path | None, name: str | None) -> Path:
    """The demo song in the media folder; what is whole already is kept."""
    from server.production.demo_song import make_demo_song

    name = safe_name(name or (pictures.resolve().name if pictures else SONG))
    if "/" in name:
        raise InputError(f"a song's name is no path like {name}; --media-dir says where the song is made")
    return make_demo_song(settings.media_dir.resolve() / name, pictures, _show)


def check_ports(settings: Settings) -> None:
    """Find out before the work begins whether it can be shown. Raises ServeError."""
    for port in settings.osc_port:
        receiving_socket(settings.listen, port).close()
    listening_socket(settings.listen, settings.http_port).close()


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def play(settings: Settings, song: Path, stop: threading.Event, *, browser: bool) -> None:
    """Serve the song, deck 1 walking through it, until `stop` is set."""
    from server.app.serving import start

    programme = Programme(song.parent, ((song.name, False),))
    parts = start(settings, programme.root)
    try:
        parts.begin(1, song.name, is_movie=False)
        for line in parts.lines(programme.root):
            print(line, flush=True)
        if browser:
            # A browser that is slow to come up must not keep the show waiting.
            threading.Thread(target=webbrowser.open, args=(parts.http.url,), daemon=True).start()
        while not stop.wait(0.5):
            pass
    finally:
        parts.stop()
