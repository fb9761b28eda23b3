"""Connections that say nothing take no room from those that do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from http.client import HTTPConnection

import pytest

from server.frontends.doorkeeper import STRANGERS_MAX, Doorkeeper
from server.frontends.http import HttpServer, listening_socket

PATIENCE = 20.0
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo(asyncio.Protocol):
    """Says back what it hears; with the right word it is known."""

    def __init__(self, house: House) -> None:
        self._house = house

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._house.ends.append(transport)

    def data_received(self, data: bytes) -> None:
        if data == b"friend":
            self._house.door.knows(self._transport)
        self._transport.write(data)


class House:
    """A doorkeeper at a real socket."""

    def __init__(self, **more: float) -> None:
        self.door = Doorkeeper(lambda: Echo(self), **more)  # type: ignore[arg-type]
        self.listening = listening_socket("127.0.0.1", 0)
        self.port = self.listening.getsockname()[1]
        self.ends: list[asyncio.Transport] = []
        self.streams: list[Stream] = []

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[House]:
        task = asyncio.create_task(self.door.accept(self.listening))
        yield self
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for end in (*self.ends, *(writer.transport for _, writer in self.streams)):
            end.abort()
        await asyncio.sleep(0)

    async def visit(self) -> Stream:
        stream = await asyncio.open_connection("127.0.0.1", self.port)
        self.streams.append(stream)
        return stream


async def said(stream: Stream, text: bytes) -> bytes:
    """What is answered; nothing when the connection was ended."""
    try:
        stream[1].write(text)
        return await asyncio.wait_for(stream[0].read(100), PATIENCE)
    except ConnectionError:
        return b""


async def ended(stream: Stream) -> bool:
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(stream[0].read(), PATIENCE) == b""
    return True


def test_the_oldest_stranger_makes_room_and_friends_stay() -> None:
    async def story() -> None:
        async with House(strangers=3, patience=1000.0).open() as house:
            friend = await house.visit()
            assert await said(friend, b"friend") == b"friend"
            strangers = []
            for _ in range(10):
                strangers.append(await house.visit())
            for each in strangers[:7]:
                assert await ended(each)
            for each in strangers[7:]:
                assert await said(each, b"x") == b"x"
            assert await said(friend, b"still here") == b"still here"

    asyncio.run(story())


def test_a_stranger_that_proves_nothing_is_sent_away() -> None:
    async def story() -> None:
        async with House(patience=0.5).open() as house:
            friend = await house.visit()
            assert await said(friend, b"friend") == b"friend"
            assert await ended(await house.visit())
            assert await said(friend, b"still here") == b"still here"

    asyncio.run(story())


def test_a_full_house_takes_nobody_until_somebody_leaves() -> None:
    async def story() -> None:
        async with House(room=2).open() as house:
            friends = [await house.visit(), await house.visit()]
            for each in friends:
                assert await said(each, b"friend") == b"friend"
            assert await ended(await house.visit())
            friends[0][1].close()
            while await said(await house.visit(), b"friend") != b"friend":
                await asyncio.sleep(0)

    asyncio.run(story())


def test_a_system_without_files_is_asked_again_later(caplog: pytest.LogCaptureFixture,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.frontends.doorkeeper.REST", 0.0)

    async def story() -> None:
        house = House()
        loop = asyncio.get_running_loop()
        really, failures = loop.sock_accept, [OSError(24, "Too many open files")] * 2

        async def accept(listening: socket.socket) -> tuple[socket.socket, object]:
            if failures:
                raise failures.pop()
            return await really(listening)

        monkeypatch.setattr(loop, "sock_accept", accept)
        async with house.open():
            assert await said(await house.visit(), b"friend") == b"friend"

    asyncio.run(story())
    assert [record.getMessage() for record in caplog.records if "could not be taken" in record.getMessage()] == [
        "a connection could not be taken (Too many open files)"] * 2


def test_silent_connections_without_the_token_do_not_shut_out_the_page(serve: Callable[..., HttpServer]) -> None:
    server = serve(token="secret")
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE))
                  for _ in range(STRANGERS_MAX + 40)]
        page = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        page.request("GET", "/api/state", headers={"Authorization": "Bearer secret"})
        assert page.getresponse().read()
        for each in silent[:40]:
            with contextlib.suppress(ConnectionError):
                assert each.recv(1) == b"", "the oldest have made room"
        more = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE))
                for _ in range(2 * STRANGERS_MAX)]
        with contextlib.suppress(ConnectionError):
            assert more[0].recv(1) == b""
        page.request("GET", "/api/state", headers={"Authorization": "Bearer secret"})
        assert page.getresponse().status == 200, "who has shown the token stays"
        page.close()
