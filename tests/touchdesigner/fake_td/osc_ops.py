"""OSC In and Out over real sockets: packets wait in the system until the main thread looks."""

# ruff: noqa: N802, N803 - TouchDesigner's names
from __future__ import annotations

import contextlib
import fnmatch
import socket
from collections import deque
from typing import TYPE_CHECKING, Any

from fake_td import osc_wire
from fake_td.chops import CHOP, float32
from fake_td.dats import DAT
from fake_td.network import OP

if TYPE_CHECKING:
    from fake_td.touchdesigner import FakeTouchDesigner

Address = tuple[str, int]
Packet = tuple[bytes, Address, float]


class Ports:
    """The UDP ports of one TouchDesigner; its own operators share them, other programs do not get them."""

    def __init__(self, fake: FakeTouchDesigner) -> None:
        self._fake = fake
        self._sockets: dict[Address, socket.socket] = {}
        self.refused: set[Address] = set()

    def ensure(self, owner: OP, address: Address) -> bool:
        if address in self._sockets:
            return True
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            made.bind(address)
        except (OSError, OverflowError):
            made.close()
            if address not in self.refused:
                self.refused.add(address)
            if not self._fake.quirks.taken_ports_are_silent:
                message = f"Failed to bind to port {address[1]}"
                owner._errors = [*[text for text in owner._errors if "bind" not in text], message]
            return False
        made.setblocking(False)
        self.refused.discard(address)
        owner._errors = [text for text in owner._errors if "bind" not in text]
        self._sockets[address] = made
        return True

    def keep_only(self, wanted: set[Address]) -> None:
        for address in set(self._sockets) - wanted:
            self._sockets.pop(address).close()

    def arrived(self) -> list[tuple[Address, bytes, Address]]:
        """Everything that waits, as (port it came to, packet, sender)."""
        found = []
        for address, sock in self._sockets.items():
            with contextlib.suppress(BlockingIOError, ConnectionError):
                while True:
                    data, sender = sock.recvfrom(65536)
                    found.append((address, data, (str(sender[0]), int(sender[1]))))
        return found

    def number(self, address: Address) -> int:
        """The real number of a port; 0 was given as "any"."""
        return int(self._sockets[address].getsockname()[1])

    def send(self, owner: OP, address: Address, data: bytes, *, to: Address) -> int:
        sock = self._sockets.get(address)
        if sock is None:
            return 0
        with contextlib.suppress(OSError):
            return sock.sendto(data, to)
        return 0

    def close(self) -> None:
        self.keep_only(set())


def listening(op: OP) -> Address | None:
    """Where an OSC In operator wants to receive; None while it is switched off."""
    if not op.par.active.eval() or op.par.protocol.eval() != "msging":
        return None
    return str(op.par.localaddress.eval() or "0.0.0.0"), int(op.par.port.eval())


class Peer:
    """Who sent a message."""

    def __init__(self, dat: DAT, sender: Address) -> None:
        self.owner, self.address, self.port = dat, sender[0], sender[1]
        self.hostname = sender[0]

    def close(self) -> bool:
        return True

    def sendOSC(self, *pairs: Any, asBundle: bool = False, useNonStandardTypes: bool = True,
                use64BitPrecision: bool = False) -> int:
        data = osc_wire.packet(pairs, bundle=asBundle, standard=not useNonStandardTypes, wide=use64BitPrecision)
        where = listening(self.owner)
        return self.owner._fake.ports.send(self.owner, where, data, to=(self.address, self.port)) if where else 0


