"""Jobs, messages, settings, health and controls in a real browser: what they show, and what they send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from chromium import Browser, Tab
from fake_panels import FakePanels, job
from fake_show import FakeShow
from submitted import sent

from server.frontends.http import HttpServer
from server.frontends.ports import Answer
from server.protocol import table_json
from server.protocol.endpoints import SECTIONS
from server.protocol.kinds import value as set_value
from server.protocol.row import Arg

Serve = Callable[..., HttpServer]
Scenario = Callable[[Tab], Awaitable[None]]
TEXT = "document.querySelector('{}').textContent"


class Working(FakeShow):
    """Tells of jobs, and does what the panels ask."""

    jobs: list[dict[str, Any]]
    paused = False

    def snapshot(self) -> dict[str, Any]:
        return {**super().snapshot(), "jobs": self.jobs, "making": {
            "worker": "busy", "device": "cuda:0", "reason": "", "paused": self.paused, "attached": True}}

    def job_picture(self, job: str) -> bytes:
        return self.jpeg("first.mov", 33)

    def _apply(self, address: str, args: list[Any]) -> Answer:
        if address == "/generate/cancel":
            self.jobs = [{**each, "state": "cancelled"} if args[0] in (each["id"], "all") else each
                         for each in self.jobs]
        elif address.startswith("/deck/"):
            return super()._apply(address, args)
        return Answer()


@pytest.fixture
def working(numbers: Any) -> Iterator[Working]:
    show = Working(numbers, lambda: 50.0)
    show.jobs = []
    yield show
    show.close()


@pytest.fixture
def panels() -> FakePanels:
    return FakePanels()


@pytest.fixture
def servers() -> list[HttpServer]:
    """Those that `open_panel` has started."""
    return []


@pytest.fixture
def open_panel(browser: Browser, serve: Serve, servers: list[HttpServer], working: Working,
               panels: FakePanels) -> Callable[..., HttpServer]:
    """Opens one panel of a new server and plays a scenario on it; gives the server."""

    def visit(name: str, scenario: Scenario, *, phone: bool = False, faulty: bool = False) -> HttpServer:
        server = serve(show=working, panels=panels)
        servers.append(server)

        async def run() -> None:
            async with browser.tab() as tab:
                await tab.open(f"{server.url}#{name}", *((390, 844) if phone else (1280, 800)), phone=phone)
                await tab.until(f"document.querySelector('.panel-{name}') && interscene.connected()")
                await scenario(tab)
                assert faulty or tab.errors == []

        asyncio.run(run())
        return server

    return visit


async def click(tab: Tab, selector: str) -> None:
    box = await tab.box(selector)
    where = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        await tab.mouse(kind, *where, button="left", clickCount=1)


async def says(tab: Tab, selector: str, *words: str) -> None:
    for word in words:
        await tab.until(f"document.querySelector({json.dumps(selector)}).textContent.includes({json.dumps(word)})")


def test_a_job_is_watched_until_it_is_done(
        open_panel: Callable[..., HttpServer], working: Working, panels: FakePanels) -> None:
    async def scenario(tab: Tab) -> None:
        await says(tab, ".panel-jobs .panel-empty", "Nothing is being made")
        await says(tab, ".panel-jobs .summary", "Worker busy on cuda:0")
        working.jobs = [job("7", state="making", progress=0.4, eta=3.2, rung="fewer steps")]
        await says(tab, "[data-job='7']", "sunflower-1001 → thistle-42", "bridge", "40 %", "4 s left", "fewer steps")
        await tab.until("document.querySelector('[data-job=\"7\"] img').naturalWidth === 320")
        for eta, words in ((119.6, "2 min 0 s left"), (59.2, "1 min 0 s left"), (7199.0, "2 h 0 min left")):
            working.jobs = [job("7", state="making", progress=0.4, eta=eta)]
            await says(tab, "[data-job='7']", words)
        working.jobs = [job("7", state="done", progress=1.0), job("8")]
        await says(tab, ".jobs.over [data-job='7']", "done")
        assert await tab.evaluate("document.querySelector('.over .job .panel-tools').offsetParent") is None
        working.jobs = []
        await tab.until("document.querySelector('[data-job]') === null")

    open_panel("jobs", scenario)


def test_a_job_is_cancelled_and_another_skipped(
        open_panel: Callable[..., HttpServer], working: Working, panels: FakePanels) -> None:
    working.jobs = [job("7", state="making", progress=0.1, eta=100.0), job("8")]

    async def scenario(tab: Tab) -> None:
        await says(tab, "[data-job='7']", "1 min 40 s left")
        assert await tab.evaluate("document.querySelector('[data-job=\"8\"] .button').disabled"), "nothing to skip yet"
        await click(tab, "[data-job='7'] .button")
        await sent(tab, working, "/generate/skip", "7")
        await click(tab, "[data-job='7'] .alarm")
        await sent(tab, working, "/generate/cancel", "7")
        await says(tab, ".over [data-job='7']", "cancelled")
        working.paused = True
        await says(tab, ".panel-jobs .panel-head .button", "Go on")
        await click(tab, ".panel-jobs .panel-head .button")
        await sent(tab, working, "/generate/pause", False)
        await click(tab, ".panel-jobs .panel-head .alarm")
        await sent(tab, working, "/generate/cancel", "all")

    open_panel("jobs", scenario)


def test_messages_say_what_became_of_them(open_panel: Callable[..., HttpServer], panels: FakePanels) -> None:
    panels.say("/play/MovieIndex1", "0.3", means="/deck/1/position", does="Jump to a fraction of the range")
    panels.say("/dek/1/play", outcome="refused", code="address",
               text="no endpoint has the address /dek/1/play; did you mean /deck/1/play?")
    panels.say("/deck/1/level", "0.5", count=120, rate=60.2)
    panels.say("/td/health", "60 16.7")

    async def scenario(tab: Tab) -> None:
        await says(tab, ".messages", "/play/MovieIndex1 0.3", "means /deck/1/position", "did you mean /deck/1/play?",
                   "10.0.0.9:9000", "×120 · 60/s")
        seen = "[...document.querySelectorAll('.messages li:not([hidden]) code')].map(each => each.textContent).join()"
        assert await tab.evaluate(seen) == "/deck/1/level 0.5,/dek/1/play,/play/MovieIndex1 0.3"
        await tab.evaluate("[...document.querySelectorAll('.panel-messages .button')][0].click()")
        assert await tab.evaluate(seen) == "/dek/1/play"
        await tab.evaluate("[...document.querySelectorAll('.panel-messages .button')][0].click()")
        await tab.evaluate("[...document.querySelectorAll('.panel-messages .button')][1].click()")
        assert (await tab.evaluate(seen)).startswith("/td/health")
        await search(tab, "messages", "mean deck")
        assert await tab.evaluate(seen) == "/dek/1/play"

    open_panel("messages", scenario)


def test_messages_are_held_and_go_on(open_panel: Callable[..., HttpServer], panels: FakePanels) -> None:
    panels.say("/deck/1/play")

    async def scenario(tab: Tab) -> None:
        await says(tab, ".messages", "/deck/1/play")
        pause = "[...document.querySelectorAll('.panel-messages .button')][2]"
        await tab.evaluate(f"{pause}.click()")
        panels.say("/deck/1/stop")
        await tab.until(f"{pause}.textContent === 'Go on (1)'")
        assert "/deck/1/stop" not in await tab.evaluate(TEXT.format(".messages"))
        await tab.evaluate(f"{pause}.click()")
        await says(tab, ".messages", "/deck/1/stop")

    open_panel("messages", scenario)


def test_news_are_counted_on_the_tab_until_they_are_read(
        open_panel: Callable[..., HttpServer], working: Working) -> None:
    working.messages.append("before the page was opened")

    async def scenario(tab: Tab) -> None:
        await says(tab, ".panel-health .summary", "Nothing stands")
        badge = "document.querySelector('#tab-messages').dataset.news"
        assert await tab.evaluate(badge) is None
        working.messages += ["stage cannot open emit/waves.mov", "no endpoint has the address /dek"]
        await tab.until(f"{badge} === '2'")
        await tab.evaluate("document.querySelector('#tab-messages').click()")
        await tab.until(f"{badge} === undefined")

    open_panel("health", scenario)


def test_nobody_asks_for_messages_when_nobody_looks(open_panel: Callable[..., HttpServer], panels: FakePanels) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelector('.panel-messages .panel-empty').textContent.includes('Nothing has')")
        await tab.evaluate("{ window.asked = []; const ask = fetch;"
                           " window.fetch = (address) => { asked.push(address); return ask(address) } }")
        await tab.evaluate("document.querySelector('#tab-health').click()")
        await tab.until("asked.filter(each => each === 'api/health').length > 1")
        heard = await tab.evaluate("asked.slice(asked.indexOf('api/health')).filter(each => each.includes('messages'))")
        assert heard == []

    open_panel("messages", scenario)


def test_the_server_is_lost_and_regained(open_panel: Callable[..., HttpServer], servers: list[HttpServer],
                                         serve: Serve, working: Working, panels: FakePanels) -> None:
    panels.say("/deck/1/play")

    async def scenario(tab: Tab) -> None:
        await says(tab, ".messages", "/deck/1/play")
        await asyncio.to_thread(servers[0].stop)
        await tab.until("document.body.dataset.link === 'lost'")
        fresh = FakePanels()
        fresh.say("/deck/1/reverse")
        serve(show=working, panels=fresh, port=servers[0].port)
        await says(tab, ".messages", "/deck/1/reverse", "/deck/1/play")
        await tab.until("document.body.dataset.link !== 'lost'")

    open_panel("messages", scenario, faulty=True)


def test_health_says_what_to_do(open_panel: Callable[..., HttpServer], panels: FakePanels) -> None:
    async def scenario(tab: Tab) -> None:
        await says(tab, ".panel-health .summary", "Nothing stands in the way of a show.")
        panels.findings = [*panels.findings, {"level": "bad", "part": "renderer stage", "text": "not heard for 7 s",
                                              "advice": "look at TouchDesigner on 10.0.0.2"}]
        await says(tab, ".panel-health .summary", "To look at: renderer stage.")
        await says(tab, ".finding[data-level=bad]", "not heard for 7 s", "look at TouchDesigner on 10.0.0.2")
        panels.findings = panels.findings[:1]
        await says(tab, ".panel-health .summary", "Nothing stands")
        assert await tab.evaluate("document.querySelectorAll('.finding').length") == 1

    open_panel("health", scenario)


def test_this_computer_is_looked_at_when_somebody_asks(open_panel: Callable[..., HttpServer],
                                                       panels: FakePanels) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.until("!document.querySelector('#examine').disabled")
        assert panels.looks == 0
        await tab.evaluate("document.querySelector('#examine').click()")
        await says(tab, "#examination .finding[data-level=poor]", "slow", "take an SSD")
        await tab.until("!document.querySelector('#examine').disabled")
        assert panels.looks == 1

    open_panel("health", scenario)


def test_settings_say_where_they_come_from_and_live_ones_are_changed(
        open_panel: Callable[..., HttpServer], working: Working, panels: FakePanels) -> None:
    async def scenario(tab: Tab) -> None:
        await says(tab, "[data-setting=tempo]", "120 bpm", "as it comes")
        await says(tab, "[data-setting=http_port]", "the environment", "--http-port")
        await says(tab, "[data-setting=decks]", "locked by the song")
        await says(tab, "[data-setting=fade]", "now 2 (/deck/1/fade), now 3 (/deck/2/fade)")
        for locked in ("decks", "fade"):
            assert await tab.evaluate(f"document.querySelector('[data-setting={locked}] input')") is None
        panels.options[0] |= {"now": {"/clock/tempo": 128.0}, "changed": True}
        await says(tab, "[data-setting=tempo] .origin", "changed while running")
        field = "document.querySelector('[data-setting=tempo] input[type=number]')"
        await tab.until(f"{field}.value === '128'")
        await tab.evaluate(f"{{ {field}.value = '99.5'; {field}.dispatchEvent(new Event('change')) }}")
        await sent(tab, working, "/clock/tempo", 99.5)

    open_panel("settings", scenario)


def test_every_row_has_a_control_and_a_new_one_appears_by_itself(
        open_panel: Callable[..., HttpServer], working: Working, panels: FakePanels,
        monkeypatch: pytest.MonkeyPatch) -> None:
    new = set_value("/stage/fog", "How much fog.", Arg("fog", "f", 0, 10, unit="percent"), 2.0, 4.0, "levels")
    monkeypatch.setattr(table_json, "SECTIONS", {**SECTIONS, "Fog": (new,)})
    panels.known["/stage/fog"] = [7.5]

    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelector('.control')")
        there = await tab.evaluate("[...document.querySelectorAll('.control')].map(each => each.dataset.address)")
        rows = [row for section in table_json.table_json()["sections"] for row in section["rows"]]
        assert there == [row["address"] for row in rows]
        empty = await tab.evaluate("[...document.querySelectorAll('.control')].filter(each => !each.querySelector("
                                   "'button, input, select, output')).map(each => each.dataset.address)")
        assert empty == [], "each is worked by something, or shows a value"
        await search(tab, "controls", "fog")
        fog = "document.querySelector('[data-address=\"/stage/fog\"] input[type={}]')"
        await tab.until(f"{fog.format('number')}.value === '7.5'")
        assert await tab.evaluate(f"[{fog.format('range')}.min, {fog.format('range')}.max].join()") == "0,10"
        await says(tab, "[data-address='/stage/fog'] p", "0 to 10 percent", "default 2")
        await tab.evaluate(f"{{ const it = {fog.format('range')}; it.value = 5;"
                           " it.dispatchEvent(new Event('input')) }")
        await sent(tab, working, "/stage/fog", 5)
        await tab.until("document.querySelectorAll('.control:not([hidden])').length === 1")

    open_panel("controls", scenario)


async def search(tab: Tab, name: str, words: str) -> None:
    await tab.evaluate(f"{{ const it = document.querySelector('.panel-{name} input[type=search]');"
                       f" it.value = {words!r}; it.dispatchEvent(new Event('input')) }}")


def test_controls_of_all_kinds_send_what_they_say(
        open_panel: Callable[..., HttpServer], working: Working, panels: FakePanels) -> None:
    def inside(address: str, what: str) -> str:
        return f"document.querySelector('[data-address=\"{address}\"] {what}')"

    async def scenario(tab: Tab) -> None:
        await tab.until(f"{inside('/clock/quantise', '[aria-pressed=true]')}.textContent === 'off'")
        await tab.until(f"{inside('/deck/{n}/state/frame', 'output')}.textContent === '0'")
        await tab.evaluate(f"{inside('/clock/quantise', 'button:last-child')}.click()")
        await sent(tab, working, "/clock/quantise", "bar")
        await tab.evaluate(f"{inside('/master/black', 'button')}.click()")
        await sent(tab, working, "/master/black", True)
        await tab.evaluate(f"{inside('/clock/tap', 'button')}.click()")
        await sent(tab, working, "/clock/tap")
        await tab.evaluate("document.querySelector('#decks button:nth-child(2)').click()")
        await tab.evaluate(f"{inside('/deck/{n}/reverse', 'button')}.click()")
        await sent(tab, working, "/deck/2/reverse")
        await tab.evaluate(f"{{ {inside('/deck/{n}/mark/{m}', '.place')}.value = '4';"
                           f" {inside('/deck/{n}/mark/{m}', 'button')}.click() }}")
        await sent(tab, working, "/deck/2/mark/4")
        await tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        await tab.evaluate(f"{{ {inside('/deck/{n}/mark/{m}', '.place')}.value = ' ';"
                           f" {inside('/deck/{n}/mark/{m}', 'button')}.click() }}")
        assert await tab.evaluate(f"document.activeElement === {inside('/deck/{n}/mark/{m}', '.place')}")
        await tab.evaluate(f"{{ {inside('/deck/{n}/load', 'input')}.value = 'first.mov';"
                           f" {inside('/deck/{n}/load', 'button')}.click() }}")
        await sent(tab, working, "/deck/2/load", "first.mov")
        await tab.evaluate(f"{{ const field = {inside('/deck/{n}/frame', 'input')}; field.value = '';"
                           f" {inside('/deck/{n}/frame', 'button')}.click() }}")
        assert "/deck/2/frame" not in [address for address, _, _ in working.submitted], "nothing was written"

    open_panel("controls", scenario)


def test_a_phone_has_each_panel_whole(
        open_panel: Callable[..., HttpServer], working: Working, panels: FakePanels) -> None:
    working.jobs = [job("7", state="making", progress=0.4, eta=3.2)]
    panels.say("/a/very/long/address/that/goes/on/and/on/and/on/without/an/end/anywhere/in/sight", "1 2 3 4 5 6 7 8")

    async def scenario(tab: Tab) -> None:
        for name in ("jobs", "messages", "settings", "health", "controls"):
            await tab.evaluate(f"location.hash = {name!r}")
            await tab.until(f"document.querySelector('.panel-{name}').innerText.length > 20")
            assert await tab.evaluate("document.documentElement.scrollWidth") <= 390
            wide = await tab.evaluate(f"[...document.querySelectorAll('.panel-{name} *')].filter(each =>"
                                      " each.offsetParent && each.getBoundingClientRect().right > 391)"
                                      ".map(each => each.className).join()")
            assert wide == "", name

    open_panel("jobs", scenario, phone=True)


@pytest.mark.parametrize("phone", [False, True])
def test_docs_are_searched_without_a_network(
        browser: Browser, serve: Serve, working: Working, panels: FakePanels, phone: bool) -> None:
    server = serve(show=working, panels=panels)

    async def run() -> None:
        async with browser.tab() as tab:
            await tab.open(f"{server.url}docs", *((390, 844) if phone else (1280, 800)), phone=phone)
            await tab.until("document.querySelector('#count').textContent.endsWith(String(document.querySelectorAll("
                            "'article').length))")
            await tab.evaluate("{ const it = document.querySelector('#search'); it.value = 'loop beats';"
                               " it.dispatchEvent(new Event('input')) }")
            left = await tab.evaluate("[...document.querySelectorAll('article:not([hidden])')]"
                                      ".map(each => each.dataset.address)")
            assert "/deck/{n}/loop/beats" in left
            assert len(left) < 10
            assert await tab.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1280)
            there = await tab.evaluate("performance.getEntriesByType('resource').map(each => new URL(each.name).host)")
            assert set(there) == {f"127.0.0.1:{server.port}"}
            assert tab.errors == []

    asyncio.run(run())
