"""Probe steps about the live deck: what a Script TOP takes and costs, and what a WebSocket DAT asks for and tells.

Python 3.9, standard library only; runs as a Text DAT beside probe_td.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

SPELLINGS = ("{host}/ws?a=b", "ws://{host}/ws?a=b", "ws://{host}:{port}/ws?a=b", "{host}")
PATIENCE = 600
"""Frames."""
LARGE = 1 << 20
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CALLBACKS = """
def _note(what, contents):
    parent().fetch('heard').append([what, type(contents).__name__, len(contents), absTime.frame])
def onConnect(dat, *rest): _note('connected', rest)
def onDisconnect(dat, *rest): _note('disconnected', rest)
def onReceiveText(dat, rowIndex, message, *rest): _note('text', message)
def onReceiveBinary(dat, contents, *rest): _note('binary', contents)
"""


def library(name: str) -> Any:
    """A library that TouchDesigner's Python may have; else what looking for it raised."""
    try:
        return __import__(name)
    except Exception as error:  # noqa: BLE001 - it is what we want to know
        return f"{type(error).__name__}: {error}"


def script_top(bench: Any) -> Iterator[int]:
    """Which row of an array is seen where, what is refused, and what OpenCV and TouchDesigner need for a JPEG."""
    found = bench.found
    began = bench.now()
    cv2, numpy = library("cv2"), library("numpy")
    found["OpenCV"], found["NumPy"] = (getattr(each, "__version__", each) for each in (cv2, numpy))
    found["milliseconds to import them"] = round(1000 * (bench.now() - began), 1)
    if isinstance(numpy, str):
        return
    comp = bench.fresh("baseCOMP", "scripted")
    bench.make(comp, bench.td.textDAT, "code").text = "def onCook(scriptOp):\n\tparent().fetch('do')(scriptOp)\n"
    top = bench.make(comp, bench.td.scriptTOP, "script")
    found["skipped"] = bench.set(top, callbacks="code")
    red = numpy.zeros((4, 4, 4), dtype="uint8")
    red[0, :, 0], red[..., 3] = 255, 255
    tries: list[tuple[str, Any]] = [
        ("four channels, the first row red", lambda script: script.copyNumpyArray(red)),
        ("a cook that copies nothing", lambda _: None),
        ("three channels", lambda script: script.copyNumpyArray(numpy.ascontiguousarray(red[..., :3]))),
        ("not in one piece", lambda script: script.copyNumpyArray(red[::-1]))]
    if not isinstance(cv2, str):
        halves = numpy.zeros((720, 1280, 3), dtype="uint8")
        halves[:360] = 255
        halves[::7, ::5] = 90
        halves[:8] = 255
        jpeg = cv2.imencode(".jpg", halves)[1].tobytes()
        data = numpy.frombuffer(jpeg, dtype="uint8")
        wide = cv2.cvtColor(halves, 2)
        tries += [("a jpg, its upper half white", lambda script: script.loadByteArray(".jpg", jpeg)),
                  ("1280x720 copied", lambda script: script.copyNumpyArray(wide)),
                  ("1280x720 decoded by OpenCV", lambda _: cv2.imdecode(data, 1))]
    for name, action in tries:
        found[name] = _tried(bench, comp, top, action)
        yield 2
    value = bench.td.tdu.Dependency(0)
    seen: list[int] = []
    comp.store("do", lambda _: seen.append(value.val))
    top.cook(force=True)
    for number in (1, 2, 2):
        yield 2
        value.val = number
        top.sample(x=0, y=0)
    found["values seen when a Dependency becomes 1, 2, 2"] = seen
    try:
        top.copyNumpyArray(red)
        found["written to outside a cook"] = "taken"
    except Exception as error:  # noqa: BLE001 - as above
        found["written to outside a cook"] = str(error)
    comp.destroy()


