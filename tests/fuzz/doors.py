"""A real server on free ports, and surfaces that are its open ports: bytes go in by sockets, and it must go on."""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from campaign import Surface

from server.app.serving import Parts, start
from server.media.numbered import write_numbered
from server.protocol.encode import message
from server.settings.layers import load

PATIENCE: Final = 10.0
SILENCE: Final = 0.03
"""Seconds after which somebody who has not answered waits for more."""
NOISE: Final = (b"\r\n", b"\r\n\r\n", b"\n", b"\0", b"%2e%2e%2f", b"%00", b"%c0%af", b"HTTP/1.1", b"HTTP/0.9", b"Host:",
                b"Host: evil.example", b"Origin: null", b"Transfer-Encoding: chunked", b"Content-Length: 99999999999",
                b"Content-Length: -1", b"Expect: 100-continue", b"Connection: Upgrade", b"Upgrade: websocket", b"//",
                b"/..", b"?", b"&", b"#", b"token=", b"Range: bytes=0-", b"If-None-Match: *", b"Accept: text/html",
                b"a" * 9000)


class Complaints(logging.Handler):
    """What the server's log says that is an error of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += f" ({record.exc_info[1]!r})"
        self.said.append(text)

    def none(self) -> None:
        """Fail when something was said since the last time."""
        said, self.said = self.said, []
        assert not said, said[:3]


@contextmanager
def running(folder: Path, **settings: object) -> Iterator[tuple[Parts, Complaints]]:
    """A server with one movie, and what it complains about meanwhile."""
    if not (folder / "a.mov").exists():
        write_numbered(folder / "a.mov", 10, 64, 64)
    given: dict[str, object] = {"media_dir": str(folder), "osc_port": ["0"], "http_port": "0", "announce": "no",
                                "generate": "off", **settings}
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    parts = start(load(given, environ={}), folder)
    try:
        yield parts, complaints
    finally:
        parts.stop()
        logging.getLogger().removeHandler(complaints)


class Door:
    """The HTTP port: one connection an input; `before` is sent and answered first."""

    def __init__(self, port: int, complaints: Complaints, before: bytes = b"") -> None:
        self._port, self._complaints, self._before = port, complaints, before

    def feed(self, data: bytes) -> None:
        answer = self.talk(data)
        assert b"Traceback" not in answer
        assert not answer or self._before or answer.startswith(b"HTTP/"), answer[:80]
        for line in answer.split(b"\r\n"):
            assert not line.startswith((b"HTTP/1.1 500", b"HTTP/1.0 500")), answer[:300]
        self._complaints.none()

    def talk(self, data: bytes) -> bytes:
        """Everything that is answered until the server has closed, or says nothing more."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE) as talk:
            try:
                if self._before:
                    talk.sendall(self._before)
                    assert talk.recv(4096).startswith(b"HTTP/1.1 101")
                talk.sendall(data)
            except ConnectionError:
                return b""
            return _all_of(talk)


def _all_of(talk: socket.socket) -> bytes:
    """What comes until the other side has closed, or waits for more. At the end of the input it stops what it does, so
    the end is said only when it is silent."""
    pieces: list[bytes] = []
    talk.settimeout(SILENCE)
    ended = False
    while sum(map(len, pieces)) < 1 << 22:
        try:
            piece = talk.recv(1 << 16)
        except TimeoutError:
            if ended:
                raise
            ended = True
            talk.settimeout(PATIENCE)
            with contextlib.suppress(OSError):
                talk.shutdown(socket.SHUT_WR)
            continue
        except ConnectionError:
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)


