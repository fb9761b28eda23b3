"""The live connection with a real client: commands, their answers, and clients that misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from fake_show import FakeShow
from hypothesis import given
from hypothesis import strategies as st
from ws_client import Page, page, run, unpack

from server.errors import InputError
from server.frontends.http import HttpServer
from server.frontends.ports import Answer, Layer
from server.frontends.websocket import ANSWERS_MAX, MESSAGE_MAX, Order, Want, pack_picture, read_text

Serve = Callable[..., HttpServer]


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
