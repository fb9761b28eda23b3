"""Clients that do what Chataigne and libossia do, call by call, after their sources.

Chataigne: GenericOSCQueryModule.cpp and JUCE's OSC reader. libossia: oscquery_mirror, http_client.hpp,
json_reader_detail.cpp. They know nothing of ours.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import struct
from typing import Any, Self

Json = dict[str, Any]


class WebSocket:
    """A WebSocket as these libraries open it: at `/` of the HTTP port, without an Origin."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> WebSocket:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        return cls(reader, writer)

    def send(self, data: bytes, kind: int = 0x81) -> None:
        size = bytes((0x80 | len(data),)) if len(data) < 126 else struct.pack(">BH", 0xFE, len(data))
        self._writer.write(bytes((kind,)) + size + b"\0\0\0\0" + data)

    async def receive(self) -> tuple[int, bytes]:
        """Kind and bytes of the next message; never a part of one."""
        kind, size = await self._reader.readexactly(2)
        assert kind & 0x80, "libossia and Chataigne are sent whole messages"
        if size == 126:
            size, = struct.unpack(">H", await self._reader.readexactly(2))
        elif size == 127:
            size, = struct.unpack(">Q", await self._reader.readexactly(8))
        return kind & 0x0F, await self._reader.readexactly(size)

    async def close(self) -> None:
        await hang_up(self._writer)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


class Peer:
    """Closes its WebSocket at the end."""

    socket: WebSocket

    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if hasattr(self, "socket"):
            await self.socket.close()


async def juce_get(port: int, target: str) -> Json:
    """JUCE's URL: status 200 exactly (it insists on Windows), a JSON object as body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: JUCE\r\nAccept: */*\r\n"
                 "Connection: close\r\n\r\n".encode())
    head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    await hang_up(writer)
    assert head.startswith(b"HTTP/1.1 200 "), head
    said: Json = json.loads(body)
    return said


def juce_message(data: bytes) -> tuple[str, list[Any]]:
    """JUCE's reader: one message, never a bundle, and only the types that it knows."""
    assert data.startswith(b"/"), "a bundle is an exception there"
    address, _, rest = data.partition(b"\0")
    rest = data[len(address) + 4 & -4:]
    assert rest.startswith(b","), "so is a message without type tags"
    tags = rest[1:rest.index(b"\0")].decode()
    at = len(tags) + 5 & -4
    args: list[Any] = []
    for tag in tags:
        if tag in "if":
            args += struct.unpack_from(f">{tag}", rest, at)
            at += 4
        elif tag == "s":
            end = rest.index(b"\0", at)
            args.append(rest[at:end].decode())
            at = end + 4 & -4
        else:
            assert tag in "TF", f"{tag} is an exception there"
            args.append(tag == "T")
    return address.decode(), args


class Chataigne(Peer):
    """The OSCQuery module: host info, tree, a WebSocket if there is LISTEN, controls by type."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.controls: dict[str, tuple[str, Any, bool]] = {}
        """By control address: kind, value, and whether it is only shown."""

    async def sync(self) -> Json:
        info = await juce_get(self.port, "/?HOST_INFO")
        self.osc_port = info.get("OSC_PORT", self.port)
        if info["EXTENSIONS"].get("LISTEN", False):
            self.socket = await WebSocket.open(self.port)
        self.controls.clear()
        self._container("", await juce_get(self.port, "/"))
        return info

    def _container(self, address: str, node: Json) -> None:
        for name, child in node["CONTENTS"].items():
            if "CONTENTS" in child:
                self._container(f"{address}/{name}", child)
            else:
                self._control(f"{address}/{name}", child)

    def _control(self, address: str, data: Json) -> None:
        kind, value = data.get("TYPE", ""), data.get("VALUE")
        values = value if isinstance(value, list) else [value]
        ranges = data["RANGE"] if isinstance(data.get("RANGE"), list) else [data.get("RANGE")]
        made = {"N": "trigger", "I": "trigger", "i": "int", "h": "int", "f": "float", "d": "float", "ii": "point2d",
                "ff": "point2d", "fff": "point3d", "ffff": "colour", "iiii": "colour", "r": "colour", "T": "bool",
                "F": "bool"}.get(kind)
        if kind in ("s", "S", "c"):
            made = "string"
            if isinstance(ranges[0], dict):
                made = "enum" if isinstance(ranges[0].get("VALS"), list) else None
        if made is not None:
            self.controls[address] = made, values[0], data.get("ACCESS", 3) == 1

    def listen(self, container: str, command: str = "LISTEN") -> list[str]:
        """What its Listen switch of a container does: one command for each parameter in it, triggers left out."""
        addresses = [address for address, (kind, _, _) in self.controls.items()
                     if address.rpartition("/")[0] == container and kind != "trigger"]
        for address in addresses:
            self.socket.send(json.dumps({"COMMAND": command, "DATA": address}).encode())
        return addresses

    async def feedback(self) -> tuple[str, list[Any]]:
        """The next value; text messages are only logged."""
        while True:
            kind, data = await self.socket.receive()
            if kind == 2:
                return juce_message(data)


class Ossia(Peer):
    """The mirror of libossia, and so of score."""

    async def connect(self) -> Json:
        self.socket = await WebSocket.open(self.port)
        info = await self.get("/?HOST_INFO")
        assert "COMMAND" not in info
        assert "FULL_PATH" not in info
        assert "NAME" in info, "by these it knows what it was sent"
        return info

    async def get(self, target: str) -> Json:
        """Its own HTTP client, as versions without http_client_request read: in pieces of 512 bytes and lines.

        Raises ConnectionError for any status but 200.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {target.replace(' ', '%20')} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n"
                     "Connection: close\r\n\r\n".encode())
        data = await reader.read(-1)
        await hang_up(writer)
        first, rest = data[:512], data[512:]
        if first.split(b" ")[1] != b"200":
            raise ConnectionError(first)
        assert b"\r\n\r\n" not in first, "of such an answer it takes what is in these bytes for the whole body"
        assert b"\r\n\r\n" in rest, "and an end of the head that lies across them it does not see"
        said: Json = json.loads(rest.partition(b"\r\n\r\n")[2])
        return said

    async def pull(self, address: str) -> Any:
        said = await self.get(address + "?VALUE")
        assert not {"COMMAND", "FULL_PATH", "NAME", "OSC_PORT"} & set(said), "it would be taken for something else"
        return said["VALUE"][0]

    def observe(self, address: str, enable: bool = True) -> None:
        command = "LISTEN" if enable else "IGNORE"
        self.socket.send(json.dumps({"COMMAND": command, "DATA": address}, separators=(",", ":")).encode())

    def push_critical(self, packet: bytes) -> None:
        """CRITICAL parameters go over the WebSocket."""
        self.socket.send(packet, 0x82)

    @staticmethod
    def parameter(node: Json) -> tuple[str, Any]:
        """Type and value of a node; a boolean's value is read from its type."""
        kind = node["TYPE"]
        value = node.get("VALUE", [None])
        if kind in ("T", "F"):
            return "bool", kind == "T"
        kinds = {"i": "int", "h": "int", "f": "float", "s": "string", "I": "impulse", "N": "impulse"}
        return kinds.get(kind, "list"), value[0] if len(kind) == 1 and isinstance(value, list) else value
