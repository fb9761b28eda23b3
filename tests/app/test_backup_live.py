"""Two real servers over sockets and a stand-in deck: the picture goes on when the backup takes over."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest
from running import Client, running

from server.app.serving import Parts
from server.app.standby import address_of, standing_by
from server.errors import ServeError
from server.media.numbered import write_numbered
from server.playback.clock import SystemClock
from server.playback.tempo import Tempo
from server.settings.layers import load
from server.show.state import ShowState
from td_project.rehearsal.clips import OpenTime
from td_project.rehearsal.standin import Options, StandIn

sys.path.append(str(Path(__file__).parents[1] / "frontends"))
from chromium import Browser

FPS = 30
PATIENCE = 30.0
ATTEMPTS = 4
"""A machine that stalls spoils a take-over; one that is wrong is wrong each time."""


class Seen(NamedTuple):
    """What a cook showed: of everything that has any level, the strongest; `level`: all of it together."""

    now: float
    position: float
    level: float
    known: bool
    """Whether it is a clip of the present session, and not a picture of the one before."""


class Watcher:
    """A stand-in on a thread of its own that notes what every cook shows."""

    def __init__(self, main: Parts, backup: Parts) -> None:
        self.seen: list[Seen] = []
        self.log: list[str] = []
        self._over = threading.Event()
        self._executor = ThreadPoolExecutor(2)
        self._clock = SystemClock()
        self.standin = StandIn(
            Options(("127.0.0.1", main.receiver.ports[0]), ("127.0.0.1", backup.receiver.ports[0]), stream_port=0,
                    event_port=0, open_time=OpenTime(0.1, 0.2)), self._executor, self._clock.now, self.log.append)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            self.standin.wait(1 / 120)
            self.standin.receive()
            now = self._clock.now()
            self.standin.cook(now)
            deck = self.standin.model.decks.get(1)
            reels = [reel for reel in deck.shown(now) if reel.level > 0 and reel.position is not None] if deck else []
            if reels:
                top = max(reels, key=lambda reel: reel.level)
                self.seen.append(Seen(now, float(top.position or 0.0), sum(reel.level for reel in reels),
                                      top.clip is not None))

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self.standin.close()
        self._executor.shutdown()


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    write_numbered(folder / "a.mov", 900, 160, 96, Fraction(FPS))
    return folder


@contextmanager
def pair(media: Path, **settings: object) -> Iterator[tuple[Parts, Parts, Watcher]]:
    with running(media) as main:
        peer = f"127.0.0.1:{main.receiver.ports[0]}"
        with running(media, role="backup", peer=peer, **settings) as backup:
            watcher = Watcher(main, backup)
            try:
                for parts in (main, backup):
                    with Client(parts) as client:
                        assert client.ask("/deck/1/load", "a.mov") == ()
                yield main, backup, watcher
            finally:
                watcher.close()


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        threading.Event().wait(0.02)


def playing(watcher: Watcher, parts: Parts) -> bool:
    """Whether the newest picture is one that this server drives."""
    session = parts.loop.show.about.session
    return bool(watcher.seen) and watcher.seen[-1].known and watcher.standin.model.link.session == session


def steps(seen: list[Seen]) -> list[float]:
    """By how many frames each cook is off the straight line that the first ones lie on."""
    start = sorted(one.position - FPS * one.now for one in seen[:20])[10]
    return [one.position - FPS * one.now - start for one in seen]


def taken_over(media: Path, *, dies: bool) -> list[Seen]:
    """What was seen while the backup took over."""
    with pair(media) as (main, backup, watcher):
        wait_until(lambda: playing(watcher, main))
        wait_until(lambda: backup.loop.show.state.peer.trip < 1 and backup.loop.show.state.deck(1).current is not None)
        threading.Event().wait(0.6)
        first = len(watcher.seen)
        threading.Event().wait(0.3)
        if dies:
            main.loop.stop()
        with Client(backup) as client:
            assert client.ask("/system/takeover") == ()
        wait_until(lambda: playing(watcher, backup))
        threading.Event().wait(0.4)
        assert playing(watcher, backup)
        assert main.loop.show.state.peer.active is dies
        assert not any("contract" in line for line in watcher.log)
        return watcher.seen[first:]


@pytest.mark.parametrize("dies", [False, True])
def test_nobody_sees_that_the_backup_takes_over(media: Path, dies: bool) -> None:
    for _ in range(ATTEMPTS):
        seen = taken_over(media, dies=dies)
        assert min(one.level for one in seen) > 0.99, "it never went dark"
        if max(map(abs, steps(seen))) <= 1.0:
            return
    pytest.fail("a step of more than a frame, each time")


def test_by_itself_it_takes_over_only_where_that_is_wanted(media: Path) -> None:
    with pair(media, takeover_after="0.6") as (main, backup, watcher):
        wait_until(lambda: playing(watcher, main))
        wait_until(lambda: backup.loop.show.state.peer.heard is not None)
        main.stop()
        wait_until(lambda: playing(watcher, backup))
        assert any("was not heard for 0.6 s" in line.text for line in backup.loop.show.complaints)


def test_the_muted_server_is_a_server_all_the_same(media: Path) -> None:
    with pair(media) as (main, backup, _), Client(backup) as client:
        assert client.value("/system/state/role") == "backup"
        wait_until(lambda: client.value("/system/state/peer") == f"main {main.name} plays")
        assert client.value("/deck/1/state/clip") == "a.mov"
        assert client.ask("/generate/picture", "x")[0] == "not-now"
        client.tell("/system/subscribe", "/heartbeat")
        client.tell("/system/ping", "still here")
        assert client.hear().address == "/system/pong"


def test_the_page_says_that_it_is_muted_and_takes_over(media: Path, browser: Browser) -> None:
    async def scene(url: str) -> None:
        async with browser.tab() as tab:
            await tab.open(f"{url}#sync")
            words = "document.querySelector('.panel-sync .summary').textContent"
            await tab.until(f"document.querySelector('.panel-sync') && {words}.includes('is the backup, and is muted')")
            unlike = "document.querySelector('.differences').textContent"
            await tab.until(f"{unlike}.includes('level 0.50 here, 1.00 there')")
            assert await tab.evaluate("document.querySelector('#takeover').hidden") is False
            await tab.key("k", "KeyK")
            await tab.until(f"{words}.includes('and plays') && document.querySelector('#takeover').hidden")
            assert tab.errors == []

    with pair(media) as (main, backup, _):
        with Client(backup) as client:
            assert client.ask("/deck/1/level", 0.5) == ()
        asyncio.run(scene(backup.http.url))
        wait_until(lambda: not main.loop.show.state.peer.active)


def at_start(**given: str) -> ShowState:
    state = ShowState.fresh(1, 1 / 60, Tempo())
    return standing_by(state, load(dict(given), environ={}), "stage", 7500, 10.0, None)


def test_how_a_server_begins() -> None:
    assert at_start().peer.active
    assert at_start().peer.address is None
    asks = at_start(peer="192.168.1.11").peer
    assert (asks.active, asks.claim, asks.address) == (False, 10.5, ("192.168.1.11", 7500))
    backup = at_start(role="backup", peer="192.168.1.10:7600", takeover_after="3").peer
    assert (backup.active, backup.claim, backup.takeover_after) == (False, None, 3.0)
    with pytest.raises(ServeError, match="--peer"):
        at_start(role="backup")


@pytest.mark.parametrize("text", ["", ":", "host:", "a:b", "1.2.3.4:0", "1.2.3.4:99999999"])
def test_an_address_that_means_nothing_is_refused_in_words(text: str) -> None:
    with pytest.raises(ServeError, match="is no address"):
        address_of(text)


def test_a_name_that_nobody_knows_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ServeError, match="numeric address"):
        address_of("stage-left")
