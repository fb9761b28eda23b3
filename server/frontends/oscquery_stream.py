"""OSCQuery over WebSocket: LISTEN and IGNORE, values to who listens, news of the address space, OSC both ways.

What is sent is never waited for: a client that does not take it is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from fractions import Fraction
from typing import Any, Final

from aiohttp import WSMsgType, web

from server.errors import InputError
from server.frontends.ports import QueryPort
from server.playback.clock import Clock, Metronome
from server.protocol import oscquery
from server.protocol.command import Source
from server.protocol.encode import message
from server.protocol.oscquery_tree import AddressSpace, Changes, Node, Values

TURNS_PER_SECOND: Final = Fraction(60)
SPACE_EVERY: Final = 30
"""Turns after which the address space is looked at."""
ROOM: Final = 1 << 20
"""Bytes that may wait for a client, some seconds of everything there is."""
LISTEN_MAX: Final = 8192
HEARD_MAX: Final = 4096
TEXT: Final = 0x81
BINARY: Final = 0x82
_log = logging.getLogger(__name__)

Elsewhere = Callable[..., Awaitable[Any]]


def frame(kind: int, payload: bytes) -> bytes:
    """A whole WebSocket message as a server sends it."""
    if len(payload) < 126:
        return bytes((kind, len(payload))) + payload
    if len(payload) < 1 << 16:
        return struct.pack(">BBH", kind, 126, len(payload)) + payload
    return struct.pack(">BBQ", kind, 127, len(payload)) + payload


def osc(address: str, args: Iterable[Any]) -> bytes:
    """One OSC message as a WebSocket message; empty for what cannot be spelt. Never a bundle: Chataigne reads none."""
    try:
        return frame(BINARY, message(address, *args))
    except InputError as problem:
        _log.warning("%s cannot be sent: %s", address, problem)
        return b""


class Listener:
    """One client: what it listens to, what it was answered, and what waits to be written in this turn."""

    def __init__(self, connection: web.WebSocketResponse, transport: asyncio.BaseTransport, source: Source) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.source = source
        self.paths: set[str] = set()
        self.answers: deque[tuple[str, Values]] = deque(maxlen=HEARD_MAX)
        self.pending: list[bytes] = []
        self._connection, self._transport = connection, transport

    def hear(self, address: str, args: Values) -> None:
        """Take a message that is meant for this client; from any thread."""
        self.answers.append((address, args))

    def flush(self, room: int) -> None:
        """Write what is pending, whole messages at once. A client for which too much waits already is dropped."""
        for address, args in _drained(self.answers):
            self.pending.append(osc(address, args))
        data = b"".join(self.pending)
        self.pending.clear()
        if not data or self._connection.closed or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > room:
            _log.warning("an OSCQuery client at %s is too slow and was dropped; it may connect again", self.source.host)
            self._transport.abort()
            return
        self._transport.write(data)


class Stream:
    """All clients together: a value is looked at and encoded once a turn, however many listen to it."""

    def __init__(self, port: QueryPort, clock: Clock, *, room: int = ROOM) -> None:
        self._port, self._clock, self._room = port, clock, room
        self._listeners: set[Listener] = set()
        self._space: AddressSpace | None = None
        self._ears: dict[str, set[Listener]] = {}
        self._new: dict[str, set[Listener]] = {}
        self._readable: list[Node] = []
        self._told: dict[str, Values] = {}
        self._heard: deque[tuple[str, Values]] = deque(maxlen=HEARD_MAX)
        self._stale = False
        self._task: asyncio.Task[None] | None = None

    async def serve(self, connection: web.WebSocketResponse, transport: asyncio.BaseTransport, source: Source,
                    elsewhere: Elsewhere) -> None:
        """Serve one client until it or the server closes."""
        listener = Listener(connection, transport, source)
        if self._space is None:
            self._space = await elsewhere(self._port.space)
        self._listeners.add(listener)
        self._port.connect(source, listener.hear)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(elsewhere))
        try:
            async for said in connection:
                if said.type is WSMsgType.TEXT:
                    await self._take(listener, said.data, elsewhere)
                elif said.type is WSMsgType.BINARY:
                    if self._stale:
                        self._look_up()
                    self._port.receive(said.data, source)
        except ConnectionError:
            pass
        finally:
            self._port.disconnect(source)
            self._listeners.discard(listener)
            for path in list(listener.paths):
                self._ignore(listener, path)
            if not self._listeners:
                await self._rest()

    async def _rest(self) -> None:
        """Nobody is there: end the turns, and forget what may be old when somebody comes."""
        task, self._task = self._task, None
        self._space = None
        self._told.clear()
        self._port.watch((), self._hear)
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _take(self, listener: Listener, text: str, elsewhere: Elsewhere) -> None:
        try:
            command, path = oscquery.read_command(text)
            if command == "LISTEN":
                if self._space is not None and self._space.get(path) is None:
                    # It may have been asked for, and told, since the last look.
                    self.adopt(await elsewhere(self._port.space))
                self._listen(listener, path)
            else:
                self._ignore(listener, path)
        except InputError as problem:
            listener.hear("/error", ("", problem.code, str(problem)))

    def _listen(self, listener: Listener, path: str) -> None:
        node = self._space.get(path) if self._space is not None else None
        if node is None:
            raise InputError(f"nothing has the path {path[:255]}; there is nothing to listen to")
        if len(listener.paths) >= LISTEN_MAX:
            raise InputError(f"one connection listens to at most {LISTEN_MAX} paths")
        if node.method is not None:
            listener.paths.add(node.path)
            self._ears.setdefault(node.path, set()).add(listener)
            self._new.setdefault(node.path, set()).add(listener)
            self._stale = True

    def _ignore(self, listener: Listener, path: str) -> None:
        listener.paths.discard(path)
        for known in (self._ears, self._new):
            known.get(path, set()).discard(listener)
        if path in self._ears and not self._ears[path]:
            del self._ears[path]
            self._told.pop(path, None)
            self._stale = True

    async def _run(self, elsewhere: Elsewhere) -> None:
        pace = Metronome(self._clock.now(), TURNS_PER_SECOND)
        turns = 0
        while True:
            try:
                self.turn()
                turns += 1
                if turns % SPACE_EVERY == 0:
                    self.adopt(await elsewhere(self._port.space))
            except Exception:  # noqa: BLE001 - the top of a task: one turn's trouble must not end the others
                _log.exception("OSCQuery clients could not be told what is new")
            _, deadline = pace.next_tick(self._clock.now())
            await asyncio.sleep(deadline - self._clock.now())

    def turn(self) -> None:
        """Tell every client what changed since the last turn of what it listens to."""
        if self._stale:
            self._look_up()
        for node, values in zip(self._readable, self._port.values(self._readable), strict=True):
            if values is None:
                continue
            if self._told.get(node.path) != values:
                self._told[node.path] = values
                self._give(osc(node.path, wire(node, values)), self._ears[node.path])
            elif self._new.get(node.path):
                self._give(osc(node.path, wire(node, values)), self._new[node.path])
        self._new.clear()
        for path, args in _drained(self._heard):
            self._give(osc(path, args), self._ears.get(path, ()))
        for listener in list(self._listeners):
            listener.flush(self._room)

    def adopt(self, space: AddressSpace) -> None:
        """Tell every client what became of the address space, and move what it listens to along."""
        if self._space is None or space is self._space:
            return
        changes, self._space = self._space.changes_to(space), space
        for old, new in changes.renamed:
            for listener in list(self._ears.get(old, ())):
                self._ignore(listener, old)
                with contextlib.suppress(InputError):
                    self._listen(listener, new)
        for path in [path for path in self._ears if space.get(path) is None]:
            for listener in list(self._ears[path]):
                self._ignore(listener, path)
        self._stale = True
        data = b"".join(frame(TEXT, text.encode()) for text in self._news(changes, space))
        self._give(data, self._listeners)

    def _news(self, changes: Changes, space: AddressSpace) -> list[str]:
        said = [oscquery.renamed(old, new) for old, new in changes.renamed]
        said += [oscquery.removed(path) for path in changes.removed]
        for path in changes.added:
            node = space.get(path)
            assert node is not None
            said.append(oscquery.added(path, space.text(node, self._port.values)))
        return [*said, oscquery.changed(changes.common)] if changes.common else said

    def _look_up(self) -> None:
        """The nodes that somebody listens to: those with a value are asked, messages to the others watched for."""
        self._stale = False
        nodes = [node for path in self._ears if self._space is not None and (node := self._space.get(path))]
        self._readable = [node for node in nodes if node.readable]
        self._port.watch([node for node in nodes if not node.readable], self._hear)

    def _hear(self, path: str, args: Values) -> None:
        self._heard.append((path, args))

    @staticmethod
    def _give(data: bytes, listeners: Iterable[Listener]) -> None:
        for listener in listeners:
            listener.pending.append(data)


def wire(node: Node, values: Values) -> list[Any]:
    """Values in the types that the node says: a number that happens to be whole is a float all the same."""
    assert node.method is not None
    kinds = [item.tag if isinstance(item, oscquery.Item) else "[" for item in node.method.items]
    return [float(value) if kind == "f" else value for kind, value in zip(kinds, values, strict=True)]


def _drained(queue: deque[tuple[str, Values]]) -> Iterable[tuple[str, Values]]:
    """What is in the queue now; other threads may put in more meanwhile."""
    for _ in range(len(queue)):
        yield queue.popleft()
