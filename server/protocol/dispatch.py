"""Packets to commands, rejections and messages for TouchDesigner: total, and the same for UDP and JSON.

Knows the table and the wire; never what a command does, and no socket and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final, Literal, NamedTuple

from server.errors import InputError, UnknownAddress
from server.protocol.arguments import amount
from server.protocol.command import Command, Forward, Rejection, Released, Source
from server.protocol.controllers.control import OSC, Control, Moved, numbers
from server.protocol.controllers.ears import Ears
from server.protocol.endpoints import is_forwarded
from server.protocol.osc import ADDRESS_MAX, IMMEDIATELY, Message, Reject, elements, message
from server.protocol.row import Row
from server.protocol.targets import Target, Targets
from server.protocol.text import printable
from server.units import Seconds

RESULTS_MAX: Final = 4096
"""Commands of one packet."""
PATTERNS_MAX: Final = 8
"""New patterns of one packet: each costs a pass over all addresses."""
QUICK_KEPT: Final = 8192
REQUEST_MAX: Final = 64
LOOK_AHEAD: Final[Seconds] = 60.0
"""A time tag further away than this, either way, comes from a clock that is not set."""
_NTP_TO_UNIX: Final = 2_208_988_800
_SIGNS: Final[dict[object, tuple[Literal["+", "*"], int]]] = {"+": ("+", 1), "-": ("+", -1), "*": ("*", 1)}
_UNTYPED: Final = "came with data but without type tags; set the sender to OSC 1.0 or later"
_OURS: Final = ("/deck/", "/td/", "/system/", "/learn/")
_NOT_ASKED: Final = frozenset({"answer", "renderer", "stream"})

Result = Command | Rejection | Forward | Moved


@dataclass(slots=True)
class Counts:
    """What passed through a dispatcher."""

    messages: int = 0
    rejected: int = 0
    forwarded: int = 0
    absurd_times: int = 0


class _Quick(NamedTuple):
    """A message of which only the numbers change: what follows its header is `layout`."""

    target: Target
    layout: Struct
    size: int
    said: str


class Dispatcher:
    """Turns what arrives into commands. Keeps what it learnt of addresses: one for each receiving thread.

    With `ears`, packets to addresses of controllers, which no row has, are told as moves.
    """

    def __init__(self, decks: int, ears: Ears | None = None) -> None:
        self.counts = Counts()
        self.released: Callable[[Released], None] | None = None
        """Who hears of messages to buttons that do nothing."""
        self._ears = ears or Ears()
        self._targets = Targets(decks)
        self._quick: dict[bytes, _Quick] = {}
        self._patterns_left = 0

    def dispatch(self, packet: bytes, source: Source, now: Seconds, wall: Seconds) -> list[Result]:
        """Everything a packet says. `now` is the server's clock, `wall` the time of day in Unix seconds."""
        results: list[Result] = []
        self._patterns_left = PATTERNS_MAX
        if packet[:1] == b"/":
            self._element(packet, source, None, results)
            return results
        for element in elements(packet):
            if len(results) >= RESULTS_MAX:
                self._reject(results, "packet", f"one packet holds at most {RESULTS_MAX} commands", source)
                break
            if isinstance(element, Reject):
                self._reject(results, "packet", element.reason, source)
            else:
                self._element(element.data, source, self._due(element.time, now, wall), results)
        return results

    def command(self, address: str, args: Sequence[Any], source: Source) -> list[Result]:
        """The same for values that did not come as OSC."""
        results: list[Result] = []
        self._patterns_left = PATTERNS_MAX
        self.counts.messages += 1
        if not address.startswith("/") or len(address) > ADDRESS_MAX:
            self._reject(results, "address", f"an address begins with / and has at most {ADDRESS_MAX} characters, "
                         f"not {printable(address, 80)!r}", source)
        elif is_forwarded(address):
            self._forward_values(address, args, source, results)
        else:
            self._message(Message(address, "", tuple(args)), source, None, results)
        return results

    def explain(self, rejection: Rejection) -> str:
        """The rejection's text, with the address that was perhaps meant. Takes milliseconds: for people."""
        near = self._targets.suggestion(rejection.address) if rejection.code == "address" else None
        return f"{rejection.text}; did you mean {near}?" if near else rejection.text

    def _element(self, data: bytes, source: Source, due: Seconds | None, results: list[Result]) -> None:
        header = (data.find(b"\0", data.find(b",")) + 4) & -4
        quick = self._quick.get(data[:header])
        if quick is not None and len(data) == header + quick.size:
            row, where, coerce = quick.target
            try:
                args = coerce(quick.layout.unpack_from(data, header))
            except InputError:
                pass  # the long way says what is wrong
            else:
                self.counts.messages += 1
                if args is not None:
                    results.append(Command(row, where, args, source, None, due, "", False, quick.said))
                elif self.released is not None:
                    self.released(Released(quick.said, quick.layout.unpack_from(data, header), source))
                return
        parsed = message(data)
        self.counts.messages += 1
        if isinstance(parsed, Reject):
            text = f"{printable(parsed.address, 80)}: {parsed.reason}" if parsed.address else parsed.reason
            self._reject(results, "packet", text, source, parsed.address)
        elif parsed.address in self._ears.addresses:
            self._moved(parsed, source, due, results)
        elif is_forwarded(parsed.address):
            self.counts.forwarded += 1
            results.append(Forward(data, source, due))
            if self._ears.learning:
                self._moved(parsed, source, due, results)
        else:
            self._message(parsed, source, due, results)
            self._learn(parsed, data[:header])

    def _message(self, parsed: Message, source: Source, due: Seconds | None, results: list[Result]) -> None:
        """Append a command for every row that is meant, or one rejection when there is none."""
        address, request = parsed.address, None
        try:
            args, request = _request(parsed.args)
            targets = self._find(address)
        except InputError as problem:
            if self._ears.learning and isinstance(problem, UnknownAddress) and self._may_be_a_control(address):
                self._moved(parsed, source, due, results)
            else:
                self._reject(results, problem.code, str(problem), source, address, request)
            return
        before = len(results)
        refused: tuple[InputError, Row] | None = None
        for target in targets:
            try:
                command = _command(target, _untyped(target.row, parsed) or args, source)
            except InputError as problem:
                refused = refused or (problem, target.row)
            else:
                if command is not None:
                    command.request, command.due, command.said = request, due, address
                    results.append(command)
                elif self.released is not None:
                    self.released(Released(address, args, source))
        if refused and len(results) == before:
            why, row = refused
            text = f"{printable(address, 80)}: {why}"
            if why.code == InputError.code:
                text += f"; usage: {row.usage()}"
            self._reject(results, why.code, text, source, address, request)

    def _may_be_a_control(self, address: str) -> bool:
        """A row of ours that is misspelt, or of a deck that is not there, is none."""
        return not address.startswith(_OURS) and not self._targets.is_pattern(address)

    def _moved(self, parsed: Message, source: Source, due: Seconds | None, results: list[Result]) -> None:
        """A controller's own address: what is laid on it is for the show to say."""
        if parsed.tags is None and parsed.rest:
            self._reject(results, "packet", f"{printable(parsed.address, 80)}: {_UNTYPED}", source, parsed.address)
            return
        try:
            args, request = _request(parsed.args)
        except InputError as problem:
            self._reject(results, problem.code, str(problem), source, parsed.address)
        else:
            results.append(Moved(Control(OSC, parsed.address), numbers(args), source, due, request))

    def _find(self, address: str) -> tuple[Target, ...]:
        if self._targets.is_new_pattern(address):
            self._patterns_left -= 1
            if self._patterns_left < 0:
                raise InputError(f"one packet holds at most {PATTERNS_MAX} new patterns; send them one by one")
        return self._targets.find(address)

    def _learn(self, parsed: Message, header: bytes) -> None:
        """Remember the header of a message with numbers only, so that the next one is read in one step."""
        if parsed.tags is None or parsed.tags.strip("ifhd") or self._targets.is_pattern(parsed.address):
            return
        try:
            target, = self._targets.find(parsed.address)
        except InputError:
            return
        if target.row.access == "r":
            return
        if len(self._quick) >= QUICK_KEPT:
            self._quick.clear()
        layout = Struct(">" + parsed.tags.replace("h", "q"))
        self._quick[header] = _Quick(target, layout, layout.size, parsed.address)

    def _forward_values(self, address: str, args: Sequence[Any], source: Source, results: list[Result]) -> None:
        from server.protocol import encode  # python-osc is only needed to build

        try:
            results.append(Forward(encode.message(address, *args), source))
        except InputError as problem:
            self._reject(results, problem.code, str(problem), source, address)
        else:
            self.counts.forwarded += 1

    def _due(self, time: int, now: Seconds, wall: Seconds) -> Seconds | None:
        """A time tag on the server's clock; None for now, and for what is late or absurd."""
        if time <= IMMEDIATELY:
            return None
        ahead = (time - (_NTP_TO_UNIX << 32)) / 2 ** 32 - wall
        if not -LOOK_AHEAD <= ahead <= LOOK_AHEAD:
            self.counts.absurd_times += 1
            return None
        return now + ahead if ahead > 0 else None

    def _reject(self, results: list[Result], code: str, text: str, source: Source, address: str = "",
                request: str | None = None) -> None:
        self.counts.rejected += 1
        results.append(Rejection(code, text, source, address, request))


