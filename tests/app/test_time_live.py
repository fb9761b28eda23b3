"""Time from outside at a real server: MIDI time code of a device and OSC timecode, and the panel that shows them."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest
from running import Client, running

from server.app import controller_desk
from server.app.serving import Parts
from server.media.numbered import write_numbered
from server.playback.clock import SystemClock
from server.protocol.timecode.counting import COUNTINGS
from server.show.view import deck_values

sys.path.append(str(Path(__file__).parents[1] / "frontends"))
sys.path.append(str(Path(__file__).parents[1] / "protocol"))
from chromium import Browser, Tab
from midi_bench import Bench
from time_senders import quarter_frames

PORT = "desk 20:0"
PATIENCE = 10.0


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(PORT)
    monkeypatch.setattr(controller_desk, "find_backend", lambda: (bench, ""))
    return bench


@pytest.fixture
def media(tmp_path: Path) -> Path:
    write_numbered(tmp_path / "a.mov", 300, 160, 96, Fraction(30))
    return tmp_path


@contextmanager
def sending(bench: Bench, label: str) -> Iterator[Callable[[], float]]:
    """A device that sends MIDI time code from a label on; yields what tells where it is, in seconds."""
    counting, clock, over = COUNTINGS["25"], SystemClock(), threading.Event()
    first = counting.frame(*(int(word) for word in label.split(":")))
    begun = clock.now()

    def run() -> None:
        for at, data in quarter_frames(first, 2000, "25"):
            if over.is_set():
                return
            clock.sleep_until(begun + at)
            hear = bench.hearing.get(PORT)
            if hear is not None:
                hear(data)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield lambda: counting.seconds(first) + clock.now() - begun
    finally:
        over.set()
        thread.join()


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        threading.Event().wait(0.02)


def state(parts: Parts, name: str) -> object:
    show = parts.loop.show.state
    return deck_values(show, show.deck(1), SystemClock().now())[name][0]


def test_a_deck_follows_the_time_code_of_a_device_that_is_opened_for_it(bench: Bench, media: Path) -> None:
    with running(media) as parts, Client(parts) as client:
        assert client.ask("/deck/1/load", "a.mov") == ()
        assert client.ask("/deck/1/loop", "hold") == ()
        wait_until(lambda: client.value("/learn/state/devices") == "desk")
        assert bench.hearing == {}, "nobody wanted it yet"
        assert client.ask("/deck/1/chase/start", "01:00:00:00") == ()
        assert client.ask("/deck/1/chase", "mtc") == ()
        wait_until(lambda: PORT in bench.hearing)
        with sending(bench, "01:00:02:00") as place:
            wait_until(lambda: state(parts, "following") == "mtc locked")
            now, seconds = place(), state(parts, "seconds")
            assert isinstance(seconds, float)
            # A busy machine may deliver late, which is jitter; a frame of the clip is 33 ms.
            assert seconds == pytest.approx(now - 3600, abs=0.1)
        assert client.ask("/deck/1/chase", "off") == ()
        wait_until(lambda: bench.hearing == {})


def test_osc_timecode_comes_by_udp(media: Path) -> None:
    with running(media, chase="timecode", timecode_offset="-60", timecode_rate="30") as parts, Client(parts) as client:
        assert client.ask("/deck/1/load", "a.mov") == ()
        client.tell("/timecode/label", "00:01:04:15")
        wait_until(lambda: state(parts, "following") == "timecode locking")
        client.tell("/timecode/label", "00:01:04:15")
        threading.Event().wait(0.2)
        client.tell("/timecode/label", "00:01:04:15")
        wait_until(lambda: state(parts, "following") == "timecode standing")
        wait_until(lambda: (state(parts, "seconds"), state(parts, "frame")) == (4.5, 135))
        assert client.ask("/timecode/label", "00:01:04:99")[0] == "input"


def test_the_panel_says_what_follows_what_and_changes_it(bench: Bench, media: Path, browser: Browser) -> None:
    async def scene(url: str, client: Client) -> None:
        async with browser.tab() as tab:
            await tab.open(f"{url}#sync")
            await tab.until("document.querySelectorAll('.followers li').length === 3")
            beat, deck = (f"document.querySelectorAll('.followers li')[{n}].textContent" for n in (0, 1))
            await tab.until(f"{beat}.includes('its own tempo') && {deck}.includes('follows nothing')")
            await choose(tab, "/deck/{n}/chase", "mtc")
            await tab.until(f"{deck}.includes('follows MIDI time code') && {deck}.includes('waiting')")
            wait_until(lambda: PORT in bench.hearing)
            with sending(bench, "00:00:03:00"):
                await tab.until(f"{deck}.includes('locked')")
                label = "document.querySelector('[data-source=mtc] output').textContent"
                await tab.until(f"{label}.startsWith('00:00:0')")
                assert await tab.evaluate("document.querySelector('#following').textContent") == "mtc locked"
                await asyncio.to_thread(client.ask, "/clock/source", "mtc")
                await tab.until(f"{beat}.includes('MIDI time code')")
                await tab.until("document.querySelector('#source').textContent === 'mtc locked'")
            assert tab.errors == []

    with running(media) as parts, Client(parts) as client:
        assert client.ask("/deck/1/load", "a.mov") == ()
        asyncio.run(scene(parts.http.url, client))


async def choose(tab: Tab, address: str, choice: str) -> None:
    await tab.evaluate(f"[...document.querySelector('.panel-sync [data-address=\"{address}\"]')"
                       f".querySelectorAll('button')].find(each => each.textContent === '{choice}').click()")
