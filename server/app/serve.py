"""`interscene serve [SONG …]`: plays until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from server.app.life import Order, telling
from server.app.programme import Programme, find, in_force
from server.app.song_lists import song_entries
from server.app.supervisor import supervise
from server.playback.clock import SystemClock
from server.settings.arguments import add_arguments as add_settings
from server.settings.arguments import given
from server.settings.layers import load
from server.settings.resolved import Settings

if TYPE_CHECKING:
    from server.app.resuming import Resumption
    from server.app.serving import Parts

log = logging.getLogger("interscene")

HELP: Final = "Play songs (folders of movies) or single movies, driven by OSC and by the page in the browser."
FLAGS: Final = ("osc_port", "http_port", "decks", "listen", "allow", "token", "server_name", "announce", "midi",
                "media_dir", "meta_dir", "preset", "fade", "end", "quantise", "tempo", "latency", "tick_rate",
                "clock_source", "clock_device", "chase", "chase_start", "timecode_rate", "timecode_offset",
                "timecode_freewheel", "timecode_tolerance", "role", "peer", "takeover_after",
                "show_log", "show_log_size", "show_log_hours",
                "generate", "render_device", "gpu_reserve", "worker_memory", "request_dir", "model_cache_dir")
SAFE: Final = ("the server died again and again: it goes on without generation until it is stopped and started by "
               "hand; its log says why")
LOOPBACK: Final = ("127.0.0.1", "localhost")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("song", nargs="*", help="a song's folder or name, or a movie; the first goes to deck 1")
    add_settings(parser, (*FLAGS, "resume", "resume_within"))
    parser.add_argument("--no-supervisor", action="store_true",
                        help="run the server alone: nothing starts it again when it dies")
    parser.add_argument("--settings", action="store_true", help="print every setting and where it comes from, and stop")


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C, SIGTERM, or the end of the program that started this one; a server that dies is replaced."""
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    if options.settings:
        settings = read_settings(given(options), options.song)
        programme = find(settings, options.song, song_entries((settings.meta_dir, settings.media_dir)))
        print("\n".join([*in_force(settings, programme.root).lines(), "", f"serving {programme.root}"]))
        return 0
    stop = threading.Event()
    watch(stop)
    if options.no_supervisor:
        return follow(Order(given(options), options.song), stop)
    return supervise(given(options), options.song, stop, SystemClock())


def follow(order: Order, stop: threading.Event, orphaned: threading.Event | None = None) -> int:
    """Serve what an order says until `stop` is set; returns the exit code.

    `orphaned`: there is a supervisor; set when it has died, so that the show is kept for whoever is started next.
    """
    settings = read_settings(order.given, order.songs)
    if order.ports:
        settings = replace(settings, osc_port=tuple(order.ports["osc_port"]), http_port=order.ports["http_port"],
                           token=order.ports["token"])
    if order.safe:
        settings = replace(settings, generate="off")
    programme = find(settings, order.songs, song_entries((settings.meta_dir, settings.media_dir)))
    if not order.restarts:
        for note in settings.notes:
            log.warning("%s", note)
    from server.app.resuming import Resumption  # heavy: what is wrong with the settings is said before

    kept = Resumption(settings, programme.root, SystemClock(), programme.songs, bare=order.bare)
    try:
        serve(settings, programme, stop, kept, order if orphaned is not None else None)
        if orphaned is None or not orphaned.is_set():
            kept.finish()
    finally:
        kept.close()
    return 0


def read_settings(command_line: Mapping[str, object], songs: Sequence[str]) -> Settings:
    """The settings that count; those of a song are read from the first one's folder. Raises SettingsError."""
    first = Path(songs[0]) if songs else None
    folder = first if first is not None and first.is_dir() else None
    return load(command_line, environ=os.environ, song=folder, cwd_env_file=Path(".env"))


def watch_signals(stop: threading.Event) -> None:
    """Set `stop` on SIGINT and SIGTERM, and when the terminal is closed, unless that is to be survived (nohup)."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None and (name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN):
            signal.signal(number, lambda *_: stop.set())


def watch(stop: threading.Event) -> None:
    """The same, and when stdin is a pipe that closes: whoever started us has gone."""
    watch_signals(stop)
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


def serve(settings: Settings, programme: Programme, stop: threading.Event, kept: Resumption,
          order: Order | None = None) -> None:
    """Run a server until `stop` is set. `order`: that of the supervisor which started it, and is told that it lives."""
    from server.app.file_limit import raise_file_limit
    from server.app.serving import start

    raise_file_limit()
    parts = start(settings, programme.root, kept=kept)
    try:
        for deck, (name, is_movie) in enumerate(programme.songs[:settings.decks], start=1):
            if kept.begins(deck):
                parts.begin(deck, name, is_movie=is_movie)
        if order is None or not order.restarts:
            for line in parts.lines(programme.root):
                print(line, flush=True)
        with watched(parts, order) if order is not None else nullcontext():
            # A wait without end cannot be interrupted on Windows.
            while not stop.wait(0.5):
                pass
    finally:
        parts.stop()


@contextmanager
def watched(parts: Parts, order: Order) -> Iterator[None]:
    """Tell the supervisor where the server is reached, and from then on that its show goes on."""
    from server.app.watchdog import Watchdog

    if order.safe:
        parts.loop.show.tell(SAFE, "safe")
    ports = {"osc_port": parts.receiver.ports, "http_port": parts.http.port, "token": parts.http.token or ""}
    say(telling("reached", ports=ports))
    watchdog = Watchdog(lambda: parts.loop.lateness.ticks, lambda: say(telling("lives")))
    watchdog.start()
    try:
        yield
    finally:
        watchdog.stop()


def say(line: str) -> None:
    """One line on stdout, whole, from whatever thread."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
