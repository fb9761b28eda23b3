"""The page in a real browser: it shows the right frame, and what people do reaches the show."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pytest
from chromium import Browser, Tab
from fake_show import FakeShow
from submitted import sent

from server.frontends.http import HttpServer
from server.media.jpeg import decode_rgb
from server.media.numbered import read_number

SONG = "söng 1/a #1 50% 🌊?.mov"
Serve = Callable[..., HttpServer]


Scenario = Callable[[Tab], Awaitable[None]]


class Browse(Protocol):
    def __call__(self, url: str, scenario: Scenario, *, phone: bool = False, faulty: bool = False) -> None: ...


@pytest.fixture
def browse(browser: Browser) -> Browse:
    """Runs a scenario on the open page; what it reports as errors fails the test unless that is expected."""

    def visit(url: str, scenario: Scenario, *, phone: bool = False, faulty: bool = False) -> None:
        async def run() -> None:
            async with browser.tab() as tab:
                await tab.open(url, *((390, 844) if phone else (1280, 800)), phone=phone)
                await tab.until("interscene.pictures() > 0 && interscene.connected()")
                await scenario(tab)
                assert faulty or tab.errors == []

        asyncio.run(run())

    return visit


async def click(tab: Tab, selector: str, across: float = 0.5) -> None:
    box = await tab.box(selector)
    where = box["x"] + box["width"] * across, box["y"] + box["height"] / 2
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        await tab.mouse(kind, *where, button="left", clickCount=1)


async def shows(tab: Tab, number: int) -> None:
    await tab.until(f"document.querySelector('#frame').textContent === '{number}'")


async def paints(tab: Tab, frame: int) -> None:
    """Wait until the canvas has the frame: the words on the page may be a picture ahead of it."""
    seen: set[int | None] = set()
    try:
        async with asyncio.timeout(30):
            while (number := read_number(await tab.picture("#program"))) != frame:
                seen.add(number)
    except TimeoutError:
        raise AssertionError(f"the canvas never showed {frame}, but {seen}") from None


def test_the_canvas_shows_the_frame_that_is_on_screen(browse: Browse, serve: Serve, show: FakeShow) -> None:
    async def scenario(tab: Tab) -> None:
        picture = await tab.picture("#program")
        assert picture.shape == (180, 320, 3)
        assert read_number(picture) == 0
        assert picture.mean() > 20
        for frame in (77, 3, 119):
            show._apply("/deck/1/frame", [frame])
            await shows(tab, frame)
            await paints(tab, frame)
        window = await tab.screenshot()
        box = await tab.box("#program")
        x, y, width, height = (round(box[key]) for key in ("x", "y", "width", "height"))
        middle = x + width // 2
        half = min(width // 2, round(height * 320 / 180 / 2))
        assert read_number(window[y:y + height, middle - half:middle + half]) == 119, "people see it, too"

    browse(serve().url, scenario)


def test_a_dissolve_is_the_sum_by_levels(browse: Browse, serve: Serve, show: FakeShow) -> None:
    first, second = decode_rgb(show.jpeg("first.mov", 0)), decode_rgb(show.jpeg(SONG, 0))
    mixed = first.astype(np.float64) * 0.75 + second.astype(np.float64) * 0.25
    show._apply("/deck/1/load", [SONG, 2.0])
    show._clock.now += 0.5

    async def scenario(tab: Tab) -> None:
        seen = await tab.picture("#program")
        # The browser's JPEG decoder rounds and filters chroma otherwise than ours, at hard edges by a lot.
        assert np.abs(cv2.blur(seen, (8, 8)).astype(np.float64) - cv2.blur(mixed, (8, 8))).mean() < 3
        before = await tab.evaluate("interscene.pictures()")
        show._clock.now += 5
        await tab.until(f"interscene.pictures() > {before}")
        await paints(tab, 500)

    browse(serve().url, scenario)


def test_buttons_and_keys_reach_the_show(browse: Browse, serve: Serve, show: FakeShow) -> None:
    async def scenario(tab: Tab) -> None:
        for selector, address, *args in (
                ("#play", "/deck/1/toggle"), ("#stop", "/deck/1/stop"), ("#reverse", "/deck/1/reverse"),
                ("#step", "/deck/1/step", 1), ("#back", "/deck/1/step", -1), ("#in", "/deck/1/in/here"),
                ("#whole", "/deck/1/range/off"), ("[data-loop=bounce]", "/deck/1/loop", "bounce"),
                ("#tap", "/clock/tap"), ("#black", "/master/black"), ("#speed-text", "/deck/1/speed", 1),
                ("#freeze", "/deck/1/freeze"), ("#even", "/deck/1/even"), ("#panic", "/system/panic"),
                ("[data-grid=bar]", "/clock/quantise", "bar"), ("#song-next", "/deck/1/go/next/over", 1),
                ("#song-back", "/deck/1/go/back/over", 1), (".cue:nth-child(3)", "/deck/1/mark/3")):
            show.submitted.clear()
            await click(tab, str(selector))
            await sent(tab, show, str(address), *args)
        for key, address, *args in ((" ", "/deck/1/toggle"), ("ArrowLeft", "/deck/1/step", -1),
                                    ("r", "/deck/1/reverse"), ("t", "/clock/tap"),
                                    ("o", "/deck/1/out/here"), ("n", "/deck/1/load", SONG, 1)):
            show.submitted.clear()
            await tab.key(str(key))
            await sent(tab, show, str(address), *args)
        await click(tab, "#search")
        show.submitted.clear()
        await tab.key("r")
        assert await tab.evaluate("document.querySelector('#search').value") == "r"
        await tab.key("Escape")
        await tab.key("d")
        await tab.key("s")
        await sent(tab, show, "/deck/2/stop")
        assert [address for address, _, _ in show.submitted] == ["/deck/2/stop"], "what is typed is no command"

    browse(serve().url, scenario)


def test_the_timeline_previews_and_seeks(browse: Browse, serve: Serve, show: FakeShow) -> None:
    async def scenario(tab: Tab) -> None:
        box = await tab.box("#scrub")
        await tab.mouse("mouseMoved", box["x"] + box["width"] * 0.5, box["y"] + 9)
        await tab.until("document.querySelector('#preview-image').naturalWidth === 320")
        await tab.until("document.querySelector('#preview-image').src.includes('/frame/first.mov/60.jpg')")
        await click(tab, "#scrub", 0.25)
        await sent(tab, show, "/deck/1/frame", 30)
        await shows(tab, 30)
        await tab.mouse("mousePressed", box["x"] + 5, box["y"] + 9, button="left", clickCount=1)
        for part in range(1, 21):
            await tab.mouse("mouseMoved", box["x"] + box["width"] * part / 20, box["y"] + 9, button="left")
        await sent(tab, show, "/deck/1/frame", 119)
        await tab.mouse("mouseReleased", box["x"] + box["width"], box["y"] + 9, button="left", clickCount=1)
        await shows(tab, 119)

    browse(serve().url, scenario)


def test_a_movie_is_taken_with_the_fade_time(browse: Browse, serve: Serve, show: FakeShow) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelectorAll('.movie img').length === 2")
        await tab.evaluate("{ const fade = document.querySelector('#fade'); fade.value = '2.5';"
                           " fade.dispatchEvent(new Event('input')) }")
        await click(tab, f".movie[data-movie='{SONG}']")
        await sent(tab, show, "/deck/1/load", SONG, 2.5)
        await tab.until("document.querySelector('[aria-current=true] strong').textContent === 'a #1 50% 🌊?'")
        await tab.until("[...document.querySelectorAll('.movie img')].every(each => each.naturalWidth === 320)")

    browse(serve().url, scenario)


def test_errors_are_said_in_words(browse: Browse, serve: Serve, show: FakeShow) -> None:
    show.messages.append("before the page was opened")

    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelectorAll('.movie').length === 2")
        del show.indexes[SONG]
        await click(tab, f".movie[data-movie='{SONG}']")
        await tab.until("document.querySelector('#notes').textContent.includes('there is no movie')")
        show.messages.append("stage cannot open emit/waves.mov")
        await tab.until("document.querySelector('#notes').textContent.includes('stage cannot open')")
        assert "before" not in await tab.evaluate("document.querySelector('#notes').textContent"), "no news"

    browse(serve().url, scenario)


def test_names_are_shown_as_text(browse: Browse, serve: Serve, numbers: Path) -> None:
    class Hostile(FakeShow):
        def movies(self) -> list[str]:
            return ["<img src=x onerror=document.title='hit'>.mov", *super().movies()]

    show = Hostile(numbers)

    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelectorAll('.movie strong').length === 3")
        assert await tab.evaluate("document.querySelector('.movie strong').textContent") == (
            "<img src=x onerror=document.title='hit'>")
        assert await tab.evaluate("document.querySelectorAll('.movie strong img').length") == 0
        assert await tab.evaluate("document.title") == "interscene"

    # The thumbnail of a movie that is not there is an error to the browser.
    browse(serve(show=show).url, scenario, faulty=True)
    show.close()


def test_it_finds_the_server_again(browse: Browse, serve: Serve, show: FakeShow) -> None:
    server = serve()

    async def scenario(tab: Tab) -> None:
        await asyncio.to_thread(server.stop)
        await tab.until("document.body.dataset.link === 'lost'")
        await tab.until("document.querySelector('#veil').textContent.includes('does not answer')")
        show._apply("/deck/1/frame", [88])
        serve(port=server.port)
        await tab.until("document.body.dataset.link === 'live'")
        await shows(tab, 88)
        await paints(tab, 88)

    browse(server.url, scenario, faulty=True)


def test_the_token_leaves_the_address(browse: Browse, serve: Serve) -> None:
    async def scenario(tab: Tab) -> None:
        assert await tab.evaluate("location.search") == ""
        assert await tab.evaluate("document.cookie") == "", "no script can read it"

    browse(serve("0.0.0.0").url, scenario)


def test_a_phone_has_it_all(browse: Browse, serve: Serve, show: FakeShow) -> None:
    async def scenario(tab: Tab) -> None:
        assert await tab.evaluate("document.documentElement.scrollWidth") <= 390
        small = await tab.evaluate(
            "[...document.querySelectorAll('.transport button, .bar .button:not(.round), .segments button')]"
            ".filter(each => each.offsetParent && each.offsetHeight < 40).map(each => each.id || each.textContent)")
        assert small == [], "large enough for a thumb"
        assert read_number(await tab.picture("#program")) == 0

    browse(serve().url, scenario, phone=True)
