"""One socket between server and worker: messages in and out, from any thread. It does not know what they mean."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator

from server.render.messages import Decoder, Message, encoded
from server.units import Seconds

_PIECE = 1 << 18


class Wire:
    """Owns a connected socket."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket, self._lock, self._decoder = connected, threading.Lock(), Decoder()
        # A timeout of the socket itself would hold for those who send, too, and cut a message in two.
        connected.setblocking(True)
        self._selector = selectors.DefaultSelector()
        self._selector.register(connected, selectors.EVENT_READ)
        with contextlib.suppress(OSError):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, message: Message) -> None:
        """Send one message; waits while the other side does not read. Raises OSError when it is gone, WireDamaged."""
        data = encoded(message)
        with self._lock:
            self._socket.sendall(data)

    def receive(self, timeout: Seconds | None = None) -> Iterator[Message] | None:
        """What came within `timeout`, maybe nothing; None when the other side has gone. Raises WireDamaged."""
        try:
            if timeout is not None and not self._selector.select(timeout):
                return iter(())
            data = self._socket.recv(_PIECE)
        except (OSError, ValueError):  # closed meanwhile
            return None
        return self._decoder.feed(data) if data else None

    def finish(self) -> None:
        """Say that nothing more will be sent; the other side still gets everything that was."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End it; whoever waits in another thread wakes up. May be called twice."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._selector.close()
        self._socket.close()
