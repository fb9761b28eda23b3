"""The page over a whole server with a song of pictures: the graph, the library and the cues in a real browser."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from graph_song import FRAMES, add_transition, make_song
from running import Client, running

from server.app.serving import Parts
from server.media.numbered import read_number, write_numbered

sys.path.append(str(Path(__file__).parents[1] / "frontends"))
from chromium import Browser, Tab

Scenario = Callable[[Tab], Awaitable[None]]
SIZE = (256, 144)
WIDE, PHONE = (1280, 800), (390, 844)
SEEDED = "b_7", "b_8"
PATIENCE = 30
"""Seconds; longer than anything takes on the slowest machine."""


@pytest.fixture
def media(tmp_media: Path) -> Path:
    """A ring of four pictures, each with a file, two more in the scene b, a story, and a song of movies."""
    song = tmp_media / "ring"
    first = make_song(song, size=SIZE, extra="")
    (song / "prompt_images").mkdir()
    for name in ("a_1", "b_2", "c_3", "d_4", *SEEDED):
        rgb = np.full((SIZE[1], SIZE[0], 3), 15 * (ord(name[0]) - ord("a")) + 60, dtype=np.uint8)
        (song / "prompt_images" / f"{name}.png").write_bytes(cv2.imencode(".png", rgb)[1].tobytes())
    assert first[("a-1", "b-2")] == 1000
    story = song / "stories" / "opening"
    story.mkdir(parents=True)
    for number, name in enumerate(("dawn", "dusk", "night"), 1):
        write_numbered(story / f"section_{name}.mov", 60, *SIZE, Fraction(30), first=100 * number)
    (tmp_media / "clips").mkdir()
    write_numbered(tmp_media / "clips" / "count.mov", 90, *SIZE, Fraction(30), first=500)
    return tmp_media


@pytest.fixture
def server(media: Path) -> Iterator[Parts]:
    with running(media) as parts:
        with Client(parts) as client:
            assert client.ask("/song", "ring") == ()
        yield parts


def visit(browser: Browser, server: Parts, panel: str, scenario: Scenario, size: tuple[int, int] = WIDE, *,
          faulty: bool = False) -> None:
    async def run() -> None:
        async with browser.tab() as tab:
            await tab.open(f"{server.http.url}#{panel}", *size, phone=size == PHONE)
            await tab.until("interscene.pictures() > 0 && interscene.connected()")
            await scenario(tab)
            assert faulty or tab.errors == []

    asyncio.run(run())


async def click(tab: Tab, x: float, y: float, *, times: int = 1) -> None:
    await tab.mouse("mouseMoved", x, y)
    for count in range(1, times + 1):
        for kind in ("mousePressed", "mouseReleased"):
            await tab.mouse(kind, x, y, button="left", clickCount=count)


async def press(tab: Tab, selector: str, *, times: int = 1) -> None:
    box = await tab.box(selector)
    await click(tab, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, times=times)


async def node(tab: Tab, name: str) -> tuple[float, float]:
    where = await tab.until(f"interscene.graph?.where('{name}')")
    return float(where["x"]), float(where["y"])


async def painted(tab: Tab, *numbers: int) -> int:
    """Wait until the program shows one of these frames, exactly."""
    seen: set[int | None] = set()
    try:
        async with asyncio.timeout(PATIENCE):
            while (number := read_number(await tab.picture("#program"))) not in numbers:
                seen.add(number)
    except TimeoutError:
        raise AssertionError(f"it never showed one of {numbers}, but {seen}") from None
    return int(number or 0)


def text(selector: str) -> str:
    return f"document.querySelector('{selector}').textContent"


async def moves_and_keys(tab: Tab) -> None:
    """Wheel, drag, arrows and Enter on the drawing, and the list beside it."""
    x, y = await node(tab, "a-1")
    box = await tab.box(".graph-live")
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await tab.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-400)
    wheeled = await node(tab, "a-1")
    assert abs(wheeled[0] - x) + abs(wheeled[1] - y) < 3, "what is under the pointer stays there"
    before = await node(tab, "d-4")
    await tab.mouse("mousePressed", middle[0], middle[1] + 90, button="left", clickCount=1)
    await tab.mouse("mouseMoved", middle[0] + 60, middle[1] + 70, button="left")
    await tab.mouse("mouseReleased", middle[0] + 60, middle[1] + 70, button="left", clickCount=1)
    after = await node(tab, "d-4")
    assert (round(after[0] - before[0]), round(after[1] - before[1])) == (60, -20)
    await tab.evaluate("document.querySelector('.graph-live').focus()")
    await tab.key("ArrowRight")
    focused = await tab.until("interscene.graph.state().focus ?? false")
    await tab.key("Enter")
    await tab.until(f"interscene.graph.state().now === {focused}")
    assert await tab.evaluate("document.querySelector('.graph-list').hidden")
    await tab.key("l")
    await tab.until("document.querySelectorAll('.graph-list button').length === 6")


def test_a_click_on_a_picture_goes_there(browser: Browser, server: Parts) -> None:
    async def scenario(tab: Tab) -> None:
        x, y = await node(tab, "c-3")
        await painted(tab, 1000, 4000 + FRAMES - 1)
        await click(tab, x, y)
        await tab.until(f"{text('#route')}.includes('to c-3')")
        await tab.until("interscene.graph.state().ahead.length > 0 || interscene.graph.state().from !== null")
        await painted(tab, 2000 + FRAMES - 1, 3000)
        await tab.until("document.querySelector('#route').hidden")
        # The drawing hears of it later than the picture.
        await tab.until("interscene.graph.state().next === null")
        assert await tab.evaluate("interscene.graph.state().now") == await tab.evaluate("interscene.graph.state().from")
        await moves_and_keys(tab)

    visit(browser, server, "graph", scenario)


def test_the_graph_says_what_there_is_and_what_is_damaged(browser: Browser, server: Parts, media: Path) -> None:
    async def scenario(tab: Tab) -> None:
        await node(tab, "a-1")
        assert await tab.evaluate("interscene.graph.edge('a-1', 'b-2')") == "exists"
        assert await tab.evaluate("interscene.graph.edge('a-1', 'c-3')") == ""
        assert "6 pictures" in await tab.evaluate(text(".graph-legend"))
        assert "4 transitions" in await tab.evaluate(text(".graph-legend"))
        add_transition(media / "ring", ("a-1", "c-3"), 9000, size=SIZE)
        broken = media / "ring" / "transitions" / "c-3 to d-4.mov"
        broken.write_bytes(broken.read_bytes()[:300])
        await tab.until("interscene.graph.edge('a-1', 'c-3') === 'exists'")
        await tab.until("interscene.graph.edge('c-3', 'd-4') === 'damaged'")
        x, y = await node(tab, "c-3")
        await tab.mouse("mouseMoved", x, y)
        await tab.until(f"{text('.graph-tip')}.includes('1 damaged')")

    visit(browser, server, "graph", scenario)


def test_the_graph_on_a_phone_goes_by_touch(browser: Browser, server: Parts) -> None:
    async def scenario(tab: Tab) -> None:
        x, y = await node(tab, "b-2")
        for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
            await tab.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
        await painted(tab, 1000 + FRAMES - 1, 2000)
        far = await node(tab, "d-4")
        near = await node(tab, "a-1")
        middle = (await tab.box(".graph-live"))["y"] + 120
        await tab.call("Input.dispatchTouchEvent", type="touchStart",
                       touchPoints=[{"x": 150, "y": middle, "id": 0}, {"x": 230, "y": middle, "id": 1}])
        for step in range(1, 11):
            await tab.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=[
                {"x": 150 - 8 * step, "y": middle, "id": 0}, {"x": 230 + 8 * step, "y": middle, "id": 1}])
        await tab.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        spread = abs((await node(tab, "d-4"))[0] - (await node(tab, "a-1"))[0]) + abs(
            (await node(tab, "d-4"))[1] - (await node(tab, "a-1"))[1])
        assert spread > 1.5 * (abs(far[0] - near[0]) + abs(far[1] - near[1])), "two fingers pull it apart"
        assert await tab.evaluate("document.documentElement.scrollWidth") <= PHONE[0]

    visit(browser, server, "graph", scenario, PHONE)


TILES = "[...document.querySelectorAll('.tile-button')].map(each => each.title).join(' ')"
INSIDE = ("[...document.querySelectorAll('[data-scene]')].find(each => each.querySelector('h3').textContent === '{}')"
          ".querySelector('[title=b-7]') !== null")


async def searches(tab: Tab) -> None:
    """Search and filters narrow the pictures down, and let them all come back."""
    await tab.until(f"{TILES} === 'a-1 b-2 b-7 b-8 c-3 d-4'")
    await tab.until("[...document.querySelectorAll('.tile-button img')].every(each => each.naturalWidth === 192)")
    await press(tab, ".library-top .search")
    for key in "of b":
        await tab.key(key)
    await tab.until(f"{TILES} === 'b-2 b-7 b-8'")
    filters = "document.querySelector('.library-filters button:nth-child({})').click()"
    await tab.evaluate(filters.format(4))
    await tab.until(f"{TILES} === 'b-7 b-8'")
    assert "Dead ends 2" in await tab.evaluate(text(".library-filters"))
    await tab.evaluate(filters.format(3))
    await tab.until(f"{text('.library-body')}.includes('Nothing here is like that')")
    await tab.evaluate(filters.format(1))
    for _ in "of b":
        await tab.key("Backspace", "Backspace")
    await tab.evaluate("{ const search = document.querySelector('.library-top .search'); search.value = '';"
                       " search.dispatchEvent(new Event('input')); search.blur() }")
    await tab.until(f"{TILES} === 'a-1 b-2 b-7 b-8 c-3 d-4'")


async def carries(tab: Tab, sequence: Path) -> None:
    """A picture is dragged into another scene, which changes the sequence, and the move is undone."""
    before = sequence.read_bytes()
    tile, target = await tab.box(".tile-button[title=b-7]"), await tab.box("[data-scene] header")
    x, y = tile["x"] + 30, tile["y"] + 20
    await tab.mouse("mouseMoved", x, y)
    await tab.mouse("mousePressed", x, y, button="left", clickCount=1)
    for part in range(1, 9):
        await tab.mouse("mouseMoved", x + (target["x"] + 90 - x) * part / 8,
                        y + (target["y"] + 60 - y) * part / 8, button="left")
    assert await tab.evaluate("document.querySelector('.ghost') !== null")
    await tab.until("document.querySelector('.scene.target h3')?.textContent === 'a'")
    await tab.mouse("mouseReleased", target["x"] + 90, target["y"] + 60, button="left", clickCount=1)
    await tab.until(f"{text('#notes')}.includes('b-7 moved from b to a')")
    await tab.until(INSIDE.format("a by hand"))
    assert await tab.evaluate("document.querySelector('.ghost')") is None
    assert sequence.read_bytes() == before.replace(b",a,1", b",a by hand,1").replace(b",b,1", b",b by hand,1")
    await press(tab, ".library-top > .button:nth-of-type(3)")
    await tab.until(INSIDE.format("b"))
    assert sequence.read_bytes() == before


async def goes(tab: Tab) -> None:
    """A picture goes on air; one that cannot leave its scene says why."""
    await press(tab, ".tile-button[title=b-2]")
    await press(tab, ".details-buttons .primary")
    await painted(tab, 1000 + FRAMES - 1, 2000)
    await tab.until("document.querySelector('.tile-button[title=b-2]').dataset.live === 'now'")
    await press(tab, ".tile-button[title=a-1]")
    await tab.until(f"{text('.library-details h3')} === 'a'")
    await tab.evaluate("{ const select = document.querySelector('.details-scene select');"
                       " select.value = select.options[1].value; select.dispatchEvent(new Event('change')) }")
    await tab.until(f"{text('#notes')}.includes('the only picture of a')")


async def plays(tab: Tab) -> None:
    """A movie has a strip, is prepared behind the picture, and taken."""
    await tab.until("document.querySelectorAll('.library-songs button').length === 2")
    await tab.evaluate("document.querySelector('.library-songs button[data-name=clips]').click()")
    await tab.until("document.querySelector('.strip img')?.naturalWidth === 768")
    await press(tab, ".strip .button:nth-of-type(1)")
    await tab.until(f"{text('.library-top > .primary')} === 'Take count'")
    await press(tab, ".library-top > .primary")
    await painted(tab, *range(500, 590))
    await tab.until("document.querySelector('.library-songs button[data-name=clips]').dataset.live === 'true'")


def test_the_library_finds_moves_goes_and_plays(browser: Browser, server: Parts, media: Path) -> None:
    async def scenario(tab: Tab) -> None:
        await searches(tab)
        await carries(tab, media / "ring" / "scene_sequence.csv")
        await goes(tab)
        await plays(tab)
        # A refused request is an error to the browser.
        assert [error for error in tab.errors if "400 (Bad Request)" not in error] == []

    visit(browser, server, "library", scenario, faulty=True)


def test_stories_go_cue_by_cue(browser: Browser, server: Parts) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelector('.cue-top select').options.length === 2")
        await tab.evaluate("{ const select = document.querySelector('.cue-top select'); select.value = 'opening';"
                           " select.dispatchEvent(new Event('change')) }")
        await tab.until(f"{text('.cue-next strong')} === 'dawn'")
        await press(tab, ".cue-go")
        await painted(tab, *range(100, 160))
        await tab.until(f"{text('.cue-next strong')} === 'dusk'")
        await press(tab, ".cue-list li:nth-child(3) button")
        await tab.until(f"{text('.cue-next strong')} === 'night'")
        await press(tab, ".cue-more .button:nth-of-type(2)")
        await tab.until(f"{text('.cue-next strong')} === 'dawn'")
        await tab.evaluate("{ const guard = document.querySelector('.cue-more input'); guard.value = '30';"
                           " guard.dispatchEvent(new Event('change')) }")
        await tab.until("document.querySelector('.cue-list [data-state]') !== null")
        await press(tab, ".cue-go", times=2)
        await tab.until(f"{text('#notes')}.includes('taken for a slip')")

    visit(browser, server, "cues", scenario)
