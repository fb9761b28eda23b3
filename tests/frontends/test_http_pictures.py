"""Pictures and state over the live connection: pulled, sent once, and as fast as a client takes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
from fake_show import FakeShow
from ws_client import Page, page, run, unpack

from server.errors import LibraryError
from server.frontends.http import HttpServer
from server.frontends.ports import Layer
from server.media.jpeg import decode_rgb
from server.media.numbered import read_number

Serve = Callable[..., HttpServer]
SONG = "söng 1/a #1 50% 🌊?.mov"


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


def test_a_frame_that_could_not_be_read_is_sent_as_soon_as_it_can_be(serve: Serve, numbers: Path) -> None:
    class Away(FakeShow):
        """Its disk is away for a moment, in the middle of a dissolve."""

        level = 0.5
        away = True

        def layers(self, deck: int) -> list[Layer]:
            return [Layer("first.mov", 7, self.level), *super().layers(deck)]

        def jpeg(self, movie: str, frame: int) -> bytes:
            if frame == 7 and self.away:
                raise LibraryError("the disk is away")
            return super().jpeg(movie, frame)

    show = Away(numbers)

    async def scenario(client: Page) -> None:
        header, _ = await client.pull()
        assert header["layers"][0]["error"] == "the disk is away"
        show.level = 0.4
        header, blobs = await client.pull()
        assert (header["layers"][0]["error"], blobs) == ("the disk is away", []), "said as long as it is so"
        show.away, show.level = False, 0.3
        header, [jpeg] = await client.pull()
        assert "error" not in header["layers"][0]
        assert read_number(decode_rgb(jpeg)) == 7
        show.level = 0.2
        assert (await client.pull())[1] == []

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


def test_the_same_state_is_not_told_twice(serve: Serve, numbers: Path) -> None:
    class Counted(FakeShow):
        looks = 0

        def snapshot(self) -> dict[str, Any]:
            self.looks += 1
            return super().snapshot()

    show = Counted(numbers, clock=lambda: 0.0)

    async def scenario(client: Page) -> None:
        await client.say({"want": "state"})
        assert "state" in await client.text()
        await client.say({"want": "state"})
        while show.looks < 4:
            await client.say("?")
            assert "error" in await client.text(), "and nothing else"

    run(serve(show=show), scenario)
    show.close()


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