def requests(port: int) -> tuple[bytes, ...]:
    """What browsers, controllers and scripts ask, and a few things that they do not."""
    host = f"Host: 127.0.0.1:{port}\r\n".encode()
    origin = f"Origin: http://127.0.0.1:{port}\r\n".encode()
    close = b"Connection: close\r\n\r\n"
    gets = (b"/", b"/?output=1", b"/page/main.js", b"/api/state", b"/api/movies", b"/frame/a.mov/3.jpg",
            b"/job/7/frame.jpg", b"/api/values?deck=1", b"/api/messages?after=0", b"/api/songs",
            b"/api/songs/0123456789ab",
            b"/deck/1/frame?VALUE", b"/?HOST_INFO", b"/docs",
            b"/api/songs/0123456789ab/thumb/0123456789ab.jpg?v=1", b"/frame/%2e%2e/a/1.jpg")
    body = b'{"picture": "0123456789ab", "from": "a", "to": "b"}'
    posts = (b"/api/examination", b"/api/songs/0123456789ab/move", b"/api/songs/0123456789ab/undo")
    posted = tuple(b"POST " + path + b" HTTP/1.1\r\n" + host + origin + b"Content-Type: application/json\r\n"
                   b"Content-Length: %d\r\n" % len(body) + close + body for path in posts[1:])
    chunked = (b"POST /api/songs/0123456789ab/undo HTTP/1.1\r\n" + host + origin + b"Content-Type: application/json\r\n"
               b"Transfer-Encoding: chunked\r\n" + close + b"2\r\n{}\r\n0\r\n\r\n")
    return (*(b"GET " + path + b" HTTP/1.1\r\n" + host + close for path in gets), *posted, chunked,
            b"HEAD /api/state HTTP/1.1\r\n" + host + close, b"OPTIONS * HTTP/1.1\r\n" + host + close,
            b"GET /ws HTTP/1.1\r\n" + host + b"Upgrade: websocket\r\n" + close, b"GET / HTTP/1.0\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + host + b"Accept: text/html\r\nCookie: interscene-1=x; a=\"\r\n" + close)


def handshake(port: int, path: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n").encode()


def frame(opcode: int, payload: bytes, *, masked: bool = True, final: bool = True) -> bytes:
    """One WebSocket frame as a client sends it; its mask leaves the bytes as they are, so that they can be mutated."""
    first = opcode | (0x80 if final else 0)
    mask = 0x80 if masked else 0
    size = len(payload)
    head = (struct.pack(">BB", first, mask | size) if size < 126 else struct.pack(">BBH", first, mask | 126, size)
            if size < 1 << 16 else struct.pack(">BBQ", first, mask | 127, size))
    return head + (b"\0\0\0\0" if masked else b"") + payload


def frames() -> tuple[bytes, ...]:
    """What the page and OSCQuery clients say, whole and in pieces."""
    order = b'{"address": "/deck/1/frame", "args": [3], "id": 7}'
    bye = frame(8, b"\x03\xe8bye")
    return (frame(1, order), frame(1, order) + bye, frame(1, b'{"want": 1}') + frame(1, b'{"want": "state"}') + bye,
            frame(1, order[:9], final=False) + frame(9, b"ping") + frame(0, order[9:]) + bye, frame(10, b"pong") + bye,
            frame(1, b'{"COMMAND": "LISTEN", "DATA": "/deck/1/state/frame"}') + bye,
            frame(2, message("/deck/1/frame", 3)) + bye, frame(1, b"x", masked=False), frame(1, b'"' * 70_000) + bye,
            frame(1, "ü".encode()[:1]) + bye, struct.pack(">BBQ", 0x81, 0xFF, 1 << 62) + b"\0\0\0\0")


def surfaces(port: int, complaints: Complaints) -> tuple[Surface, ...]:
    """The open TCP port of a running server."""
    words = (b"\x81", b"\x82", b"\x88", b"\x89", b"\x00", b"\xff\xff", b"\xc1", b"\xfe", b'{"want": 1}',
             b"\x80\0\0\0\0")
    return (Surface("http", Door(port, complaints).feed, requests(port), (), NOISE),
            Surface("page socket", Door(port, complaints, handshake(port, "/ws")).feed, frames(), (), words),
            Surface("oscquery socket", Door(port, complaints, handshake(port, "/")).feed, frames(), (), words))
