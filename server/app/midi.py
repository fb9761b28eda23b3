"""`interscene midi`: list MIDI devices, or print what their controls and clocks say."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Final

from server.app.time_lines import TimeLines
from server.errors import InputError, ServeError
from server.frontends.midi import Backend, Device, MidiPorts, find_backend
from server.playback.clock import Clock, SystemClock
from server.protocol.controllers.control import Moved
from server.protocol.controllers.port_names import find_port, stable_names
from server.protocol.timecode.heard import TimeHeard
from server.units import Seconds

HELP: Final = "List MIDI devices, or print what their controls and clocks say; controls as controllers.toml names them."
LOOK: Final[Seconds] = 0.2
"""How long a wait lasts at most: an interruption from the keyboard is only seen between waits."""
Find = Callable[[], tuple[Backend | None, str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("what", choices=("list", "monitor"), nargs="?", default="list",
                        help="list: the devices; monitor: what their controls and clocks say (default: %(default)s)")
    parser.add_argument("--device", default="", help="monitor this one only, by its name or its beginning")
    parser.add_argument("--count", type=int, default=0, metavar="N", help="end after so many lines (default: never)")


def run(options: argparse.Namespace, find: Find = find_backend, clock: Clock | None = None) -> int:
    """Print the devices once, or moves until interrupted. Raises ServeError where there is no MIDI."""
    backend, why = find()
    if backend is None:
        raise ServeError(why)
    if options.what == "monitor":
        return _monitor(backend, options.device, options.count, clock or SystemClock())
    try:
        hears, tells = stable_names(backend.inputs()), stable_names(backend.outputs())
    except OSError as error:
        raise ServeError(f"MIDI devices cannot be listed: {error}") from error
    for name in hears:
        print(f"{name}{'  (can be told values)' if find_port(name, tells) else ''}")
    for name in tells:
        if find_port(name, hears) is None:
            print(f"{name}  (output only)")
    if not hears and not tells:
        print("no MIDI device is plugged in")
    return 0


def _monitor(backend: Backend, device: str, count: int, clock: Clock) -> int:
    heard: SimpleQueue[Moved | str] = SimpleQueue()
    troubles: set[str] = set()

    def seen(devices: tuple[Device, ...], why: str) -> None:
        if device and find_port(device, [one.name for one in devices]) is None:
            names = ", ".join(one.name for one in devices) or "none"
            heard.put(f"there is no device {device!r}; there are {names}. Waiting")
        for one in devices:
            if one.trouble and one.trouble not in troubles:
                troubles.add(one.trouble)
                heard.put(one.trouble)
        if why:
            heard.put(why)

    ports = MidiPorts(_hearing(heard), seen, clock, lambda: (backend, ""))
    ports.want(frozenset((device,)), everything=False)
    if count < 0:
        raise InputError(f"--count is 0 or more, not {count}")
    start, printed = clock.now(), 0
    ports.start()
    try:
        print("listening; Ctrl-C ends", flush=True)
        while not count or printed < count:
            try:
                item = heard.get(timeout=LOOK)
            except Empty:
                continue
            if isinstance(item, str):
                print(item, flush=True)
                continue
            print(f"{clock.now() - start:9.3f}  {item.control.text()}  {item.values[0]:g}", flush=True)
            printed += 1
    finally:
        ports.stop()
    return 0


def _hearing(heard: SimpleQueue[Moved | str]) -> Callable[[Sequence[Moved | TimeHeard]], None]:
    """Puts moves into a queue as they are, and clocks and time code as lines."""
    times = TimeLines()

    def hear(items: Sequence[Moved | TimeHeard]) -> None:
        for item in items:
            said = item if isinstance(item, Moved) else times.line(item)
            if said is not None:
                heard.put(said)

    return hear
