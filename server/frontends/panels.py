"""What the panels of the page fetch: messages, settings, health, the table and its values; and /docs.

Answers in JSON what a `PanelPort` says; changes nothing in the show.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from server.errors import InputError
from server.frontends.docs_page import docs_page
from server.frontends.pages import page_of
from server.frontends.ports import PanelPort
from server.frontends.posting import posted
from server.frontends.security import Guard
from server.protocol.table_json import table_json

NEWEST_MAX: Final = 1 << 53
Elsewhere = Callable[..., Awaitable[Any]]
Answer = Callable[[web.Request, Any], web.Response]


def add_routes(app: web.Application, port: PanelPort, guard: Guard, elsewhere: Elsewhere, answer: Answer) -> None:
    """Add the addresses of the panels. `answer` makes a response of a page that a browser may keep."""
    panels = _Panels(port, guard, elsewhere, answer)
    get = app.router.add_get
    get("/api/messages", panels.messages)
    get("/api/settings", panels.settings)
    get("/api/health", panels.health)
    get("/api/examination", panels.examination)
    app.router.add_post("/api/examination", panels.examine)
    get("/api/values", panels.values)
    get("/api/controllers", panels.controllers)
    get("/api/snapshots", panels.snapshots)
    get("/api/table", panels.table)
    get("/docs", panels.docs)


class _Panels:
    def __init__(self, port: PanelPort, guard: Guard, elsewhere: Elsewhere, answer: Answer) -> None:
        self._port, self._guard, self._elsewhere, self._answer = port, guard, elsewhere, answer

    async def messages(self, request: web.Request) -> web.Response:
        after = _number(request, "after", 0, NEWEST_MAX)
        return _json(await self._elsewhere(lambda: json.dumps(self._port.messages(after))))

    async def settings(self, _: web.Request) -> web.Response:
        return _json(await self._elsewhere(lambda: json.dumps({"settings": self._port.settings()})))

    async def health(self, _: web.Request) -> web.Response:
        return _json(await self._elsewhere(lambda: json.dumps({"health": self._port.health()})))

    async def examination(self, _: web.Request) -> web.Response:
        return await self._examination(anew=False)

    async def examine(self, request: web.Request) -> web.Response:
        # It takes disk and network for a while: a page elsewhere must not begin it, and a GET begins nothing.
        await posted(request, self._guard)
        return await self._examination(anew=True)

    async def _examination(self, *, anew: bool) -> web.Response:
        return _json(await self._elsewhere(lambda: json.dumps(self._port.examination(anew=anew))))

    async def values(self, request: web.Request) -> web.Response:
        deck = _number(request, "deck", 1, 999)
        return _json(await self._elsewhere(lambda: json.dumps({"values": self._port.values(deck)})))

    async def controllers(self, _: web.Request) -> web.Response:
        return _json(await self._elsewhere(lambda: json.dumps(self._port.controllers())))

    async def snapshots(self, _: web.Request) -> web.Response:
        return _json(await self._elsewhere(lambda: json.dumps(self._port.snapshots())))

    async def table(self, request: web.Request) -> web.Response:
        body = await self._elsewhere(lambda: json.dumps(table_json()).encode())
        return self._answer(request, page_of(body, "application/json"))

    async def docs(self, request: web.Request) -> web.Response:
        body = await self._elsewhere(lambda: docs_page().encode())
        return self._answer(request, page_of(body, "text/html", "utf-8"))


def _number(request: web.Request, name: str, low: int, high: int) -> int:
    text = request.query.get(name, str(low))
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and low <= int(text) <= high):
        raise InputError(f"{name} is a whole number from {low} to {high}, as in ?{name}={low}")
    return int(text)


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json", headers={"Cache-Control": "no-store"})
