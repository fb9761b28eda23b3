"""The OSCQuery WebSocket with real clients: LISTEN and IGNORE, OSC both ways, news, and clients that do not read."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType
from proposal_space import FakeQuery

from server.frontends.http import HttpServer
from server.frontends.oscquery_stream import frame
from server.protocol.encode import message
from server.protocol.osc import Message
from server.protocol.osc import message as parse
from server.protocol.oscquery import READ, WRITE, Item, Method

PATIENCE = 30.0
Open = Callable[..., tuple[HttpServer, FakeQuery]]


class Ear:
    """One WebSocket client."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self.connection = connection

    async def tell(self, command: str, path: Any) -> None:
        await self.connection.send_str(json.dumps({"COMMAND": command, "DATA": path}))

    async def osc(self) -> tuple[str, tuple[Any, ...]]:
        """The next OSC message; anything but one message is a failure."""
        said = await self.connection.receive(PATIENCE)
        assert said.type is WSMsgType.BINARY, said
        parsed = parse(said.data)
        assert isinstance(parsed, Message), parsed
        return parsed.address, parsed.args

    async def news(self) -> Any:
        said = await self.connection.receive(PATIENCE)
        assert said.type is WSMsgType.TEXT, said
        return json.loads(said.data)


def play(server: HttpServer, scene: Callable[..., Awaitable[None]], ears: int = 1) -> None:
    """Run a scene with that many connected clients."""

    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            connections = [await session.ws_connect(f"http://127.0.0.1:{server.port}/") for _ in range(ears)]
            await scene(*map(Ear, connections))
            for connection in connections:
                await connection.close()

    asyncio.run(asyncio.wait_for(run(), 2 * PATIENCE))


def test_values_come_to_who_listens_and_to_nobody_else(open_query: Open) -> None:
    server, query = open_query()

    async def scene(one: Ear, two: Ear) -> None:
        await one.tell("LISTEN", "/foo")
        assert await one.osc() == ("/foo", (0.5,)), "what it is now comes at once"
        await two.tell("LISTEN", "/bar")
        assert await two.osc() == ("/bar", (4, 51))
        query.stored["/foo"] = (2.0,)
        assert await one.osc() == ("/foo", (2.0,))
        await two.tell("LISTEN", "/foo")
        assert await two.osc() == ("/foo", (2.0,))
        await one.tell("IGNORE", "/foo")
        await one.tell("LISTEN", "/baz/qux")
        assert await one.osc() == ("/baz/qux", ("half-full",))
        query.stored["/foo"], query.stored["/baz/qux"] = (3.0,), ("full",)
        assert await two.osc() == ("/foo", (3.0,))
        assert await one.osc() == ("/baz/qux", ("full",))

    play(server, scene, ears=2)


def test_listening_is_exact_and_not_for_what_is_below(open_query: Open) -> None:
    server, query = open_query()

    async def scene(ear: Ear) -> None:
        for path in ("/", "/baz"):
            await ear.tell("LISTEN", path)
        await ear.tell("LISTEN", "/foo")
        query.stored["/baz/qux"] = ("full",)
        assert (await ear.osc())[0] == "/foo"
        query.stored["/foo"] = (9.0,)
        assert await ear.osc() == ("/foo", (9.0,))

    play(server, scene)


def test_types_are_those_that_the_node_says(open_query: Open) -> None:
    server, query = open_query()
    query.change(on=Method((Item("T"),), READ), whole=Method((Item("f"),), READ))
    query.stored |= {"/on": (True,), "/whole": (3,)}

    async def scene(ear: Ear) -> None:
        for path, first, then in (("/on", (True,), (False,)), ("/whole", (3.0,), (4.5,))):
            await ear.tell("LISTEN", path)
            assert await ear.osc() == (path, first)
            query.stored[path] = then
            _, heard = await ear.osc()
            assert heard == then
            assert type(heard[0]) is type(then[0])

    play(server, scene)


def test_messages_to_a_method_without_a_value_are_passed_on(open_query: Open) -> None:
    server, query = open_query()
    query.change(go=Method((Item("s"),), WRITE))

    async def scene(ear: Ear) -> None:
        await ear.tell("LISTEN", "/go")
        await ear.tell("LISTEN", "/foo")
        await ear.osc()
        assert query.watched == ["/go"]
        query.hear("/go", ("there",))
        query.hear("/go", ("there",))
        assert [await ear.osc(), await ear.osc()] == [("/go", ("there",))] * 2
        await ear.tell("IGNORE", "/go")
        await ear.tell("LISTEN", "/bar")
        await ear.osc()
        assert query.watched == []

    play(server, scene)


def test_osc_comes_in_and_answers_go_back(open_query: Open) -> None:
    server, query = open_query()
    packet = message("/bar", 3, 60, "#17")

    async def scene(one: Ear, two: Ear) -> None:
        await one.connection.send_bytes(packet)
        await asyncio.get_running_loop().run_in_executor(None, query.arrived.wait, PATIENCE)
        (data, source), = query.received
        assert (data, source.kind) == (packet, "http")
        query.connected[source]("/ack", ("17",))
        assert await one.osc() == ("/ack", ("17",))
        await two.tell("LISTEN", "/foo")
        assert (await two.osc())[0] == "/foo", "the answer was for the other one"

    play(server, scene, ears=2)
    query.wait_until_gone(2)


