"""Who shows the decks: the TouchDesigner components and stand-ins that said hello, and what each still owes.

Opens are repeated until answered, because UDP loses; a renderer that falls silent holds up nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from server.playback.players import Closed, Opened
from server.units import Seconds

REPEAT: Seconds = 0.1
"""How often an open is repeated until somebody says `opening`."""

ASK_AGAIN: Seconds = 1.0
"""How often after that, until `ready` or `failed`: that answer can be lost too."""

CLOSE_COPIES = 3
QUIET: Seconds = 2.5
SILENT: Seconds = 5.0
GONE: Seconds = 60.0
RENDERERS_MAX = 16


@dataclass(slots=True)
class Ask:
    """An open or close that is still to be repeated."""

    deck: int
    id: int
    args: tuple[int | str, ...]
    kind: str
    due: Seconds
    every: Seconds = REPEAT
    left: int | None = None


@dataclass(slots=True)
class Renderer:
    """One component, known by the address that it speaks from."""

    host: str
    port: int
    name: str
    stream_port: int
    event_port: int
    decks: frozenset[int] | None
    heard: Seconds
    build: str = ""
    cook_rate: float = 0.0
    largest: int = 0
    lost: bool = False
    health: tuple[float, ...] = ()
    shown: dict[int, tuple[int, int]] = field(default_factory=dict)
    shown_at: dict[int, Seconds] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    asks: dict[tuple[str, int, int], Ask] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.name}@{self.host}:{self.port}"

    def shows(self, deck: int) -> bool:
        return self.decks is None or deck in self.decks

    def ask_open(self, deck: int, opened: Opened, now: Seconds) -> None:
        args = (opened.id, opened.player, opened.movie, opened.frame)
        self.asks["open", deck, opened.id] = Ask(deck, opened.id, args, "open", now)

    def ask_close(self, deck: int, closed: Closed, now: Seconds) -> None:
        self.asks.pop(("open", deck, closed.id), None)
        # Not at once: the stream that takes its level down must be there first.
        ask = Ask(deck, closed.id, (closed.id,), "close", now + REPEAT, left=CLOSE_COPIES)
        self.asks["close", deck, closed.id] = ask

    def opening(self, deck: int, id_: int, now: Seconds) -> None:
        ask = self.asks.get(("open", deck, id_))
        if ask is not None:
            ask.every, ask.due = ASK_AGAIN, now + ASK_AGAIN

    def settled(self, deck: int, id_: int) -> None:
        self.asks.pop(("open", deck, id_), None)

    def due(self, now: Seconds) -> Iterator[Ask]:
        """Asks whose time has come; each is rescheduled as it is handed out."""
        for key, ask in list(self.asks.items()):
            if ask.due > now:
                continue
            ask.due = now + ask.every
            if ask.left is not None:
                ask.left -= 1
                if ask.left <= 0:
                    del self.asks[key]
            yield ask


def parse_decks(text: str, count: int) -> frozenset[int] | None:
    """`all` or nothing → None; `1,3` → those that exist. Anything else counts as all: better shown than black."""
    numbers = {int(part) for part in text.replace(" ", "").split(",") if part.isascii() and part.isdigit()}
    known = frozenset(n for n in numbers if 1 <= n <= count)
    return known or None


def _speaks(renderer: Renderer, now: Seconds) -> bool:
    """Whether it was heard lately: everyone who is well says so once a second."""
    return not renderer.lost and now - renderer.heard <= QUIET


class Renderers:
    """The book of who is there."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Renderer] = {}

    def __iter__(self) -> Iterator[Renderer]:
        return iter(list(self._known.values()))

    def __len__(self) -> int:
        return len(self._known)

    def at(self, host: str, port: int) -> Renderer | None:
        return self._known.get((host, port))

    def present(self) -> list[Renderer]:
        return [r for r in list(self._known.values()) if not r.lost]

    def twins(self, renderer: Renderer) -> list[Renderer]:
        """Others of the same name on the same host that are alive."""
        return [r for r in self if (r.host, r.name) == (renderer.host, renderer.name) and r.port != renderer.port
                and _speaks(r, renderer.heard)]

    def hello(self, renderer: Renderer) -> list[Renderer]:
        """Take in a renderer; returns those that it replaces: at the same port, or gone quiet under its name."""
        old = [r for r in self._known.values() if r.host == renderer.host and (
            r.port == renderer.port or (r.name == renderer.name and not _speaks(r, renderer.heard)))]
        for gone in old:
            del self._known[gone.host, gone.port]
        while len(self._known) >= RENDERERS_MAX:
            silent = min(self._known.values(), key=lambda r: r.heard)
            del self._known[silent.host, silent.port]
            old.append(silent)
        self._known[renderer.host, renderer.port] = renderer
        return old

    def dismiss(self) -> list[Renderer]:
        """Forget everybody; returns who was there."""
        there, self._known = list(self._known.values()), {}
        return there

    def sweep(self, now: Seconds) -> list[Renderer]:
        """Mark the silent as lost and forget the long gone; returns the newly lost."""
        newly = [r for r in self._known.values() if not r.lost and now - r.heard > SILENT]
        for renderer in newly:
            renderer.lost = True
        for renderer in [r for r in self._known.values() if now - r.heard > GONE]:
            del self._known[renderer.host, renderer.port]
        return newly