class OscInDAT(DAT):
    """One callback for each message, on the main thread; a table of the last ones."""

    _is_table = True
    _max_inputs = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._rows = [["message"]]
        self._waiting: deque[Packet] = deque()

    @property
    def waiting(self) -> deque[Packet]:
        return self._waiting

    def handle(self) -> None:
        """Call the callbacks for everything that has come."""
        while self._waiting and self._alive:
            self._handle(*self._waiting.popleft())

    def _handle(self, data: bytes, sender: Address, now: float) -> None:
        messages = osc_wire.read(data)
        if self._fake.quirks.bundles_backwards:
            messages.reverse()
        scope = str(self.par.addscope.eval()).split()
        for address, values in messages:
            if scope and not any(fnmatch.fnmatchcase(address, pattern) for pattern in scope):
                continue
            line = " ".join([address, *(f'"{value}"' if isinstance(value, str) else str(value) for value in values)])
            self._rows.append([line])
            if self.par.clamp.eval():
                del self._rows[1:max(1, len(self._rows) - int(self.par.maxlines.eval()))]
            self._version += 1
            callbacks = self.par.callbacks.eval()
            if callbacks is not None:
                self._fake.call(callbacks, "onReceiveOSC", self, len(self._rows) - 1, line, data, now, address, values,
                                Peer(self, sender))

    def sendOSC(self, *pairs: Any, asBundle: bool = False, useNonStandardTypes: bool = True,
                use64BitPrecision: bool = False) -> int:
        """Send to `address`:`port`, from the socket that listens."""
        self._fake.guard(self)
        data = osc_wire.packet(pairs, bundle=asBundle, standard=not useNonStandardTypes, wide=use64BitPrecision)
        where = listening(self)
        to = (str(self.par.address.eval()), int(self.par.port.eval()))
        return self._fake.ports.send(self, where, data, to=to) if where else 0


class OscOutDAT(DAT):
    """Sends from a port of its own that the system chose."""

    _is_table = True
    _max_inputs = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._socket: socket.socket | None = None

    def sendOSC(self, *pairs: Any, asBundle: bool = False, useNonStandardTypes: bool = True,
                use64BitPrecision: bool = False) -> int:
        """Send; returns the number of bytes, 0 when nothing was sent."""
        data = osc_wire.packet(pairs, bundle=asBundle, standard=not useNonStandardTypes, wide=use64BitPrecision)
        return self.sendBytes(data)

    def sendBytes(self, *parts: bytes) -> int:
        self._fake.guard(self)
        if not self.par.active.eval():
            return 0
        if self._socket is None:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            with contextlib.suppress(OSError):
                self._socket.bind((str(self.par.localaddress.eval() or "0.0.0.0"), 0))
        target = str(self.par.address.eval()), int(self.par.port.eval())
        self._fake.sent.append((target, b"".join(parts)))
        try:
            return self._socket.sendto(b"".join(parts), target)
        except (OSError, OverflowError):
            return 0

    def _destroyed(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class OscInCHOP(CHOP):
    """The newest number of every address; or, queued, one packet a cook in their order."""

    _max_inputs = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._waiting: deque[Packet] = deque(maxlen=600)

    @property
    def waiting(self) -> deque[Packet]:
        return self._waiting

    def _cook(self) -> None:
        self._fake.collect()
        if self.par.resetchannels.eval():
            self._channels.clear()
            self._waiting.clear()
            return
        count = min(1, len(self._waiting)) if self.par.queued.eval() else len(self._waiting)
        for _ in range(count):
            self._take(self._waiting.popleft()[0])

    def _take(self, data: bytes) -> None:
        scope = str(self.par.oscaddressscope.eval()).split() or ["*"]
        strip = int(self.par.stripsegments.eval())
        for address, values in osc_wire.read(data):
            if not any(fnmatch.fnmatchcase(address, pattern) for pattern in scope):
                continue
            name = "/".join(address.lstrip("/").split("/")[strip:])
            numbers = [value for value in values if isinstance(value, int | float)]
            if len(numbers) != len(values):
                self._warnings = ["Non-numeric OSC arguments are ignored"]
            for index, value in enumerate(numbers):
                self._channels[name if len(numbers) == 1 else f"{name}{index + 1}"] = float32(value)
        if not self.par.resetvalues.eval():
            return
        self._channels = dict.fromkeys(self._channels, 0.0)
