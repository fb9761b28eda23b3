"""A show and the component together: one clock, real UDP, and an oracle that knows what has to be seen."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from component_builder import build
from fake_td import FakeTouchDesigner, ManualClock
from numpy.typing import NDArray
from virtual_server import Network, Streamed, VirtualServer

from server.media.numbered import read_number
from server.media.presentation import Presentation

SIZE = (160, 96)
TOLERANCE = 6
"""Grey levels: three pictures, each rounded to 8 bits, and again when they are added."""
EARLY = 0.003
"""Seconds: what moves is sampled at evened moments. A packet is noticed at the next cook, so it may be one cook late;
what stands has to be exact."""
STALL = 0.2
"""Seconds that nothing may stand still."""
Rgb = NDArray[np.uint8]


def free_ports(count: int) -> list[int]:
    """UDP ports that nobody has now; not of those that systems hand out, which others may get a moment later."""
    ports: list[int] = []
    while len(ports) < count:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.bind(("0.0.0.0", port))
            ports += [port] if port not in ports else []
    return ports


@lru_cache(maxsize=16)
def frames_of(path: Path) -> list[Rgb]:
    """Every picture of a small movie."""
    with Presentation(path) as movie:
        return [movie.decode_at(n).rgb() for n in range(movie.count)]


@dataclass
class Seen:
    """One cook: when, the picture on out1, the number in it, and what the stream had said about deck 1 by then."""

    at: float
    picture: Rgb
    said: Streamed | None

    @cached_property
    def number(self) -> int | None:
        return read_number(self.picture)


@dataclass
class Together:
    """Server, TouchDesigner and component. `server` may be None for a while."""

    td: FakeTouchDesigner
    comp: Any
    media: Path
    server: VirtualServer | None
    clock: ManualClock
    network: Network
    ports: tuple[int, int]
    seen: list[Seen] = field(default_factory=list)
    keep: int = 100_000

    @property
    def out(self) -> Any:
        return self.comp.op("out1")

    def run(self, seconds: float) -> None:
        """Let time pass: ticks and frames, each at its moment."""
        until = self.clock.now + seconds
        while True:
            frame = self.td.next_time()
            tick = self.server.next_tick if self.server is not None else float("inf")
            if min(frame, tick) > until:
                self.clock.now = max(self.clock.now, until)
                return
            if tick <= frame and self.server is not None:
                self.clock.now = max(self.clock.now, tick)
                self.server.tick()
            else:
                self.frame()

    def frame(self) -> Seen:
        """One cook, and a look at out1."""
        self.network.deliver(self.clock.now)
        self.td.frame()
        picture = np.ascontiguousarray(self.out._picture[..., :3])
        said = self.server.streamed.get(1) if self.server is not None else None
        self.seen.append(Seen(self.td.frame_began, picture, said))
        if len(self.seen) > self.keep:
            del self.seen[:-self.keep // 2]
        return self.seen[-1]

    def run_frames(self, count: int) -> list[Seen]:
        """Until so many frames were cooked; returns them."""
        before = len(self.seen)
        for _ in range(count):
            self.run(max(0.0, self.td.next_time() - self.clock.now) + 1e-6)
        return self.seen[before:]

    def do(self, address: str, *args: Any) -> tuple[str, ...]:
        """A person's command, now."""
        assert self.server is not None
        return self.server.do(self.clock.now, address, *args)

    def until(self, condition: Any, seconds: float = 5.0) -> None:
        """Run until something is so. Fails when it does not become so."""
        end = self.clock.now + seconds
        while not condition():
            assert self.clock.now < end, f"it did not happen within {seconds} s: {self.log()[-5:]}"
            self.run(1 / 60)

    def load(self, movie: str, deck: int = 1, fade: float = 0.0) -> None:
        """Load a movie, and wait until it is on screen alone."""
        assert self.do(f"/deck/{deck}/load", movie, fade) == ()
        self.until(lambda: self.alone(deck) == movie)
        self.run(0.05)

    def alone(self, deck: int = 1) -> str:
        """The only movie that the stream lets be seen; empty while there are none or several."""
        assert self.server is not None
        said = self.server.streamed.get(deck)
        visible = [] if said is None else [each for each in said.players if each[3] > 0]
        if len(visible) != 1 or visible[0][3] < 1.0:
            return ""
        return self.server.opens.get((deck, int(visible[0][0])), "")

    def log(self) -> list[str]:
        """What the component says in its log."""
        table = self.comp.op("log")
        return [" ".join(cell.val for cell in row) for row in table.rows()] if table is not None else []

    # the oracle

    def commanded(self, seen: Seen | None = None, slack: float = 0.0) -> list[tuple[str, int, float]]:
        """What the stream asked of deck 1 at a cook, the last one unless given: movie, frame, level of what is seen."""
        assert self.server is not None
        seen = seen or self.seen[-1]
        asked = []
        for clip, frame, rate, level in seen.said.players if seen.said is not None else ():
            if level > 0 and seen.said is not None:
                movie = self.server.opens[1, int(clip)]
                last = len(frames_of(self.media / movie)) - 1
                position = frame + rate * (seen.at + slack - seen.said.at)
                asked.append((movie, int(np.floor(min(max(position, 0.0), last) + 0.5)), level))
        return asked

    def mixed(self, layers: Sequence[tuple[str, int, float]]) -> Rgb:
        """Pictures added by their levels."""
        total = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.float32)
        for movie, frame, level in layers:
            total += np.float32(level) * frames_of(self.media / movie)[frame]
        return np.clip(total + 0.5, 0, 255).astype(np.uint8)

    def difference(self, seen: Seen) -> int:
        """How far a cooked picture is from the commanded one, in grey levels; each layer may be late by itself."""
        late = 1 / self.td.cook_rate + EARLY
        slacks = [EARLY - n * (late + EARLY) / 24 for n in range(25)]
        choices = [dict.fromkeys(layer) for layer in zip(*(self.commanded(seen, slack) for slack in slacks),
                                                         strict=True)]
        best = 255
        for layers in product(*choices):
            best = min(best, int(np.abs(seen.picture.astype(np.int16) - self.mixed(layers)).max()))
            if best <= TOLERANCE:
                break
        return best


@contextmanager
def together(media: Path, *, decks: int = 1, network: Network | None = None, build_name: str = "2023.12600",
             phase: float = 0.0, open_time: Any = None, session: int = 1, **td: Any) -> Iterator[Together]:
    """A server, a TouchDesigner and the component in it, linked."""
    clock, network = ManualClock(1000.0), network or Network()
    fake = FakeTouchDesigner(build_name, clock=clock, **td)
    fake.disk.open_time = open_time or (lambda path, chance: chance.uniform(0.02, 0.3))
    server = VirtualServer(media, decks=decks, session=session, now=clock.now - phase, network=network)
    stream, event = free_ports(2)
    try:
        comp = build(fake, server.port, stream, event, decks=decks, size=SIZE)
        made = Together(fake, comp, media, server, clock, network, (stream, event))
        fake.view(made.out)
        made.until(lambda: bool(server.show.renderers.present()))
        made.run(0.2)
        yield made
        assert not fake.failures, "\n".join(failure.text for failure in fake.failures)
    finally:
        fake.close()
        if made.server is not None:
            made.server.close()


def restarted(stage: Together, session: int) -> VirtualServer:
    """The same server once more, on the same port."""
    old = stage.server
    assert old is not None
    port = old.port
    old.close()
    stage.server = None
    stage.run(1.0)
    return VirtualServer(stage.media, session=session, now=stage.clock.now, network=stage.network, port=port)
