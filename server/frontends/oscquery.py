"""OSCQuery over HTTP: what is asked of a path, answered from the address space. The WebSocket is a stream's.

Knows the show by its query port only.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from server.frontends.oscquery_page import node_page
from server.frontends.oscquery_stream import Stream
from server.frontends.ports import QueryPort
from server.playback.clock import Clock
from server.protocol.command import Source
from server.protocol.oscquery import ATTRIBUTES, host_info
from server.protocol.oscquery_tree import AddressSpace, Node
from server.protocol.text import printable

OURS: Final = frozenset({"token", "output", "deck"})
"""What the page and its token say in the query; no attributes."""

HEADERS: Final = {"Cache-Control": "no-store", "X-Padding": "." * 128}
"""Versions of libossia lose the body where head and body meet in the first 512 bytes: the head is made longer."""

Elsewhere = Callable[..., Awaitable[Any]]


def is_upgrade(request: web.Request) -> bool:
    """Whether a request wants to become a WebSocket."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


class OscQuery:
    """Answers OSCQuery. `trusts` says which computers need no token, by their numeric address."""

    def __init__(self, port: QueryPort, clock: Clock, trusts: Callable[[str], bool]) -> None:
        self.trusts = trusts
        self._port = port
        self._stream = Stream(port, clock)

    @staticmethod
    def claims(request: web.Request) -> bool:
        """Whether a request for `/` means the address space. Only browsers say that they want HTML."""
        asked = _asked(request)
        if asked or is_upgrade(request):
            return "HTML" not in asked
        return "text/html" not in request.headers.get("Accept", "") and "output" not in request.query

    async def respond(self, request: web.Request, elsewhere: Elsewhere) -> web.StreamResponse:
        """The answer to a GET. Long work is done elsewhere: the loop has other clients."""
        asked = _asked(request)
        if "HOST_INFO" in asked:
            ip, port = request.transport.get_extra_info("sockname")[:2] if request.transport else ("127.0.0.1", 0)
            return _json(json.dumps(host_info(self._port.name, ip, self._port.osc_port, port)))
        space: AddressSpace = await elsewhere(self._port.space)
        node = space.get(request.path)
        if node is None:
            return web.Response(status=404, text=f"nothing has the path {printable(request.path)}\n")
        if "HTML" in asked:
            page = await elsewhere(lambda: node_page(json.loads(space.text(node, self._port.values))))
            return web.Response(text=page, content_type="text/html")
        unknown = [name for name in asked if name not in ATTRIBUTES]
        if unknown:
            return web.Response(status=400, text=f"there is no attribute {printable(unknown[0], 40)}; there are "
                                                 f"{', '.join(sorted(ATTRIBUTES))}\n")
        if not asked:
            return _json(await elsewhere(space.text, node, self._port.values))
        return await self._attributes(space, node, asked, elsewhere)

    async def _attributes(self, space: AddressSpace, node: Node, asked: list[str],
                          elsewhere: Elsewhere) -> web.StreamResponse:
        if asked == ["VALUE"] and not node.readable:
            return web.Response(status=204, headers=HEADERS)
        said = await elsewhere(space.attributes, node, asked, self._port.values)
        return _json(json.dumps(said))

    async def serve(self, connection: web.WebSocketResponse, request: web.Request, source: Source,
                    elsewhere: Elsewhere) -> None:
        """Serve a WebSocket until it closes."""
        if request.transport is not None:
            await self._stream.serve(connection, request.transport, source, elsewhere)


def _asked(request: web.Request) -> list[str]:
    """The attributes that are asked for, each once."""
    return [name for name in dict.fromkeys(request.query) if name not in OURS]


def _json(text: str) -> web.Response:
    return web.Response(body=text.encode(), content_type="application/json", headers=HEADERS)
