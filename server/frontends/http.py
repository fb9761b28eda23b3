"""HTTP and WebSocket on one port: the page, the state as JSON, stored frames, and the live connection.

Runs an event loop on a thread of its own; knows the show by its port only, and nothing of OSC over UDP.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from server.errors import InputError, IntersceneError, MediaError, ServeError
from server.frontends import http_log
from server.frontends.doorkeeper import Doorkeeper
from server.frontends.oscquery import OscQuery, is_upgrade
from server.frontends.pages import Page, load_pages, page_of, wrong_token
from server.frontends.panels import add_routes
from server.frontends.ports import PanelPort, ShowPort
from server.frontends.security import HEADERS, Guard, bearer, is_loopback
from server.frontends.song_port import SongPort
from server.frontends.song_routes import add_song_routes
from server.frontends.udp import free_port, port_is_taken
from server.frontends.websocket import MESSAGE_MAX, Client
from server.playback.clock import Clock, SystemClock
from server.protocol.command import Source

CLIENTS_MAX: Final = 64
READERS: Final = 4
HEARTBEAT: Final = 20.0
CLOSING: Final = 1.0
"""Seconds that a client has to answer a goodbye."""
ANYWHERE: Final = ("", "0.0.0.0", "::")  # noqa: S104 - what --listen says
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[web.WebSocketResponse, Source], Awaitable[None]]
_log = logging.getLogger(__name__)


class HttpServer:
    """Serves a show. Listening beyond this machine asks for a token, and makes one when none is given.

    `names` are further host names under which browsers may open it. With `query` it is an OSCQuery server too:
    browsers are given the page at `/`, and whoever does not ask for HTML the address space. `panels` is who
    answers what the panels of the page ask.
    """

    def __init__(self, host: str, port: int, show: ShowPort, *, names: Iterable[str] = (),
                 token: str | None = None, clock: Clock | None = None, query: OscQuery | None = None,
                 panels: PanelPort | None = None, songs: SongPort | None = None) -> None:
        self._show = show
        self._panels = panels
        self._songs = songs
        self._query = query
        self._clock = clock or SystemClock()
        self._address = (host, port)
        self._token = token or (None if is_loopback(host) else secrets.token_urlsafe(16))
        self._guard = Guard.of([*names, *_own_names(host)], self._token)
        self._session = secrets.token_hex(8)
        self._pages = load_pages()
        self._wrong_token = wrong_token(self._pages["token.html"])
        self._clients: set[web.WebSocketResponse] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def token(self) -> str | None:
        """What a browser must know; None when this machine alone can reach the port."""
        return self._token

    @property
    def port(self) -> int:
        """The port that it really listens on."""
        return self._address[1]

    @property
    def url(self) -> str:
        """Where a browser on this machine opens the page, with the token where one is asked for."""
        host = self._address[0]
        name = "127.0.0.1" if host in ANYWHERE else f"[{host}]" if ":" in host else host
        return f"http://{name}:{self.port}/" + (f"?token={quote(self._token)}" if self._token else "")

    def start(self) -> None:
        """Begin to serve. Raises ServeError when the port cannot be had."""
        listening = listening_socket(*self._address)
        self._address = (self._address[0], listening.getsockname()[1])
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(listening, ready), name="http", daemon=True)
        self._thread.start()
        ready.result()

    def stop(self) -> None:
        """End every connection and the thread; nothing happens when it is not running."""
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._thread = self._loop = None

    def _run(self, listening: socket.socket, ready: Future[None]) -> None:
        with (contextlib.closing(asyncio.new_event_loop()) as loop, ThreadPoolExecutor(READERS, "http") as readers):
            self._loop = loop
            self._readers = readers
            runner = web.AppRunner(self._application(), access_log=None, logger=http_log.log, handle_signals=False,
                                   shutdown_timeout=CLOSING)
            try:
                loop.run_until_complete(runner.setup())
            except BaseException as error:  # noqa: BLE001 - the thread that waits is told
                listening.close()
                ready.set_exception(error)
                return
            assert runner.server is not None
            self._doorkeeper = Doorkeeper(runner.server)
            accepting = loop.create_task(self._doorkeeper.accept(listening))
            ready.set_result(None)
            loop.run_forever()
            accepting.cancel()
            loop.run_until_complete(asyncio.gather(accepting, return_exceptions=True))
            loop.run_until_complete(runner.cleanup())
            # Some wait for the rest of a request whose sender has gone; the library leaves them to their time limit.
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.wait(left))
            loop.run_until_complete(loop.shutdown_asyncgens())

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._admit], client_max_size=MESSAGE_MAX)
        app.on_shutdown.append(self._close_clients)
        get = app.router.add_get
        get("/", self._front)
        get("/output", self._output)
        get("/page/{name}", self._page)
        get("/api/state", self._state)
        get("/api/movies", self._movies)
        get(r"/frame/{movie:.+}/{frame:\d{1,8}}.jpg", self._frame)
        get(r"/job/{job:[^/]{1,200}}/frame.jpg", self._job_picture)
        get("/ws", self._websocket, allow_head=False)
        if self._panels is not None:
            add_routes(app, self._panels, self._guard, self._elsewhere, _answer)
        if self._songs is not None:
            add_song_routes(app, self._songs, self._guard, self._elsewhere, _answer)
        if self._query is not None:
            get("/{path:.*}", self._ask)
        return app

    @property
    def _cookie(self) -> str:
        return f"interscene-{self.port}"

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        arrived_at = request.transport.get_extra_info("sockname")[0] if request.transport else ""
        refusal = self._guard.refuse_host(request.headers.get("Host"), arrived_at)
        response: web.StreamResponse
        if refusal is not None:
            response = web.Response(status=403, text=refusal + "\n")
        elif not (self._known(request) or request.path.startswith("/page/")):
            page = self._wrong_token if request.query.get("token") else self._pages["token.html"]
            response = _answer(request, page, status=401)
        else:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=f"{error.reason}: {request.path[:200]}\n")
            except IntersceneError as error:
                response = _failure(error)
            brought = self._guard.admits(request.query.get("token"))
            if self._token is not None and brought and not response.prepared:
                response.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict")
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    def _known(self, request: web.Request) -> bool:
        """Whether a request comes from who may be here; its connection may stay then."""
        known = self._admitted(request) or self._trusted(request)
        if known:
            self._doorkeeper.knows(request.transport)
        return known

    def _admitted(self, request: web.Request) -> bool:
        """Whether a request holds the token. A wrong one in the address is refused whatever else it brings."""
        asked = request.query.get("token")
        kept = request.cookies.get(self._cookie), bearer(request.headers.get("Authorization"))
        return self._guard.admits(asked) if asked else self._guard.admits(*kept)

    def _trusted(self, request: web.Request) -> bool:
        """Whether a request is for OSCQuery, whose clients know no tokens, from a computer that may send OSC anyway."""
        return (self._query is not None and not request.query.get("token") and self._asks(request)
                and self._query.trusts(request.remote or ""))

    def _asks(self, request: web.Request) -> bool:
        """Whether a request is for OSCQuery and not for the page."""
        return request.match_info.handler == self._ask or (
            self._query is not None and request.path == "/" and self._query.claims(request))

    async def _front(self, request: web.Request) -> web.StreamResponse:
        return await (self._ask if self._asks(request) else self._page)(request)

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        query = self._query
        assert query is not None
        if request.path == "/" and is_upgrade(request):
            return await self._connect(request, lambda connection, source: query.serve(
                connection, request, source, self._elsewhere))
        return await query.respond(request, self._elsewhere)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/" and request.query.get("output", "0") != "0":
            return await self._output(request)
        page = self._pages.get(request.match_info.get("name", "index.html"))
        if page is None:
            raise web.HTTPNotFound
        return _answer(request, page)

    async def _output(self, request: web.Request) -> web.StreamResponse:
        """The page for a projector: one deck's picture and nothing else."""
        return _answer(request, self._pages["output.html"])

    async def _state(self, _: web.Request) -> web.StreamResponse:
        body = await self._elsewhere(lambda: json.dumps({"session": self._session, **self._show.snapshot()}).encode())
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})

    async def _movies(self, request: web.Request) -> web.StreamResponse:
        body = await self._elsewhere(lambda: json.dumps({"movies": self._show.movies()}).encode())
        # A page asks every few seconds, and ten thousand names are half a megabyte.
        return _answer(request, page_of(body, "application/json"))

    async def _frame(self, request: web.Request) -> web.StreamResponse:
        movie, frame = request.match_info["movie"], int(request.match_info["frame"])
        page = await self._elsewhere(lambda: page_of(self._show.jpeg(movie, frame), "image/jpeg"))
        return _answer(request, page)

    async def _job_picture(self, request: web.Request) -> web.StreamResponse:
        page = await self._elsewhere(lambda: page_of(self._show.job_picture(request.match_info["job"]), "image/jpeg"))
        return _answer(request, page)

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        return await self._connect(request, lambda connection, source: Client(
            connection, self._show, source, self._elsewhere, self._clock, self._session).serve())

    async def _connect(self, request: web.Request, serve: Serve) -> web.StreamResponse:
        refusal = self._guard.refuse_origin(request.headers.get("Origin"), request.headers.get("Host"))
        if refusal is not None:
            return web.Response(status=403, text=refusal + "\n")
        if len(self._clients) >= CLIENTS_MAX:
            return web.Response(status=503, text=f"{CLIENTS_MAX} pages are open already; close some\n")
        connection = web.WebSocketResponse(max_msg_size=MESSAGE_MAX, heartbeat=HEARTBEAT, compress=False,
                                           timeout=CLOSING)
        if not _is_handshake(connection, request):
            return web.Response(status=426, text="this address is for a WebSocket\n", headers={"Upgrade": "websocket"})
        await connection.prepare(request)
        self._clients.add(connection)
        try:
            host, port = (request.transport.get_extra_info("peername") or ("", 0))[:2] if request.transport else ("", 0)
            await serve(connection, Source(host, port, "http"))
        finally:
            self._clients.discard(connection)
        return connection

    async def _elsewhere(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._readers, function, *args)

    async def _close_clients(self, _: web.Application) -> None:
        await asyncio.gather(*(each.close(code=1001, message=b"the server ends") for each in list(self._clients)),
                             return_exceptions=True)


