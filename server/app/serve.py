"""`interscene serve [SONG …]`: plays until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import stat
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from server.app.programme import Programme, find
from server.app.song_lists import song_entries
from server.settings.arguments import add_arguments as add_settings
from server.settings.arguments import given
from server.settings.layers import load
from server.settings.resolved import Settings

log = logging.getLogger("interscene")

HELP: Final = "Play songs (folders of movies) or single movies, driven by OSC and by the page in the browser."
FLAGS: Final = ("osc_port", "http_port", "decks", "listen", "allow", "token", "server_name", "announce", "midi",
                "media_dir", "meta_dir", "preset", "fade", "end", "quantise", "tempo", "latency", "tick_rate",
                "generate", "render_device", "gpu_reserve", "worker_memory", "model_cache_dir")
LOOPBACK: Final = ("127.0.0.1", "localhost")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("song", nargs="*", help="a song's folder or name, or a movie; the first goes to deck 1")
    add_settings(parser, FLAGS)
    parser.add_argument("--settings", action="store_true", help="print every setting and where it comes from, and stop")


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C, SIGTERM, or the end of the program that started this one."""
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    settings = read_settings(given(options), options.song)
    programme = find(settings, options.song, song_entries((settings.meta_dir, settings.media_dir)))
    if options.settings:
        print("\n".join([*settings.lines(), "", f"serving {programme.root}"]))
        return 0
    for note in settings.notes:
        log.warning("%s", note)
    stop = threading.Event()
    watch(stop)
    serve(settings, programme, stop)
    return 0


def read_settings(command_line: Mapping[str, object], songs: Sequence[str]) -> Settings:
    """The settings that count; those of a song are read from the first one's folder. Raises SettingsError."""
    first = Path(songs[0]) if songs else None
    folder = first if first is not None and first.is_dir() else None
    return load(command_line, environ=os.environ, song=folder, cwd_env_file=Path(".env"))


def watch(stop: threading.Event) -> None:
    """Set `stop` on SIGINT and SIGTERM, and when stdin is a pipe that closes: whoever started us has gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        kind = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return
    if not stat.S_ISFIFO(kind):
        return

    def read() -> None:
        # Not sys.stdin: its lock would be held by this thread while the interpreter ends.
        while os.read(0, 4096):
            pass
        stop.set()

    threading.Thread(target=read, name="stdin", daemon=True).start()


def serve(settings: Settings, programme: Programme, stop: threading.Event) -> None:
    """Run a server until `stop` is set."""
    from server.app.file_limit import raise_file_limit
    from server.app.serving import start

    raise_file_limit()
    parts = start(settings, programme.root)
    try:
        for deck, (name, is_movie) in enumerate(programme.songs[:settings.decks], start=1):
            parts.begin(deck, name, is_movie=is_movie)
        for line in parts.lines(programme.root):
            print(line, flush=True)
        # A wait without end cannot be interrupted on Windows.
        while not stop.wait(0.5):
            pass
    finally:
        parts.stop()
