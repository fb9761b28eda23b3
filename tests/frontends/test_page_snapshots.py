"""The panel of snapshots in a real browser: what it shows of each, and what a press sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from chromium import Browser, Tab
from fake_panels import FakePanels
from fake_show import FakeShow

from server.frontends.http import HttpServer
from server.frontends.ports import Answer

Scenario = Callable[[Tab], Awaitable[None]]


class Keeping(FakeShow):
    """Takes what is said of snapshots; `refusal`: what it says to that."""

    refusal = Answer()

    def _apply(self, address: str, args: list[Any]) -> Answer:
        return super()._apply(address, args) if address.startswith("/deck/") else self.refusal


def saved(name: str, **more: Any) -> dict[str, Any]:
    decks = [{"deck": 1, "name": "emit/first.mov", "goal": "", "movie": "first.mov", "frame": 33, "playing": True,
              "frozen": False}]
    return {"name": name, "where": "global", "made": "2026-03-01T21:04:00Z", "locked": False, "versions": [],
            "problem": "", "tempo": 96.04, "decks": decks, **more}


@pytest.fixture
def keeping(numbers: Any) -> Iterator[Keeping]:
    show = Keeping(numbers, lambda: 50.0)
    yield show
    show.close()


@pytest.fixture
def visit(browser: Browser, serve: Callable[..., HttpServer], keeping: Keeping) -> Callable[..., None]:
    def play(panels: FakePanels, scenario: Scenario, *, phone: bool = False) -> None:
        server = serve(show=keeping, panels=panels)

        async def run() -> None:
            async with browser.tab() as tab:
                await tab.open(f"{server.url}#snapshots", *((390, 844) if phone else (1280, 800)), phone=phone)
                await tab.until("document.querySelector('.panel-snapshots') && interscene.connected()")
                await scenario(tab)
                assert tab.errors == []

        asyncio.run(run())

    return play


async def sent(tab: Tab, show: FakeShow, address: str, *args: object) -> None:
    for _ in range(1000):
        if (address, list(args)) in [(each, values) for each, values, _ in show.submitted]:
            return
        await tab.evaluate("new Promise(requestAnimationFrame)")
    raise AssertionError(f"{address} {args} did not come, but {show.submitted}")


async def says(tab: Tab, selector: str, *words: str) -> None:
    for word in words:
        await tab.until(f"document.querySelector({json.dumps(selector)}).textContent.includes({json.dumps(word)})")


def clicked(text: str, inside: str = ".panel-snapshots") -> str:
    return (f"[...document.querySelectorAll({json.dumps(inside + ' button')})]"
            f".find(each => each.textContent === {json.dumps(text)}).click()")


def test_a_snapshot_is_saved_and_brought_back(visit: Callable[..., None], keeping: Keeping) -> None:
    panels = FakePanels()

    async def scenario(tab: Tab) -> None:
        await says(tab, ".panel-snapshots .panel-empty", "Nothing is saved yet")
        await tab.evaluate("document.querySelector('.snapshot-save input').value = ' chorus '")
        await tab.evaluate(clicked("Save"))
        await sent(tab, keeping, "/snapshot/save", "chorus", "global")
        await tab.until("document.querySelector('.snapshot-save input').value === ''")
        panels.saved = [saved("chorus", versions=[1, 2]), saved("verse", where="song", locked=True)]
        await says(tab, ".snapshot", "chorus", "96 bpm", "1  first")
        await tab.until("document.querySelector('.snapshot img').naturalWidth === 320")
        await tab.evaluate("document.querySelector('.snapshot-recall').click()")
        await sent(tab, keeping, "/snapshot/recall", "chorus")
        await tab.evaluate("{ const it = document.querySelector('.snapshot-how input'); it.value = 4;"
                           " it.dispatchEvent(new Event('input')) }")
        await tab.evaluate(clicked("Clock"))
        await tab.evaluate(clicked("Decks"))
        await tab.evaluate("document.querySelectorAll('.snapshot-recall')[1].click()")
        await sent(tab, keeping, "/snapshot/recall/over", "verse", 4, "clock,decks")
        await tab.evaluate(clicked("Undo"))
        await sent(tab, keeping, "/snapshot/undo")

    visit(panels, scenario)


def test_what_a_recall_does_is_seen_and_what_it_did_not_find_is_said(visit: Callable[..., None]) -> None:
    panels = FakePanels()
    panels.saved = [saved("chorus"), saved("broken", problem="broken.json is no JSON", decks=[], tempo=None)]

    async def scenario(tab: Tab) -> None:
        await says(tab, ".snapshot", "chorus")
        assert await tab.evaluate("document.querySelectorAll('.snapshot-recall')[1].disabled")
        await says(tab, ".snapshot:nth-child(2)", "broken.json is no JSON")
        panels.recall = {**panels.recall, "name": "chorus", "left": 2.5, "gone": "deck 1: there is no movie a.mov"}
        await tab.until("document.querySelector('.snapshot[data-current=true] i').textContent === '2.5 s'")
        await says(tab, ".snapshot-gone", "there is no movie a.mov")
        panels.recall = {**panels.recall, "left": 0.0, "gone": ""}
        await tab.until("document.querySelector('.snapshot-gone').hidden")
        panels.locked = True
        await tab.until("[...document.querySelectorAll('.panel-tools .button')].some(each =>"
                        " each.textContent === 'Set-up is locked')")

    visit(panels, scenario)


def test_an_older_version_the_lock_another_name_and_away(visit: Callable[..., None], keeping: Keeping) -> None:
    panels = FakePanels()
    panels.saved = [saved("chorus", versions=[1, 2])]

    async def scenario(tab: Tab) -> None:
        await says(tab, ".snapshot", "chorus")
        assert await tab.evaluate("document.querySelector('.snapshot-more').hidden")
        await tab.evaluate("document.querySelector('.snapshot > .button').click()")
        await tab.evaluate("{ const it = document.querySelector('.snapshot-more select'); it.value = '2';"
                           " it.dispatchEvent(new Event('change')) }")
        await tab.evaluate("document.querySelector('.snapshot-recall').click()")
        await sent(tab, keeping, "/snapshot/recall", "chorus.2")
        await tab.evaluate(clicked("Lock"))
        await sent(tab, keeping, "/snapshot/lock", "chorus", True, "global")
        await tab.evaluate(clicked("Save over"))
        await sent(tab, keeping, "/snapshot/save", "chorus", "global")
        keeping.refusal = Answer("input", "there is a snapshot verse already")
        await tab.evaluate("{ const it = document.querySelector('.snapshot-more input'); it.value = 'verse';"
                           " it.dispatchEvent(new Event('change')) }")
        await sent(tab, keeping, "/snapshot/rename", "chorus", "verse", "global")
        await says(tab, "#notes", "there is a snapshot verse already")
        await tab.until("document.querySelector('.snapshot-more input').value === 'chorus'")
        keeping.refusal = Answer()
        await tab.evaluate(clicked("Delete"))
        await sent(tab, keeping, "/snapshot/delete", "chorus", "global")
        panels.saved = []
        await tab.until("document.querySelector('.snapshot') === null")

    visit(panels, scenario)


def test_a_phone_has_the_panel_whole(visit: Callable[..., None]) -> None:
    panels = FakePanels()
    panels.saved = [saved("a name that goes on and on and on without an end anywhere", versions=[1]), saved("b")]

    async def scenario(tab: Tab) -> None:
        await says(tab, ".snapshots", "a name that goes on")
        await tab.evaluate("document.querySelector('.snapshot > .button').click()")
        assert await tab.evaluate("document.documentElement.scrollWidth") <= 390
        wide = await tab.evaluate("[...document.querySelectorAll('.panel-snapshots *')].filter(each =>"
                                  " each.offsetParent && each.getBoundingClientRect().right > 391)"
                                  ".map(each => each.className).join()")
        assert wide == ""

    visit(panels, scenario, phone=True)
