"""`interscene send`: one OSC message, or a moving value, and what the server answers."""

from __future__ import annotations

import argparse
import contextlib
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from server.app.osc_text import DECKS_MAX, OSC_PORT, Ramp, line, parse_arguments, parse_endpoint, row_of
from server.errors import InputError
from server.playback.clock import Clock, SystemClock
from server.protocol.encode import message
from server.protocol.endpoints import COMMANDS, is_forwarded
from server.protocol.osc import Message, messages
from server.protocol.targets import Targets
from server.protocol.text import printable
from server.units import Seconds

HELP: Final = ("Send one OSC message and print the answer. An argument like 0..1 moves from 0 to 1: "
               "interscene send /deck/1/position 0..1 --over 5")
REQUEST: Final = "send"
RENDERERS: Final = "/system/state/renderers"
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
    if not options.address:
        raise InputError("say what to send, for example: interscene send /deck/1/play; --list shows everything")
    if not options.address.startswith("/"):
        raise InputError(f"{options.address!r} is no address: they begin with /"
                         f"{_meant('/' + options.address) or '; --list shows them all'}")
    if not 0 <= options.over <= 86400 or not 0 < options.rate <= 10_000 or not 0 <= options.timeout <= 3600:
        raise InputError("--over is 0 to 86400 seconds, --rate up to 10000 Hz, --timeout up to 3600 seconds")
    args = parse_arguments(options.address, options.argument)
    place = parse_endpoint(options.to)
    # Not connected: the server answers from another port than the one it listens on.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        clock = clock or SystemClock()
        if any(isinstance(value, Ramp) for value in args):
            args = _move(sock, place, options, args, clock)
        handed_on = is_forwarded(options.address)
        if options.no_wait or handed_on:
            sock.sendto(message(options.address, *args), place)
        if options.no_wait:
            return 0
        talk = _Talk(sock, place, clock, options.timeout)
        if handed_on:
            heard = talk.ask(RENDERERS, ["?"], REQUEST)
            return _told_handed_on(heard, options.address) if heard.answered else _silence(place, options)
        request = args.pop()[1:] if args and str(args[-1]).startswith("#") else REQUEST
        heard = talk.ask(options.address, args, request)
        if not heard.answered:
            _tell(heard)
            return _silence(place, options)
        row = row_of(options.address)
        if heard.done == 1 and not heard.refused and row is not None and row.access == "rw" and args != ["?"]:
            heard.values += talk.ask(options.address, ["?"], REQUEST).values
        _tell(heard, asked=args == ["?"])
        return int(bool(heard.refused))


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


@dataclass(slots=True)
class _Heard:
    """What came back for one request."""

    done: int = 0
    jobs: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    values: list[Message] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        return bool(self.done or self.refused)


class _Talk:
    """Sends with a request id and collects the answers; a pattern is answered by every row that it means."""

    def __init__(self, sock: socket.socket, place: tuple[str, int], clock: Clock, timeout: Seconds) -> None:
        self._sock, self._place, self._clock, self._timeout = sock, place, clock, timeout

    def ask(self, address: str, args: Sequence[Any], request: str) -> _Heard:
        """Everything that is said until shortly after the first answer, or until the time is over."""
        self._sock.sendto(message(address, *args, f"#{request}"), self._place)
        heard, end = _Heard(), self._clock.now() + self._timeout
        while (left := end - self._clock.now()) > 0:
            self._sock.settimeout(left)
            try:
                packet, source = self._sock.recvfrom(65536)
            except TimeoutError:
                break
            except ConnectionError:
                continue  # Windows says here that nobody listens; so does the silence
            for answer in messages(packet) if source[0] == self._place[0] else ():
                if isinstance(answer, Message) and _sort(answer, request, heard):
                    end = min(end, self._clock.now() + MORE)
        return heard


def _sort(answer: Message, request: str, heard: _Heard) -> bool:
    """Put an answer where it belongs; returns whether it is the end of the request, or of one part of it."""
    if answer.address not in ("/ack", "/error") or answer.args[:1] != (request,):
        heard.values.append(answer)
        return False
    if answer.address == "/ack":
        heard.done += 1
        heard.jobs.extend(f"job {number}" for number in answer.args[1:])
    else:
        heard.refused.append(f"not done ({', '.join(map(str, answer.args[1:2]))}): "
                             + " ".join(map(str, answer.args[2:])))
    return True


def _tell(heard: _Heard, *, asked: bool = False) -> None:
    said = [line(value.address, value.args) for value in heard.values]
    done = ", ".join(["done" if heard.done < 2 else f"done, {heard.done} times", *heard.jobs])
    if heard.done and not (asked and said):
        said = [f"{done}: {one}" for one in said] if len(said) == 1 else [done, *said]
    for text in said:
        print(text)
    for text in heard.refused:
        print(printable(text, 1024), file=sys.stderr)


def _told_handed_on(heard: _Heard, address: str) -> int:
    """Say where a message for TouchDesigner went; 1 when nobody is there to take it."""
    renderers = " ".join(str(name) for value in heard.values if value.address == RENDERERS for name in value.args)
    if not renderers:
        print(f"{address} is for TouchDesigner, and none is connected to the server: nobody got it", file=sys.stderr)
        return 1
    print(f"handed on to TouchDesigner ({renderers}), from where no answer comes")
    return 0


def _meant(address: str) -> str:
    targets = Targets(DECKS_MAX)
    with contextlib.suppress(InputError):
        targets.find(address)
        return f"; did you mean {address}?"
    near = targets.suggestion(address)
    return f"; did you mean {near}?" if near else ""


def _silence(place: tuple[str, int], options: argparse.Namespace) -> int:
    at = f"{place[0]}:{place[1]}"
    print(f"nothing listens on {at}; is the server running? interscene serve starts it, --to HOST:PORT names "
          "another one" if _closed(place) else
          f"no answer from {at} within {options.timeout:g} s; is that its OSC port, and does a firewall let "
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
