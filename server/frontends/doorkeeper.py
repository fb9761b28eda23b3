"""Lets connections in: only so many at a time, and none for long that proves nothing. Knows no HTTP.

Whoever reaches the port can open connections, token or not, and each takes a file of the process; a process has few
files (256 where macOS sets the limit), and the movies need them too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Final

from server.units import Seconds

STRANGERS_MAX: Final = 64
"""Connections that have not shown yet that they may be here; the oldest of them makes room for the next."""
ROOM: Final = 512
PATIENCE: Final[Seconds] = 10.0
"""How long a stranger may stay."""
REST: Final[Seconds] = 1.0
"""After a connection that the system could not give."""
_log = logging.getLogger(__name__)


class Doorkeeper:
    """Accepts what arrives at a listening socket; `factory` makes the protocol of a connection."""

    def __init__(self, factory: Callable[[], asyncio.Protocol], *, strangers: int = STRANGERS_MAX, room: int = ROOM,
                 patience: Seconds = PATIENCE) -> None:
        self._factory, self._most, self._room, self._patience = factory, strangers, room, patience
        self._strangers: dict[asyncio.BaseTransport, asyncio.TimerHandle] = {}
        self._known: set[asyncio.BaseTransport] = set()

    def knows(self, transport: asyncio.BaseTransport | None) -> None:
        """A connection has shown that it may be here: it stays as long as it likes."""
        timer = self._strangers.pop(transport, None) if transport is not None else None
        if timer is not None and transport is not None:
            timer.cancel()
            self._known.add(transport)

    async def accept(self, listening: socket.socket) -> None:
        """Let in whoever comes, until cancelled; the socket is closed then."""
        loop = asyncio.get_running_loop()
        with contextlib.closing(listening):
            while True:
                try:
                    connection, _ = await loop.sock_accept(listening)
                except OSError as reason:
                    # It is gone again, or there are no files left: at once again would only say so a thousand times.
                    _log.warning("a connection could not be taken (%s)", reason.strerror or reason)
                    await asyncio.sleep(REST)
                    continue
                await self._admit(loop, connection)

    async def _admit(self, loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
        self._known = {each for each in self._known if not each.is_closing()}
        self._strangers = {each: timer for each, timer in self._strangers.items() if not each.is_closing()}
        if len(self._known) >= self._room:
            connection.close()
            return
        if len(self._strangers) >= self._most:
            self._dismiss(next(iter(self._strangers)))
        try:
            connection.setblocking(False)
            transport, _ = await loop.connect_accepted_socket(self._factory, connection)
        except OSError:
            connection.close()
            return
        self._strangers[transport] = loop.call_later(self._patience, self._dismiss, transport)

    def _dismiss(self, stranger: asyncio.BaseTransport) -> None:
        timer = self._strangers.pop(stranger, None)
        if timer is not None:
            timer.cancel()
            if isinstance(stranger, asyncio.WriteTransport):
                stranger.abort()
