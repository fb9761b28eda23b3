"""A client of the page's WebSocket that reads one message after another."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from server.frontends.http import HttpServer


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