def _command(target: Target, args: tuple[Any, ...], source: Source) -> Command | None:
    """The command, or None for a button that was let go. Raises InputError."""
    row, where, coerce = target
    if args == ("?",):
        if row.access == "w" or not _NOT_ASKED.isdisjoint(row.changes):
            raise InputError("has no value that could be asked for")
        return Command(row, where, (), source, asks=True)
    if row.access == "r":
        raise InputError("is said by the server and cannot be set; send it ? to ask for the value")
    if len(args) == 2 and row.relative and args[0] in _SIGNS:
        how, sign = _SIGNS[args[0]]
        return Command(row, where, (sign * amount(args[1]),), source, relative=how)
    coerced = coerce(args)
    return None if coerced is None else Command(row, where, coerced, source)


def _request(args: tuple[Any, ...]) -> tuple[tuple[Any, ...], str | None]:
    """The arguments without the request id at their end, and the id."""
    if not args or not isinstance(args[-1], str) or not args[-1].startswith("#"):
        return args, None
    request = args[-1][1:]
    if not 0 < len(request) <= REQUEST_MAX or not request.isprintable():
        raise InputError(f"a request id is # and 1 to {REQUEST_MAX} printable characters; write a name that begins "
                         "with # before one")
    return args[:-1], request


def _untyped(row: Row, parsed: Message) -> tuple[Any, ...] | None:
    """Arguments of a sender that leaves out type tags: read as the row's own types."""
    if parsed.tags is not None:
        return None
    tags = "".join(arg.tag for arg in row.args)
    if not tags or tags.strip("if") or len(parsed.rest) != 4 * len(tags):
        raise InputError(_UNTYPED)
    return Struct(">" + tags).unpack(parsed.rest)
