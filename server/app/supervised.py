"""`python -m server.app.supervised`: the server as its supervisor starts it; the order what to serve comes by stdin."""

from __future__ import annotations

import faulthandler
import importlib
import logging
import os
import sys
import threading
from typing import Final

from server.app import serve
from server.app.life import SPARE, STOP, Order, telling
from server.errors import IntersceneError
from server.units import Seconds

log = logging.getLogger("interscene")

ORDER_MOST: Final = 1 << 20
HEAVY: Final = ("server.app.serving", "server.app.resuming", "server.app.file_limit", "server.app.watchdog",
                "server.media.sweep", "aiohttp.web", "zeroconf")
"""What a server comes to import: the spare one has it all, so that nothing is left to be done but to open ports."""
ENDS: Final[Seconds] = 6.0


def read_order() -> Order | None:
    """The order, read byte by byte: what follows is for others. None when whoever started us has gone."""
    line = bytearray()
    while len(line) < ORDER_MOST and not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return None
        line += byte
    return Order.of(bytes(line))


def warm() -> None:
    """Import everything."""
    for name in HEAVY:
        importlib.import_module(name)


def listen(stop: threading.Event, orphaned: threading.Event) -> None:
    """Set `stop` when stdin ends, and `orphaned` before if nobody had said that the show is to end."""
    heard = b""
    while data := os.read(0, 4096):
        heard = (heard + data)[-len(STOP):]
    if heard != STOP:
        orphaned.set()
    stop.set()


def leave_with(stop: threading.Event) -> None:
    """End for good when `stop` is set and the orderly way takes too long: nobody is to be left over."""

    def watch() -> None:
        stop.wait()
        # A wait of our own, as `stop` stays set.
        threading.Event().wait(ENDS)
        os._exit(1)

    threading.Thread(target=watch, name="leaving", daemon=True).start()


def main() -> int:
    """Serve what the order says; returns the exit code."""
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    if sys.stderr is not None:
        faulthandler.enable()
    if SPARE in sys.argv[1:]:
        warm()
        serve.say(telling("ready"))
    try:
        order = read_order()
    except (ValueError, TypeError) as problem:
        log.error("interscene: this program is started by interscene serve, not by hand (%s)", problem)
        return 2
    if order is None:
        return 0
    stop, orphaned = threading.Event(), threading.Event()
    serve.watch_signals(stop)
    threading.Thread(target=listen, args=(stop, orphaned), name="stdin", daemon=True).start()
    leave_with(stop)
    try:
        return serve.follow(order, stop, orphaned)
    except IntersceneError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"interscene: {line}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
