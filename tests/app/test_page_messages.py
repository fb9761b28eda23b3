"""What is sent by OSC to a real server, read in a real browser; the server goes and comes back meanwhile."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import pytest
from running import Client, running

from server.media.numbered import write_numbered

sys.path.append(str(Path(__file__).parents[1] / "frontends"))
from chromium import Browser, Tab, find_chromium

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium, Chrome or Edge on this machine's PATH")


async def says(tab: Tab, selector: str, *words: str) -> None:
    for word in words:
        await tab.until(f"document.querySelector({json.dumps(selector)}).textContent.includes({json.dumps(word)})")


def test_an_unknown_address_has_words_and_a_new_server_is_found_again(tmp_path: Path) -> None:
    write_numbered(tmp_path / "plain.mov", 30, 64, 64, Fraction(30))
    assert CHROMIUM is not None
    browser = Browser(CHROMIUM)

    async def scene(stack: ExitStack) -> None:
        parts = stack.enter_context(running(tmp_path))
        async with browser.tab() as tab:
            await tab.open(f"{parts.http.url}#messages")
            await tab.until("document.querySelector('.panel-messages') && interscene.connected()")
            with Client(parts) as client:
                client.tell("/deck/1/plai")
                await says(tab, ".messages [data-outcome=refused]", "/deck/1/plai", "no endpoint has the address",
                           "did you mean /deck/1/play?", f"127.0.0.1:{client.port}")
                await asyncio.to_thread(client.ask, "/deck/1/load", "plain")
                await says(tab, ".messages", "/deck/1/load 'plain'")
            await asyncio.to_thread(stack.close)
            await tab.until("document.body.dataset.link === 'lost'")
            again = stack.enter_context(running(tmp_path, http_port=str(parts.http.port)))
            await tab.until("document.body.dataset.link !== 'lost'")
            with Client(again) as client:
                client.tell("/cloc/tap")
                await says(tab, ".messages", "/cloc/tap", "/deck/1/plai")

    try:
        with ExitStack() as stack:
            asyncio.run(scene(stack))
    finally:
        browser.close()