def _tried(bench: Any, comp: Any, top: Any, action: Any) -> dict[str, Any]:
    """What a cook with one action gives: errors, milliseconds (the middle of five), and what is seen."""
    raised: list[str] = []
    times: list[float] = []

    def do(script: Any) -> None:
        began = bench.now()
        try:
            action(script)
        except Exception as error:  # noqa: BLE001 - as above
            raised.append(f"{type(error).__name__}: {error}")
        times.append(1000 * (bench.now() - began))

    comp.store("do", do)
    for _ in range(5):
        top.cook(force=True)
    return {"raised": raised[0] if raised else "", "cooks": len(times),
            "ms": round(sorted(times)[len(times) // 2], 2) if times else None, "size": [top.width, top.height],
            "at the bottom": list(top.sample(x=0, y=0)), "at the top": list(top.sample(x=0, y=top.height - 1))}


class Listener(http.server.ThreadingHTTPServer):
    """A server for one WebSocket after the other, on threads that touch no operator."""

    daemon_threads = True

    def __init__(self) -> None:
        self.heads: list[list[Any]] = []
        self.pongs = 0
        self.ended = 0
        super().__init__(("127.0.0.1", 0), Answer)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self:
            self.serve_forever(0.05)


class Answer(http.server.BaseHTTPRequestHandler):
    """Shakes hands, pings, says a word and a mebibyte, listens a moment, and closes."""

    protocol_version = "HTTP/1.1"
    timeout = 0.1
    server: Listener

    def do_GET(self) -> None:
        """Answer."""
        server, headers = self.server, self.headers
        server.heads.append([self.requestline, headers.get("Host"), headers.get("Origin")])
        accept = hashlib.sha1(headers.get("Sec-WebSocket-Key", "").encode() + _GUID).digest()  # noqa: S324 - RFC 6455
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"),
                            ("Sec-WebSocket-Accept", base64.b64encode(accept).decode())):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        try:
            self.wfile.write(b"\x89\x02hi" + b"\x81\x05words" + b"\x82\x7f" + struct.pack(">Q", LARGE) + bytes(LARGE))
            head = self.rfile.read(2)
            server.pongs += head[:1] == b"\x8a"
            self.wfile.write(b"\x88\x00")
        except OSError:  # it listened for long enough, or the other side is gone
            pass
        server.ended += 1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def websocket(bench: Any) -> Iterator[int]:
    """How a path is told to a WebSocket DAT, which callbacks come with what, and who answers a ping."""
    found, listener = bench.found, Listener()
    comp = bench.fresh("baseCOMP", "sockets")
    heard: list[Any] = []
    comp.store("heard", heard)
    bench.make(comp, bench.td.textDAT, "code").text = CALLBACKS
    asked: dict[str, Any] = {}
    port = int(listener.server_address[1])
    for spelling in SPELLINGS:
        before, ended = len(listener.heads), listener.ended
        dat = _dat(bench, comp, spelling.format(host="127.0.0.1", port=port), port)
        for _ in range(PATIENCE):
            yield 1
            if listener.ended > ended:
                break
        yield 30
        asked[spelling] = listener.heads[before] if len(listener.heads) > before else None
        found.setdefault("heard [what, type, size, frame]", list(heard))
        del heard[:]
        dat.destroy()
    found["asked for [request, Host, Origin]"] = asked
    found["pongs without a callback that sends them"] = listener.pongs
    threading.Thread(target=listener.shutdown, daemon=True).start()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = int(nobody.getsockname()[1])
    dat = _dat(bench, comp, "127.0.0.1", port)
    yield 180
    found["heard of a port where nobody listens"] = list(heard)
    found["errors then"] = [str(dat.errors()), str(dat.warnings())]
    comp.destroy()


def _dat(bench: Any, comp: Any, address: str, port: int) -> Any:
    dat = bench.make(comp, bench.td.websocketDAT, "socket")
    bench.set(dat, active=False)
    bench.found["skipped"] = bench.set(dat, netaddress=address, port=port, callbacks="code", maxlines=1, active=True)
    return dat


STEPS = [("script top", script_top), ("websocket", websocket)]
