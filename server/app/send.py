"""`interscene send`: one OSC message, or a moving value, and what the server answers."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Sequence
from typing import Any, Final

from server.app.osc_text import OSC_PORT, Ramp, line, parse_arguments, parse_endpoint
from server.errors import InputError
from server.playback.clock import Clock, SystemClock
from server.protocol.encode import message
from server.protocol.endpoints import COMMANDS
from server.protocol.osc import Message, messages
from server.units import Seconds

HELP: Final = ("Send one OSC message and print the answer. An argument like 0..1 moves from 0 to 1: "
               "interscene send /deck/1/position 0..1 --over 5")
REQUEST: Final = "send"
MORE: Final[Seconds] = 0.1
"""How long further answers are waited for after the first: a pattern has several."""

REFUSAL: Final[Seconds] = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    add = parser.add_argument
    add("address", nargs="?", help="for example /deck/1/frame; --list shows all")
    add("argument", nargs="*", help="numbers, true, false, texts, ranges like 0..1; ? asks for the value")
    add("--to", default=f"127.0.0.1:{OSC_PORT}", metavar="HOST:PORT", help="default: %(default)s")
    add("--over", type=float, default=1.0, metavar="SECONDS", help="how long a range takes (default: 1)")
    add("--rate", type=float, default=60.0, metavar="HZ", help="messages a second in a range (default: 60)")
    add("--timeout", type=float, default=1.0, metavar="SECONDS", help="how long to wait for the answer (default: 1)")
    add("--no-wait", action="store_true", help="for other programs: send as it is, with no request id, and end")
    add("--list", action="store_true", help="print everything that can be said")


def run(options: argparse.Namespace, clock: Clock | None = None) -> int:
    """Send and print; 1 for an error or no answer."""
    if options.list:
        print("\n".join(_table()))
        return 0
    if not options.address or not options.address.startswith("/"):
        raise InputError("say what to send, for example: interscene send /deck/1/play; --list shows everything")
    if not 0 <= options.over <= 86400 or not 0 < options.rate <= 10_000 or not 0 <= options.timeout <= 3600:
        raise InputError("--over is 0 to 86400 seconds, --rate up to 10000 Hz, --timeout up to 3600 seconds")
    args = parse_arguments(options.address, options.argument)
    place = parse_endpoint(options.to)
    # Not connected: the server answers from another port than the one it listens on.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        clock = clock or SystemClock()
        if any(isinstance(value, Ramp) for value in args):
            args = _move(sock, place, options, args, clock)
        if options.no_wait:
            sock.sendto(message(options.address, *args), place)
            return 0
        request = args.pop()[1:] if args and str(args[-1]).startswith("#") else REQUEST
        sock.sendto(message(options.address, *args, f"#{request}"), place)
        return _answers(sock, place, request, options, clock)


def _move(sock: socket.socket, place: tuple[str, int], options: argparse.Namespace, args: Sequence[Any],
          clock: Clock) -> list[Any]:
    """Send every step of the ranges but the last; returns the arguments of the last."""
    steps = max(1, round(options.over * options.rate))
    start = clock.now()
    for step in range(steps):
        sock.sendto(message(options.address, *_step(args, step / steps)), place)
        clock.sleep_until(start + (step + 1) * options.over / steps)
    return _step(args, 1.0)


def _step(args: Sequence[Any], part: float) -> list[Any]:
    return [value.at(part) if isinstance(value, Ramp) else value for value in args]


def _answers(sock: socket.socket, place: tuple[str, int], request: str, options: argparse.Namespace,
             clock: Clock) -> int:
    """Print answers until the time is over; a pattern is answered by every row that it means."""
    end, heard, code = clock.now() + options.timeout, False, 0
    while (left := end - clock.now()) > 0:
        sock.settimeout(left)
        try:
            packet, source = sock.recvfrom(65536)
        except TimeoutError:
            break
        except ConnectionError:
            continue  # Windows says here that nobody listens; so does the silence
        for answer in messages(packet) if source[0] == place[0] else ():
            if not isinstance(answer, Message):
                continue
            wrong = answer.address == "/error"
            print(line(answer.address, answer.args), file=sys.stderr if wrong else sys.stdout)
            code = max(code, int(wrong))
            if answer.address in ("/ack", "/error") and answer.args[:1] == (request,):
                heard, end = True, min(end, clock.now() + MORE)
    if heard:
        return code
    print(f"nothing listens on {options.to}; is the server running? interscene serve starts it" if _closed(place) else
          f"no answer from {options.to} within {options.timeout:g} s; is that its OSC port, and does a firewall let "
          "UDP through?", file=sys.stderr)
    return 1


def _closed(place: tuple[str, int]) -> bool:
    """Whether that computer says that no program has the port; many say nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(REFUSAL)
        try:
            probe.connect(place)
            probe.send(message("/system/ping"))
            probe.recv(1)
        except ConnectionError:
            return True
        except OSError:
            return False
    return False


def _table() -> list[str]:
    width = max(len(row.signature()) for row in COMMANDS if len(row.signature()) < 50)
    return [f"{row.signature():<{width}}  {row.doc}" for row in COMMANDS]
