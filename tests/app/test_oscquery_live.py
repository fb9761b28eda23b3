"""OSCQuery of a real server, with clients that do exactly what Chataigne and libossia do."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Coroutine, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from running import Client, running

from server.app.serving import HERE, Parts, trusts
from server.index.format import Axis, Mark
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame, write_numbered
from server.media.writer import MovieWriter
from server.protocol.encode import message
from server.protocol.osc import Message
from server.protocol.osc import message as parse

sys.path.append(str(Path(__file__).parents[1] / "frontends"))
from oscquery_peers import Chataigne, Json, Ossia, juce_get

NAME = "Interscene of the tests"


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    write_numbered(folder / "plain.mov", 60, 64, 64, Fraction(30))
    for name, axis in (("grid", "seed"), ("other", "zoom")):
        with MovieWriter(folder / f"{name}.mov", width=64, height=64, rate=Fraction(30), marks=(Mark(2, "chorus"),),
                         axes=(Axis(axis, (0.0, 0.5, 1.0, 2.0)),)) as movie:
            for number in range(4):
                movie.add(encode_rgb(numbered_frame(number, 64, 64), 90, "420"))
    return folder


@pytest.fixture(scope="module")
def server(media: Path) -> Iterator[Parts]:
    with running(media, server_name=NAME) as parts:
        yield parts


@pytest.fixture
def client(server: Parts) -> Iterator[Client]:
    with Client(server) as client:
        client.ask("/deck/1/load", "plain")
        client.ask("/deck/1/pause")
        client.ask("/deck/1/frame", 0)
        yield client


def run(scene: Coroutine[Any, Any, None]) -> None:
    """Play a scene; one in which nothing comes any more fails."""
    asyncio.run(asyncio.wait_for(scene, 30))


def nodes(tree: Json) -> Iterator[Json]:
    yield tree
    for child in tree.get("CONTENTS", {}).values():
        yield from nodes(child)


def test_every_value_is_of_its_type_and_in_its_range(server: Parts, client: Client) -> None:
    async def scene() -> None:
        tree = await juce_get(server.http.port, "/")
        kinds = {"f": float, "i": int, "h": int, "s": str, "T": bool, "F": bool}
        readable = [node for node in nodes(tree) if node["ACCESS"] & 1]
        assert len(readable) > 100
        for node in readable:
            if node["FULL_PATH"] == "/error":
                continue
            assert len(node["VALUE"]) == len(node["TYPE"]), node
            for place, (kind, value) in enumerate(zip(node["TYPE"], node["VALUE"], strict=True)):
                assert type(value) is kinds[kind], node
                limits = node.get("RANGE", [None] * 9)[place] or {}
                assert limits.get("MIN", value) <= value <= limits.get("MAX", value), node
                assert value in limits.get("VALS", [value]), node
        assert all("VALUE" not in node for node in nodes(tree) if not node["ACCESS"] & 1)
        assert (await juce_get(server.http.port, "/deck/1/state/movie"))["VALUE"] == ["plain.mov"]

    run(scene())


def test_chataigne(server: Parts, client: Client) -> None:
    async def scene() -> None:
        async with Chataigne(server.http.port) as module:
            info = await module.sync()
            assert (info["NAME"], module.osc_port) == (NAME, server.receiver.ports[0])
            assert module.controls["/deck/1/frame"] == ("int", 0, False)
            assert module.controls["/deck/1/state/playing"] == ("bool", False, True)
            assert module.controls["/deck/1/play"][0] == module.controls["/deck/1/take/this"][0] == "trigger"
            assert module.controls["/deck/1/loop/this"][:2] == ("enum", "loop")
            assert module.controls["/deck/1/load"][0] == "string"
            assert module.controls["/deck/1/range/this"][0] == "point2d"
            assert not {kind for kind, _, _ in module.controls.values()} & {"colour", "point3d"}
            first = dict([await module.feedback() for _ in module.listen("/deck/1/state")])
            assert first["/deck/1/state/movie"] == ["plain.mov"]
            module.listen("/master")
            # It sends by UDP: a boolean as an int, an enum by its text, a trigger without argument.
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                for packet in (message("/deck/1/loop/this", "bounce"), message("/master/black", 1),
                               message("/deck/1/in/here"), message("/deck/1/frame", 33)):
                    udp.sendto(packet, ("127.0.0.1", module.osc_port))
            awaited = {"/deck/1/state/loop": ["bounce"], "/master/black": [True], "/deck/1/state/frame": [33]}
            while awaited:
                address, args = await module.feedback()
                if awaited.get(address) == args:
                    del awaited[address]
            module.listen("/deck/1/state", "IGNORE")

    run(scene())
    client.ask("/master/black", 0)
    client.ask("/deck/1/loop", "loop")


def test_libossia(server: Parts, client: Client) -> None:
    async def scene() -> None:
        async with Ossia(server.http.port) as mirror:
            info = await mirror.connect()
            assert (info["OSC_PORT"], info["EXTENSIONS"]["OSC_STREAMING"]) == (server.receiver.ports[0], False)
            tree = await mirror.get("/")
            known = {node["FULL_PATH"]: node for node in nodes(tree)}
            assert known["/deck/1/frame"]["CRITICAL"] is True
            assert mirror.parameter(known["/deck/1/freeze"]) == ("bool", False)
            assert mirror.parameter(known["/deck/1/speed"]) == ("float", 1.0)
            assert mirror.parameter(known["/deck/1/play"])[0] == "impulse"
            assert await mirror.pull("/deck/1/frame") == 0
            with pytest.raises(ConnectionError, match="204"):
                await mirror.get("/deck/1/play?VALUE")
            with pytest.raises(ConnectionError, match="400"):
                await mirror.get("/deck?ADD_NODE=x")
            mirror.observe("/deck/1/frame")
            mirror.push_critical(message("/deck/1/frame", 21))
            kind, data = await mirror.socket.receive()
            while parse(data) != Message("/deck/1/frame", "i", (21,)):
                kind, data = await mirror.socket.receive()
            assert kind == 2
            assert (await mirror.get("/deck/1"))["FULL_PATH"] == "/deck/1"

    run(scene())


def test_buttons_that_others_press_are_passed_on_whatever_way_they_came(server: Parts, client: Client) -> None:
    async def scene() -> None:
        async with Ossia(server.http.port) as mirror:
            await mirror.connect()
            for path in ("/deck/1/play", "/deck/1/step", "/deck/1/range/this", "/clock/tempo"):
                mirror.observe(path)
            while (await mirror.socket.receive())[1][:12] != b"/clock/tempo":
                pass
            server.port.submit("/deck/1/play", [], HERE)
            assert parse((await mirror.socket.receive())[1]) == Message("/deck/1/play", "", ())
            client.tell("/play")
            client.tell("/deck/1/step", 2)
            client.tell("/deck/*/range", 1, 50)
            heard = [parse((await mirror.socket.receive())[1]) for _ in range(3)]
            assert [(one.address, one.args) for one in heard if isinstance(one, Message)] == [
                ("/deck/1/play", ()), ("/deck/1/step", (2,)), ("/deck/1/range/this", (1, 50))]

    run(scene())
    client.ask("/deck/1/range/off")


def test_answers_and_subscriptions_come_back_by_the_websocket(server: Parts, client: Client) -> None:
    async def scene() -> None:
        async with Ossia(server.http.port) as mirror:
            await mirror.connect()

            async def wait_for(address: str) -> tuple[Any, ...]:
                while True:
                    heard = parse((await mirror.socket.receive())[1])
                    if isinstance(heard, Message) and heard.address == address:
                        return heard.args

            mirror.push_critical(message("/deck/1/frame", 5, "#a"))
            assert await wait_for("/ack") == ("a",)
            mirror.push_critical(message("/deck/1/frame", 5_000_000, "#b"))
            assert (await wait_for("/error"))[0] == "b"
            mirror.push_critical(message("/deck/1/frame", "?"))
            assert await wait_for("/deck/1/frame") == (5,)
            mirror.push_critical(message("/system/ping", "hello"))
            assert await wait_for("/system/pong") == ("hello",)
            mirror.push_critical(message("/system/subscribe", "/deck/1/state/movie"))
            assert await wait_for("/deck/1/state/movie") == ("plain.mov",)

    run(scene())


def test_marks_and_axes_come_and_go_with_the_movie(server: Parts, client: Client) -> None:
    async def scene() -> None:
        async with Ossia(server.http.port) as mirror:
            await mirror.connect()

            async def news(count: int) -> list[Json]:
                said: list[Json] = []
                while len(said) < count:
                    kind, data = await mirror.socket.receive()
                    said += [json.loads(data)] if kind == 1 else []
                return said

            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, client.ask, "/deck/1/load", "grid")
            added, changed = await news(2)
            assert (added["COMMAND"], added["DATA"], changed["DATA"]) == ("PATH_ADDED", "/deck/1/axis", "/deck/1")
            assert added["CONTENTS"]["seed"]["RANGE"] == [{"MIN": 0.0, "MAX": 2.0}]
            assert (await mirror.get("/deck/1/mark/1"))["DESCRIPTION"] == "Mark 1, chorus"
            await loop.run_in_executor(None, client.ask, "/deck/1/load", "other")
            renamed, changed = await news(2)
            assert renamed["DATA"] == {"OLD": "/deck/1/axis/seed", "NEW": "/deck/1/axis/zoom"}
            await loop.run_in_executor(None, client.ask, "/deck/1/mark/40/set")
            added, changed = await news(2)
            assert (added["DATA"], changed["DATA"]) == ("/deck/1/mark/40", "/deck/1/mark")
            await loop.run_in_executor(None, client.ask, "/deck/1/load", "plain")
            assert {one["COMMAND"] for one in await news(3)} == {"PATH_REMOVED", "PATH_CHANGED"}

    run(scene())


def test_who_is_trusted_without_a_token() -> None:
    nobody, some = trusts(()), trusts(("192.168.10.0/24",))
    assert nobody("127.0.0.1")
    assert some("127.0.0.1")
    assert some("192.168.10.7")
    for host in ("192.168.11.7", "10.0.0.1", ""):
        assert not nobody(host)
        assert not some(host)


def test_it_is_announced_while_it_runs_unless_that_is_switched_off(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    class Heard:
        def __init__(self, name: str, host: str, http_port: int, osc_port: int) -> None:
            said.append(f"{name} on {host} {http_port > 0 and osc_port > 0}")

        def start(self) -> None:
            said.append("start")

        def leave(self) -> None:
            said.append("leave")

        def stop(self) -> None:
            said.append("stop")

    monkeypatch.setattr("server.app.serving.Discovery", Heard)
    with running(media, server_name=NAME) as parts:
        assert any(NAME in line and "not announced" in line for line in parts.lines(media))
    assert said == []
    with running(media, server_name=NAME, announce="yes") as parts:
        assert said == [f"{NAME} on 127.0.0.1 True", "start"]
        assert any(NAME in line and "not announced" not in line for line in parts.lines(media))
    assert said[2:] == ["leave", "stop"]