def _is_handshake(connection: web.WebSocketResponse, request: web.Request) -> bool:
    try:
        return bool(connection.can_prepare(request))
    except UnicodeError:  # the library quotes the header that is wrong, whatever its bytes are
        return False


def _own_names(host: str) -> list[str]:
    """What people type to get here: the address listened on, and from other machines this one's name."""
    bound = [] if host in ANYWHERE else [f"[{host}]" if ":" in host else host]
    name = socket.gethostname().partition(".")[0]
    return bound if is_loopback(host) or not name else [*bound, name, f"{name}.local"]


def listening_socket(host: str, port: int) -> socket.socket:
    """Bind a port for ourselves alone. Raises ServeError that says what to do."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        if port_is_taken(error) and ":" not in host:
            raise ServeError(f"port {port}/tcp is used by another program, or by another interscene; close it, or "
                             f"choose another port: --http-port {free_port(host, port, socket.SOCK_STREAM)}") from None
        raise ServeError(f"port {port}/tcp on {host} cannot be used ({getattr(error, 'strerror', None) or error}); "
                         "choose another with --http-port") from None
    listening.setblocking(False)
    return listening


def _answer(request: web.Request, page: Page, status: int = 200) -> web.Response:
    # A movie may be exchanged at any time: browsers keep what they have and ask whether it still is so.
    headers = {"Cache-Control": "no-cache", "ETag": page.etag}
    if status == 200 and request.headers.get("If-None-Match") == page.etag:
        return web.Response(status=304, headers=headers)
    return web.Response(status=status, body=page.body, content_type=page.kind, charset=page.charset, headers=headers)


def _failure(error: IntersceneError) -> web.Response:
    missing = isinstance(error, MediaError) or error.code == "library"
    status = 404 if missing else 400 if isinstance(error, InputError) else 500
    return web.json_response({"error": error.code, "text": str(error)}, status=status)
