"""The panel of controllers in a real browser, at a real server, with real OSC: learn, change and forget a control."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from fractions import Fraction
from pathlib import Path

import pytest
from running import Client, running

from server.app import controller_desk
from server.media.numbered import write_numbered

sys.path.append(str(Path(__file__).parents[1] / "frontends"))
from chromium import Browser, Tab
from midi_bench import Bench

CARD = "document.querySelector('[data-name=\"{}\"]')"
FADER = CARD.format("1 fader1")
KNOB = CARD.format("pad cc 7")
Scenario = Callable[[Tab, Client], Awaitable[None]]
Play = Callable[..., None]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench("pad 20:0", tells=["pad 20:0"])
    monkeypatch.setattr(controller_desk, "find_backend", lambda: (bench, ""))
    return bench


@pytest.fixture
def play(browser: Browser, bench: Bench, tmp_path: Path) -> Play:
    """Plays a scenario on the panel of a new server, with a person who sends OSC."""
    (tmp_path / "song").mkdir()
    write_numbered(tmp_path / "song" / "a.mov", 30, 320, 180, Fraction(30))

    def run(scenario: Scenario, *, phone: bool = False) -> None:
        async def scene(url: str, client: Client) -> None:
            async with browser.tab() as tab:
                await tab.open(f"{url}#controllers", *((390, 844) if phone else (1280, 800)), phone=phone)
                await tab.until("document.querySelector('.learn-row')"
                                " && document.querySelector('.learn-words').textContent")
                await scenario(tab, client)
                assert tab.errors == []

        with running(tmp_path) as parts, Client(parts) as client:
            client.ask("/deck/1/song", "song")
            asyncio.run(scene(parts.http.url, client))

    return run


async def search(tab: Tab, words: str) -> None:
    await tab.evaluate("(() => { const field = document.querySelector('.panel-controllers .search');"
                       f" field.value = '{words}'; field.dispatchEvent(new Event('input')) }})()")


async def press(tab: Tab, what: str) -> None:
    """A real click, on what a person sees."""
    await tab.evaluate(f"{what}.scrollIntoView({{ block: 'center' }})")
    box = await tab.evaluate(f"(() => {{ const {{ x, y, width, height }} = {what}.getBoundingClientRect();"
                             " return [x + width / 2, y + height / 2] })()")
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        await tab.mouse(kind, *box, button="left", clickCount=1)


async def put(tab: Tab, field: str, value: str) -> None:
    await tab.evaluate(f"(() => {{ const field = {field}; if (field.type === 'checkbox') field.checked = {value};"
                       f" else field.value = '{value}'; field.dispatchEvent(new Event('change')) }})()")


async def learn(tab: Tab, client: Client, row: str, address: str = "/1/fader1") -> None:
    """Press a row and move a fader."""
    await search(tab, row.split("/")[-1])
    await press(tab, f"document.querySelector('[data-address=\"{row}\"]')")
    await tab.until("document.querySelector('.learn').dataset.waits === 'true'")
    for step in range(8):
        client.tell(address, step / 16)
    await tab.until("document.querySelector('.learn').dataset.waits === 'false'")
    await search(tab, "")


def has(client: Client, words: str) -> None:
    """Wait until the one mapping says this, as anybody is told who asks for the list."""
    client.tell("/learn/list")
    while words not in client.wait_for("/learn/mapping").args[4]:
        client.tell("/learn/list")


@pytest.mark.parametrize("phone", [False, True])
def test_learn_a_control_by_pressing_a_row_and_moving_it(play: Play, tmp_path: Path, phone: bool) -> None:
    async def scenario(tab: Tab, client: Client) -> None:
        if phone:
            await press(tab, "document.querySelector('.learn-picker summary')")
        await learn(tab, client, "/deck/{n}/level")
        await tab.until(FADER)
        assert await tab.evaluate("document.querySelector('.learn-words').textContent") == (
            "OSC /1/fader1 is laid on /deck/1/level")
        client.tell("/1/fader1", 0.25)
        await tab.until(f"{FADER}.querySelector('output').textContent === '0.25'")
        assert client.value("/deck/1/level") == 0.25
        assert await tab.evaluate(f"{FADER}.querySelector('.meter b').style.left") == "25%"
        assert 'row = "/deck/1/level"' in (tmp_path / "controllers.toml").read_text(encoding="utf-8")
        wide = await tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "nothing is cut off at the side"

    play(scenario, phone=phone)


def test_range_curve_and_beat_are_changed_where_they_are_seen(play: Play) -> None:
    async def scenario(tab: Tab, client: Client) -> None:
        await learn(tab, client, "/deck/{n}/level")
        await tab.until(FADER)
        await press(tab, f"{FADER}.querySelector('summary')")
        await tab.until(f"{FADER}.querySelector('details').open")
        await put(tab, f"{FADER}.querySelectorAll('[data-key=range]')[1]", "0.5")
        has(client, '"range": [0.0, 0.5]')
        client.tell("/1/fader1", 1.0)
        await tab.until(f"{FADER}.querySelector('output').textContent === '0.5'")
        await put(tab, f"{FADER}.querySelector('[data-key=invert]')", "true")
        has(client, '"invert": true')
        client.tell("/1/fader1", 1.0)
        await tab.until(f"{FADER}.querySelector('output').textContent === '0'")
        for key, value in (("curve", "exponential"), ("quantise", "bar")):
            await put(tab, f"{FADER}.querySelector('[data-key={key}]')", value)
            has(client, f'"{key}": "{value}"')
        await put(tab, f"{FADER}.querySelectorAll('[data-key=range]')[1]", "7")
        await tab.until("document.querySelector('#notes').textContent.includes('level is 0 to 1, not 7')")
        await tab.until(f"{FADER}.querySelectorAll('[data-key=range]')[1].value === '0.5'")

    play(scenario)


def test_a_midi_knob_is_learnt_and_waits_to_be_picked_up(play: Play, bench: Bench) -> None:
    async def scenario(tab: Tab, client: Client) -> None:
        await tab.until("document.querySelector('.learn-devices').textContent === 'pad'")
        await search(tab, "level")
        await press(tab, "document.querySelector('[data-address=\"/master/level\"]')")
        await tab.until("document.querySelector('.learn-devices').textContent === 'pad is heard'")
        for value in (0, 10, 20):
            bench.hearing["pad 20:0"]([0xB0, 7, value])
        await tab.until(KNOB)
        bench.hearing["pad 20:0"]([0xB0, 7, 30])
        await tab.until(f"{KNOB}.querySelector('em').textContent === 'Move it to where the value is.'")
        assert client.value("/master/level") == 1.0
        bench.hearing["pad 20:0"]([0xB0, 7, 127])
        bench.hearing["pad 20:0"]([0xB0, 7, 64])
        await tab.until(f"{KNOB}.querySelector('em').textContent === ''")
        assert client.value("/master/level") == pytest.approx(64 / 127)

    play(scenario)


def test_a_press_that_sends_a_name_cancel_and_forget(play: Play) -> None:
    async def scenario(tab: Tab, client: Client) -> None:
        await search(tab, "/load")
        line = "document.querySelector('[data-address=\"/deck/{n}/load\"]')"
        await press(tab, line)
        assert await tab.evaluate("document.activeElement.placeholder") == "movie that a press sends"
        await tab.evaluate("document.activeElement.value = 'a.mov'")
        await press(tab, line)
        await tab.until("document.querySelector('.learn').dataset.waits === 'true'")
        await press(tab, "document.querySelector('.learn .button')")
        await tab.until("document.querySelector('.learn').dataset.waits === 'false'")
        await press(tab, line)
        await tab.until("document.querySelector('.learn').dataset.waits === 'true'")
        client.tell("/1/push1", 1.0)
        card = CARD.format("1 push1")
        await search(tab, "")
        await tab.until(card)
        await tab.until(f"{card}.querySelector('[data-key=value]').value === 'a.mov'")
        await press(tab, f"{card}.querySelector('.button')")
        await tab.until(f"!{card}")
        assert await tab.evaluate("document.querySelector('.panel-controllers .panel-empty').textContent") == (
            "Nothing is laid on any control yet.")

    play(scenario)


def test_mistakes_of_the_file_and_the_songs_own_mappings_are_seen(play: Play, tmp_path: Path) -> None:
    fader = '[[mapping]]\nosc = "/1/fader1"\nrow = "/deck/1/level"\n'

    async def scenario(tab: Tab, client: Client) -> None:
        (tmp_path / "controllers.toml").write_text(fader + fader.replace("fader1", "x").replace("level", "levle"),
                                                   encoding="utf-8")
        await tab.until("document.querySelector('.learn-troubles').textContent.includes('did you mean /deck/1/level?')")
        (tmp_path / "song" / "controllers.toml").write_text(fader, encoding="utf-8")
        await tab.until("document.querySelectorAll('.mapping').length === 2")
        await tab.until("document.querySelector('.mapping[data-counts=false] em').textContent"
                        " === 'The song lays something else on this control.'")
        await press(tab, "document.querySelector('.segments [data-where=song]')")
        await learn(tab, client, "/deck/{n}/fade", "/1/fader9")
        await tab.until(CARD.format("1 fader9"))
        assert "fader9" in (tmp_path / "song" / "controllers.toml").read_text(encoding="utf-8")

    play(scenario)
