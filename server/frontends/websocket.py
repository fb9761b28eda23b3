"""One browser on the WebSocket: its commands, and pictures and state as fast as it asks for them.

Nothing is ever pushed: each picture answers one `{"want": deck}`, so a slow client gets fewer pictures and
holds up nobody.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple

from aiohttp import WSMsgType, web

from server.errors import InputError, IntersceneError
from server.frontends.ports import Answer, Layer, ShowPort
from server.playback.clock import Clock, Metronome
from server.protocol.command import Source

MESSAGE_MAX: Final = 1 << 16
PICTURES_PER_SECOND: Final = Fraction(60)
STATES_PER_SECOND: Final = Fraction(10)
ANSWERS_MAX: Final = 64
"""Commands of one client that wait for their answer; beyond that it is not listened to."""
ARGS_MAX: Final = 64
TEXT_MAX: Final = 4096
_SIZE: Final = struct.Struct("<I")
_log = logging.getLogger(__name__)

Elsewhere = Callable[..., Awaitable[Any]]
"""Runs a function with its arguments on another thread."""


class Order(NamedTuple):
    """A command as it came in."""

    address: str
    args: list[bool | float | str]
    id: str | int | None


class Want(NamedTuple):
    """A request for the next picture of a deck, or with deck 0 for the next state."""

    deck: int


def read_text(text: str) -> Order | Want:
    """Read one text message. Raises InputError saying what a message looks like."""
    try:
        said = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"that is no JSON ({str(problem)[:100]}); {_USAGE}") from None
    if not isinstance(said, dict):
        raise InputError(f"that is {_kind(said)}, not a JSON object; {_USAGE}")
    if "want" in said:
        want = said["want"]
        if want == "state":
            return Want(0)
        if isinstance(want, bool) or not isinstance(want, int) or want < 1:
            raise InputError('"want" is the number of a deck, from 1, or "state"')
        return Want(want)
    return _order(said)


_USAGE: Final = 'write {"address": "/deck/1/frame", "args": [120], "id": 7}'


def _order(said: dict[str, Any]) -> Order:
    address, args, request = said.get("address"), said.get("args", []), said.get("id")
    if request is not None and (isinstance(request, bool) or not isinstance(request, str | int)
                                or len(str(request)) > 64):
        raise InputError('"id" is a short text or a whole number')
    if not isinstance(address, str) or not address.startswith("/") or len(address) > 255:
        raise InputError(f'"address" is missing or no OSC address; {_USAGE}')
    if not isinstance(args, list) or len(args) > ARGS_MAX:
        raise InputError(f'"args" is a list of at most {ARGS_MAX} values; {_USAGE}')
    for place, arg in enumerate(args):
        if not isinstance(arg, bool | int | float | str):
            raise InputError(f"args[{place}] is {_kind(arg)}; a value is a number, a text, true or false")
        if isinstance(arg, str) and len(arg) > TEXT_MAX:
            raise InputError(f"args[{place}] is longer than {TEXT_MAX} characters")
    return Order(address, args, request)


def _kind(value: Any) -> str:
    return {list: "a list", dict: "an object", str: "a text", type(None): "null"}.get(type(value), "a number")


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def pack_picture(header: dict[str, Any], blobs: Sequence[bytes]) -> bytes:
    """One binary message: u32 little-endian length of the header, the header as JSON, the JPEGs in order."""
    head = json.dumps(header, separators=(",", ":")).encode()
    return b"".join((_SIZE.pack(len(head)), head, *blobs))


@dataclass(slots=True)
class _Wanted:
    """What a client has asked for and not been given."""

    asked: asyncio.Event
    deck: int = 0


class Client:
    """Serves one connection until it ends."""

    def __init__(self, socket: web.WebSocketResponse, show: ShowPort, source: Source, elsewhere: Elsewhere,
                 clock: Clock, session: str) -> None:
        self._socket = socket
        self._show = show
        self._source = source
        self._elsewhere = elsewhere
        self._clock = clock
        self._session = session
        self._picture = _Wanted(asyncio.Event())
        self._state = _Wanted(asyncio.Event())
        self._room = asyncio.Semaphore(ANSWERS_MAX)
        self._answers: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Take messages until the other side or the server closes."""
        senders = [asyncio.create_task(self._guarded(work)) for work in (self._send_pictures, self._send_states)]
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(message.data)
                elif message.type is WSMsgType.BINARY:
                    await self._refuse(None, InputError(f"binary messages are not understood; {_USAGE}"))
        except ConnectionError:
            pass
        finally:
            tasks = [*senders, *self._answers]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except ConnectionError:
            pass
        except Exception:  # noqa: BLE001 - the border of a request: one client's trouble is its own
            _log.exception("a WebSocket client at %s was dropped", self._source.host)
            await self._socket.close(code=1011, message=b"internal error")

    async def _take(self, text: str) -> None:
        try:
            message = read_text(text)
        except InputError as error:
            await self._refuse(None, error)
            return
        if isinstance(message, Order):
            await self._command(message)
        elif message.deck:
            self._picture.deck = message.deck
            self._picture.asked.set()
        else:
            self._state.asked.set()

    async def _command(self, order: Order) -> None:
        await self._room.acquire()
        try:
            future = self._show.submit(order.address, order.args, self._source)
        except IntersceneError as error:
            self._room.release()
            await self._refuse(order.id, error)
            return
        task = asyncio.create_task(self._answer(order, future))
        self._answers.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answers.discard(task)
        self._room.release()

    async def _answer(self, order: Order, future: Future[Answer]) -> None:
        try:
            answer = await asyncio.wrap_future(future)
            if answer.code:
                await self._say({"id": order.id, "error": answer.code, "text": answer.text})
            elif order.id is not None:
                await self._say({"id": order.id, "ack": True, **({"job": answer.text} if answer.text else {})})
        except IntersceneError as error:
            await self._refuse(order.id, error)
        except ConnectionError:
            pass

    async def _refuse(self, request: str | int | None, error: IntersceneError) -> None:
        await self._say({"id": request, "error": error.code, "text": str(error)})

    async def _say(self, said: dict[str, Any]) -> None:
        await self._socket.send_str(json.dumps(said))

    async def _send_states(self) -> None:
        pace = Metronome(self._clock.now(), STATES_PER_SECOND)
        last = ""
        while True:
            await self._state.asked.wait()
            text = await self._elsewhere(self._state_text)
            if text != last:
                self._state.asked.clear()
                last = text
                await self._socket.send_str(text)
            await self._until_next(pace)

    def _state_text(self) -> str:
        return json.dumps({"state": {"session": self._session, **self._show.snapshot()}})

    async def _send_pictures(self) -> None:
        pace = Metronome(self._clock.now(), PICTURES_PER_SECOND)
        last: tuple[int, tuple[Layer, ...]] | None = None
        held: frozenset[tuple[str, int]] = frozenset()
        while True:
            await self._picture.asked.wait()
            deck = self._picture.deck
            try:
                layers = tuple(self._show.layers(deck))
                if (deck, layers) != last:
                    self._picture.asked.clear()
                    last = deck, layers
                    held = await self._send_picture(deck, layers, held)
            except IntersceneError as error:
                self._picture.asked.clear()
                await self._say({"want": deck, "error": error.code, "text": str(error)})
            await self._until_next(pace)

    async def _send_picture(self, deck: int, layers: tuple[Layer, ...], held: frozenset[tuple[str, int]],
                            ) -> frozenset[tuple[str, int]]:
        """Send what is not `held` there; returns the frames that are held then: what could not be read is not."""
        told: list[dict[str, Any]] = []
        blobs: list[bytes] = []
        there: set[tuple[str, int]] = set()
        for layer in layers:
            about: dict[str, Any] = {**layer._asdict(), "bytes": 0}
            key = layer.movie, layer.frame
            try:
                if key not in held | there:
                    blobs.append(await self._elsewhere(self._show.jpeg, *key))
                    about["bytes"] = len(blobs[-1])
                there.add(key)
            except IntersceneError as error:
                about["error"] = str(error)
            told.append(about)
        header = {"deck": deck, "layers": told, "state": self._show.deck_state(deck)}
        await self._socket.send_bytes(pack_picture(header, blobs))
        return frozenset(there)

    async def _until_next(self, pace: Metronome) -> None:
        _, deadline = pace.next_tick(self._clock.now())
        await asyncio.sleep(deadline - self._clock.now())
