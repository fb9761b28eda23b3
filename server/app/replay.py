"""`interscene replay LOG`: a logged show once more: compared byte for byte, told as text, or shown to renderers."""

from __future__ import annotations

import argparse
import secrets
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from server.app.log_lines import lines_of
from server.app.osc_text import parse_endpoint
from server.app.outlet import Outlet
from server.app.replaying import LoggedShow, Rehearsal
from server.app.serve import watch
from server.app.show_log_reading import ShowLogReader, parse_time, place_of, time_text
from server.errors import ArchiveDamaged, OutOfRange
from server.frontends.osc import OscReceiver, OscSender
from server.playback.clock import Clock, Metronome, SystemClock, wall_time
from server.show.events import Event, Send, SendBytes
from server.show.renderers import Renderer
from server.show.replay import Verifier
from server.show.show import About
from server.units import Seconds, exact_rate

HELP: Final = ("Replay a show log: compare what went out byte for byte (--verify), print it (--lines), or show it to "
               "TouchDesigner or a stand-in as it was.")
EVENT_PORT: Final = 7502
SPEED_MOST: Final = 64.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("log", help="the folder of a run, one file of it, or a media folder: then its newest run")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--verify", action="store_true",
                      help="show nothing: replay with a clock moved by hand, and say the first difference in what goes "
                           "out")
    what.add_argument("--lines", action="store_true", help="show nothing: print what came in and what was answered")
    parser.add_argument("--from", dest="since", default="0", metavar="TIME",
                        help="where to begin, counted from the log's beginning: 90, 1:30 or 1:02:03")
    parser.add_argument("--until", metavar="TIME", help="where to end")
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="times as fast (default: 1)")
    parser.add_argument("--loop", action="store_true", help="begin again at the end")
    parser.add_argument("--osc-port", type=int, default=7500, metavar="PORT",
                        help="where renderers say hello, as to a server (default: %(default)s)")
    parser.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS",
                        help="the address that they are received on (default: %(default)s)")
    parser.add_argument("--to", metavar="HOST:PORT",
                        help=f"also send to a renderer that says no hello: its event port, usually {EVENT_PORT}; the "
                             "stream goes to the port below")
    parser.add_argument("--media-dir", type=Path, metavar="DIR",
                        help="where the movies lie now, if not where they lay then")


def run(options: argparse.Namespace) -> int:
    """Replay; returns 1 when `--verify` found a difference."""
    reader = ShowLogReader(place_of(options.log))
    since = parse_time(options.since)
    until = parse_time(options.until) if options.until is not None else None
    if until is not None and until <= since:
        raise OutOfRange(f"--until {options.until} does not lie behind --from {options.since}")
    if not 0.01 <= options.speed <= SPEED_MOST:
        raise OutOfRange(f"--speed is 0.01 to {SPEED_MOST:g}, not {options.speed:g}")
    if options.verify:
        return _verify(reader, since, until)
    if options.lines:
        for line in lines_of(reader, since, until):
            print(line)
        _tell_problems(reader)
        return 0
    stop = threading.Event()
    watch(stop)
    return _rehearse(reader, since, until, options, stop)


def _verify(reader: ShowLogReader, since: Seconds, until: Seconds | None) -> int:
    verifier = Verifier()
    end = reader.began + until if until is not None else float("inf")
    verifier.feed(step for step in reader.steps(since) if step.now <= end)
    _tell_problems(reader)
    found = verifier.difference
    if found is not None:
        print(f"different at {time_text(found.now - reader.began)}: {found.text()}")
        return 1
    print(f"the same: {verifier.ticks} ticks and {verifier.packets} packets after {verifier.messages} messages, byte "
          "for byte")
    return 0


def _tell_problems(reader: ShowLogReader) -> None:
    for problem in reader.problems:
        print(f"note: {problem}", file=sys.stderr)


def _rehearse(reader: ShowLogReader, since: Seconds, until: Seconds | None, options: argparse.Namespace,
              stop: threading.Event) -> int:
    logged = LoggedShow(reader, since)
    if logged.replay is None:
        raise ArchiveDamaged(f"nothing of {options.log} can be replayed: {'; '.join(reader.problems)}")
    was = logged.replay.show.about
    about = About(f"{was.name} replay", was.tick_rate, str(options.media_dir or was.media_folder),
                  secrets.randbelow(1 << 24))
    clock = SystemClock()
    heard: SimpleQueue[object] = SimpleQueue()
    decks = len(logged.replay.show.state.decks)

    def hear(items: Sequence[object]) -> None:
        for item in items:
            heard.put(item)

    receiver = OscReceiver([options.osc_port], decks, hear, clock.now, wall_time, host=options.listen)
    sender = OscSender()
    receiver.start()
    try:
        print(f"replaying {options.log} from {time_text(since)}"
              + (f", {options.speed:g} times as fast" if options.speed != 1 else "")
              + f"\nOSC in    udp {receiver.ports[0]}: renderers say hello there\nstop      Ctrl-C", flush=True)
        stage = _Stage(Rehearsal(logged, about, options.speed), Outlet(sender), clock, heard)
        if options.to is not None:
            stage.fixed = parse_endpoint(options.to, EVENT_PORT)
        while stage.play(logged, since, until, options.speed, stop) and options.loop:
            logged = LoggedShow(reader, since)
            stage.rehearsal.again(logged)
        _tell_problems(reader)
        print("the log ends here" if not stop.is_set() else "stopped", flush=True)
    finally:
        receiver.stop()
        sender.close()
    return 0


class _Stage:
    """Plays a rehearsal by the clock. `fixed`: a renderer that says no hello."""

    def __init__(self, rehearsal: Rehearsal, outlet: Outlet, clock: Clock, heard: SimpleQueue[object]) -> None:
        self.rehearsal, self._outlet, self._clock, self._heard = rehearsal, outlet, clock, heard
        self.fixed: tuple[str, int] | None = None
        self._metronome = Metronome(clock.now(), exact_rate(rehearsal.show.about.tick_rate))

    def play(self, logged: LoggedShow, since: Seconds, until: Seconds | None, speed: float,
             stop: threading.Event) -> bool:
        """One pass; False when it was stopped."""
        begin = self._clock.now()
        while not stop.is_set():
            number, deadline = self._metronome.next_tick(self._clock.now())
            at = since + max(deadline - begin, 0.0) * speed
            if logged.over or (until is not None and at > until):
                return True
            for item in self._waiting():
                self._send(self.rehearsal.hear(item, self._clock.now()))
            if self.fixed is not None:
                host, port = self.fixed
                self.rehearsal.add(Renderer(host, port, "replay", port - 1, port, None, deadline), deadline)
            events = self.rehearsal.tick(number, deadline, at)
            self._clock.sleep_until(deadline)
            self._send(events)
        return False

    def _waiting(self) -> Iterator[object]:
        while True:
            try:
                yield self._heard.get_nowait()
            except Empty:
                return

    def _send(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, SendBytes):
                self._outlet.send_bytes(event)
            elif isinstance(event, Send):
                self._outlet.say(event)
