"""A rehearsal as a person has it: one command, and a real browser that shows what the stand-ins show."""

from __future__ import annotations

import asyncio
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from server.app.children import Child
from server.media.numbered import read_number, write_numbered

sys.path.append(str(Path(__file__).resolve().parents[1] / "frontends"))
from chromium import Browser, Tab, find_chromium

CHROMIUM = find_chromium()
PATIENCE = 30.0


@pytest.mark.full
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium, Chrome or Edge on this machine's PATH")
def test_the_page_shows_the_decks_and_who_shows_them(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    write_numbered(tmp_path / "song" / "a.mov", 60, 160, 96, Fraction(30))
    write_numbered(tmp_path / "song" / "b.mov", 60, 160, 96, Fraction(30), first=1000)

    async def person(tab: Tab, url: str) -> None:
        await tab.open(url)
        await tab.until("interscene.pictures() > 0 && interscene.connected()")
        await tab.until("['stand-in 1', 'stand-in 2'].every(name => document.body.innerText.includes(name))")
        await tab.until("/\\d+ fps/.test(document.body.innerText)")
        for name, first in (("b", 1000), ("a", 0)):
            button = f"document.querySelector(\".movie[data-movie='song/{name}.mov']\")"
            await tab.until(button + " !== null")
            await tab.evaluate(button + ".click()")
            numbers: set[int] = set()
            end = asyncio.get_running_loop().time() + PATIENCE
            while len(numbers) <= 3:
                number = read_number(await tab.picture("#program"))
                if number is not None and first <= number < first + 60:
                    numbers.add(number)
                assert asyncio.get_running_loop().time() < end, f"{name}.mov is not seen, or does not move: {numbers}"
        assert tab.errors == []

    async def scene(url: str) -> None:
        async with browser.tab() as tab:
            await person(tab, url)

    browser = Browser(CHROMIUM)
    try:
        with Child("the rehearsal", "cli", "rehearse", str(tmp_path / "song"), "--standins", "2", "--open-ms", "20-100",
                   "--no-browser", "--osc-port", "0", "--http-port", "0", "--media-dir", str(tmp_path),
                   "--no-announce", "--no-midi") as child:
            line = child.line_with("page")
            asyncio.run(scene("http" + line.partition("http")[2].split()[0]))
    finally:
        browser.close()
