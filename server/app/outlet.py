"""Where the show's events go: packets to the sender, answers to whoever asked, questions to the librarian."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from server.app.librarian import Librarian
from server.app.navigator import Navigator
from server.errors import InputError, LibraryError
from server.frontends.osc import OscSender
from server.protocol.command import Source
from server.protocol.encode import message
from server.show.control_events import EditControls
from server.show.events import FullState, Make, Navigate, NeedMovie, NeedStory, Send, SendBytes
from server.show.snapshot_events import SnapshotOrder

log = logging.getLogger("interscene.answers")

Answer = tuple[str, tuple[Any, ...]]


class Maker(Protocol):
    """Whoever makes transitions and pictures; it returns at once."""

    def make(self, event: Make) -> None: ...

    def picture(self, job: str) -> bytes:
        """The newest frame of a job. Raises LibraryError."""


class Desk(Protocol):
    """Whoever keeps the files of controllers; it returns at once."""

    def edit(self, event: EditControls) -> None: ...


class Keeper(Protocol):
    """Whoever keeps the files of snapshots; it returns at once."""

    def order(self, event: SnapshotOrder) -> None: ...


ERRORS_KEPT = 50


class Outlet:
    """Everything returns at once. Answers to browsers find their way by request id, OSC answers by address."""

    def __init__(self, sender: OscSender) -> None:
        self.sender = sender
        self.librarian: Librarian | None = None
        self.navigator: Navigator | None = None
        self.maker: Maker | None = None
        self.desk: Desk | None = None
        self.keeper: Keeper | None = None
        self.tell_everything: Callable[[Source], None] = lambda _to: None
        self.errors: deque[tuple[str, str]] = deque(maxlen=ERRORS_KEPT)
        self._waiting: dict[str, Callable[[Answer], None]] = {}
        self._connected: dict[Source, Callable[[str, tuple[Any, ...]], None]] = {}
        self._lock = threading.Lock()

    def expect(self, request: str, answer: Callable[[Answer], None]) -> None:
        """Hand the answer to a request of our own process to a callable, once."""
        with self._lock:
            self._waiting[request] = answer

    def connect(self, source: Source, hear: Callable[[str, tuple[Any, ...]], None]) -> None:
        """Hand what is for a source to a callable that returns at once: its port takes no UDP."""
        self._connected[source] = hear

    def disconnect(self, source: Source) -> None:
        """Forget a source that was connected."""
        self._connected.pop(source, None)

    def send_bytes(self, event: SendBytes) -> None:
        self.sender.send(event.packet, (event.host, event.port))

    def say(self, event: Send) -> None:
        if event.address == "/error":
            self.errors.append((str(event.args[1]), str(event.args[2])))
        if event.to.kind in ("http", "midi") and event.to not in self._connected:
            self._answer(event)
        else:
            self.tell(event.to, event.address, event.args)

    def tell(self, to: Source, address: str, args: tuple[Any, ...]) -> None:
        """Send one message by OSC; one that cannot be spelt in OSC is logged, not raised."""
        hear = self._connected.get(to)
        if hear is not None:
            hear(address, args)
            return
        try:
            packet = message(address, *args)
        except InputError as error:
            log.warning("%s", error)
            return
        self.sender.send(packet, (to.host, to.port))

    def need_movie(self, event: NeedMovie | NeedStory) -> None:
        if self.librarian is not None:
            self.librarian.want(event)

    def navigate(self, event: Navigate) -> None:
        if self.navigator is not None:
            self.navigator.navigate(event)

    def make(self, event: Make) -> None:
        if self.maker is not None:
            self.maker.make(event)

    def job_picture(self, job: str) -> bytes:
        """The newest frame of a job, as JPEG. Raises LibraryError."""
        if self.maker is None:
            raise LibraryError("this server makes nothing; start it with --generate auto")
        return self.maker.picture(job)

    def edit_controls(self, event: EditControls) -> None:
        if self.desk is not None:
            self.desk.edit(event)

    def keep_snapshot(self, event: SnapshotOrder) -> None:
        if self.keeper is not None:
            self.keeper.order(event)

    def full_state(self, event: FullState) -> None:
        self.tell_everything(event.to)

    def _answer(self, event: Send) -> None:
        if event.address not in ("/ack", "/error") or not event.args or not event.args[0]:
            return
        with self._lock:
            waiting = self._waiting.pop(str(event.args[0]), None)
        if waiting is not None:
            waiting((event.address, event.args))
