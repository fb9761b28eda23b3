"""The stand-ins of the WebSocket DAT and the Script TOP do what Derivative's pages say, and refuse the rest."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from aiohttp import WSMsgType, web
from fake_td import FakeTouchDesigner, Quirks, real_clock
from fake_td import websocket_wire as wire
from hypothesis import given
from hypothesis import strategies as st
from making import MakeTd


class Echo:
    """A WebSocket server that writes down what it hears, and answers text with text and bytes with bytes."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.port = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            connection = web.WebSocketResponse(autoping=False, timeout=0.1)
            await connection.prepare(request)
            self.heard.append(("opened", request.path_qs))
            await connection.ping(b"alive?")
            async for message in connection:
                self.heard.append((message.type.name, message.data))
                if message.type is WSMsgType.TEXT and message.data == "close":
                    await connection.close()
                elif message.type is WSMsgType.TEXT:
                    await connection.send_str(message.data * 30_000)
                elif message.type is WSMsgType.BINARY:
                    await connection.send_bytes(message.data)
            return connection

        async def begin() -> web.AppRunner:
            app = web.Application()
            app.router.add_get("/{path:.*}", answer)
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.port = runner.addresses[0][1]
            return runner

        runner = self._loop.run_until_complete(begin())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.stop()


CALLBACKS = """
def onConnect(dat): dat.parent().fetch('log').append('connected')
def onDisconnect(dat): dat.parent().fetch('log').append('gone')
def onReceiveText(dat, rowIndex, message): dat.parent().fetch('log').append((rowIndex, message))
def onReceiveBinary(dat, contents): dat.parent().fetch('log').append((type(contents).__name__, bytes(contents)))
def onReceivePing(dat, contents): dat.sendPong(contents)
"""


def client(td: FakeTouchDesigner, address: str, port: int) -> tuple[Any, list[Any]]:
    comp = td.root.op("project1")
    log: list[Any] = []
    comp.store("log", log)
    comp.create("textDAT", "callbacks").text = CALLBACKS
    dat = comp.create("websocketDAT", "socket")
    dat.par.active = False
    dat.par.netaddress, dat.par.port, dat.par.callbacks, dat.par.maxlines = address, port, "callbacks", 2
    dat.par.active = True
    return dat, log


@pytest.mark.parametrize(("build_name", "kind"), [("2023.12600", "bytearray"), ("2025.32820", "bytes")])
def test_a_websocket_dat_talks_to_a_server(make_td: MakeTd, echo: Echo, build_name: str, kind: str) -> None:
    td = make_td(build_name, clock=real_clock)
    dat, log = client(td, "127.0.0.1/a/path?with=query", echo.port)
    assert dat.sendText("too soon") == -1
    td.until(lambda: "connected" in log, 100_000)
    assert dat.sendText("ä", "b") == 3
    assert dat.sendBinary(7, "x", b"\x00\xff") == 4
    td.until(lambda: len(log) == 3, 100_000)
    assert log[1] == (0, "äb" * 30_000)
    assert log[2] == (kind, b"\x07x\x00\xff")
    assert dat.numRows == 2
    td.until(lambda: ("PONG", b"alive?") in echo.heard, 100_000)
    assert ("opened", "/a/path?with=query") in echo.heard
    dat.sendText("close")
    td.until(lambda: log[-1] == "gone", 100_000)
    assert dat.sendText("too late") == -1
    td.frame(5)
    assert log.count("connected") == 1, "it does not come back by itself"
    dat.par.active = False
    td.frame()
    dat.par.active = True
    td.until(lambda: log.count("connected") == 2, 100_000)


@pytest.mark.parametrize("silent", [False, True])
def test_a_connection_that_cannot_be_made(make_td: MakeTd, silent: bool) -> None:
    td = make_td(clock=real_clock, quirks=Quirks(websocket_failures_are_silent=silent))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    dat, log = client(td, "127.0.0.1", port)
    td.until(lambda: dat._stage == "closed" and bool(dat._attempts), 100_000)
    assert log == ([] if silent else ["gone"])