@pytest.mark.parametrize(("text", "words"), [
    ("no json", "LISTEN"), ('{"COMMAND": "LISTEN", "DATA": "/nothing"}', "/nothing"),
    ('{"COMMAND": "START_OSC_STREAMING", "DATA": {"LOCAL_SERVER_PORT": 1}}', "START_OSC_STREAMING"),
])
def test_what_is_not_understood_is_answered(open_query: Open, text: str, words: str) -> None:
    async def scene(ear: Ear) -> None:
        await ear.connection.send_str(text)
        address, (request, code, line) = await ear.osc()
        assert (address, request, code) == ("/error", "", "input")
        assert words in line
        await ear.tell("LISTEN", "/foo")
        assert (await ear.osc())[0] == "/foo"

    play(open_query()[0], scene)


def test_news_of_the_address_space(open_query: Open) -> None:
    server, query = open_query()

    async def scene(ear: Ear) -> None:
        await ear.tell("LISTEN", "/foo")
        await ear.osc()
        query.change(baz_qux=None)
        assert await ear.news() == {"COMMAND": "PATH_REMOVED", "DATA": "/baz"}
        assert await ear.news() == {"COMMAND": "PATH_CHANGED", "DATA": "/"}
        query.change(bar_new=Method((Item("f"),), READ, "New", identity="it"))
        query.stored["/bar/new"] = (1.0,)
        assert await ear.news() == {"COMMAND": "PATH_ADDED", "DATA": "/bar/new", "FULL_PATH": "/bar/new", "ACCESS": 1,
                                    "DESCRIPTION": "New", "TYPE": "f", "VALUE": [1.0]}
        assert await ear.news() == {"COMMAND": "PATH_CHANGED", "DATA": "/bar"}
        await ear.tell("LISTEN", "/bar/new")
        await ear.osc()
        query.stored["/bar/newer"] = (2.0,)
        query.change(bar_new=None, bar_newer=Method((Item("f"),), READ, "New", identity="it"))
        assert await ear.news() == {"COMMAND": "PATH_RENAMED", "DATA": {"OLD": "/bar/new", "NEW": "/bar/newer"}}
        assert await ear.news() == {"COMMAND": "PATH_CHANGED", "DATA": "/bar"}
        assert await ear.osc() == ("/bar/newer", (2.0,)), "who listened to the old path listens to the new one"

    play(server, scene)


def test_what_is_new_can_be_listened_to_at_once(open_query: Open) -> None:
    server, query = open_query()

    async def scene(ear: Ear) -> None:
        await ear.tell("LISTEN", "/foo")
        await ear.osc()
        query.change(fresh=Method((Item("f"),), READ))
        query.stored["/fresh"] = (7.0,)
        await ear.tell("LISTEN", "/fresh")
        assert (await ear.news())["COMMAND"] == "PATH_ADDED"
        assert (await ear.news())["COMMAND"] == "PATH_CHANGED"
        assert await ear.osc() == ("/fresh", (7.0,))

    play(server, scene)


def test_one_that_does_not_read_is_dropped_and_disturbs_nobody(
    open_query: Open, caplog: pytest.LogCaptureFixture
) -> None:
    server, query = open_query()
    query.change(much=Method((Item("s"),), READ))
    lazy = socket.create_connection(("127.0.0.1", server.port))
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
    assert b"101 " in lazy.recv(4096)
    listen = b'{"COMMAND": "LISTEN", "DATA": "/much"}'
    lazy.sendall(bytes((0x81, 0x80 | len(listen), 0, 0, 0, 0)) + listen)

    async def scene(ear: Ear) -> None:
        await ear.tell("LISTEN", "/foo")
        turn = 0.0
        while not any("too slow" in line for line in caplog.messages):
            turn += 1.0
            query.stored |= {"/much": (f"{turn}" * 50_000,), "/foo": (turn,)}
            while (await ear.osc())[1] != (turn,):
                pass
        while len(query.connected) > 1:
            turn += 1.0
            query.stored |= {"/foo": (turn,)}
            while (await ear.osc())[1] != (turn,):
                pass  # it is cut off, not only complained of, and the other one hears on meanwhile

    with lazy:
        play(server, scene)
    query.wait_until_gone(2)


def test_messages_of_any_length_are_framed() -> None:
    assert frame(0x82, b"") == b"\x82\x00"
    assert frame(0x81, b"a" * 125)[:2] == b"\x81\x7d"
    assert frame(0x81, b"a" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert frame(0x82, b"a" * 65536)[:10] == b"\x82\x7f" + (65536).to_bytes(8, "big")


def test_clients_may_come_and_go(open_query: Open) -> None:
    server, query = open_query()

    async def scene(*ears: Ear) -> None:
        for ear in ears:
            await ear.tell("LISTEN", "/foo")
            assert await ear.osc() == ("/foo", (0.5,))

    for count in (3, 1, 2):
        play(server, scene, ears=count)
        query.wait_until_gone(count)
