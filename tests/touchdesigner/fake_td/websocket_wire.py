"""The client's side of a WebSocket (RFC 6455) as TouchDesigner speaks it: independent of the server's library."""

from __future__ import annotations

import base64
import hashlib
import secrets
import struct
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def target(address: str, port: int, path: str) -> tuple[str, int, str]:
    """Host, port and request target of a Network Address, for a build that takes paths in one way or another.

    `path` is "after the address" (`host/path`), "in a URL" (`ws://host/path`), "in a whole URL" (`ws://host:port/path`)
    or "never".
    """
    if address.startswith(("ws://", "wss://")):
        parts = urlsplit(address)
        known = path == "in a whole URL" or (path == "in a URL" and parts.port is None)
        rest = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return parts.hostname or "", port, rest if known else "/"
    host, slash, rest = address.partition("/")
    return host, port, f"/{rest}" if slash and path == "after the address" else "/"


def handshake(host: str, port: int, where: str) -> tuple[bytes, bytes]:
    """The request, and the answer that a server has to know."""
    key = base64.b64encode(secrets.token_bytes(16))
    lines = [f"GET {where} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade",
             f"Sec-WebSocket-Key: {key.decode()}", "Sec-WebSocket-Version: 13", "", ""]
    return "\r\n".join(lines).encode(), base64.b64encode(hashlib.sha1(key + _GUID).digest())


def framed(kind: int, data: bytes) -> bytes:
    """One whole message, masked as clients have to."""
    size = len(data)
    length = (struct.pack(">B", size | 0x80) if size < 126 else struct.pack(">BH", 126 | 0x80, size)
              if size < 65536 else struct.pack(">BQ", 127 | 0x80, size))
    mask = secrets.token_bytes(4)
    masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))
    return bytes([0x80 | kind]) + length + mask + masked


class Reader:
    """Bytes as they come, to whole messages."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._parts: list[bytes] = []
        self._kind = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take in bytes; returns the messages that are whole now."""
        self._bytes += data
        found = []
        while (frame := self._frame()) is not None:
            last, kind, payload = frame
            if kind >= CLOSE:
                found.append((kind, payload))
                continue
            self._kind = kind or self._kind
            self._parts.append(payload)
            if last:
                found.append((self._kind, b"".join(self._parts)))
                self._parts = []
        return found

    def _frame(self) -> tuple[bool, int, bytes] | None:
        if len(self._bytes) < 2:
            return None
        size, at = self._bytes[1] & 0x7F, 2
        layout = {126: ">H", 127: ">Q"}.get(size)
        if layout is not None:
            at += struct.calcsize(layout)
            if len(self._bytes) < at:
                return None
            size = struct.unpack_from(layout, self._bytes, 2)[0]
        if len(self._bytes) < at + size:
            return None
        frame = bool(self._bytes[0] & 0x80), self._bytes[0] & 0x0F, bytes(self._bytes[at:at + size])
        del self._bytes[:at + size]
        return frame
