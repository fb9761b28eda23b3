"""Levels, shapes and the projector's page in a real browser: what comes out is what the show says, whole and alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import Browser, Tab
from fake_show import FakeShow
from numpy.typing import NDArray

from server.frontends.http import HttpServer
from server.frontends.ports import Answer, Layer
from server.media.numbered import read_number, write_numbered

Serve = Callable[..., HttpServer]
Scenario = Callable[[Tab], Awaitable[None]]
BRIGHTEST = ("Math.max(...document.querySelector('#program').getContext('2d')"
             ".getImageData(0, 0, 320, 240).data.filter((_, n) => n % 4 === 1))")
STILL = "document.body.classList.contains('still')"


class Stage(FakeShow):
    """Adds faders, hot cues and a dissolve that stands where a test puts it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda: 50.0)
        self.level, self.master = 1.0, 1.0
        self.marks: list[list[Any]] = []
        self.standing: list[Layer] | None = None
        self.there = True

    def layers(self, deck: int) -> list[Layer]:
        if self.standing is not None:
            return self.standing
        return [layer._replace(level=layer.level * self.level * self.master) for layer in super().layers(deck)]

    def deck_state(self, deck: int) -> dict[str, Any]:
        return {**super().deck_state(deck), "level": self.level, "marks": self.marks}

    def snapshot(self) -> dict[str, Any]:
        told = super().snapshot()
        told["master"]["level"] = self.master
        return told if self.there else {**told, "renderers": []}

    def _apply(self, address: str, args: list[Any]) -> Answer:
        if address == "/deck/1/level":
            self.level = args[0]
        elif address == "/master/level":
            self.master = args[0]
        elif address == "/deck/1/mark/3/set":
            self.marks = [*self.marks, [self.deck_state(1)["frame"], "cue 3"]]
        elif not address.startswith("/deck/1/mark/"):
            return super()._apply(address, args)
        return Answer()


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a movie in 4:3 and one in 16:9 whose numbers begin at 500."""
    folder = tmp_path_factory.mktemp("shapes")
    write_numbered(folder / "old.mov", 30, 320, 240, Fraction(30))
    write_numbered(folder / "wide.mov", 30, 640, 360, Fraction(30), first=500)
    return folder


@pytest.fixture
def stage(shapes: Path) -> Iterator[Stage]:
    stage = Stage(shapes)
    yield stage
    stage.close()


def visit(browser: Browser, url: str, scenario: Scenario, *, faulty: bool = False) -> None:
    async def run() -> None:
        async with browser.tab() as tab:
            await tab.open(url)
            await tab.until("interscene.pictures() > 0 && interscene.connected()")
            await scenario(tab)
            assert faulty or tab.errors == []

    asyncio.run(run())


async def press(tab: Tab, selector: str, across: float = 0.5, *, times: int = 1, modifiers: int = 0) -> None:
    box = await tab.box(selector)
    where = box["x"] + box["width"] * across, box["y"] + box["height"] / 2
    await tab.mouse("mouseMoved", *where)
    for count in range(1, times + 1):
        for kind in ("mousePressed", "mouseReleased"):
            await tab.mouse(kind, *where, button="left", clickCount=count, modifiers=modifiers)


async def seen(tab: Tab) -> NDArray[np.uint8]:
    """The window after the next picture was drawn."""
    await tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return await tab.screenshot()


async def after_next(tab: Tab, change: Callable[[], None]) -> None:
    before = await tab.evaluate("interscene.pictures()")
    change()
    await tab.until(f"interscene.pictures() > {before}")


async def came(tab: Tab, stage: Stage, count: int) -> None:
    """Wait until the show has that many commands; the page is asked meanwhile, so that time passes."""
    for _ in range(1000):
        if len(stage.submitted) >= count:
            return
        await tab.evaluate("new Promise(requestAnimationFrame)")
    raise AssertionError(f"{count} commands were expected, but {stage.submitted} came")


def lit(window: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is neither black nor the page's own ground."""
    ys, xs = np.nonzero(window.max(axis=2) > 20)
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


