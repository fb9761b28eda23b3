"""What the page fetches of songs, and the few changes that it may make to them. It takes ids, never a path or a name.

Host and token are checked before it is reached; it checks the origin of whatever changes something.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, Final

from aiohttp import web

from server.errors import InputError
from server.frontends.pages import Page, page_of
from server.frontends.posting import posted
from server.frontends.security import Guard
from server.frontends.song_port import SongPort

PATIENCE: Final = 60.0
"""Seconds; a large song on a slow disk is looked at for the first time."""
THUMB_AGE: Final = 86_400
ID: Final = "[0-9a-f]{12}"
Elsewhere = Callable[..., Awaitable[Any]]
Answer = Callable[[web.Request, Page], web.Response]


def add_song_routes(app: web.Application, port: SongPort, guard: Guard, elsewhere: Elsewhere, answer: Answer) -> None:
    """Add the addresses of songs. `answer` makes a response of a page that a browser may keep."""
    routes = _Routes(port, guard, elsewhere, answer)
    app.router.add_get("/api/songs", routes.songs)
    app.router.add_get(f"/api/songs/{{song:{ID}}}", routes.song)
    app.router.add_get(f"/api/songs/{{song:{ID}}}/thumb/{{picture:{ID}}}.jpg", routes.thumb)
    app.router.add_get(f"/api/strips/{{movie:{ID}}}.jpg", routes.strip)
    app.router.add_post(f"/api/songs/{{song:{ID}}}/move", routes.move)
    app.router.add_post(f"/api/songs/{{song:{ID}}}/undo", routes.undo)


class _Routes:
    def __init__(self, port: SongPort, guard: Guard, elsewhere: Elsewhere, answer: Answer) -> None:
        self._port, self._guard, self._elsewhere, self._answer = port, guard, elsewhere, answer

    async def songs(self, request: web.Request) -> web.Response:
        body = await self._elsewhere(lambda: json.dumps({"songs": self._port.songs()}).encode())
        return self._answer(request, page_of(body, "application/json"))

    async def song(self, request: web.Request) -> web.Response:
        body = await self._asked(self._port.song, request.match_info["song"])
        return self._answer(request, await self._elsewhere(page_of, body, "application/json"))

    async def thumb(self, request: web.Request) -> web.Response:
        body = await self._asked(self._port.thumb, request.match_info["song"], request.match_info["picture"])
        response = self._answer(request, page_of(body, "image/jpeg"))
        # The address says what the picture looked like: another one has another address.
        if request.query.get("v"):
            response.headers["Cache-Control"] = f"private, max-age={THUMB_AGE}, immutable"
        return response

    async def strip(self, request: web.Request) -> web.Response:
        return self._answer(request, page_of(await self._asked(self._port.strip, request.match_info["movie"]),
                                             "image/jpeg"))

    async def move(self, request: web.Request) -> web.Response:
        said = await self._changes(request, ("picture", "from", "to"))
        return await self._done(self._port.move, request.match_info["song"], said["picture"], said["from"], said["to"])

    async def undo(self, request: web.Request) -> web.Response:
        await self._changes(request, ())
        return await self._done(self._port.undo, request.match_info["song"])

    async def _done(self, act: Callable[..., Future[bytes]], *args: str) -> web.Response:
        text = (await self._asked(act, *args)).decode("utf-8", "replace")
        return web.json_response({"text": text}, headers={"Cache-Control": "no-store"})

    async def _asked(self, act: Callable[..., Future[bytes]], *args: str) -> bytes:
        future: Future[bytes] = await self._elsewhere(act, *args)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), PATIENCE)
        except TimeoutError:
            raise web.HTTPGatewayTimeout from None

    async def _changes(self, request: web.Request, wanted: tuple[str, ...]) -> dict[str, str]:
        """The texts of a request that changes something. Raises InputError."""
        said = await posted(request, self._guard)
        if not isinstance(said, dict) or any(not isinstance(said.get(name), str) or len(said[name]) > 64
                                             for name in wanted):
            raise InputError(f"a JSON object with {', '.join(wanted) or 'nothing'} as texts is expected")
        return {name: said[name] for name in wanted}
