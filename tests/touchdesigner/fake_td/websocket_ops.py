"""The WebSocket DAT over a real socket that never waits: everything happens when the main thread looks."""

# ruff: noqa: N802 - TouchDesigner's names
from __future__ import annotations

import select
import socket
from typing import Any

from fake_td import websocket_wire as wire
from fake_td.dats import DAT
from fake_td.errors import tdTypeError

_AT_ONCE = 1 << 20


class WebSocketDAT(DAT):
    """A client. It connects when it is switched on, once, and says no more when that fails."""

    _is_table = True
    _max_inputs = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._line: tuple[bool, str, int] = (False, "", 0)
        self._socket: socket.socket | None = None
        self._stage = "closed"
        self._reader = wire.Reader()
        self._head = b""
        self._accept = b""
        self._attempts: list[str] = []

    def handle(self) -> None:
        """The main thread looks: parameters, then whatever has arrived."""
        line = (False, "", 0)
        if self._pars["active"].eval():
            line = (True, str(self.par.netaddress.eval()), int(self.par.port.eval()))
        if line != self._line:
            self._line = line
            self._close()
            if line[0]:
                self._connect(*line[1:])
        if self._socket is not None:
            try:
                self._progress(self._socket)
            except OSError as error:
                self._gone(str(error))

    def _connect(self, address: str, port: int) -> None:
        host, port, where = wire.target(address, port, self._fake.quirks.websocket_path)
        self._attempts.append(f"{host}:{port}{where}")
        self._head, self._accept = wire.handshake(host, port, where)
        self._reader, self._stage = wire.Reader(), "connecting"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.connect_ex((host, port))

    def _progress(self, line: socket.socket) -> None:
        if self._stage == "connecting":
            _, writable, failed = select.select([], [line], [line], 0)
            if not (writable or failed):
                return
            trouble = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if trouble:
                raise OSError(trouble, "Connection refused")
            line.sendall(self._head)
            self._head, self._stage = b"", "shaking hands"
        while self._socket is line:
            try:
                data = line.recv(_AT_ONCE)
            except BlockingIOError:
                return
            if not data:
                raise ConnectionResetError("the other side closed")
            self._take(data)

    def _take(self, data: bytes) -> None:
        if self._stage == "shaking hands":
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101") or self._accept not in head:
                raise ConnectionRefusedError(head.split(b"\r\n")[0].decode("latin-1"))
            self._stage = "open"
            self._tell("onConnect")
        for kind, contents in self._reader.feed(data):
            self._message(kind, contents)

    def _message(self, kind: int, contents: bytes) -> None:
        if self._stage != "open":
            return
        given: Any = contents if self._fake.build >= (2025, 0) else bytearray(contents)
        if kind == wire.TEXT:
            text = contents.decode()
            self._tell("onReceiveText", self._row(text), text)
        elif kind == wire.BINARY:
            self._row(f"{len(contents)} bytes")
            self._tell("onReceiveBinary", given)
        elif kind in (wire.PING, wire.PONG):
            self._tell("onReceivePing" if kind == wire.PING else "onReceivePong", given)
        elif kind == wire.CLOSE:
            self._gone("closed")

    def _row(self, text: str) -> int:
        self._rows.append([text])
        if self.par.clamp.eval():
            del self._rows[:max(0, len(self._rows) - int(self.par.maxlines.eval()))]
        self._version += 1
        return len(self._rows) - 1

    def _tell(self, name: str, *args: Any) -> None:
        callbacks = self.par.callbacks.eval()
        if callbacks is not None:
            self._fake.call(callbacks, name, self, *args)

    def _gone(self, why: str) -> None:
        was_open = self._stage == "open"
        self._close()
        self._tell("onMonitorMessage", why)
        if was_open or not self._fake.quirks.websocket_failures_are_silent:
            self._tell("onDisconnect")

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._stage = None, "closed"

    def _destroyed(self) -> None:
        self._close()

    # sending

    def _send(self, kind: int, data: bytes) -> int:
        self._fake.guard(self)
        if self._socket is None or self._stage != "open":
            return -1
        try:
            self._socket.sendall(wire.framed(kind, data))
        except OSError:
            return -1
        return len(data)

    def sendText(self, *message: str) -> int:
        if not all(isinstance(each, str) for each in message):
            raise tdTypeError("sendText takes strings")
        return self._send(wire.TEXT, "".join(message).encode())

    def sendBinary(self, *contents: Any) -> int:
        return self._send(wire.BINARY, _joined(contents))

    def sendPing(self, *contents: Any) -> int:
        return self._send(wire.PING, _joined(contents))

    def sendPong(self, *contents: Any) -> int:
        return self._send(wire.PONG, _joined(contents))


def _joined(contents: tuple[Any, ...]) -> bytes:
    """Strings, byte arrays and single bytes, one after the other."""
    parts = []
    for each in contents:
        if isinstance(each, str):
            parts.append(each.encode())
        elif isinstance(each, int) and not 0 <= each < 256:
            raise tdTypeError("numbers are single bytes")
        else:
            parts.append(bytes([each]) if isinstance(each, int) else bytes(each))
    return b"".join(parts)