@pytest.mark.parametrize(("fader", "address", "name"), [
    ("level", "/deck/1/level", "level"), ("master", "/master/level", "master"),
])
def test_a_fader_that_is_down_is_seen_and_brought_back(
        browser: Browser, serve: Serve, stage: Stage, fader: str, address: str, name: str) -> None:
    setattr(stage, name, 0.02)

    async def scenario(tab: Tab) -> None:
        await tab.until(f"document.querySelector('#{fader}-text').textContent === '2 %'")
        await tab.until("document.querySelector('#empty').textContent.includes('fader is down')")
        assert (await tab.picture("#program")).max() < 12
        await press(tab, f"#{fader}", 0.5)
        await tab.until(f"document.querySelector('#{fader}-text').textContent === '50 %'")
        await tab.until("document.querySelector('#empty').hidden")
        assert stage.submitted[-1][:2] == (address, [0.5])
        await press(tab, f"#{fader}", 0.25, times=2)
        await tab.until(f"document.querySelector('#{fader}-text').textContent === '100 %'")
        await tab.until("document.querySelector('#empty').hidden")
        await came(tab, stage, 2)
        for _ in range(1000):
            if getattr(stage, name) == 1:
                break
            await tab.evaluate("new Promise(requestAnimationFrame)")
        assert stage.submitted[-1][:2] == (address, [1])
        await tab.until("document.querySelector('#empty').hidden")
        await tab.until(f"{BRIGHTEST} > 200")
        assert read_number(await tab.picture("#program")) == 0

    visit(browser, serve(show=stage).url, scenario)


def test_master_black_is_told(browser: Browser, serve: Serve, stage: Stage) -> None:
    stage.black = True

    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelector('#empty').textContent === 'Master black is on'")
        assert await tab.evaluate("document.querySelector('#black').getAttribute('aria-pressed')") == "true"
        await press(tab, "#black")
        await tab.until("document.querySelector('#empty').hidden")

    visit(browser, serve(show=stage).url, scenario)


@pytest.mark.parametrize("path", ["", "output"])
def test_movies_of_two_shapes_dissolve_without_a_jump(
        browser: Browser, serve: Serve, stage: Stage, path: str) -> None:
    def stand(*layers: Layer) -> Callable[[], None]:
        return lambda: setattr(stage, "standing", list(layers))

    async def scenario(tab: Tab) -> None:
        box = await tab.box("#program")
        left, top = round(box["x"]), round(box["y"])
        right, bottom = left + round(box["width"]), top + round(box["height"])

        async def picture(*layers: Layer) -> NDArray[np.uint8]:
            await after_next(tab, stand(*layers))
            return (await seen(tab))[top:bottom, left:right]

        for begin, end, number, aspect in (("old.mov", "wide.mov", 507, 16 / 9), ("wide.mov", "old.mov", 7, 4 / 3)):
            both = await picture(Layer(begin, 3, 0.0), Layer(end, 7, 1.0))
            where = lit(both)
            assert read_number(both[where[1]:where[3], where[0]:where[2]]) == number
            assert (where[2] - where[0]) / (where[3] - where[1]) == pytest.approx(aspect, rel=0.01), "its own shape"
            alone = lit(await picture(Layer(end, 7, 1.0)))
            assert np.abs(np.subtract(alone, where)).max() <= 1, "no jump at the end of the dissolve"
            start = lit(await picture(Layer(begin, 3, 1.0), Layer(end, 7, 0.0)))
            assert np.abs(np.subtract(lit(await picture(Layer(begin, 3, 1.0))), start)).max() <= 1, "nor at its start"

    visit(browser, serve(show=stage).url + path, scenario)


def test_the_output_is_one_picture_and_nothing_else(browser: Browser, serve: Serve, stage: Stage) -> None:
    stage._apply("/deck/2/load", ["wide.mov"])
    server = serve(show=stage)

    async def scenario(tab: Tab) -> None:
        window = await seen(tab)
        left, top, right, bottom = lit(window)
        assert right - left == window.shape[1]
        assert (right - left) / (bottom - top) == pytest.approx(16 / 9, rel=0.01)
        assert read_number(window[top:bottom, left:right]) == 500
        assert await tab.evaluate("document.body.innerText.trim()") == ""
        await tab.until(STILL)
        assert await tab.evaluate("getComputedStyle(document.querySelector('#program')).cursor") == "none"
        await tab.mouse("mouseMoved", 200, 200)
        await tab.until(f"!{STILL}")
        await asyncio.to_thread(server.stop)
        await tab.until("!interscene.connected()")
        assert np.array_equal(await seen(tab), window), "the last picture stays, without a word"
        stage._apply("/deck/2/frame", [9])
        before = await tab.evaluate("interscene.pictures()")
        serve(show=stage, port=server.port)
        await tab.until(f"interscene.pictures() > {before}")
        assert read_number((await seen(tab))[top:bottom, left:right]) == 509
        assert stage.submitted == []

    visit(browser, server.url + "?output=1&deck=2", scenario, faulty=True)


