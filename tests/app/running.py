"""A real server on free ports in this process, and a client that talks to it by UDP."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from server.app.serving import Parts, start
from server.protocol.encode import message
from server.protocol.osc import Message, messages
from server.settings.layers import load

PATIENCE = 30.0


@contextmanager
def running(media: Path, **settings: object) -> Iterator[Parts]:
    given: dict[str, object] = {"media_dir": str(media), "osc_port": ["0"], "http_port": "0", "announce": "no",
                               "generate": "off",
                               **settings}
    parts = start(load(given, environ={}), media)
    try:
        yield parts
    finally:
        parts.stop()


class Client:
    """One UDP socket: commands out, answers in."""

    def __init__(self, parts: Parts) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE)
        self._server = ("127.0.0.1", parts.receiver.ports[0])
        self._requests = itertools.count(1)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def tell(self, address: str, *args: Any) -> None:
        self._socket.sendto(message(address, *args), self._server)

    def throw(self, packet: bytes) -> None:
        self._socket.sendto(packet, self._server)

    def hear(self) -> Message:
        """The next message. Raises TimeoutError."""
        while True:
            for heard in messages(self._socket.recv(65536)):
                if isinstance(heard, Message):
                    return heard

    def wait_for(self, *addresses: str) -> Message:
        """The next message to one of these addresses."""
        while True:
            heard = self.hear()
            if heard.address in addresses:
                return heard

    def ask(self, address: str, *args: Any) -> tuple[str, ...]:
        """Send with a request id; () when acknowledged, (code, text) when refused."""
        request = f"r{next(self._requests)}"
        self.tell(address, *args, f"#{request}")
        while True:
            answer = self.wait_for("/ack", "/error")
            if answer.args[0] == request:
                return () if answer.address == "/ack" else (str(answer.args[1]), str(answer.args[2]))

    def value(self, address: str) -> Any:
        """Ask for a value with `?`."""
        self.tell(address, "?")
        return self.wait_for(address).args[0]
