"""The live connection with a real client: commands, pulled pictures and state, and clients that misbehave."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from fake_show import FakeShow
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError
from server.frontends.http import HttpServer
from server.frontends.ports import Answer, Layer
from server.frontends.websocket import ANSWERS_MAX, MESSAGE_MAX, Order, Want, pack_picture, read_text
from server.media.jpeg import decode_rgb
from server.media.numbered import read_number

Serve = Callable[..., HttpServer]
SONG = "söng 1/a #1 50% 🌊?.mov"


class Page:
    """A client that reads one message after another."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, said: Any) -> None:
        await self.socket.send_str(said if isinstance(said, str) else json.dumps(said))

    async def text(self) -> Any:
        return json.loads(await self.socket.receive_str(timeout=20))

    async def picture(self) -> tuple[dict[str, Any], list[bytes]]:
        data = await self.socket.receive_bytes(timeout=20)
        return unpack(data)

    async def pull(self, deck: int = 1) -> tuple[dict[str, Any], list[bytes]]:
        await self.say({"want": deck})
        return await self.picture()


def unpack(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    (size,) = struct.unpack_from("<I", data)
    header, at, blobs = json.loads(data[4:4 + size]), 4 + size, []
    for layer in header["layers"]:
        if layer["bytes"]:
            blobs.append(data[at:at + layer["bytes"]])
            at += layer["bytes"]
    assert at == len(data)
    return header, blobs


@asynccontextmanager
async def page(server: HttpServer) -> AsyncIterator[Page]:
    async with (aiohttp.ClientSession() as session,
                session.ws_connect(f"http://127.0.0.1:{server.port}/ws", max_msg_size=0) as socket):
        yield Page(socket)


def run(server: HttpServer, scenario: Callable[[Page], Awaitable[None]]) -> None:
    async def talk() -> None:
        async with page(server) as client:
            await scenario(client)

    asyncio.run(talk())


def test_a_command_is_answered_by_its_id(serve: Serve, show: FakeShow) -> None:
    async def scenario(client: Page) -> None:
        await client.say({"address": "/deck/1/frame", "args": [64], "id": 7})
        assert await client.text() == {"id": 7, "ack": True}
        await client.say({"address": "/deck/1/load", "args": ["missing.mov", 0.5], "id": "x"})
        assert await client.text() == {"id": "x", "error": "library", "text": "there is no movie 'missing.mov'"}
        await client.say({"address": "/nothing"})
        assert (await client.text())["error"] == "address"

    run(serve(), scenario)
    address, args, source = show.submitted[0]
    assert (address, args, source.host, source.kind) == ("/deck/1/frame", [64], "127.0.0.1", "http")


def test_commands_keep_their_order_while_answers_are_late(serve: Serve, show: FakeShow) -> None:
    show.hold.set()

    async def scenario(client: Page) -> None:
        for number in range(10):
            await client.say({"address": "/deck/1/frame", "args": [number], "id": number})
        await client.say("{")
        assert (await client.text())["error"] == "input", "it listens while answers are outstanding"
        for answer in show.held:
            answer.set_result(Answer())
        assert sorted([(await client.text())["id"] for _ in range(10)]) == list(range(10))

    run(serve(), scenario)
    assert [args for _, args, _ in show.submitted] == [[number] for number in range(10)]


def test_a_client_whose_answers_are_outstanding_waits_and_others_do_not(serve: Serve, show: FakeShow) -> None:
    server = serve()

    async def talk() -> None:
        async with page(server) as greedy, page(server) as other:
            show.hold.set()
            for number in range(ANSWERS_MAX + 50):
                await greedy.say({"address": "/clock/tap", "id": number})
            while len(show.held) < ANSWERS_MAX:
                await other.say("?")
                await other.text()
            assert len(show.held) == ANSWERS_MAX
            show.hold.clear()
            await other.say({"address": "/clock/tap", "id": 1})
            assert await other.text() == {"id": 1, "ack": True}
            for answer in list(show.held):
                answer.set_result(Answer())
            ids = [(await greedy.text())["id"] for _ in range(ANSWERS_MAX + 50)]
            assert sorted(ids) == list(range(ANSWERS_MAX + 50))

    asyncio.run(talk())


def test_the_stored_bytes_of_what_is_on_screen(serve: Serve, show: FakeShow) -> None:
    async def scenario(client: Page) -> None:
        header, [jpeg] = await client.pull()
        assert header["deck"] == 1
        assert header["layers"] == [{"movie": "first.mov", "frame": 0, "level": 1.0, "bytes": len(jpeg)}]
        assert header["state"]["frames"] == 120
        assert jpeg == show.jpeg("first.mov", 0)
        show._apply("/deck/2/load", [SONG])
        header, [jpeg] = await client.pull(2)
        assert read_number(decode_rgb(jpeg)) == 500

    run(serve(), scenario)


def test_a_picture_comes_once_it_differs_and_not_before(serve: Serve, show: FakeShow) -> None:
    async def scenario(client: Page) -> None:
        await client.pull()
        await client.say({"want": 1})
        for number in (50, 51):
            await client.say({"address": "/deck/1/frame", "args": [number], "id": number})
            messages = [await client.socket.receive(timeout=20) for _ in range(2 if number == 50 else 1)]
            assert any(json.loads(each.data)["ack"] for each in messages if each.type is aiohttp.WSMsgType.TEXT)
            pictures = [unpack(each.data) for each in messages if each.type is aiohttp.WSMsgType.BINARY]
            assert [header["layers"][0]["frame"] for header, _ in pictures] == [50] * (number == 50)
        header, _ = await client.pull()
        assert header["layers"][0]["frame"] == 51, "the answer to the next want, and to no other"

    run(serve(), scenario)


def test_a_picture_that_the_client_has_is_not_sent_again(serve: Serve, show: FakeShow) -> None:
    async def scenario(client: Page) -> None:
        await client.pull()
        show._apply("/deck/1/load", [SONG, 2.0])
        show._clock.now += 0.5
        header, blobs = await client.pull()
        assert [(layer["movie"], layer["level"]) for layer in header["layers"]] == [("first.mov", 0.75), (SONG, 0.25)]
        assert [layer["bytes"] > 0 for layer in header["layers"]] == [False, True]
        assert read_number(decode_rgb(blobs[0])) == 500
        show._clock.now += 0.5
        header, blobs = await client.pull()
        assert [layer["level"] for layer in header["layers"]] == [0.5, 0.5]
        assert blobs == []
        show._clock.now += 5
        header, blobs = await client.pull()
        assert [layer["movie"] for layer in header["layers"]] == [SONG]
        assert blobs == []

    run(serve(), scenario)
    assert show.read == [("first.mov", 0), (SONG, 0)]


def test_black_is_a_picture_without_layers(serve: Serve, show: FakeShow) -> None:
    async def scenario(client: Page) -> None:
        await client.pull()
        show.black = True
        header, blobs = await client.pull()
        assert (header["layers"], blobs) == ([], [])

    run(serve(), scenario)


def test_a_frame_that_cannot_be_read_is_said_and_the_rest_shown(serve: Serve, numbers: Path) -> None:
    class Broken(FakeShow):
        def layers(self, deck: int) -> list[Layer]:
            return [Layer("gone.mov", 3, 0.5), *super().layers(deck)]

    show = Broken(numbers)

    async def scenario(client: Page) -> None:
        header, [jpeg] = await client.pull()
        assert "gone.mov" in header["layers"][0]["error"]
        assert header["layers"][0]["bytes"] == 0
        assert read_number(decode_rgb(jpeg)) == 0

    run(serve(show=show), scenario)
    show.close()


def test_a_deck_that_is_not_there_is_said(serve: Serve) -> None:
    async def scenario(client: Page) -> None:
        await client.say({"want": 9})
        assert await client.text() == {"want": 9, "error": "range", "text": "there is no deck 9; there are 2"}
        await client.pull()

    run(serve(), scenario)


def test_the_state_comes_when_it_differs(serve: Serve, show: FakeShow) -> None:
    async def scenario(client: Page) -> None:
        await client.say({"want": "state"})
        state = (await client.text())["state"]
        assert state["clock"]["tempo"] == 120.0
        assert len(state["session"]) == 16
        await client.say({"want": "state"})
        await client.say({"address": "/clock/tempo", "args": [98.5], "id": 1})
        said = [await client.text(), await client.text()]
        assert {"id": 1, "ack": True} in said
        assert [each["state"]["clock"]["tempo"] for each in said if "state" in each] == [98.5]

    run(serve(), scenario)


def test_a_client_that_does_not_read_holds_up_nobody(serve: Serve, numbers: Path) -> None:
    class Huge(FakeShow):
        """Every picture is another, and larger than all buffers between here and there."""

        asked = 0

        def layers(self, deck: int) -> list[Layer]:
            if deck == 2:
                self.asked += 1
                return [Layer("huge.mov", self.asked, 1.0)]
            return super().layers(deck)

        def jpeg(self, movie: str, frame: int) -> bytes:
            return b"\xff" * 32_000_000 if movie == "huge.mov" else super().jpeg(movie, frame)

    show = Huge(numbers)
    server = serve(show=show)

    async def talk() -> None:
        async with page(server) as other:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
            writer.write(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            assert b"101" in await reader.readline()
            for _ in range(50):
                writer.write(masked(b'{"want": 2}'))
            await writer.drain()
            while show.asked == 0:
                await other.say("?")
                await other.text()
            for frame in range(30):
                await other.say({"address": "/deck/1/frame", "args": [frame + 1], "id": frame})
                assert (await other.text())["ack"]
                header, _ = await other.pull()
                assert header["layers"][0]["frame"] == frame + 1
            assert show.asked == 1, "one picture is under way to it, whatever it asked for"
            writer.close()

    asyncio.run(talk())
    server.stop()
    show.close()


def masked(text: bytes) -> bytes:
    """One text frame as a client sends it."""
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


@pytest.mark.parametrize(("said", "words"), [
    ("", "no JSON"), ("{", "no JSON"), ("[" * 5000, "no JSON"), ("nul", "no JSON"), ('{"args": [NaN]}', "NaN"),
    ('{"address": "/a", "args": [Infinity]}', "Infinity"), ('{"address": "/a", "args": [' + "9" * 5000 + "]}", "JSON"),
    ("[]", "a list"), ("7", "a number"), ("null", "null"), ('"x"', "a text"), ("{}", "address"),
    ('{"address": 7}', "address"), ('{"address": "frame"}', "address"),
    ('{"address": "/' + "a" * 300 + '"}', "address"),
    ('{"address": "/a", "args": 7}', "args"), ('{"address": "/a", "args": {"0": 1}}', "args"),
    ('{"address": "/a", "args": [1, null]}', "args[1] is null"),
    ('{"address": "/a", "args": [[1]]}', "args[0] is a list"),
    ('{"address": "/a", "args": [' + "1," * 64 + "1]}", "at most 64"),
    ('{"address": "/a", "args": ["' + "a" * 5000 + '"]}', "longer"),
    ('{"address": "/a", "id": [1]}', "id"), ('{"address": "/a", "id": true}', "id"),
    ('{"want": 0}', "want"), ('{"want": true}', "want"), ('{"want": 1.5}', "want"), ('{"want": "movies"}', "want"),
])
def test_what_cannot_be_used_is_refused_in_words(said: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_text(said)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nonsense_is_answered_and_the_connection_goes_on(serve: Serve) -> None:
    async def scenario(client: Page) -> None:
        for said in ("{", "[]", '{"want": -1}', "\u0000"):
            await client.say(said)
            answer = await client.text()
            assert answer["error"] == "input"
            assert answer["text"]
        await client.socket.send_bytes(b"/deck/1/frame\0\0\0,i\0\0\0\0\0\1")
        assert "binary" in (await client.text())["text"]
        await client.pull()

    run(serve(), scenario)


def test_a_message_that_is_too_long_ends_that_connection_only(serve: Serve) -> None:
    server = serve()

    async def talk() -> None:
        async with page(server) as client, page(server) as other:
            await client.say('{"address": "/a", "args": ["' + "a" * MESSAGE_MAX + '"]}')
            message = await client.socket.receive(timeout=20)
            assert message.type is aiohttp.WSMsgType.CLOSE
            assert client.socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
            await other.pull()

    asyncio.run(talk())


def test_a_show_that_fails_costs_one_connection(serve: Serve, numbers: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Failing(FakeShow):
        def layers(self, deck: int) -> list[Layer]:
            raise ZeroDivisionError if deck == 2 else LookupError

    show = Failing(numbers)
    server = serve(show=show)

    async def talk() -> None:
        async with page(server) as client, page(server) as other:
            await client.say({"want": 2})
            assert (await client.socket.receive(timeout=20)).type is aiohttp.WSMsgType.CLOSE
            assert client.socket.close_code == aiohttp.WSCloseCode.INTERNAL_ERROR
            await other.say({"want": "state"})
            assert "state" in await other.text()

    asyncio.run(talk())
    assert "ZeroDivisionError" in caplog.text
    show.close()


def test_clients_are_told_when_the_server_ends(serve: Serve) -> None:
    server = serve()

    async def scenario(client: Page) -> None:
        await client.pull()
        await asyncio.to_thread(server.stop)
        message = await client.socket.receive(timeout=20)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, aiohttp.WSCloseCode.GOING_AWAY)

    run(server, scenario)


@given(st.text(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["address", "args", "id", "want", "x"]), inner, max_size=4), max_leaves=8).map(json.dumps))
def test_any_text_is_a_message_or_an_error_in_one_line(text: str) -> None:
    said: object
    try:
        said = read_text(text)
    except InputError as error:
        said = str(error)
    assert isinstance(said, Order | Want) or "\n" not in str(said)


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_a_packed_picture_can_be_taken_apart(blobs: list[bytes]) -> None:
    header = {"deck": 1, "layers": [{"movie": "ü", "bytes": len(blob)} for blob in blobs]}
    assert unpack(pack_picture(header, blobs)) == (header, [blob for blob in blobs if blob])