def test_the_output_fills_the_screen_by_key_and_double_click(browser: Browser, serve: Serve, stage: Stage) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.key("f", "KeyF")
        await tab.until("document.fullscreenElement !== null")
        await press(tab, "#program", times=2)
        await tab.until("document.fullscreenElement === null")

    visit(browser, serve(show=stage).url + "output", scenario)


def test_the_page_opens_the_output_of_its_deck(browser: Browser, serve: Serve, stage: Stage) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.evaluate("window.open = (...asked) => { window.opened = asked }")
        await press(tab, "#decks button:nth-child(2)")
        await press(tab, "#output")
        assert (await tab.until("window.opened"))[0] == "output?deck=2"

    visit(browser, serve(show=stage).url, scenario)


def test_the_token_leaves_the_address_of_the_output(browser: Browser, serve: Serve, stage: Stage) -> None:
    server = serve("0.0.0.0", show=stage, token="t")

    async def scenario(tab: Tab) -> None:
        assert await tab.evaluate("location.pathname + location.search") == "/output?deck=2"

    visit(browser, f"http://127.0.0.1:{server.port}/?output=1&deck=2&token=t", scenario)


def test_hot_cues_jump_and_are_set(browser: Browser, serve: Serve, stage: Stage) -> None:
    stage.marks = [[0, "dawn"]]
    mine = "document.querySelector('.cue:nth-child({})').className"

    async def scenario(tab: Tab) -> None:
        await tab.until(f"{mine.format(1)} === 'cue mark-of-movie'")
        await press(tab, ".cue:nth-child(3)", modifiers=8)
        await tab.until(f"{mine.format(3)} === 'cue set'")
        await press(tab, ".cue:nth-child(3)")
        box = await tab.box(".cue:nth-child(4)")
        await tab.mouse("mousePressed", box["x"] + 5, box["y"] + 5, button="left", clickCount=1)
        await came(tab, stage, 3)
        await tab.mouse("mouseReleased", box["x"] + 5, box["y"] + 5, button="left", clickCount=1)
        await press(tab, ".cue:nth-child(5)")
        await came(tab, stage, 4)
        assert [address.removeprefix("/deck/1/mark/") for address, _, _ in stage.submitted] == [
            "3/set", "3", "4/set", "5"], "a long press sets, and does not jump when it is let go"

    visit(browser, serve(show=stage).url, scenario)


@pytest.mark.parametrize("there", [True, False])
def test_without_the_server_only_renderers_that_are_there_are_named(
        browser: Browser, serve: Serve, stage: Stage, there: bool) -> None:
    stage.there = there
    server = serve(show=stage)

    async def scenario(tab: Tab) -> None:
        await asyncio.to_thread(server.stop)
        text = await tab.until("!document.querySelector('#veil').hidden && document.querySelector('#veil').textContent")
        assert ("stand-in holds its picture" in text) is there
        assert "TouchDesigner" not in text

    visit(browser, server.url, scenario, faulty=True)


def test_a_movie_that_cannot_be_played_has_a_quiet_tile(browser: Browser, serve: Serve, shapes: Path) -> None:
    class Broken(Stage):
        def movies(self) -> list[str]:
            return ["broken.mov", *super().movies()]

    stage = Broken(shapes)

    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelector('.unplayable span').textContent === 'cannot be played'")
        assert await tab.evaluate("document.querySelectorAll('.unplayable').length") == 1
        assert await tab.evaluate("document.querySelector('.unplayable img')") is None
        assert "broken.mov" in await tab.evaluate("document.querySelector('.unplayable').title")
        await press(tab, ".unplayable")
        await tab.until("document.querySelector('#notes').textContent.includes('broken.mov')")

    visit(browser, serve(show=stage).url, scenario, faulty=True)
    stage.close()