@pytest.mark.parametrize(("address", "path", "where"), [
    ("host/a?b=c", "after the address", "/a?b=c"), ("host", "after the address", "/"),
    ("host/a", "in a URL", "/"), ("ws://host/a?b", "in a URL", "/a?b"), ("ws://host:9/a", "in a URL", "/"),
    ("ws://host:9/a", "in a whole URL", "/a"), ("ws://host/a", "after the address", "/"), ("host/a", "never", "/")])
def test_what_a_build_makes_of_an_address(address: str, path: str, where: str) -> None:
    assert wire.target(address, 9, path) == ("host", 9, where)


@given(st.lists(st.tuples(st.sampled_from([1, 2, 9, 10]), st.binary(max_size=300)), max_size=6), st.integers(1, 50))
def test_messages_are_put_together_however_they_come(messages: list[tuple[int, bytes]], step: int) -> None:
    whole = b"".join(bytes([0x80 | kind]) + (bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2))
                     + data for kind, data in messages)
    reader, found = wire.Reader(), []
    for at in range(0, len(whole), step):
        found += reader.feed(whole[at:at + step])
    assert found == messages


# the Script TOP


def script(td: FakeTouchDesigner, body: str) -> Any:
    comp = td.root.op("project1")
    comp.create("textDAT", "code").text = f"import numpy\ndef onCook(scriptOp):\n    {body}\n"
    top = comp.create("scriptTOP", "script")
    top.par.callbacks = "code"
    return top


def test_the_bottom_row_comes_first(make_td: MakeTd) -> None:
    td = make_td()
    top = script(td, "a = numpy.zeros((2, 3, 4), 'uint8'); a[0, :, 0] = 255; scriptOp.copyNumpyArray(a)")
    td.view(top)
    td.frame()
    assert top._picture[:, 0, 0].tolist() == [0, 255], "top row first"
    assert top.sample(x=0, y=0)[0] == 1.0
    assert (top.width, top.height) == (3, 2)


def test_it_cooks_when_it_is_looked_at_and_something_has_changed(make_td: MakeTd) -> None:
    td = make_td()
    value = td.td.tdu.Dependency(0)
    top = script(td, "n = me.parent().fetch('value').val; "
                     "scriptOp.copyNumpyArray(numpy.full((1, 1, 3), n, 'uint8'))")
    td.root.op("project1").store("value", value)
    td.frame(3)
    assert top._cooks == 0
    td.view(top)
    td.frame(3)
    assert top._cooks == 1
    value.val = 9
    td.frame(3)
    assert (top._cooks, top._picture[0, 0].tolist()) == (2, [9, 9, 9, 255])
    value.val = 9
    td.frame(3)
    assert top._cooks == 2
    value.modified()
    td.frame()
    assert top._cooks == 3


@pytest.mark.parametrize(("body", "said"), [
    ("scriptOp.copyNumpyArray([[1]])", "NumPy"), ("scriptOp.copyNumpyArray(numpy.zeros((2, 2, 4)))", "float64"),
    ("scriptOp.copyNumpyArray(numpy.zeros((2, 2), 'uint8'))", "shape"),
    ("scriptOp.copyNumpyArray(numpy.zeros((2, 2, 5), 'uint8'))", "shape"),
    ("scriptOp.copyNumpyArray(numpy.zeros((2, 2, 4), 'uint8')[::-1])", "one piece"),
    ("scriptOp.copyNumpyArray(numpy.zeros((0, 2, 4), 'uint8'))", "empty")])
def test_what_it_does_not_take(make_td: MakeTd, body: str, said: str) -> None:
    td = make_td()
    td.view(script(td, body))
    td.frame()
    assert said in td.failures[0].text
    td.failures.clear()


def test_it_is_written_to_while_it_cooks_and_never_else(make_td: MakeTd) -> None:
    td = make_td()
    top = script(td, "assert not scriptOp.loadByteArray('.jpg', b'none') and not scriptOp.loadByteArray('.txt', b'x')")
    td.view(top)
    td.frame()
    with pytest.raises(Exception, match="onCook"):
        top.copyNumpyArray(np.zeros((2, 2, 4), np.uint8))
    with pytest.raises(Exception, match="onCook"):
        top.loadByteArray(".jpg", b"")
