"""The frame of the page in a real browser: its panels, what is fetched when, and that nothing is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser, Tab
from fake_show import FakeShow
from fake_songs import PICTURE, SCENES, SONG, FakeSongs
from submitted import sent

from server.frontends.http import HttpServer
from server.frontends.ports import Answer
from server.media.numbered import read_number

Serve = Callable[..., HttpServer]
Scenario = Callable[[Tab], Awaitable[None]]
FIRST_PAGE = 150_000
SIZES = ((1280, 800), (1920, 1080), (390, 844), (1024, 768))
SHIFT = 8
PANEL = "document.body.dataset.panel"


def visit(browser: Browser, url: str, scenario: Scenario, size: tuple[int, int] = SIZES[0], *,
          faulty: bool = False) -> None:
    async def run() -> None:
        async with browser.tab() as tab:
            await tab.open(url, *size, phone=size[0] < 500)
            await tab.until("interscene.pictures() > 0 && interscene.connected()")
            await scenario(tab)
            assert faulty or tab.errors == []

    asyncio.run(run())


def test_the_first_page_is_small_and_panels_come_when_they_are_asked_for(browser: Browser, serve: Serve) -> None:
    fetched = "performance.getEntriesByType('resource').filter(each => /\\/page\\//.test(each.name))"

    async def scenario(tab: Tab) -> None:
        sizes = f"{fetched}.reduce((sum, each) => sum + each.decodedBodySize, 0)"
        page = "performance.getEntriesByType('navigation')[0].decodedBodySize"
        assert await tab.evaluate(f"{sizes} + {page}") <= FIRST_PAGE
        names = f"{fetched}.map(each => each.name.split('/').pop()).join(' ')"
        assert "panel_" not in await tab.evaluate(names)
        await tab.evaluate("document.querySelector('#tab-library').click()")
        await tab.until("document.querySelector('.library-songs button') !== null")
        assert "panel_library.js" in await tab.evaluate(names)
        assert "panel_graph.js" not in await tab.evaluate(names)

    visit(browser, serve(songs=FakeSongs()).url, scenario)


def test_the_address_remembers_the_panel(browser: Browser, serve: Serve) -> None:
    server = serve("0.0.0.0", songs=FakeSongs(), token="t")

    async def scenario(tab: Tab) -> None:
        assert await tab.evaluate("location.search + location.hash") == "#cues", "only the token is taken away"
        await tab.until(f"{PANEL} === 'cues' && document.querySelector('.cue-go') !== null")
        assert await tab.evaluate("document.querySelector('#tab-cues').getAttribute('aria-selected')") == "true"
        await tab.evaluate("document.querySelector('#tab-stage').click()")
        await tab.until(f"{PANEL} === 'stage' && document.querySelector('#panel').hidden")
        assert await tab.evaluate("location.hash") == "#stage"
        await tab.evaluate("history.back()")
        await tab.until(f"{PANEL} === 'cues' && !document.querySelector('.panel-cues').hidden")

    visit(browser, f"http://127.0.0.1:{server.port}/?token=t#cues", scenario)


def test_keys_change_the_panel_and_no_letter_does(browser: Browser, serve: Serve, show: FakeShow) -> None:
    async def hit(tab: Tab, key: str, code: str, modifiers: int = 0) -> None:
        for kind in ("keyDown", "keyUp"):
            await tab.call("Input.dispatchKeyEvent", type=kind, key=key, code=code, modifiers=modifiers)

    async def scenario(tab: Tab) -> None:
        await hit(tab, "$", "Digit4", SHIFT)
        await tab.until(f"{PANEL} === 'cues'")
        await hit(tab, "1", "Digit1")
        await tab.evaluate("document.querySelector('#tab-cues').focus()")
        await hit(tab, "ArrowUp", "ArrowUp")
        await tab.until(f"{PANEL} === 'library' && document.activeElement.id === 'tab-library'")
        await hit(tab, "!", "Digit1", SHIFT)
        await tab.until(f"{PANEL} === 'stage'")
        await hit(tab, "4", "Digit4")
        await tab.evaluate("new Promise(done => setTimeout(done, 0))")
        assert await tab.evaluate(PANEL) == "stage"

    visit(browser, serve(songs=FakeSongs()).url, scenario)
    assert [address for address, _, _ in show.submitted] == ["/deck/1/speed"], "arrows in the row of tabs are no frames"


def test_a_panel_that_is_asked_for_twice_while_it_comes_is_there_once(browser: Browser, serve: Serve) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.evaluate("(async () => { for (const name of ['library', 'cues', 'library']) {"
                           " const gone = new Promise(done => addEventListener('hashchange', done, { once: true }));"
                           " document.getElementById(`tab-${name}`).click(); await gone } })()")
        await tab.until("document.querySelector('.library-songs button') !== null")
        await tab.until("document.querySelector('.panel-cues') !== null")
        assert await tab.evaluate("document.querySelectorAll('#panel > .panel-library').length") == 1

    visit(browser, serve(songs=FakeSongs()).url, scenario)


def test_a_phone_shows_that_there_are_more_panels_to_the_right(browser: Browser, serve: Serve) -> None:
    async def scenario(tab: Tab) -> None:
        cut = ("[...document.querySelectorAll('#tabs button')].map(each => each.getBoundingClientRect())"
               ".filter(box => box.left < innerWidth - 15 && box.right > innerWidth + 15).length")
        assert await tab.evaluate(cut) == 1

    visit(browser, serve(songs=FakeSongs()).url, scenario, (390, 844))


def test_what_a_field_of_the_graph_says_can_be_read_on_a_phone(browser: Browser, serve: Serve) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelector('.graph-time input') !== null")
        # What a field says while it is empty is as wide as it would be as a value.
        fits = ("(() => { const field = document.querySelector('.graph-time input'); field.value = field.placeholder;"
                " return field.scrollWidth <= field.clientWidth })()")
        assert await tab.evaluate(fits)

    visit(browser, serve(songs=FakeSongs()).url + "#graph", scenario, (390, 844))


def test_a_key_that_is_held_down_switches_once_and_steps_again_and_again(
        browser: Browser, serve: Serve, show: FakeShow) -> None:
    async def scenario(tab: Tab) -> None:
        for key, code in (("b", "KeyB"), ("t", "KeyT"), (" ", "Space"), ("ArrowRight", "ArrowRight")):
            for number in range(5):
                await tab.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=code, autoRepeat=number > 0)
            await tab.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=code)
        while len([True for address, _, _ in show.submitted if address == "/deck/1/step"]) < 5:
            await tab.evaluate("new Promise(done => setTimeout(done, 10))")

    visit(browser, serve().url, scenario)
    said = [address for address, _, _ in show.submitted]
    assert [said.count(one) for one in ("/master/black", "/clock/tap", "/deck/1/toggle")] == [1, 1, 1]


class Alone(FakeShow):
    """No renderer is there."""

    def snapshot(self) -> dict[str, Any]:
        return {**super().snapshot(), "renderers": []}


@pytest.fixture
def alone(numbers: Path) -> Iterator[Alone]:
    show = Alone(numbers, lambda: 50.0)
    yield show
    show.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_is_cut_off_and_the_program_is_always_seen(browser: Browser, serve: Serve, alone: Alone,
                                                           size: tuple[int, int]) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelector('#link-text').textContent.startsWith('no renderer')")
        told = "(each => each.scrollWidth <= each.clientWidth && each.scrollHeight <= each.clientHeight)"
        assert await tab.evaluate(f"{told}(document.querySelector('#link-text'))"), "what the server's state is"
        for panel in ("stage", "graph", "library", "cues"):
            await tab.evaluate(f"document.querySelector('#tab-{panel}').click()")
            await tab.until(f"{PANEL} === '{panel}' && document.querySelector('#panel-words').textContent === ''")
            assert await tab.evaluate("document.documentElement.scrollWidth") <= size[0], panel
            inside = ("(each => { const box = each.getBoundingClientRect(); return box.width > 0 && box.left >= 0 &&"
                      " box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight })")
            for part in ("#program", "#remaining"):
                assert await tab.evaluate(f"{inside}(document.querySelector('{part}'))"), f"{part} in {panel}"
            assert read_number(await tab.picture("#program")) == 0
            wide = await tab.evaluate("document.querySelector('#remaining').getBoundingClientRect().right")
            assert wide <= await tab.evaluate("document.querySelector('.stage').getBoundingClientRect().right"), panel

    visit(browser, serve(songs=FakeSongs(), show=alone).url, scenario, size)


def test_a_panel_that_does_not_come_says_so_and_can_be_asked_again(browser: Browser, serve: Serve) -> None:
    server = serve(songs=FakeSongs())

    async def scenario(tab: Tab) -> None:
        await asyncio.to_thread(server.stop)
        await tab.evaluate("document.querySelector('#tab-graph').click()")
        await tab.until("document.querySelector('#panel-words').textContent.includes('press its tab again')")
        serve(port=server.port, songs=FakeSongs())
        await tab.until("document.body.dataset.link !== 'lost'")
        await tab.evaluate("document.querySelector('#tab-graph').click()")
        await tab.until("document.querySelector('.graph-words p')?.textContent.includes('No song of pictures')")

    visit(browser, server.url, scenario, faulty=True)


class Walking(FakeShow):
    """A song of pictures is on the deck, and a transition of it is being made."""

    def snapshot(self) -> dict[str, Any]:
        told = super().snapshot()
        told["decks"][0] |= {
            "graph": SONG, "version": 1, "song": "ring", "picture": "a-1", "next": "b-2", "walk": "walking", "hops": 2,
            "goal": "b-2", "arrival": 12.0, "how": "turn", "auto": True, "go": {"fade": 1.5}, "guard": 0.5, "story": "",
            "prepared": "", "way": {"from": "a-1", "to": "b-2", "at": 0.25, "ahead": ["a-1"]}}
        told["jobs"] = [{"what": "transition", "state": "making", "from": "a-1", "to": "b-2", "progress": 0.5},
                        {"what": "transition", "state": "done", "from": "a-1", "to": "b-2", "progress": 1}]
        return told

    def _apply(self, address: str, args: list[Any]) -> Answer:
        return Answer()


@pytest.fixture
def walking(numbers: Path) -> Iterator[Walking]:
    show = Walking(numbers, lambda: 50.0)
    yield show
    show.close()


def test_the_graph_tells_the_way_and_commands_walks(browser: Browser, serve: Serve, walking: Walking) -> None:
    async def scenario(tab: Tab) -> None:
        state = await tab.until("interscene.graph?.state()?.now === 0 && interscene.graph.state()")
        assert (state["next"], state["from"], state["to"], state["part"]) == (1, 0, 1, 0.25)
        assert (state["ahead"], state["making"]) == ([0], [[0, 1, 0.5]])
        line = await tab.evaluate("document.querySelector('#route').textContent")
        assert line == "to b-22 hops, 12 s"
        assert await tab.evaluate("document.querySelector('#remaining').textContent") == "0:12.00"
        assert await tab.evaluate("document.querySelector('.graph-fade output').textContent") == "1.5 s"
        assert await tab.evaluate("document.querySelector('.graph-tools [aria-checked=true]').textContent") == "turn"
        for number, address in enumerate(("go/back", "go/next", "go/random", "go/auto"), 1):
            await tab.evaluate(f"document.querySelector('.graph-tools .group button:nth-child({number})').click()")
            await sent(tab, walking, f"/deck/1/{address}")
        await tab.evaluate("document.querySelector('.graph-tools .segments button:nth-child(3)').click()")
        await sent(tab, walking, "/deck/1/go/how", "queue")
        await tab.evaluate("{ const fade = document.querySelector('.graph-fade input'); fade.value = '2';"
                           " fade.dispatchEvent(new Event('input')) }")
        await sent(tab, walking, "/deck/1/go/fade", 2)
        await tab.evaluate("document.querySelector('.graph-time input').focus()")
        for key in "7,5":
            await tab.key(key)
        await tab.evaluate("document.querySelector('.graph-views button:nth-child(3)').click()")
        await tab.evaluate("document.querySelectorAll('.graph-list button')[1].click()")
        await sent(tab, walking, "/deck/1/go/picture/over", "b-2", 7.5)
        await tab.evaluate("document.activeElement.blur()")
        await tab.key("/", "Slash")
        assert await tab.evaluate("document.activeElement.matches('.graph-head .search')")
        await tab.key("b")
        await tab.until("interscene.graph.state().hits !== null")
        assert await tab.evaluate("document.querySelectorAll('.graph-list button').length") == 1

    visit(browser, f"{serve(songs=FakeSongs(), show=walking).url}#graph", scenario)


def test_a_finger_carries_a_picture_after_a_moment(browser: Browser, serve: Serve, walking: Walking) -> None:
    songs = FakeSongs()

    async def touch(tab: Tab, kind: str, *point: float) -> None:
        await tab.call("Input.dispatchTouchEvent", type=kind,
                       touchPoints=[{"x": point[0], "y": point[1]}] if point else [])

    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelectorAll('.tile-button').length === 2")
        tile, other = await tab.box(".tile-button"), await tab.box("[data-scene='1'] .tile-button")
        x, y = tile["x"] + 40, tile["y"] + 30
        await touch(tab, "touchStart", x, y)
        await tab.until("document.querySelector('.ghost') !== null")
        for part in range(1, 7):
            await touch(tab, "touchMove", x + 20, y + (other["y"] + 20 - y) * part / 6)
        await tab.until("document.querySelector('.scene.target h3')?.textContent === 'b'")
        await touch(tab, "touchEnd")
        await tab.until("document.querySelector('#notes').textContent.includes('moved from')")

    visit(browser, f"{serve(songs=songs, show=walking).url}#library", scenario, (390, 844))
    assert songs.moved == [(SONG, PICTURE, *SCENES)]


def test_the_tempo_is_typed(browser: Browser, serve: Serve, show: FakeShow) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.evaluate("document.querySelector('#tempo').select()")
        for key in "98.5":
            await tab.key(key)
        await tab.evaluate("document.querySelector('#tempo').blur()")
        await sent(tab, show, "/clock/tempo", 98.5)

    visit(browser, serve().url, scenario)
