"""A show small enough to read: real movies on decks that seek, play and dissolve, and a record of what was asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.errors import LibraryError, OutOfRange
from server.frontends.ports import Answer, Layer
from server.index.reader import FrameReader
from server.media.indexing import index_of
from server.protocol.command import Source
from server.units import shown


@dataclass
class FakeDeck:
    """One movie with a playhead that loops; what it replaced fades out over `fade` seconds."""

    movie: str
    since: float
    at: float = 0.0
    speed: float = 0.0
    before: tuple[str, int, float] | None = None
    values: dict[str, Any] = field(default_factory=dict)


class FakeShow:
    """Implements the port. `clock` is time; `held` keeps answers back until a test gives them."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.perf_counter, decks: int = 2) -> None:
        self._clock = clock
        self._readers: dict[str, FrameReader] = {}
        self.indexes = {}
        for path in sorted(folder.rglob("*.mov")):
            name = path.relative_to(folder).as_posix()
            self.indexes[name] = index_of(path)
            self._readers[name] = FrameReader(path, self.indexes[name])
        first = next(iter(self.indexes))
        self.decks = [FakeDeck(first, clock()) for _ in range(decks)]
        self.submitted: list[tuple[str, list[Any], Source]] = []
        self.read: list[tuple[str, int]] = []
        self.hold = threading.Event()
        self.held: list[Future[Answer]] = []
        self.tempo = 120.0
        self.black = False
        self.messages: list[str] = []

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()

    def movies(self) -> list[str]:
        return list(self.indexes)

    def jpeg(self, movie: str, frame: int) -> bytes:
        reader = self._readers.get(movie)
        if reader is None:
            raise LibraryError(f"there is no movie {movie!r}")
        data = reader.read(frame)
        self.read.append((movie, frame))
        return data

    def job_picture(self, job: str) -> bytes:
        if job != "7":
            raise LibraryError(f"there is no job {job}")
        return self.jpeg(next(iter(self.indexes)), 0)

    def position(self, deck: FakeDeck) -> float:
        index = self.indexes[deck.movie]
        x = deck.at + deck.speed * float(index.rate) * (self._clock() - deck.since)
        low, high = deck.values.get("in", 0), deck.values.get("out", index.count - 1)
        if deck.values.get("loop", "loop") == "hold":
            return min(max(x, low), high)
        return low - 0.5 + (x - low + 0.5) % (high - low + 1)

    def layers(self, deck: int) -> list[Layer]:
        one = self._deck(deck)
        if self.black:
            return []
        now = Layer(one.movie, shown(self.position(one)), 1.0)
        if one.before is None or (share := (self._clock() - one.since) / one.before[2]) >= 1:
            return [now]
        return [Layer(one.before[0], one.before[1], round(1 - share, 4)), now._replace(level=round(share, 4))]

    def deck_state(self, deck: int) -> dict[str, Any]:
        one = self._deck(deck)
        index, x = self.indexes[one.movie], self.position(one)
        rate = float(index.rate)
        low, high = one.values.get("in", 0), one.values.get("out", index.count - 1)
        return {
            "frame": shown(x), "frames": index.count, "seconds": x / rate, "position": (x - low) / max(1, high - low),
            "elapsed": (x - low) / rate, "remaining": (high - x) / rate, "duration": (high - low + 1) / rate,
            "movie": one.movie, "clip": Path(one.movie).stem, "next": "", "ready": False, "waiting": "",
            "playing": one.speed != 0, "reverse": one.speed < 0, "speed": one.values.get("speed", 1.0),
            "even": False, "loop": one.values.get("loop", "loop"), "in": low, "out": high, "mark": "",
            "picture": "", "prompt": "", "level": 1.0, "fading": 1.0, "frozen": False, "rate": rate,
            "fade": one.values.get("fade", 1.0),
        }

    def snapshot(self) -> dict[str, Any]:
        beat = self._clock() * self.tempo / 60
        return {
            "decks": [self.deck_state(n + 1) for n in range(len(self.decks))],
            "clock": {"tempo": self.tempo, "beat": beat, "bar": int(beat // 4), "phase": beat / 4 % 1,
                      "source": "internal", "quantise": "off"},
            "master": {"level": 1.0, "black": self.black, "freeze": False},
            "system": {"engaged": True, "selected": 1, "song": "demo"},
            "renderers": [{"name": "stand-in", "host": "127.0.0.1", "lost": False, "fps": 60.0, "dropped": 0}],
            "messages": [{"number": n, "code": "media", "text": text} for n, text in enumerate(self.messages, 1)],
        }

    def submit(self, address: str, args: Sequence[Any], source: Source) -> Future[Answer]:
        self.submitted.append((address, list(args), source))
        answer: Future[Answer] = Future()
        if self.hold.is_set():
            self.held.append(answer)
        else:
            answer.set_result(self._apply(address, list(args)))
        return answer

    def _deck(self, number: int) -> FakeDeck:
        if not 1 <= number <= len(self.decks):
            raise OutOfRange(f"there is no deck {number}; there are {len(self.decks)}")
        return self.decks[number - 1]

    def _apply(self, address: str, args: list[Any]) -> Answer:
        parts = address.strip("/").split("/")
        if parts[0] != "deck":
            if address == "/clock/tempo":
                self.tempo = float(args[0])
            if address == "/master/black":
                self.black = not self.black
            return Answer() if parts[0] in ("clock", "master") else Answer("address", f"there is no {address}")
        deck, verb = self._deck(int(parts[1])), "/".join(parts[2:])
        x = self.position(deck)
        one = {
            "frame": lambda: self._move(deck, float(args[0])),
            "step": lambda: (self._move(deck, shown(x) + args[0]), setattr(deck, "speed", 0.0)),
            "play": lambda: (self._move(deck, x), setattr(deck, "speed", deck.values.get("speed", 1.0))),
            "toggle": lambda: (self._move(deck, x), setattr(
                deck, "speed", 0.0 if deck.speed else deck.values.get("speed", 1.0))),
            "pause": lambda: (self._move(deck, x), setattr(deck, "speed", 0.0)),
            "stop": lambda: (self._move(deck, 0.0), setattr(deck, "speed", 0.0)),
            "reverse": lambda: (self._move(deck, x), setattr(deck, "speed", -deck.speed or -1.0)),
            "load": lambda: self._load(deck, *args),
            "in/here": lambda: deck.values.update({"in": shown(x)}),
            "out/here": lambda: deck.values.update({"out": shown(x)}),
            "range/off": lambda: (deck.values.pop("in", 0), deck.values.pop("out", 0)),
        }.get(verb)
        if one is not None:
            done = one()
            return done if isinstance(done, Answer) else Answer()
        if verb in ("speed", "loop", "fade"):
            self._move(deck, x)
            deck.values[verb] = args[0]
            if verb == "speed" and deck.speed:
                deck.speed = float(args[0])
            return Answer()
        return Answer("address", f"there is no {address}")

    def _move(self, deck: FakeDeck, x: float) -> None:
        deck.at, deck.since, deck.before = x, self._clock(), None

    def _load(self, deck: FakeDeck, movie: str, fade: float = 0.0) -> Answer:
        if movie not in self.indexes:
            return Answer("library", f"there is no movie {movie!r}")
        before = (deck.movie, shown(self.position(deck)), fade)
        deck.movie, deck.at, deck.since = movie, 0.0, self._clock()
        deck.values.pop("in", None)
        deck.values.pop("out", None)
        deck.before = before if fade > 0 else None
        return Answer()
